/**
 * A run of the ID index: which pages of a log block hold which IDs, for some of its pages one after another. IDs are
 * 32-bit hashes; the highest bits of a hash choose one of the run's *buckets*, each of which is stored by itself, so
 * that a look-up reads one. Layout: docs/format/id-index.md.
 *
 * A bucket keeps, of the bits below, ten more than would tell its entries apart: a look-up names a page for nothing once
 * in a thousand times. Entries ascend; their differences are Golomb-Rice codes, the pages plain bits.
 */

import zlib from 'node:zlib';
import { assert } from '../../base/assert.ts';
import { ByteError, ByteReader, ByteWriter } from '../../base/bytes.ts';

export const ID_RUN_VERSION = 1;
/** Pages of one run at most. */
export const RUN_PAGES_MAX = 4096;
/** Buckets of a run at most: 2^12. */
export const BUCKET_BITS_MAX = 12;
/** Entries that a bucket has on average: about a kilobyte, several of which share a page of SQLite's. */
const BUCKET_ENTRIES = 512;
/** 2^-10 is the chance of a wrong page per look-up in a run. */
const SPARE_BITS = 10;
const CRC_AT = 1;
const CRC_END = 5;

/** Why a page is read whatever the buckets say. */
export const PAGE_FLAG = { longRun: 1, escapedDigit: 2 } as const;

export interface IdRunHeader {
  readonly firstPage: number;
  readonly pages: number;
  readonly bucketBits: number;
  /** `PAGE_FLAG` bits of each page. */
  readonly flags: Uint8Array;
}

export interface EncodedIdRun {
  readonly header: Uint8Array;
  /** 2^bucketBits of them. An empty one is written too: a row that is missing is damage. */
  readonly buckets: readonly Uint8Array[];
}

function bitsFor(n: number): number {
  return 32 - Math.clz32(n);
}

/**
 * Encodes `count` entries: hash `hashes[i]` is in page `firstPage + pages[i]`. Flags has an entry per page of the run;
 * pages ascend. Equal entries are written once.
 */
export function encodeIdRun(
  firstPage: number,
  flags: Uint8Array,
  hashes: Uint32Array,
  pages: Uint32Array,
  count: number,
): EncodedIdRun {
  assert(flags.length <= RUN_PAGES_MAX, `${flags.length} pages in a run of the ID index`);
  const sorted = sortedByHash(hashes, pages, count);
  const bucketBits = Math.min(BUCKET_BITS_MAX, bitsFor(Math.floor(count / BUCKET_ENTRIES)));
  const pageBits = bitsFor(Math.max(0, flags.length - 1));
  const buckets: Uint8Array[] = [];
  for (let b = 0, from = 0; b < 1 << bucketBits; b++) {
    let to = from;
    while (to < count && bucketOf(sorted.hashes[to]!, bucketBits) === b) to++;
    const own = { hashes: sorted.hashes.subarray(from, to), pages: sorted.pages.subarray(from, to) };
    buckets.push(encodeBucket(own.hashes, own.pages, bucketBits, pageBits));
    from = to;
  }
  return { header: encodeHeader(firstPage, flags, bucketBits), buckets };
}

const RADIX_BITS = 11;

interface Columns {
  readonly hashes: Uint32Array;
  readonly pages: Uint32Array;
}

/** Hashes and pages in ascending order of hash, equal hashes in the order given: a radix sort from the lowest digit up. */
function sortedByHash(hashes: Uint32Array, pages: Uint32Array, count: number): Columns {
  let from: Columns = { hashes, pages };
  let to: Columns = { hashes: new Uint32Array(count), pages: new Uint32Array(count) };
  const starts = new Uint32Array(1 << RADIX_BITS);
  const mask = (1 << RADIX_BITS) - 1;
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    const { hashes: h, pages: p } = from;
    const { hashes: sortedHashes, pages: sortedPages } = to;
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(h[i]! >>> shift) & mask]!++;
    for (let d = 0, sum = 0; d <= mask; d++) {
      const n = starts[d]!;
      starts[d] = sum;
      sum += n;
    }
    for (let i = 0; i < count; i++) {
      const at = starts[(h[i]! >>> shift) & mask]!++;
      sortedHashes[at] = h[i]!;
      sortedPages[at] = p[i]!;
    }
    // What was given is left as it is.
    to = shift === 0 ? { hashes: new Uint32Array(count), pages: new Uint32Array(count) } : from;
    from = { hashes: sortedHashes, pages: sortedPages };
  }
  return from;
}

function encodeHeader(firstPage: number, flags: Uint8Array, bucketBits: number): Uint8Array {
  const out = new ByteWriter(32);
  out.u8(ID_RUN_VERSION);
  out.u32(0);
  out.varint(firstPage);
  out.varint(flags.length);
  out.u8(bucketBits);
  // Most runs have no page with a flag.
  const any = flags.some((f) => f !== 0);
  out.u8(any ? 1 : 0);
  if (any) out.bytes(flags);
  return sealed(out);
}

export function decodeIdRunHeader(bytes: Uint8Array): IdRunHeader {
  const input = opened(bytes);
  const firstPage = input.varint();
  const pages = input.varint();
  if (pages > RUN_PAGES_MAX) throw new ByteError(`${pages} pages in a run`, input.pos);
  const bucketBits = input.u8();
  if (bucketBits > BUCKET_BITS_MAX) throw new ByteError(`2^${bucketBits} buckets in a run`, input.pos);
  const flags = input.u8() === 0 ? new Uint8Array(pages) : input.bytes(pages);
  if (!input.done) throw new ByteError('bytes behind a header', input.pos);
  return { firstPage, pages, bucketBits, flags };
}

