/**
 * Series in the order of their labels, which clients of the streamed answer count on to merge it with others, out of a
 * store that has them in an order of its own: those that come first, as many as a budget of bytes takes, are gathered
 * and given out, and where there are more the store is gone through again for the next ones. So memory is bounded
 * whatever is asked for, and nearly everything is answered in one pass.
 */

import type { Labels } from '../../../model/labels.ts';
import { type MetricReader, SampleColumns, type SeriesSelect } from '../../../storage/interface.ts';
import { samplesWithin } from './samples-within.ts';

/** Encodes samples `[from, to)` of a series. */
export type EncodeSeries = (labels: Labels, columns: SampleColumns, from: number, to: number) => Uint8Array;

interface Gathered {
  readonly labels: Labels;
  readonly bytes: Uint8Array;
}

/** Gives the encoded series one after another. Those without a sample in the range are left out. */
export async function* sortedSeries(
  metrics: MetricReader,
  select: SeriesSelect,
  signal: AbortSignal,
  encode: EncodeSeries,
  budgetBytes: number,
): AsyncGenerator<Uint8Array, void> {
  for (let after: Labels | undefined; ; ) {
    const { series, isCut } = await gather(metrics, select, signal, encode, budgetBytes, after);
    for (const s of series) yield s.bytes;
    if (!isCut) return;
    after = series.at(-1)!.labels;
  }
}

/** The first series behind `after`; `isCut` where there are more of them. */
async function gather(
  metrics: MetricReader,
  select: SeriesSelect,
  signal: AbortSignal,
  encode: EncodeSeries,
  budgetBytes: number,
  after: Labels | undefined,
): Promise<{ readonly series: Gathered[]; readonly isCut: boolean }> {
  const series: Gathered[] = [];
  let bytes = 0;
  /** Once something was left out, nothing behind this is taken. */
  let last: Labels | undefined;
  const columns = new SampleColumns();
  const cursor = await metrics.select(select, signal);
  const order = () => series.sort((a, b) => a.labels.compare(b.labels));
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const labels = cursor.labels();
        if (after && labels.compare(after) <= 0) continue;
        if (last && labels.compare(last) > 0) continue;
        cursor.read(columns);
        const { from, to } = samplesWithin(columns, select);
        if (from === to) continue;
        const own = { labels, bytes: encode(labels, columns, from, to) };
        series.push(own);
        bytes += own.bytes.length;
        if (bytes <= budgetBytes) continue;
        order();
        // Half of it, so that this is not done for every series that follows.
        while (series.length > 1 && bytes > budgetBytes / 2) {
          bytes -= series.pop()!.bytes.length;
          last = series.at(-1)!.labels;
        }
      }
    }
  } finally {
    cursor.close();
  }
  order();
  return { series, isCut: last !== undefined };
}
