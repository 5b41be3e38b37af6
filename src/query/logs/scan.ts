/**
 * Walking the entries of a selection: bounds to the nanosecond, the chunk filter over bytes, then each surviving
 * line as a `LineState` with its stream labels and metadata in place.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { LineState } from './line-state.ts';
import type { Pipeline } from './pipeline.ts';

export const NS_PER_MS = 1e6;

/** A point in time: floor milliseconds and the nanoseconds within. */
export interface Instant {
  readonly ms: number;
  readonly ns: number;
}

/** Nanoseconds of `at` from the chunk's base; exact within 104 days of it. */
export function offsetFrom(baseMs: number, at: Instant): number {
  return (at.ms - baseMs) * NS_PER_MS + at.ns;
}

export function isBefore(a: Instant, b: Instant): boolean {
  return a.ms < b.ms || (a.ms === b.ms && a.ns < b.ns);
}

/** First index whose offset is at least `offset`. */
export function lowerBound(offsets: Float64Array, count: number, offset: number): number {
  let lo = 0;
  let hi = count;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (offsets[mid]! < offset) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** What a query read, for its `stats`. */
export class ScanStats {
  lines = 0;
  bytes = 0;
  metadataBytes = 0;
  postFilterLines = 0;
  chunks = 0;
  readonly startedMs = performance.now();
}

/** Entries of a chunk between these offsets, `[from, to)`, in nanoseconds from its base, that pass the filter. */
export class ChunkSelection {
  from = 0;
  to = 0;
  /** 1 for lines that passed; undefined where all of `[from, to)` did. */
  passed: Uint8Array | undefined;

  select(
    stream: Labels,
    chunk: EntryChunk,
    start: Instant,
    end: Instant,
    pipeline: Pipeline,
    stats: ScanStats,
  ): void {
    this.from = lowerBound(chunk.offsetsNs, chunk.count, offsetFrom(chunk.baseMs, start));
    this.to = lowerBound(chunk.offsetsNs, chunk.count, offsetFrom(chunk.baseMs, end));
    this.passed = undefined;
    if (this.from >= this.to) return;
    const { lineEnds } = chunk;
    stats.chunks++;
    stats.lines += this.to - this.from;
    stats.bytes += lineEnds[this.to - 1]! - (this.from === 0 ? 0 : lineEnds[this.from - 1]!);
    const { filter, prefilter } = pipeline;
    if (filter.isEmpty && !prefilter) return;
    this.passed = new Uint8Array(this.to).fill(1, this.from);
    filter.apply(chunk, this.from, this.to, this.passed);
    prefilter?.apply(stream, chunk, this.from, this.to, this.passed);
  }
}

/** Puts entry `i` of the chunk into the state. */
export function beginEntry(state: LineState, stream: Labels, chunk: EntryChunk, i: number): void {
  const offset = chunk.offsetsNs[i]!;
  const ms = Math.floor(offset / NS_PER_MS);
  beginEntryAt(state, stream, chunk, i, chunk.baseMs + ms, offset - ms * NS_PER_MS);
}

/** The same for a chunk without times. */
export function beginEntryAt(
  state: LineState,
  stream: Labels,
  chunk: EntryChunk,
  i: number,
  timeMs: number,
  timeNs: number,
): void {
  const start = i === 0 ? 0 : chunk.lineEnds[i - 1]!;
  state.begin(stream, chunk.lines, start, chunk.lineEnds[i]!);
  state.timestampMs = timeMs;
  state.timestampNs = timeNs;
  const { pairs, pairEnds, strings } = chunk;
  for (let p = i === 0 ? 0 : pairEnds[i - 1]!; p < pairEnds[i]!; p += 2) {
    state.addMetadata(strings[pairs[p]!]!, strings[pairs[p + 1]!]!);
  }
  state.sealed();
}

/** Throws where the query was cancelled. */
export function checkSignal(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof TriliteError
    ? signal.reason
    : new TriliteError('canceled', 'context canceled');
}
