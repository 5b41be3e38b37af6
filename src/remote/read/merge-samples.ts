/**
 * The samples of one series that several sources have: ascending, and of a time that of the first source which has one.
 * A histogram whose predecessor is another source's says nothing of counter resets: its source did not see that one.
 */

import type { Histogram } from '../../model/histogram.ts';
import type { SampleColumns } from '../../storage/interface.ts';
import { clearRows } from './sample-rows.ts';

/** Each of `sources` ascends; they stay as they are. */
export function mergeSamples(sources: readonly SampleColumns[], into: SampleColumns): number {
  clearRows(into);
  into.ensure(sources.reduce((n, s) => n + s.count, 0));
  if (sources.some((s) => s.histograms)) into.histograms = [];
  const starts = sources.some((s) => s.startTimestamps) ? into.withStarts() : undefined;
  const at = sources.map(() => 0);
  let last = -1;
  for (let row = 0; ; row++) {
    const next = earliest(sources, at);
    if (next < 0) return (into.count = row);
    const source = sources[next]!;
    const i = at[next]!;
    const time = source.timestamps[i]!;
    into.timestamps[row] = time;
    into.words[2 * row] = source.words[2 * i]!;
    into.words[2 * row + 1] = source.words[2 * i + 1]!;
    if (starts) starts[row] = source.startTimestamps?.[i] ?? 0;
    if (into.histograms) into.histograms[row] = known(source.histograms?.[i], next === last);
    for (const [k, s] of sources.entries()) if (at[k]! < s.count && s.timestamps[at[k]!] === time) at[k]!++;
    last = next;
  }
}

/** The source whose next sample comes first, of several the first; -1 where all are at their ends. */
function earliest(sources: readonly SampleColumns[], at: readonly number[]): number {
  let found = -1;
  let time = Number.POSITIVE_INFINITY;
  for (let k = 0; k < sources.length; k++) {
    const source = sources[k]!;
    if (at[k]! >= source.count || source.timestamps[at[k]!]! >= time) continue;
    found = k;
    time = source.timestamps[at[k]!]!;
  }
  return found;
}

function known(histogram: Histogram | undefined, follows: boolean): Histogram | undefined {
  if (!histogram || follows || histogram.reset === 'gauge' || histogram.reset === 'unknown') return histogram;
  return { ...histogram, reset: 'unknown' };
}
