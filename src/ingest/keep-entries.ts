/** A batch of log entries without some of them, nor the streams that nothing is left of. */

import type { LogBatch } from '../model/batch.ts';
import type { Labels } from '../model/labels.ts';

/** The batch with the entries of these indexes alone, which ascend. Lines and strings stay where they are. */
export function keepEntries(batch: LogBatch, kept: readonly number[]): LogBatch {
  const streams: Labels[] = [];
  const numbers = new Map<number, number>();
  const count = kept.length;
  const stream = new Uint32Array(count);
  const pairEnd = new Uint32Array(count);
  const pairs: number[] = [];
  for (const [at, i] of kept.entries()) {
    const of = batch.stream[i]!;
    let number = numbers.get(of);
    if (number === undefined) {
      number = streams.push(batch.streams[of]!) - 1;
      numbers.set(of, number);
    }
    stream[at] = number;
    for (let p = i === 0 ? 0 : batch.pairEnd[i - 1]!; p < batch.pairEnd[i]!; p++) pairs.push(batch.pairs[p]!);
    pairEnd[at] = pairs.length;
  }
  return {
    ...batch,
    streams,
    count,
    stream,
    timeMs: Float64Array.from(kept, (i) => batch.timeMs[i]!),
    timeNs: Uint32Array.from(kept, (i) => batch.timeNs[i]!),
    lineStart: Uint32Array.from(kept, (i) => batch.lineStart[i]!),
    lineEnd: Uint32Array.from(kept, (i) => batch.lineEnd[i]!),
    pairEnd,
    pairs: Uint32Array.from(pairs),
  };
}
