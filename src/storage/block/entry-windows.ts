/**
 * A stream's chunks out of many places, which may overlap in time, as windows that follow one another: so that neither
 * memory nor a slice of work grows with the stream. A window ends before the first entry (backward: after the last) that
 * an unopened chunk may hold; in a window chunks stand in the order of their places, which decides between entries of
 * equal time.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { sliceEntryChunk } from '../chunkenc/entry-merge.ts';

const NS_PER_MS = 1e6;
/** Bytes of lines that are opened at a time: some chunks' worth, a few milliseconds of work. */
const WINDOW_BYTES = 1024 * 1024;

/** A chunk to come. */
export interface EntrySource {
  readonly minMs: number;
  readonly maxMs: number;
  /** The chunk, ascending in time; undefined where it is damaged or not wanted. */
  open(): EntryChunk | undefined;
}

export interface WindowOptions {
  readonly direction?: 'forward' | 'backward';
  readonly windowBytes?: number;
}

interface Open {
  /** Place among the sources. */
  readonly order: number;
  readonly chunk: EntryChunk;
}

/** Yields the chunks, or parts of chunks, of one window after another in the direction; a window may be empty. */
export function* entryWindows(
  sources: readonly EntrySource[],
  { direction = 'forward', windowBytes = WINDOW_BYTES }: WindowOptions = {},
): Generator<EntryChunk[], void> {
  const forward = direction === 'forward';
  const waiting = sources
    .map((source, order) => ({ source, order, edge: forward ? source.minMs : -source.maxMs }))
    .sort((a, b) => a.edge - b.edge || a.order - b.order);
  let open: Open[] = [];
  for (let next = 0; next < waiting.length || open.length > 0; ) {
    let bytes = open.reduce((n, { chunk }) => n + chunk.lines.length, 0);
    // Twice what is left over, so that chunks that all overlap are not gone through again and again.
    const enough = Math.max(windowBytes, 2 * bytes);
    while (next < waiting.length && bytes < enough) {
      const { source, order } = waiting[next++]!;
      const chunk = source.open();
      if (!chunk || chunk.count === 0) continue;
      open.push({ order, chunk });
      bytes += chunk.lines.length;
    }
    const edge = waiting[next]?.edge ?? Number.POSITIVE_INFINITY;
    const ready: Open[] = [];
    const rest: Open[] = [];
    for (const { order, chunk } of open) {
      const n = countBefore(chunk, forward ? edge : 1 - edge);
      const [done, left] = forward ? [ready, rest] : [rest, ready];
      if (n > 0) done.push({ order, chunk: sliceEntryChunk(chunk, 0, n) });
      if (n < chunk.count) left.push({ order, chunk: sliceEntryChunk(chunk, n, chunk.count) });
    }
    open = rest;
    yield ready.sort((a, b) => a.order - b.order).map((r) => r.chunk);
  }
}

/** Entries before the millisecond. */
export function countBefore(chunk: EntryChunk, ms: number): number {
  const offset = (ms - chunk.baseMs) * NS_PER_MS;
  let low = 0;
  let high = chunk.count;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (chunk.offsetsNs[mid]! < offset) low = mid + 1;
    else high = mid;
  }
  return low;
}
