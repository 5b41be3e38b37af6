/**
 * Finds the IDs (`model/entry-id.ts`) in a chunk of log entries, as 32-bit hashes. Lines are looked at as bytes, and of
 * those only each sixteenth: a run of 16 digits has one of them. A key is read only in front of a run of 16.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { ID_DIGITS, isEntryId, namesSpanId, SHORT_ID_DIGITS } from '../../model/entry-id.ts';

/** Told what a chunk holds. */
export interface IdSink {
  /** The hash of an ID; the same may come again. */
  id(hash: number): void;
  /** A run of more than 32 hex digits: any ID may stand within it. */
  longRun(): void;
  /** A hex digit written as an escape: a parser may find an ID that stands nowhere as such. */
  escapedDigit(): void;
}

const NO_DIGIT = 0xff;
/** Value of a hex digit by its byte. */
const NIBBLE = new Uint8Array(256).fill(NO_DIGIT);
for (let v = 0; v < 16; v++) {
  NIBBLE[v.toString(16).charCodeAt(0)] = v;
  NIBBLE[v.toString(16).toUpperCase().charCodeAt(0)] = v;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const EQUALS = 0x3d;
const UNDERSCORE = 0x5f;
const SPACE = 0x20;

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
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = lineEnds[i]!;
    scanLine(lines, start, end, sink);
    start = end;
  }
  if (hasEscapedDigit(lines.subarray(0, start))) sink.escapedDigit();
  if (chunk.pairs.length > 0) scanMetadata(chunk, sink);
}

function scanLine(bytes: Uint8Array, start: number, end: number, sink: IdSink): void {
  const stride = SHORT_ID_DIGITS;
  let floor = start;
  let at = start + stride - 1;
  while (at < end) {
    if (NIBBLE[bytes[at]!] === NO_DIGIT) {
      at += stride;
      continue;
    }
    let from = at;
    while (from > floor && NIBBLE[bytes[from - 1]!] !== NO_DIGIT) from--;
    let to = at + 1;
    while (to < end && NIBBLE[bytes[to]!] !== NO_DIGIT) to++;
    const n = to - from;
    if (n === ID_DIGITS) sink.id(hashDigits(bytes, from, n));
    else if (n > ID_DIGITS) sink.longRun();
    else if (n === SHORT_ID_DIGITS && !isDecimal(bytes, from, to) && !followsSpanKey(bytes, from, start)) {
      sink.id(hashDigits(bytes, from, n));
    }
    floor = to;
    at = to + stride;
  }
}

function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (NIBBLE[bytes[i]!]! > 9) return false;
  return true;
}

/** Whether a key that ends in `span_id` or `spanid`, of any case, stands before the value at `at`, as JSON or logfmt. */
function followsSpanKey(bytes: Uint8Array, at: number, start: number): boolean {
  let p = at - 1;
  if (p > start && bytes[p] === QUOTE) p--;
  while (p > start && bytes[p] === SPACE) p--;
  if (p <= start || (bytes[p] !== COLON && bytes[p] !== EQUALS)) return false;
  p--;
  while (p > start && bytes[p] === SPACE) p--;
  if (p > start && bytes[p] === QUOTE) p--;
  const id = word(bytes, p - 1, start);
  if (id === undefined || id !== 'id') return false;
  p -= 2;
  if (p >= start && bytes[p] === UNDERSCORE) p--;
  return word(bytes, p - 3, start, 4) === 'span';
}

/** `n` bytes at `at` in lower case, where they lie within the line. */
function word(bytes: Uint8Array, at: number, start: number, n = 2): string | undefined {
  if (at < start) return undefined;
  let text = '';
  for (let i = 0; i < n; i++) text += String.fromCharCode(bytes[at + i]! | 0x20);
  return text;
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
