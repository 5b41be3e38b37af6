/** Finds the IDs (`model/entry-id.ts`) in a chunk of log entries, as 32-bit hashes. */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { isEntryId, namesSpanId, SHORT_ID_DIGITS } from '../../model/entry-id.ts';
import { eachIdRun, type IdRunSink, NIBBLE } from '../../model/id-runs.ts';

/** Told what a chunk holds. */
export interface IdSink {
  /** The hash of an ID; the same may come again. */
  id(hash: number): void;
  /** A run of more than 32 hex digits: any ID may stand within it. */
  longRun(): void;
  /** A hex digit written as an escape: a parser may find an ID that stands nowhere as such. */
  escapedDigit(): void;
}

/** Hash of the digits `bytes[at, at + n)`, the same for either case. Part of the format: see docs/format/id-index.md. */
function hashDigits(bytes: Uint8Array, at: number, n: number): number {
  let h = n;
  for (const end = at + n; at < end; at += 8) {
    let word = 0;
    for (let i = 0; i < 8; i++) word = (word << 4) | NIBBLE[bytes[at + i]!]!;
    h = Math.imul(h ^ word, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (h >>> 13), 0x85ebca6b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash under which the index has an ID (`isEntryId`). */
export function hashId(id: string): number {
  return hashDigits(Buffer.from(id, 'latin1'), 0, id.length);
}

/** Tells the sink what the lines and metadata values of the chunk hold. */
export function scanIds(chunk: EntryChunk, sink: IdSink): void {
  const { count, lines, lineEnds } = chunk;
  const runs: IdRunSink = {
    id: (from, n) => sink.id(hashDigits(lines, from, n)),
    longRun: () => sink.longRun(),
  };
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = lineEnds[i]!;
    eachIdRun(lines, start, end, runs);
    start = end;
  }
  if (hasEscapedDigit(lines.subarray(0, start))) sink.escapedDigit();
  if (chunk.pairs.length > 0) scanMetadata(chunk, sink);
}

/** Whether one of `\u0030`…`\u0039`, `\u0041`…`\u0046`, `\u0061`…`\u0066` stands in the bytes. */
export function hasEscapedDigit(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf('\\u00'); at >= 0; at = buffer.indexOf('\\u00', at + 1)) {
    const high = NIBBLE[buffer[at + 4]!];
    const low = NIBBLE[buffer[at + 5]!];
    if (high === 3 ? low! <= 9 : (high === 4 || high === 6) && low! >= 1 && low! <= 6) return true;
  }
  return false;
}

/** Values that are IDs as a whole. A string may be the value of several names: one that names no span suffices. */
function scanMetadata(chunk: EntryChunk, sink: IdSink): void {
  const { strings, pairs } = chunk;
  const ids = strings.map(isEntryId);
  if (!ids.includes(true)) return;
  const told = new Uint8Array(strings.length);
  for (let p = 0; p < pairs.length; p += 2) {
    const value = pairs[p + 1]!;
    if (!ids[value] || told[value] !== 0) continue;
    const text = strings[value]!;
    if (text.length === SHORT_ID_DIGITS && namesSpanId(strings[pairs[p]!]!)) continue;
    told[value] = 1;
    sink.id(hashId(text));
  }
}
