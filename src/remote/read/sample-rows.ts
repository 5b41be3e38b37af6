/** Samples put into columns one by one, as a decoder finds them, and the columns brought into order afterwards. */

import type { Histogram } from '../../model/histogram.ts';
import { normalizeNaN } from '../../model/sample.ts';
import type { SampleColumns } from '../../storage/interface.ts';

const EXPONENT_BITS = 0x7ff00000;

/** A float by its bits, so that the stale marker keeps its own. */
export function appendWords(into: SampleColumns, timestampMs: number, low: number, high: number): void {
  const row = into.count;
  into.ensure(row + 1);
  into.timestamps[row] = timestampMs;
  const { words } = into;
  words[2 * row] = low;
  words[2 * row + 1] = high;
  if ((high & EXPONENT_BITS) === EXPONENT_BITS && into.values[row] !== into.values[row])
    normalizeNaN(words, row);
  if (into.histograms) into.histograms[row] = undefined;
  if (into.startTimestamps) into.startTimestamps[row] = 0;
  into.count++;
}

export function appendHistogram(into: SampleColumns, timestampMs: number, histogram: Histogram): void {
  const row = into.count;
  into.ensure(row + 1);
  into.timestamps[row] = timestampMs;
  into.values[row] = 0;
  into.histograms ??= new Array<Histogram | undefined>(row).fill(undefined);
  into.histograms[row] = histogram;
  if (into.startTimestamps) into.startTimestamps[row] = 0;
  into.count++;
}

/** Empties the columns. */
export function clearRows(into: SampleColumns): void {
  into.count = 0;
  into.histograms = undefined;
  into.startTimestamps = undefined;
}

/**
 * Leaves the samples in the range, ascending and of a time the first alone. Chunks hold more than was asked for, and
 * nothing but good manners keeps a server from sending them in disorder.
 */
export function orderRows(into: SampleColumns, minMs: number, maxMs: number): void {
  const { count } = into;
  if (isWithin(into, minMs, maxMs)) return;
  const timestamps = into.timestamps.slice(0, count);
  const words = into.words.slice(0, 2 * count);
  const histograms = into.histograms?.slice(0, count);
  const starts = into.startTimestamps?.slice(0, count);
  // Of a time the first stays the first.
  const rows = Uint32Array.from(timestamps, (_, i) => i).sort(
    (a, b) => timestamps[a]! - timestamps[b]! || a - b,
  );
  let out = 0;
  let last = Number.NaN;
  for (const row of rows) {
    const time = timestamps[row]!;
    if (time === last || time < minMs || time > maxMs) continue;
    last = time;
    into.timestamps[out] = time;
    into.words[2 * out] = words[2 * row]!;
    into.words[2 * out + 1] = words[2 * row + 1]!;
    if (into.histograms) into.histograms[out] = histograms![row];
    if (into.startTimestamps) into.startTimestamps[out] = starts![row]!;
    out++;
  }
  into.count = out;
}

/** Whether they ascend and all lie in the range. */
function isWithin({ timestamps, count }: SampleColumns, minMs: number, maxMs: number): boolean {
  if (count === 0) return true;
  for (let i = 1; i < count; i++) if (timestamps[i - 1]! >= timestamps[i]!) return false;
  return timestamps[0]! >= minMs && timestamps[count - 1]! <= maxMs;
}
