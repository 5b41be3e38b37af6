/** Writes a stream into a block out of many chunks that may overlap in time, window by window. */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { LineRoom, mergeEntryChunks } from '../chunkenc/entry-merge.ts';
import type { BlockBuilder } from './block-builder.ts';
import { addEntries } from './entry-chunks.ts';
import { type EntrySource, entryWindows, type WindowOptions } from './entry-windows.ts';
import type { IdIndexBuilder } from './id-index-builder.ts';

/** For one window at a time: it is encoded before the next is merged. */
const room = new LineRoom();

/**
 * Adds what the sources hold, equal entries once; a chunk has none in itself. All lie in the block's partition. Yields
 * between windows.
 */
export function* mergeStream(
  block: BlockBuilder,
  ids: IdIndexBuilder,
  stream: number,
  sources: readonly EntrySource[],
  options: Pick<WindowOptions, 'windowBytes'> = {},
): Generator<void, void> {
  for (const chunks of entryWindows(sources, options)) {
    const only: EntryChunk | undefined = chunks[0];
    if (only) addEntries(block, ids, stream, chunks.length === 1 ? only : mergeEntryChunks(chunks, room));
    yield;
  }
}
