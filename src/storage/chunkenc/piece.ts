/**
 * A piece: several columns as one compressed blob, the unit in which span groups are stored and loaded. Small
 * columns share a piece, because compressing (and decompressing) costs a fixed time per call.
 *
 *   version u8 | codec u8 (0 as is, 1 zstd) | raw bytes u32 | crc32 u32 of all the rest | payload
 */

import zlib from 'node:zlib';
import { ByteWriter } from '../../base/bytes.ts';
import { zstdCompress } from '../../base/zstd.ts';
import { DamagedPageError } from '../block/page.ts';

const PIECE_VERSION = 1;
const HEADER_BYTES = 10;
const CRC_AT = 6;

/** The least that the library takes for a chunk. */
const CHUNK_SPARE_BYTES = 64;
/** A damaged length asks for no more memory at once. */
const CHUNK_BYTES_MAX = 1024 * 1024;

const CODEC_RAW = 0;
const CODEC_ZSTD = 1;

export function writePiece(raw: Uint8Array, level: number): Uint8Array {
  const packed = zstdCompress(raw, level);
  const asIs = packed.length >= raw.length;
  const out = new ByteWriter(HEADER_BYTES + packed.length);
  out.u8(PIECE_VERSION);
  out.u8(asIs ? CODEC_RAW : CODEC_ZSTD);
  out.u32(raw.length);
  out.u32(0);
  out.bytes(asIs ? raw : packed);
  out.patchU32(CRC_AT, crcOf(out.view()));
  // Exactly as long as the writer was made: no copy.
  return out.view();
}

/** Over everything but the checksum itself. */
function crcOf(piece: Uint8Array): number {
  return zlib.crc32(piece.subarray(HEADER_BYTES), zlib.crc32(piece.subarray(0, CRC_AT)));
}

/** Whether the bytes are a piece of a version that is known, as it was written. */
export function isWholePiece(piece: Uint8Array): boolean {
  if (piece.length < HEADER_BYTES || piece[0] !== PIECE_VERSION) return false;
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  return crcOf(piece) === view.getUint32(CRC_AT, true);
}

/** The piece's columns. Throws `DamagedPageError`. */
export function readPiece(piece: Uint8Array): Uint8Array {
  if (piece.length < HEADER_BYTES) throw new DamagedPageError('span piece ends early');
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece[0] !== PIECE_VERSION) throw new DamagedPageError(`span piece version ${piece[0]}`);
  if (crcOf(piece) !== view.getUint32(CRC_AT, true))
    throw new DamagedPageError('span piece checksum differs');
  const payload = plain(piece).subarray(HEADER_BYTES);
  if (piece[1] === CODEC_RAW) return payload;
  if (piece[1] !== CODEC_ZSTD) throw new DamagedPageError(`span piece codec ${piece[1]}`);
  const rawBytes = view.getUint32(2, true);
  // With room for more than all of it the library is called once and nothing is put together of parts.
  const raw = zlib.zstdDecompressSync(payload, {
    chunkSize: Math.min(CHUNK_BYTES_MAX, rawBytes + CHUNK_SPARE_BYTES),
    maxOutputLength: Math.max(1, rawBytes),
  });
  if (raw.length !== rawBytes) throw new DamagedPageError('span piece length differs');
  return plain(raw);
}

/** The bytes as Uint8Array, whose `slice` copies; that of a Buffer does not. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
