/**
 * Which traces can match, and all their rows. Three passes over groups:
 *
 * 1. every filter of the query makes its mask of the group; a trace with a hit gets the filter's bit;
 * 2. bits of a trace from all its groups together decide whether the query's requirement can be met;
 * 3. the rows of the remaining traces are collected from all groups, whether or not a row hit.
 *
 * Groups without any hit load no ids in the first pass.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { GroupFilter } from './filter.ts';
import { keyOf } from './ids.ts';
import type { Requirement } from './pipeline.ts';
import type { Segment } from './trace-view.ts';

/** Filters beyond this many share the last bit, as if each matched whenever one of them does. */
const BITS_MAX = 30;

export interface Candidate {
  readonly segments: Segment[];
  /** First start and last end, in ms since 1970 with fractions. */
  startMs: number;
  endMs: number;
}

/** Takes groups one after another; what it has found so far can be asked for in between. */
export class CandidateFinder {
  readonly #requirement: Requirement;
  readonly #filters: readonly GroupFilter[];
  readonly #bitOf: ReadonlyMap<GroupFilter, number>;
  /** By trace id: the filters that have a hit in it. */
  readonly #bits = new Map<string, number>();

  constructor(requirement: Requirement) {
    this.#requirement = requirement;
    this.#filters = [...new Set(filtersOf(requirement))];
    this.#bitOf = new Map(this.#filters.map((filter, i) => [filter, Math.min(i, BITS_MAX)]));
  }

  /** Number of traces with any hit: at least as many as there are candidates. */
  get size(): number {
    return this.#bits.size;
  }

  add(group: SpanGroup): void {
    markTraces(group, this.#filters, this.#bits);
  }

  /** The traces that can match, with their rows in `groups`. */
  candidates(groups: readonly SpanGroup[]): Candidate[] {
    const candidates = new Map<string, Candidate>();
    for (const [key, have] of this.#bits) {
      if (!met(this.#requirement, have, this.#bitOf)) continue;
      candidates.set(key, {
        segments: [],
        startMs: Number.POSITIVE_INFINITY,
        endMs: Number.NEGATIVE_INFINITY,
      });
    }
    if (candidates.size === 0) return [];
    const keys = [...candidates.keys()].sort();
    for (const group of groups) if (mayHoldAny(group, keys)) collectRows(group, candidates);
    return [...candidates.values()];
  }
}

export function findCandidates(groups: readonly SpanGroup[], requirement: Requirement): Candidate[] {
  const finder = new CandidateFinder(requirement);
  for (const group of groups) finder.add(group);
  return finder.candidates(groups);
}

function filtersOf(requirement: Requirement): GroupFilter[] {
  return requirement.kind === 'filter' ? [requirement.filter] : requirement.parts.flatMap(filtersOf);
}

function met(requirement: Requirement, have: number, bitOf: ReadonlyMap<GroupFilter, number>): boolean {
  switch (requirement.kind) {
    case 'filter':
      return requirement.filter.constant ?? ((have >>> bitOf.get(requirement.filter)!) & 1) === 1;
    case 'all':
      return requirement.parts.every((part) => met(part, have, bitOf));
    default:
      return requirement.parts.some((part) => met(part, have, bitOf));
  }
}

/** Sets the bits of the traces that have a hit in the group. */
function markTraces(group: SpanGroup, filters: readonly GroupFilter[], bits: Map<string, number>): void {
  const starts = group.traceStarts();
  const traceCount = starts.length - 1;
  const found = new Uint32Array(traceCount);
  let any = filters.length === 0;
  if (any) found.fill(1);
  for (let f = 0; f < filters.length; f++) {
    const filter = filters[f]!;
    const bit = 1 << Math.min(f, BITS_MAX);
    if (filter.constant === false) continue;
    const mask = filter.bound(group);
    if (mask === undefined) {
      any = true;
      for (let t = 0; t < traceCount; t++) found[t] = found[t]! | bit;
      continue;
    }
    // Fast path: nothing in this group.
    let row = mask.indexOf(1);
    if (row < 0) continue;
    any = true;
    for (let t = 0; t < traceCount && row >= 0; t++) {
      const end = starts[t + 1]!;
      if (row >= end) continue;
      found[t] = found[t]! | bit;
      row = mask.indexOf(1, end);
    }
  }
  if (!any) return;
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
  let startsNs: Float64Array | undefined;
  let durationsNs: Float64Array | undefined;
  for (let t = 0; t + 1 < starts.length; t++) {
    const start = starts[t]!;
    const end = starts[t + 1]!;
    const candidate = candidates.get(keyOf(ids, start * TRACE_ID_BYTES, TRACE_ID_BYTES));
    if (candidate === undefined) continue;
    candidate.segments.push({ group, start, end });
    startsNs ??= group.startsNs();
    durationsNs ??= group.durationsNs();
    for (let row = start; row < end; row++) {
      const at = group.baseMs + startsNs[row]! / 1e6;
      if (at < candidate.startMs) candidate.startMs = at;
      const until = at + durationsNs[row]! / 1e6;
      if (until > candidate.endMs) candidate.endMs = until;
    }
  }
}
