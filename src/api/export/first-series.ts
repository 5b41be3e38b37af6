/**
 * Series in the order of their labels out of a store that has them in one of its own: the first behind some labels, as
 * many as a budget of memory takes. Who asks again behind the last of them gets the next, so an export can be gone on with
 * at any series, whatever came or went meanwhile.
 */

import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { wordsOf } from '../../model/sample.ts';
import { type MetricReader, SampleColumns, type TimeRange } from '../../storage/interface.ts';
import { samplesWithin } from '../prometheus/remote-read/samples-within.ts';

/** Of a float sample in columns; a histogram is counted as so many of them. */
const SAMPLE_BYTES = 16;
const HISTOGRAM_SAMPLES = 30;
/** What a series takes beside its samples. */
const SERIES_BYTES = 500;

export interface HeldSeries {
  readonly labels: Labels;
  /** Those in the range alone. */
  readonly columns: SampleColumns;
}

export interface FirstSeries {
  /** At least one, where there is one. */
  readonly series: readonly HeldSeries[];
  /** Whether there are more behind them. */
  readonly isCut: boolean;
}

export interface SeriesDemand extends TimeRange {
  readonly matchers: readonly Matcher[];
  /** Only series behind these labels. */
  readonly after: Labels | undefined;
  readonly isWanted: (labels: Labels) => boolean;
  readonly budgetBytes: number;
}

export async function firstSeries(
  metrics: MetricReader,
  { matchers, minMs, maxMs, after, isWanted, budgetBytes }: SeriesDemand,
  signal: AbortSignal,
): Promise<FirstSeries> {
  const held: { readonly series: HeldSeries; readonly bytes: number }[] = [];
  let bytes = 0;
  /** Once something was left out, nothing behind this is taken. */
  let last: Labels | undefined;
  const read = new SampleColumns();
  const cursor = await metrics.select({ matchers, minMs, maxMs }, signal);
  const order = () => held.sort((a, b) => a.series.labels.compare(b.series.labels));
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const labels = cursor.labels();
        if (after && labels.compare(after) <= 0) continue;
        if (last && labels.compare(last) > 0) continue;
        if (!isWanted(labels)) continue;
        cursor.read(read);
        const columns = copyOf(read, samplesWithin(read, { minMs, maxMs }));
        if (columns.count === 0) continue;
        const own = { series: { labels, columns }, bytes: bytesOf(columns) };
        held.push(own);
        bytes += own.bytes;
        if (bytes <= budgetBytes) continue;
        order();
        // Half of it, so that this is not done for every series that follows.
        while (held.length > 1 && bytes > budgetBytes / 2) {
          bytes -= held.pop()!.bytes;
          last = held.at(-1)!.series.labels;
        }
      }
    }
  } finally {
    cursor.close();
  }
  order();
  return { series: held.map((h) => h.series), isCut: last !== undefined };
}

function bytesOf({ count, histograms }: SampleColumns): number {
  return SERIES_BYTES + count * SAMPLE_BYTES * (histograms ? HISTOGRAM_SAMPLES : 1);
}

/** Values are copied as words, so that NaNs keep their bits. */
function copyOf(from: SampleColumns, range: { readonly from: number; readonly to: number }): SampleColumns {
  const { from: start, to: end } = range;
  const out = new SampleColumns();
  out.count = end - start;
  out.timestamps = from.timestamps.slice(start, end);
  out.values = new Float64Array(out.count);
  wordsOf(out.values).set(from.words.subarray(2 * start, 2 * end));
  out.histograms = from.histograms?.slice(start, end);
  out.startTimestamps = from.startTimestamps?.slice(start, end);
  return out;
}
