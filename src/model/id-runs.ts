/**
 * Runs of hex digits in a line that are IDs (`entry-id.ts`). Lines are looked at as bytes, and of those only each
 * sixteenth: a run of 16 digits has one of them. A key is read only in front of a run of 16.
 */

import { ID_DIGITS, SHORT_ID_DIGITS } from './entry-id.ts';

/** Told what a line holds. */
export interface IdRunSink {
  /** An ID is the `n` bytes at `from`. */
  id(from: number, n: number): void;
  /** A run of more than 32 hex digits: any ID may stand within it. */
  longRun(): void;
}

const NO_DIGIT = 0xff;
/** Value of a hex digit by its byte. */
export const NIBBLE = new Uint8Array(256).fill(NO_DIGIT);
for (let v = 0; v < 16; v++) {
  NIBBLE[v.toString(16).charCodeAt(0)] = v;
  NIBBLE[v.toString(16).toUpperCase().charCodeAt(0)] = v;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const EQUALS = 0x3d;
const UNDERSCORE = 0x5f;
const SPACE = 0x20;

/** Tells the sink of the IDs in the line `bytes[start, end)`, in their order. */
export function eachIdRun(bytes: Uint8Array, start: number, end: number, sink: IdRunSink): void {
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
    if (n === ID_DIGITS) sink.id(from, n);
    else if (n > ID_DIGITS) sink.longRun();
    else if (n === SHORT_ID_DIGITS && !isDecimal(bytes, from, to) && !followsSpanKey(bytes, from, start)) {
      sink.id(from, n);
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
