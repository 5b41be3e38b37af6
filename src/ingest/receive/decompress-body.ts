/**
 * Undoing a body's Content-Encoding without holding up the front: what may expand far is decompressed in zlib's own
 * threads, the rest, for which a thread would cost more than the work, in place. The length is told before memory is
 * taken (or piece by piece), so that whoever accounts for memory may stop it.
 */

import zlib from 'node:zlib';
import { ByteError } from '../../base/bytes.ts';
import { snappyFramedLength, snappyLength } from '../../base/snappy.ts';
import { TriliteError } from '../../model/errors.ts';
import { type DecompressOptions, decompress, decompressError } from '../decode/compression.ts';

/** What is smaller on the wire is decompressed in place, as long as it makes no more than the other of it. */
const THREADED_MIN_BYTES = 16 * 1024;
const IN_PLACE_MAX_BYTES = 1024 * 1024;
/** Pieces that a thread hands over. */
const PIECE_BYTES = 256 * 1024;

export interface BodyOptions extends DecompressOptions {
  /** Told the decompressed length, as it grows; what it throws ends the work. */
  readonly onBytes?: (length: number) => void;
}

type Decompressor = ReturnType<typeof zlib.createGunzip | typeof zlib.createZstdDecompress>;

function threaded(
  encoding: string,
  options: DecompressOptions | undefined,
): (() => Decompressor) | undefined {
  const pieces = { chunkSize: PIECE_BYTES };
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return () => zlib.createGunzip(pieces);
    case 'zlib':
      return () => zlib.createInflate(pieces);
    case 'deflate':
      return () => (options?.rawDeflate ? zlib.createInflateRaw(pieces) : zlib.createInflate(pieces));
    case 'zstd':
      return () => zlib.createZstdDecompress(pieces);
    default:
      // The others declare their length, or are read at a gigabyte a second.
      return undefined;
  }
}

/** As `decompress`, which see. */
export async function decompressBody(
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
  options?: BodyOptions,
): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  const make = threaded(name, options);
  if (!make) {
    options?.onBytes?.(Math.min(maxBytes, declaredLength(body, name, maxBytes)));
    return decompress(body, encoding, maxBytes, options);
  }
  if (body.length < THREADED_MIN_BYTES) {
    try {
      const out = decompress(body, encoding, Math.min(maxBytes, IN_PLACE_MAX_BYTES), options);
      options?.onBytes?.(out.length);
      return out;
    } catch (error) {
      if ((error as { kind?: unknown }).kind !== 'too_large') throw error;
    }
  }
  return inThread(make(), body, name, maxBytes, options?.onBytes);
}

/** The length that the body says it has, where the encoding has it said; its own where it cannot be read. */
function declaredLength(body: Uint8Array, encoding: string, maxBytes: number): number {
  try {
    if (encoding === 'snappy') return snappyLength(body);
    if (encoding === 'x-snappy-framed') return snappyFramedLength(body);
  } catch (error) {
    // Told as what it is by the decompression that follows.
    if (!(error instanceof ByteError || error instanceof TriliteError)) throw error;
  }
  // An lz4 body may say nothing of its length: a byte makes 255 at most.
  return encoding === 'lz4' ? Math.min(maxBytes, 255 * body.length) : body.length;
}

function inThread(
  stream: Decompressor,
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
  onBytes: ((length: number) => void) | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const fail = (error: unknown) => {
      stream.destroy();
      reject(decompressError(encoding, maxBytes, error));
    };
    stream.on('data', (piece: Buffer) => {
      length += piece.length;
      try {
        if (length > maxBytes) throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
        onBytes?.(length);
        pieces.push(piece);
      } catch (error) {
        fail(error);
      }
    });
    stream.once('error', fail);
    stream.once('end', () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length)));
    stream.end(body);
  });
}
