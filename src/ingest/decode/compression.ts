/**
 * Undoing Content-Encoding, with a bound on the output that holds before memory is allocated: a body that declares
 * or expands to more than `maxBytes` is refused as `too_large`, whatever it is.
 */

import zlib from 'node:zlib';
import { ByteError } from '../../base/bytes.ts';
import {
  decompressSnappy,
  decompressSnappyFramed,
  decompressSnappyInto,
  EXPANSION_MAX as SNAPPY_EXPANSION_MAX,
  snappyFramedLength,
  snappyLength,
} from '../../base/snappy.ts';
import { TriliteError } from '../../model/errors.ts';
import { decompressLz4 } from './lz4.ts';

export interface DecompressOptions {
  /** What `deflate` means: Loki's push takes raw DEFLATE, HTTP at large the zlib format. Default zlib. */
  readonly rawDeflate?: boolean;
  /** Gives the room that a body of snappy's block format is decompressed into, of exactly that length. */
  readonly room?: (bytes: number) => Uint8Array;
}

/**
 * Decompresses `body`. `encoding` is one Content-Encoding token, in any case: '' and identity, gzip (x-gzip), zlib,
 * deflate, zstd, snappy (block format), x-snappy-framed, lz4 (frame format).
 * Throws `TriliteError`: `unsupported` for another encoding, `too_large` above `maxBytes`, `bad_data` for bytes that
 * do not decompress.
 */
export function decompress(
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
  options?: DecompressOptions,
): Uint8Array {
  const name = encoding.trim().toLowerCase();
  const tooLarge = (): never => {
    throw tooLargeError(maxBytes);
  };
  const bounded = { maxOutputLength: maxBytes };
  try {
    switch (name) {
      case '':
      case 'identity':
        return body.length > maxBytes ? tooLarge() : body;
      case 'gzip':
      case 'x-gzip':
        return zlib.gunzipSync(body, bounded);
      case 'zlib':
        return zlib.inflateSync(body, bounded);
      case 'deflate':
        return options?.rawDeflate ? zlib.inflateRawSync(body, bounded) : zlib.inflateSync(body, bounded);
      case 'zstd':
        return zlib.zstdDecompressSync(body, bounded);
      case 'snappy':
        return snappyLength(body) > maxBytes ? tooLarge() : decompressSnappy(body, options?.room);
      case 'x-snappy-framed':
        return snappyFramedLength(body) > maxBytes ? tooLarge() : decompressSnappyFramed(body);
      case 'lz4':
        return decompressLz4(body, maxBytes, tooLarge);
    }
  } catch (error) {
    throw decompressError(name, maxBytes, error);
  }
  throw new TriliteError('unsupported', `unsupported Content-Encoding: ${encoding}`);
}

/** What a snappy block says that it expands to. Throws as `decompress` does. */
export function snappyBodyLength(body: Uint8Array, maxBytes: number): number {
  let length: number;
  try {
    length = snappyLength(body);
  } catch (error) {
    throw decompressError('snappy', maxBytes, error);
  }
  if (length > maxBytes) throw tooLargeError(maxBytes);
  // Nothing is lent to a lie.
  return Math.min(length, SNAPPY_EXPANSION_MAX * body.length);
}

/** Decompresses a snappy block into `buffer`, which has room for `snappyBodyLength`; returns what it filled of it. */
export function decompressSnappyBody(
  body: Uint8Array,
  buffer: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  try {
    return decompressSnappyInto(body, buffer);
  } catch (error) {
    throw decompressError('snappy', buffer.length, error);
  }
}

function tooLargeError(maxBytes: number): TriliteError {
  return new TriliteError('too_large', `decompressed body is larger than ${maxBytes} bytes`);
}

/** What a failure of the decompressor means for the request. */
export function decompressError(encoding: string, maxBytes: number, error: unknown): TriliteError {
  if (error instanceof TriliteError) return error;
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLargeError(maxBytes);
  const message = error instanceof ByteError ? error.message : `${encoding}: ${(error as Error).message}`;
  return new TriliteError('bad_data', message);
}
