/**
 * From matchers to ids of series in SQLite. The matcher that the fewest series pass is read off its postings; the lists of
 * the others are read and cut with it as long as that is cheaper than asking the labels of the series that are left: a
 * label that all series have (`cluster`, `env`) has a posting list as long as the table, and a query names it all the same.
 */

import { concatenated, intersectAscending, withoutAscending } from '../../base/sorted.ts';
import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { countIds, readIds } from './id-list.ts';
import type { PostingReader } from './posting-table.ts';
import type { SignalNumber } from './schema.ts';
import type { SeriesChunks } from './series-chunks.ts';

/** Ids in a full row of postings, about. */
const ROW_IDS = 1000;
/** Asking a series' labels takes as long as reading so many ids. */
const IDS_PER_LABELS = 8;
/** A matcher that is asked of all values of its label costs about as much as the labels of so many series. */
const FEW_SERIES = 4096;

/** Labels of a series, undefined where they are lost to damage: it is then taken to match. */
export type LabelsOf = (id: number) => Labels | undefined;

export interface SeriesIndexReader {
  readonly chunks: SeriesChunks;
  readonly postings: PostingReader;
}

/** Ids of the series that every matcher accepts, ascending. Without `labelsOf` by postings alone. */
export function selectSeries(
  { chunks, postings }: SeriesIndexReader,
  signal: SignalNumber,
  matchers: readonly Matcher[],
  labelsOf?: LabelsOf,
): Uint32Array {
  const ranked: { readonly matcher: Matcher; readonly label: number; readonly rows: number }[] = [];
  for (const matcher of matchers) {
    if (matcher.matchesEmpty) continue;
    const label = postings.name(signal, matcher.name);
    if (label === undefined) return new Uint32Array(0);
    let rows = 0;
    if (matcher.literals === undefined) rows = Number.POSITIVE_INFINITY;
    else for (const value of new Set(matcher.literals)) rows += postings.rows(label, value);
    ranked.push({ matcher, label, rows });
  }
  ranked.sort((a, b) => (a.rows === b.rows ? 0 : a.rows - b.rows));
  let ids: Uint32Array | undefined;
  const later: Matcher[] = [];
  for (const { matcher, label, rows } of ranked) {
    if (ids !== undefined && labelsOf !== undefined && isFew(ids.length, rows)) later.push(matcher);
    else {
      const own = idsWith(postings, label, matcher, (value) => matcher.matches(value));
      ids = ids === undefined ? own : intersectAscending(ids, own);
    }
    if (ids?.length === 0) return ids;
  }
  ids ??= chunks.ids(signal);
  // A matcher that accepts the empty value refuses by what the series has.
  for (const matcher of matchers) {
    if (!matcher.matchesEmpty) continue;
    const label = postings.name(signal, matcher.name);
    if (label === undefined) continue;
    if (labelsOf !== undefined && ids.length <= FEW_SERIES) later.push(matcher);
    else
      ids = withoutAscending(
        ids,
        idsWith(postings, label, matcher, (value) => !matcher.matches(value)),
      );
  }
  if (later.length === 0) return ids;
  return ids.filter((id) => {
    const labels = labelsOf!(id);
    return labels === undefined || later.every((m) => m.matches(labels.get(m.name)));
  });
}

/** Whether the labels of `count` series are cheaper than the lists in `rows` rows, infinite where all values are asked. */
function isFew(count: number, rows: number): boolean {
  return rows === Number.POSITIVE_INFINITY ? count <= FEW_SERIES : count * IDS_PER_LABELS < rows * ROW_IDS;
}

/** Ids of the series with a value of the label that `accepts` wants, ascending. */
function idsWith(
  postings: PostingReader,
  label: number,
  matcher: Matcher,
  accepts: (value: string) => boolean,
): Uint32Array {
  const lists: Uint32Array[] = [];
  if (matcher.literals && !matcher.matchesEmpty) {
    for (const v of new Set(matcher.literals)) if (v !== '') lists.push(postings.ids(label, v));
  } else {
    let accepted: string | undefined;
    let refused: string | undefined;
    postings.each(label, (value, first, ids) => {
      if (value === refused) return;
      if (value !== accepted) {
        if (!accepts(value)) {
          refused = value;
          return;
        }
        accepted = value;
      }
      const list = new Uint32Array(1 + (ids ? countIds(ids) : 0));
      list[0] = first;
      if (ids) readIds(ids, first, list, 1);
      lists.push(list);
    });
  }
  // A series has one value of the label: no id is in it twice.
  return lists.length === 1 ? lists[0]! : concatenated(lists).sort();
}