function encodeBucket(
  hashes: Uint32Array,
  pages: Uint32Array,
  bucketBits: number,
  pageBits: number,
): Uint8Array {
  const hashBits = Math.min(32 - bucketBits, bitsFor(hashes.length) + SPARE_BITS);
  const riceBits = Math.max(0, hashBits - bitsFor(hashes.length));
  const bits = new BitWriter();
  let count = 0;
  let before = 0;
  let lastPage = -1;
  for (let i = 0; i < hashes.length; i++) {
    const kept = keptBits(hashes[i]!, bucketBits, hashBits);
    const page = pages[i]!;
    // Hashes that differ below what is kept may come with the same page twice, which does no harm.
    if (i > 0 && kept === before && page === lastPage) continue;
    lastPage = page;
    const delta = kept - before;
    before = kept;
    const quotient = Math.floor(delta / 2 ** riceBits);
    bits.unary(quotient);
    bits.write(delta - quotient * 2 ** riceBits, riceBits);
    bits.write(page, pageBits);
    count++;
  }
  const out = new ByteWriter(16);
  out.u8(ID_RUN_VERSION);
  out.u32(0);
  out.varint(count);
  out.u8(hashBits);
  out.u8(riceBits);
  out.u8(pageBits);
  out.bytes(bits.finish());
  return sealed(out);
}

/** The `hashBits` bits of a hash below those that chose its bucket. */
function keptBits(hash: number, bucketBits: number, hashBits: number): number {
  const below = bucketBits === 0 ? hash : (hash << bucketBits) >>> 0;
  return hashBits === 0 ? 0 : below >>> (32 - hashBits);
}

/** The bucket of a run that a hash belongs to. */
export function bucketOf(hash: number, bucketBits: number): number {
  return bucketBits === 0 ? 0 : hash >>> (32 - bucketBits);
}

/**
 * Calls `visit` with the pages, counted from the run's first, that may hold one of the IDs, which all belong to the bucket.
 * Throws `ByteError` on damage.
 */
export function findInBucket(
  bytes: Uint8Array,
  hashes: readonly number[],
  bucketBits: number,
  visit: (page: number) => void,
): void {
  const input = opened(bytes);
  const count = input.varint();
  const hashBits = input.u8();
  const riceBits = input.u8();
  const pageBits = input.u8();
  if (hashBits > 32 || riceBits > hashBits || pageBits > 12) throw new ByteError('bit widths', input.pos);
  const bits = new BitReader(input.bytes(input.end - input.pos));
  if (count * (1 + riceBits + pageBits) > bits.length) throw new ByteError(`${count} entries`, input.pos);
  const wanted = hashes.map((hash) => keptBits(hash, bucketBits, hashBits)).sort((a, b) => a - b);
  let at = 0;
  let kept = 0;
  for (let i = 0; i < count && at < wanted.length; i++) {
    const quotient = bits.unary();
    kept += quotient * 2 ** riceBits + bits.read(riceBits);
    const page = bits.read(pageBits);
    while (wanted[at]! < kept) at++;
    if (kept === wanted[at]) visit(page);
  }
}

/** Puts the checksum of all behind it in its place. */
function sealed(out: ByteWriter): Uint8Array {
  out.patchU32(CRC_AT, zlib.crc32(out.view().subarray(CRC_END)));
  return out.take();
}

function opened(bytes: Uint8Array): ByteReader {
  const input = new ByteReader(bytes);
  const version = input.u8();
  if (version !== ID_RUN_VERSION) throw new ByteError(`ID index version ${version}`, 0);
  if (input.u32() !== zlib.crc32(bytes.subarray(CRC_END))) throw new ByteError('checksum differs', CRC_AT);
  return input;
}

/** Room for a bucket's bits; grows, and is used again. */
let scratch = new Uint8Array(4096);

/** Bits from the highest of each byte down. One at a time: what is written stands in `scratch`. */
class BitWriter {
  #at = 0;
  /** Bits that fill no byte yet. */
  #open = 0;
  #openBits = 0;

  /** The low `n` bits of `value`, whose other bits are 0; up to 32. */
  write(value: number, n: number): void {
    if (n > 16) {
      this.write(value >>> 16, n - 16);
      value &= 0xffff;
      n = 16;
    }
    this.#open = (this.#open << n) | value;
    this.#openBits += n;
    if (this.#at + 4 > scratch.length) grow();
    while (this.#openBits >= 8) {
      this.#openBits -= 8;
      scratch[this.#at++] = this.#open >>> this.#openBits;
    }
    this.#open &= 0xff;
  }

  /** `value` ones and a zero. */
  unary(value: number): void {
    for (; value >= 8; value -= 8) this.write(0xff, 8);
    this.write((1 << (value + 1)) - 2, value + 1);
  }

  finish(): Uint8Array {
    if (this.#openBits > 0) this.write(0, 8 - this.#openBits);
    return scratch.subarray(0, this.#at);
  }
}

function grow(): void {
  const next = new Uint8Array(2 * scratch.length);
  next.set(scratch);
  scratch = next;
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return 8 * this.#bytes.length;
  }

  read(n: number): number {
    if (this.#at + n > this.length) throw new ByteError('bits end early', this.#at >>> 3);
    let value = 0;
    while (n > 0) {
      const left = 8 - (this.#at & 7);
      const take = Math.min(n, left);
      const part = (this.#bytes[this.#at >>> 3]! >>> (left - take)) & ((1 << take) - 1);
      value = value * (1 << take) + part;
      this.#at += take;
      n -= take;
    }
    return value;
  }

  unary(): number {
    let value = 0;
    while (this.read(1) === 1) value++;
    return value;
  }
}
