/**
 * Which traces can match, and all their rows, where every one of them is wanted. Three passes over groups:
 *
 * 1. every filter of the query makes its mask of the group; a trace with a hit gets the filter's bit;
 * 2. bits of a trace from all its groups together decide whether the query's requirement can be met;
 * 3. the rows of the remaining traces are collected from all groups, whether or not a row hit.
 *
 * Groups without any hit load no ids in the first pass. Where the newest will do, see `newest-first.ts`.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import { keyOf } from './ids.ts';
import type { Requirement } from './pipeline.ts';
import { FilterBits } from './requirement.ts';
import type { Segment } from './trace-view.ts';

export interface Candidate {
  readonly segments: Segment[];
}

/** The traces that can match, with their rows in `groups`. */
export function findCandidates(groups: readonly SpanGroup[], requirement: Requirement): Candidate[] {
  const filters = new FilterBits(requirement);
  /** By trace id: the filters that have a hit in it. */
  const bits = new Map<string, number>();
  for (const group of groups) markTraces(group, filters, bits);
  const candidates = new Map<string, Candidate>();
  for (const [key, have] of bits) if (filters.met(have)) candidates.set(key, { segments: [] });
  if (candidates.size === 0) return [];
  const keys = [...candidates.keys()].sort();
  for (const group of groups) if (mayHoldAny(group, keys)) collectRows(group, candidates);
  return [...candidates.values()];
}

/** Sets the bits of the traces that have a hit in the group. */
function markTraces(group: SpanGroup, filters: FilterBits, bits: Map<string, number>): void {
  const masks = filters.filters
    .filter(({ constant }) => constant !== false)
    .map((filter) => ({ bit: filters.bitOf(filter), mask: filters.mask(filter, group) }));
  // Fast path: nothing in this group, of which no column need be read for that.
  const hits = masks.filter(({ mask }) => mask === undefined || mask.includes(1));
  if (hits.length === 0 && filters.filters.length > 0) return;
  const starts = group.traceStarts();
  const traceCount = starts.length - 1;
  const found = new Uint32Array(traceCount);
  if (filters.filters.length === 0) found.fill(1);
  for (const { bit, mask } of hits) {
    if (mask === undefined) {
      for (let t = 0; t < traceCount; t++) found[t] = found[t]! | bit;
      continue;
    }
    let row = mask.indexOf(1);
    for (let t = 0; t < traceCount && row >= 0; t++) {
      const end = starts[t + 1]!;
      if (row >= end) continue;
      found[t] = found[t]! | bit;
      row = mask.indexOf(1, end);
    }
  }
  const ids = group.traceIds();
  for (let t = 0; t < traceCount; t++) {
    if (found[t] === 0) continue;
    const key = keyOf(ids, starts[t]! * TRACE_ID_BYTES, TRACE_ID_BYTES);
    bits.set(key, (bits.get(key) ?? 0) | found[t]!);
  }
}

/** Whether one of the traces (keys, ascending) lies within the bounds of the group: else its ids need not be loaded. */
function mayHoldAny({ traceBounds }: SpanGroup, keys: readonly string[]): boolean {
  if (traceBounds === undefined) return true;
  const first = keyOf(traceBounds.first, 0, TRACE_ID_BYTES);
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < first) low = middle + 1;
    else high = middle;
  }
  return low < keys.length && keys[low]! <= keyOf(traceBounds.last, 0, TRACE_ID_BYTES);
}

function collectRows(group: SpanGroup, candidates: ReadonlyMap<string, Candidate>): void {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  for (let t = 0; t + 1 < starts.length; t++) {
    const start = starts[t]!;
    const candidate = candidates.get(keyOf(ids, start * TRACE_ID_BYTES, TRACE_ID_BYTES));
    candidate?.segments.push({ group, start, end: starts[t + 1]! });
  }
}
