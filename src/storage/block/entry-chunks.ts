/** Writes the entries of one stream into a block under construction, as chunks of bounded size, and reads such a chunk. */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { sliceEntryChunk } from '../chunkenc/entry-merge.ts';
import { decodeEntryChunk, encodeEntryChunk, linesOf } from '../chunkenc/entry-page.ts';
import type { BlockBuilder } from './block-builder.ts';
import type { IdIndexBuilder } from './id-index-builder.ts';
import type { PageChunk } from './page-cursor.ts';

/** A chunk is scanned as a whole: about this many bytes of lines fit a page and amortise its decoding. */
const CHUNK_LINE_BYTES = 256 * 1024;
const CHUNK_ENTRIES = 16_384;
const NS_PER_MS = 1e6;

/** Adds the entries, which ascend in time and lie in the block's partition. */
export function addEntries(
  block: BlockBuilder,
  ids: IdIndexBuilder,
  stream: number,
  chunk: EntryChunk,
): void {
  for (let from = 0; from < chunk.count; ) {
    const startByte = from === 0 ? 0 : chunk.lineEnds[from - 1]!;
    let to = from + 1;
    while (
      to < chunk.count &&
      to - from < CHUNK_ENTRIES &&
      chunk.lineEnds[to]! - startByte <= CHUNK_LINE_BYTES
    ) {
      to++;
    }
    const piece = sliceEntryChunk(chunk, from, to);
    const minMs = chunk.baseMs + Math.floor(chunk.offsetsNs[from]! / NS_PER_MS);
    const maxMs = chunk.baseMs + Math.floor(chunk.offsetsNs[to - 1]! / NS_PER_MS);
    ids.add(piece, block.page);
    block.add(stream, minMs, maxMs, to - from, (body, lines) => {
      encodeEntryChunk(body, piece);
      lines!.bytes(linesOf(piece));
    });
    from = to;
  }
}

/** The chunk's entries, with their lines unless these are not asked for; undefined where its page is damaged. */
export function openEntries(found: PageChunk, withLines = true): EntryChunk | undefined {
  const { linesStart, linesEnd } = found.place;
  const wanted = withLines && linesEnd > linesStart;
  const lines = wanted ? found.lines() : undefined;
  if (wanted && !lines) return undefined;
  const body = found.open();
  return body && decodeEntryChunk(body.reader.buf, body.reader.pos, body.reader.end, lines);
}
