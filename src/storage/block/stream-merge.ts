/**
 * Writes a stream into a block out of many chunks that may overlap in time: window by window, so that neither memory
 * nor a slice of work grows with the stream. A window ends before the first entry that an unopened chunk may hold;
 * entries of equal time keep the order of their chunks, whichever window a chunk was opened in.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { LineRoom, mergeEntryChunks, sliceEntryChunk } from '../chunkenc/entry-merge.ts';
import type { BlockBuilder } from './block-builder.ts';
import { addEntries } from './entry-chunks.ts';
import type { IdIndexBuilder } from './id-index-builder.ts';

const NS_PER_MS = 1e6;
/** Bytes of lines that are merged at a time: some chunks' worth, a few milliseconds of work. */
const WINDOW_BYTES = 1024 * 1024;

/** A chunk to come. */
export interface EntrySource {
  readonly minMs: number;
  /** The chunk, ascending in time and without duplicates in itself; undefined where it is damaged. */
  open(): EntryChunk | undefined;
}

interface Open {
  /** Place among the sources. */
  readonly order: number;
  readonly chunk: EntryChunk;
}

/** Adds what the sources hold, equal entries once. All lie in the block's partition. Yields between windows. */
export function* mergeStream(
  block: BlockBuilder,
  ids: IdIndexBuilder,
  stream: number,
  sources: readonly EntrySource[],
  windowBytes = WINDOW_BYTES,
): Generator<void, void> {
  const waiting = sources
    .map((source, order) => ({ source, order }))
    .sort((a, b) => a.source.minMs - b.source.minMs || a.order - b.order);
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
    const untilMs = waiting[next]?.source.minMs ?? Number.POSITIVE_INFINITY;
    const ready: Open[] = [];
    const rest: Open[] = [];
    for (const { order, chunk } of open) {
      const n = countBefore(chunk, untilMs);
      if (n > 0) ready.push({ order, chunk: sliceEntryChunk(chunk, 0, n) });
      if (n < chunk.count) rest.push({ order, chunk: sliceEntryChunk(chunk, n, chunk.count) });
    }
    open = rest;
    ready.sort((a, b) => a.order - b.order);
    for (const chunk of inSequence(ready.map((r) => r.chunk))) addEntries(block, ids, stream, chunk);
    yield;
  }
}

/** Entries before the millisecond. */
function countBefore(chunk: EntryChunk, ms: number): number {
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

/** For one window at a time: it is encoded before the next is merged. */
const room = new LineRoom();

/** Chunks that follow one another as they are; such as overlap, merged. */
function inSequence(chunks: readonly EntryChunk[]): readonly EntryChunk[] {
  if (chunks.length <= 1) return chunks;
  return [mergeEntryChunks(chunks, room)];
}
