/**
 * Snappy's block format and its framing format. The declared length is checked before anything is allocated, every
 * tag against what was written and what is left, and the output must have exactly the declared length. (The
 * decompressor of snappyjs does not bound four-byte literal lengths: a crafted body runs it backwards for ever.)
 */

import { ByteError, ByteReader } from './bytes.ts';

const CHUNK_COMPRESSED = 0;
const CHUNK_UNCOMPRESSED = 1;
/** Chunk types from here on may be skipped; below it, unknown ones are an error. */
const CHUNK_SKIPPABLE_MIN = 0x80;
const CHUNK_STREAM_IDENTIFIER = 0xff;
const STREAM_IDENTIFIER = 'sNaPpY';
const CHECKSUM_BYTES = 4;
/** The framing format's bound on one chunk's uncompressed data. */
const FRAME_DATA_MAX_BYTES = 65_536;
/** The most that one byte of a block expands to (three bytes copy 64), rounded up. */
export const EXPANSION_MAX = 22;
/** Longer literals are copied by a call; shorter ones, which are most, in pieces of eight bytes. */
const SHORT_LITERAL_BYTES = 128;
/** What a copy in pieces of eight may write beyond its end, into bytes that are written later or are spare. */
const OVERSHOOT_BYTES = 8;

/** The uncompressed length that a block declares. Throws `ByteError`. */
export function snappyLength(body: Uint8Array): number {
  return new ByteReader(body).varint();
}

/**
 * Decompresses one block into a buffer of its declared length, which the caller has checked, or into the `room` of
 * that length. Throws `ByteError`.
 */
export function decompressSnappy(body: Uint8Array, room?: (bytes: number) => Uint8Array): Uint8Array {
  const { length, pos } = declared(body);
  const out = room ? room(length) : new Uint8Array(length);
  decompressInto(body, pos, body.length, out, 0, length);
  return out;
}

/** As `decompressSnappy`, into `scratch`, which must have room (`snappyLength`); returns the part that was filled. */
export function decompressSnappyInto(
  body: Uint8Array,
  scratch: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { length, pos } = declared(body);
  decompressInto(body, pos, body.length, scratch, 0, length);
  return scratch.subarray(0, length);
}

function declared(body: Uint8Array): { length: number; pos: number } {
  const head = new ByteReader(body);
  const length = head.varint();
  if (length > EXPANSION_MAX * body.length) throw new ByteError('snappy: corrupt input', head.pos);
  return { length, pos: head.pos };
}

/** Decompresses the tags `body[pos, bodyEnd)`, which must fill `out[start, end)` exactly. Bytes behind `end` may change. */
function decompressInto(
  body: Uint8Array,
  pos: number,
  bodyEnd: number,
  out: Uint8Array,
  start: number,
  end: number,
): void {
  const from = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const to = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const overshootBody = body.length - OVERSHOOT_BYTES;
  const overshootOut = out.length - OVERSHOOT_BYTES;
  let at = start;
  while (pos < bodyEnd) {
    const tag = body[pos++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const extra = length - 60;
        if (pos + extra > bodyEnd) throw new ByteError('snappy: corrupt input', pos);
        length = 0;
        for (let i = extra - 1; i >= 0; i--) length = length * 256 + body[pos + i]!;
        length++;
        pos += extra;
      }
      if (length > bodyEnd - pos || length > end - at) throw new ByteError('snappy: corrupt input', pos);
      if (length > SHORT_LITERAL_BYTES) out.set(body.subarray(pos, pos + length), at);
      else if (pos + length <= overshootBody && at + length <= overshootOut) {
        // A BigInt that is only loaded and stored stays a machine word.
        for (let i = 0; i < length; i += 8) to.setBigUint64(at + i, from.getBigUint64(pos + i, true), true);
      } else for (let i = 0; i < length; i++) out[at + i] = body[pos + i]!;
      pos += length;
      at += length;
      continue;
    }
    let length = (tag >>> 2) + 1;
    let offset: number;
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag >>> 5) << 8) | body[pos]!;
      pos += 1;
    } else if (kind === 2) {
      offset = body[pos]! | (body[pos + 1]! << 8);
      pos += 2;
    } else {
      offset = (body[pos]! | (body[pos + 1]! << 8) | (body[pos + 2]! << 16) | (body[pos + 3]! << 24)) >>> 0;
      pos += 4;
    }
    if (pos > bodyEnd || offset === 0 || offset > at - start || length > end - at) {
      throw new ByteError('snappy: corrupt input', pos);
    }
    const source = at - offset;
    if (offset >= 8 && at + length <= overshootOut) {
      for (let i = 0; i < length; i += 8) to.setBigUint64(at + i, to.getBigUint64(source + i, true), true);
    } else for (let i = 0; i < length; i++) out[at + i] = out[source + i]!;
    at += length;
  }
  if (at !== end) throw new ByteError('snappy: corrupt input', pos);
}

/** The uncompressed length of a framed stream, found by walking its chunk headers. Throws `ByteError`. */
export function snappyFramedLength(body: Uint8Array): number {
  let total = 0;
  walkFrames(body, (_from, _to, length) => {
    total += length;
  });
  return total;
}

/** Decompresses a framed stream whose length the caller has checked. Checksums are not verified. */
export function decompressSnappyFramed(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(snappyFramedLength(body));
  let at = 0;
  walkFrames(body, (from, to, length, compressed) => {
    if (compressed) decompressInto(body, from, to, out, at, at + length);
    else out.set(body.subarray(from, to), at);
    at += length;
  });
  return out;
}

type Frame = (from: number, to: number, length: number, compressed: boolean) => void;

function walkFrames(body: Uint8Array, visit: Frame): void {
  let pos = 0;
  while (pos < body.length) {
    if (pos + 4 > body.length) throw new ByteError('snappy: truncated chunk header', pos);
    const type = body[pos]!;
    const size = body[pos + 1]! | (body[pos + 2]! << 8) | (body[pos + 3]! << 16);
    const from = pos + 4;
    const to = from + size;
    if (to > body.length) throw new ByteError('snappy: truncated chunk', pos);
    if (pos === 0 && type !== CHUNK_STREAM_IDENTIFIER) throw new ByteError('snappy: no stream identifier', 0);
    if (type === CHUNK_COMPRESSED || type === CHUNK_UNCOMPRESSED) {
      if (size < CHECKSUM_BYTES) throw new ByteError('snappy: truncated chunk', pos);
      visitData(body, from + CHECKSUM_BYTES, to, type === CHUNK_COMPRESSED, visit);
    } else if (type === CHUNK_STREAM_IDENTIFIER) {
      if (
        String.fromCharCode(...body.subarray(from, Math.min(to, from + 6))) !== STREAM_IDENTIFIER ||
        size !== 6
      ) {
        throw new ByteError('snappy: bad stream identifier', pos);
      }
    } else if (type < CHUNK_SKIPPABLE_MIN) throw new ByteError(`snappy: chunk type ${type}`, pos);
    pos = to;
  }
}

function visitData(body: Uint8Array, from: number, to: number, compressed: boolean, visit: Frame): void {
  const head = new ByteReader(body, from, to);
  const length = compressed ? head.varint() : to - from;
  if (length > FRAME_DATA_MAX_BYTES) throw new ByteError('snappy: chunk too large', from);
  visit(compressed ? head.pos : from, to, length, compressed);
}
