/**
 * Which four-byte pieces of text ("grams") the lines of a page have, as a small bitmap: a page that lacks a gram of the
 * words that are looked for need not be read. Layout: docs/format/gram-filter.md.
 *
 * Only the grams at every fourth byte of the page's lines are noted, and only those with a letter beyond the hexadecimal
 * ones: numbers, times and ids would fill any bitmap and never come again. A text of seven bytes and more covers such a
 * gram whole, wherever it begins: it is in the lines only if, for one of four alignments, all its grams are.
 */

import zlib from 'node:zlib';

const VERSION = 1;
/** version u8 | bits u8 | crc32 of the bitmap u32. */
const HEADER_BYTES = 6;
const GRAM = 4;
/** The largest bitmap has 2^16 bits … */
const BITS_MAX = 16;
/** … the smallest 2^9: it is 64 bytes. */
const BITS_MIN = 9;
/** A bitmap is halved while fewer bits than this share of the half are set: one in eight lets few pages pass by chance. */
const DENSITY = 1 / 8;
/** With more bits set it would let most pages pass: none is kept. */
const DENSITY_MAX = 1 / 2;
const HASH_FACTOR = 0x9e3779b1;

let plainPairs: Uint8Array | undefined;

/** By the 16 bits of a byte pair: 1 where neither byte makes a gram worth noting. Made when it is first asked for. */
function plainPairTable(): Uint8Array {
  if (plainPairs) return plainPairs;
  plainPairs = new Uint8Array(1 << 16);
  for (let pair = 0; pair < plainPairs.length; pair++) {
    plainPairs[pair] = isTelling(pair & 0xff) || isTelling(pair >>> 8) ? 0 : 1;
  }
  return plainPairs;
}

/** Letters that no hexadecimal number has (bar the T and Z of times), and bytes beyond ASCII. */
function isTelling(byte: number): boolean {
  const lower = byte | 0x20;
  const isLetter = lower >= 0x67 && lower <= 0x7a;
  return byte >= 0x80 || (isLetter && byte !== 0x54 && byte !== 0x5a);
}

function hashOf(gram: number): number {
  return Math.imul(gram, HASH_FACTOR) >>> (32 - BITS_MAX);
}

/** One byte a slot: what the page under way has. */
let seen = new Uint8Array(0);

/** The filter of a page's lines; undefined where it would let most pass. */
export function buildGramFilter(lines: Uint8Array): Uint8Array | undefined {
  if (seen.length === 0) seen = new Uint8Array(1 << BITS_MAX);
  seen.fill(0);
  const plain = plainPairTable();
  const count = lines.length >>> 2;
  const aligned = lines.byteOffset % GRAM === 0 ? lines : new Uint8Array(lines);
  const grams = new Uint32Array(aligned.buffer, aligned.byteOffset, count);
  for (let i = 0; i < count; i++) {
    const gram = grams[i]!;
    if ((plain[gram & 0xffff]! & plain[gram >>> 16]!) === 0) seen[hashOf(gram)] = 1;
  }
  return encode(seen);
}

function encode(slots: Uint8Array): Uint8Array | undefined {
  let count = 0;
  for (let i = 0; i < slots.length; i++) count += slots[i]!;
  let bits = BITS_MAX;
  if (count > slots.length * DENSITY_MAX) return undefined;
  while (bits > BITS_MIN && count <= 2 ** (bits - 1) * DENSITY) bits--;
  const out = new Uint8Array(HEADER_BYTES + 2 ** (bits - 3));
  const mask = 2 ** bits - 1;
  for (let i = 0; i < slots.length; i++) {
    if (slots[i] !== 0) out[HEADER_BYTES + ((i & mask) >>> 3)]! |= 1 << (i & 7);
  }
  out[0] = VERSION;
  out[1] = bits;
  new DataView(out.buffer).setUint32(2, zlib.crc32(out.subarray(HEADER_BYTES)), true);
  return out;
}

/** What some texts ask of a page's filter. */
export class GramDemands {
  /** Per text, per alignment: the hashes of its grams. */
  readonly #texts: readonly (readonly Uint32Array[])[];

  /** Texts that every wanted line contains. */
  constructor(texts: readonly Uint8Array[]) {
    this.#texts = texts
      .map((text) => Array.from({ length: GRAM }, (_, from) => gramsOf(text, from)))
      .filter((alignments) => alignments.every((hashes) => hashes.length > 0));
  }

  /** No text can be told by its grams. */
  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** Whether the page may have a wanted line; throws where the filter is damaged. */
  admit(filter: Uint8Array): boolean {
    const bits = filter[1]!;
    if (filter[0] !== VERSION || bits > BITS_MAX || filter.length !== HEADER_BYTES + 2 ** (bits - 3)) {
      throw new Error(`gram filter of version ${filter[0]}, ${bits} bits, ${filter.length} bytes`);
    }
    const crc = new DataView(filter.buffer, filter.byteOffset).getUint32(2, true);
    if (crc !== zlib.crc32(filter.subarray(HEADER_BYTES)))
      throw new Error('checksum of the gram filter differs');
    const mask = 2 ** bits - 1;
    const has = (hash: number): boolean =>
      ((filter[HEADER_BYTES + ((hash & mask) >>> 3)]! >>> (hash & 7)) & 1) === 1;
    return this.#texts.every((alignments) => alignments.some((hashes) => hashes.every(has)));
  }
}

function gramsOf(text: Uint8Array, from: number): Uint32Array {
  const hashes: number[] = [];
  const plain = plainPairTable();
  for (let i = from; i + GRAM <= text.length; i += GRAM) {
    const gram = text[i]! | (text[i + 1]! << 8) | (text[i + 2]! << 16) | (text[i + 3]! << 24);
    if ((plain[gram & 0xffff]! & plain[gram >>> 16]!) === 0) hashes.push(hashOf(gram));
  }
  return Uint32Array.from(hashes);
}
