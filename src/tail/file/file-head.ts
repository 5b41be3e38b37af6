/** The first bytes of a file: with its inode they tell it from every other, also after it was emptied and written anew. */

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { FileIdentity } from '../journal.ts';

/** A log's first line mostly has a time in it. */
export const HEAD_BYTES_MAX = 256;

export function readHead(handle: FileHandle): Promise<Buffer> {
  return readAt(handle, 0);
}

/** As many bytes from anywhere in the file, fewer where it ends. */
export async function readAt(handle: FileHandle, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(HEAD_BYTES_MAX);
  const { bytesRead } = await handle.read(bytes, 0, HEAD_BYTES_MAX, position);
  return bytes.subarray(0, bytesRead);
}

/** Whether a file that begins with `head` may be the one that was known. */
export function hasHead(head: Buffer, known: FileIdentity): boolean {
  return head.length >= known.headBytes && crc32(head.subarray(0, known.headBytes)) === known.headCrc;
}

export function identityOf(
  stats: { readonly dev: number; readonly ino: number },
  head: Buffer,
): FileIdentity {
  return { device: stats.dev, inode: stats.ino, headCrc: crc32(head), headBytes: head.length };
}
