/** Differences that are meant, or that are the reference's own accidents: one narrow rule for each. */

import type { Difference } from './compare.ts';

interface Rule {
  readonly name: string;
  /** Versions of the reference that it is about. */
  readonly from?: number;
  readonly before?: number;
  readonly explains: (difference: Difference) => boolean;
}

const RULES: readonly Rule[] = [
  {
    // What stood before the line that failed the scrape counts as seen there: its series get no marker, and one that were
    // not stored at all get one at the next scrape. Here a scrape that fails ends all series.
    name: 'series that stand before a bad line do not go stale at once',
    explains: ({ want, got, atFailure }) =>
      atFailure === true && [want, got].sort().join() === 'nothing,stale',
  },
  {
    name: 'how far a scrape that fails came: a blank at the end of a line is told with the next line',
    explains: ({ job, what, atFailure }) =>
      job.startsWith('random_open') && atFailure === true && /"scrape_(samples|series)_/.test(what),
  },
  {
    // What storage refuses is known when the report has been written.
    name: 'a new series counts as added also where storage refuses its sample',
    explains: ({ job, what, want, got }) =>
      job.startsWith('timed') && what.includes('"scrape_series_added"') && Number(got) > Number(want),
  },
  {
    name: 'labels of targets that later versions have',
    before: 3.14,
    explains: ({ job, place }) =>
      job === 'targets' && /^\.discoveredLabels\.__\w+_histograms\w*__$/.test(place),
  },
  {
    name: 'dropped targets: labels and counts of later versions',
    before: 3,
    explains: ({ job }) => job === 'dropped',
  },
  {
    name: 'a series that a scrape that failed had is not new at the second scrape after it',
    before: 3,
    explains: ({ job, what }) =>
      (job === 'partial' || job === 'sample_limit') && what.includes('"scrape_series_added"'),
  },
  {
    name: 'discovered labels show what relabelling made of them',
    before: 3,
    explains: ({ job, place }) => job === 'targets' && place.startsWith('.discoveredLabels.'),
  },
  {
    name: 'words of errors of later versions',
    before: 3,
    explains: ({ job, what }) => job === 'errors' && (what === 'failing' || what === 'partial'),
  },
  {
    name: 'metrics of later versions',
    before: 3,
    explains: ({ job, want }) => job === 'metrics' && want === 'nothing',
  },
];

export function explain(
  all: readonly Difference[],
  version: number,
): { readonly differences: readonly Difference[]; readonly explained: ReadonlyMap<string, number> } {
  const explained = new Map<string, number>();
  const rules = RULES.filter(({ from = 0, before = Infinity }) => version >= from && version < before);
  const differences = all.filter((difference) => {
    const rule = rules.find(({ explains }) => explains(difference));
    if (rule) explained.set(rule.name, (explained.get(rule.name) ?? 0) + 1);
    return rule === undefined;
  });
  return { differences, explained };
}
