/**
 * zstd at once: with room for the whole output from the start the library compresses from the input straight into it.
 * Left to pieces, it copies both through a window of its own.
 */

import zlib from 'node:zlib';

/** What incompressible input grows to at most: a 256th, and some bytes for what is short. */
const BOUND_SHARE_SHIFT = 8;
const BOUND_SPARE_BYTES = 128;

/** One frame. It may lie in a larger buffer: copy what is kept for long. */
export function zstdCompress(raw: Uint8Array, level: number): Buffer {
  return zlib.zstdCompressSync(raw, {
    chunkSize: raw.length + (raw.length >>> BOUND_SHARE_SHIFT) + BOUND_SPARE_BYTES,
    params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
  });
}
