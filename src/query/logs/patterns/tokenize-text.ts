/**
 * Plain text: words between spaces and punctuation, each mark of punctuation a token of its own. `_-.:/` belong to
 * words, so that times, addresses, paths and numbers stay whole, and `=` stands alone.
 */

import { HASH_SEED, LINE_BYTES_MAX, mixByte, type Tokens } from './tokens.ts';

const WORD = 0;
const SPACE = 1;
const MARK = 2;

/** What ASCII bytes are; symbols that are no punctuation (`$+<>^|~` and the backquote) and controls belong to words. */
const KINDS = new Uint8Array(128);
KINDS[0x20] = SPACE;
for (const mark of '!"#%&\'()*,;?@[\\]{}=') KINDS[mark.charCodeAt(0)] = MARK;

export function tokenizeText(bytes: Uint8Array, start: number, end: number, into: Tokens): boolean {
  if (end - start > LINE_BYTES_MAX) return false;
  into.begin(bytes);
  let from = start;
  let hash = HASH_SEED;
  let spaces = 0;
  for (let i = start; i < end; ) {
    const c = bytes[i]!;
    let length = 1;
    let kind = WORD;
    if (c < 128) kind = KINDS[c]!;
    else if (c >= 0xc0) {
      length = characterLength(c, end - i);
      if (isPunctuation(bytes, i, length)) kind = MARK;
    }
    if (kind === WORD) {
      for (const to = i + length; i < to; i++) hash = mixByte(hash, bytes[i]!);
      continue;
    }
    if (i > from) {
      if (!into.push(from, i, hash)) return false;
      spaces = 0;
    }
    if (kind === SPACE) into.space(++spaces);
    else {
      hash = HASH_SEED;
      for (let k = i; k < i + length; k++) hash = mixByte(hash, bytes[k]!);
      if (!into.push(i, i + length, hash)) return false;
      spaces = 0;
    }
    hash = HASH_SEED;
    i += length;
    from = i;
  }
  if (from < end && !into.push(from, end, hash)) return false;
  return into.enough;
}

/** Bytes of the character that begins with `lead`, as far as there are that many. */
function characterLength(lead: number, left: number): number {
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return Math.min(length, left);
}

/** Code points of the basic plane that were asked for: 1 for punctuation, 2 for anything else. */
const known = new Uint8Array(0x10000);

/** Whether a character beyond ASCII is punctuation. Those beyond the basic plane are of dead scripts, and count as words. */
function isPunctuation(bytes: Uint8Array, at: number, length: number): boolean {
  if (length > 3) return false;
  let point = length === 2 ? bytes[at]! & 0x1f : bytes[at]! & 0x0f;
  for (let k = 1; k < length; k++) {
    if ((bytes[at + k]! & 0xc0) !== 0x80) return false;
    point = (point << 6) | (bytes[at + k]! & 0x3f);
  }
  if (known[point] === 0) known[point] = /\p{P}/u.test(String.fromCharCode(point)) ? 1 : 2;
  return known[point] === 1;
}
