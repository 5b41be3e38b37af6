/**
 * Undoing a body's Content-Encoding without holding up the front: what may expand far is decompressed in zlib's own
 * threads, the rest, for which a thread would cost more than the work, in place.
 */

import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type DecompressOptions, decompress, decompressError } from '../decode/compression.ts';

/** zlib expands a thousandfold at most: what is smaller than this takes some milliseconds at worst. */
const THREADED_MIN_BYTES = 16 * 1024;

type Decompressor = (body: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const gunzip: Decompressor = promisify(zlib.gunzip);
const inflate: Decompressor = promisify(zlib.inflate);
const inflateRaw: Decompressor = promisify(zlib.inflateRaw);
const zstd: Decompressor = promisify(zlib.zstdDecompress);

function threaded(encoding: string, options: DecompressOptions | undefined): Decompressor | undefined {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return gunzip;
    case 'zlib':
      return inflate;
    case 'deflate':
      return options?.rawDeflate ? inflateRaw : inflate;
    case 'zstd':
      return zstd;
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
  options?: DecompressOptions,
): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  const run = body.length < THREADED_MIN_BYTES ? undefined : threaded(name, options);
  if (!run) return decompress(body, encoding, maxBytes, options);
  try {
    return await run(body, { maxOutputLength: maxBytes });
  } catch (error) {
    throw decompressError(name, maxBytes, error);
  }
}
