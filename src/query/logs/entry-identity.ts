/**
 * What an entry is: two entries of equal stream, time, line and metadata are one, however often they were sent. For
 * whoever sees an entry by two ways and must show it once.
 */

import { hash64, hashBytes } from '../../base/hash.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { Labels } from '../../model/labels.ts';
import type { LineState } from './line-state.ts';

/** Of entry `i` of the chunk, whose time is the state's. The line is in it by length and hash: lines may be long. */
export function entryIdentity(stream: Labels, chunk: EntryChunk, i: number, state: LineState): string {
  const start = i === 0 ? 0 : chunk.lineEnds[i - 1]!;
  const end = chunk.lineEnds[i]!;
  hashBytes(chunk.lines, start, end);
  let text = `${state.timestampMs}.${state.timestampNs} ${end - start} ${hash64.low} ${hash64.high} ${stream.key()}`;
  for (let p = i === 0 ? 0 : chunk.pairEnds[i - 1]!; p < chunk.pairEnds[i]!; p++) {
    const part = chunk.strings[chunk.pairs[p]!]!;
    text += ` ${part.length}:${part}`;
  }
  return text;
}
