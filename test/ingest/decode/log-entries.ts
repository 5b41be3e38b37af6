/** A `LogBatch` as plain objects, for tests to compare. */

import { utf8Decode } from '../../../src/base/bytes.ts';
import type { LogBatch } from '../../../src/model/batch.ts';

export interface PlainEntry {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch. */
  readonly ns: string;
  readonly line: string;
  readonly metadata: readonly (readonly [string, string])[];
}

export function entriesOf(batch: LogBatch): PlainEntry[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const metadata: [string, string][] = [];
    for (let k = i === 0 ? 0 : batch.pairEnd[i - 1]!; k < batch.pairEnd[i]!; k += 2) {
      metadata.push([batch.strings[batch.pairs[k]!]!, batch.strings[batch.pairs[k + 1]!]!]);
    }
    return {
      labels: batch.streams[batch.stream[i]!]!.toObject(),
      ns: String(BigInt(batch.timeMs[i]!) * 1_000_000n + BigInt(batch.timeNs[i]!)),
      line: utf8Decode(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)),
      metadata,
    };
  });
}
