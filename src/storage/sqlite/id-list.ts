/** Ascending lists of series ids as bytes: varints of the differences, each at least 1. The base is not in it. */

import zlib from 'node:zlib';
import type { ByteWriter } from '../../base/bytes.ts';

/** Appends ids, ascending and above `base`. */
export function writeIds(out: ByteWriter, base: number, ids: ArrayLike<number>, from = 0): void {
  let previous = base;
  for (let i = from; i < ids.length; i++) {
    out.varint(ids[i]! - previous);
    previous = ids[i]!;
  }
}

/** How many ids the bytes hold. */
export function countIds(bytes: Uint8Array): number {
  let n = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! < 0x80) n++;
  return n;
}

/** Reads the ids into `into` from `at`; returns where they end. */
export function readIds(bytes: Uint8Array, base: number, into: Uint32Array, at: number): number {
  let id = base;
  let value = 0;
  let scale = 1;
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    value += (b & 0x7f) * scale;
    if (b >= 0x80) {
      scale *= 128;
      continue;
    }
    id += value;
    into[at++] = id;
    value = 0;
    scale = 1;
  }
  return at;
}

const CRC_BYTES = 4;

/** The list as a column holds it: u32 CRC-32, from the start value `seed`, and the list. */
export function sealIds(list: Uint8Array, seed: number): Buffer {
  const sealed = Buffer.allocUnsafe(CRC_BYTES + list.length);
  sealed.writeUInt32LE(zlib.crc32(list, seed), 0);
  sealed.set(list, CRC_BYTES);
  return sealed;
}

/** The list of a column, or undefined where it is damaged. */
export function unsealIds(sealed: Buffer, seed: number): Uint8Array | undefined {
  if (sealed.length < CRC_BYTES) return undefined;
  const list = sealed.subarray(CRC_BYTES);
  return zlib.crc32(list, seed) === sealed.readUInt32LE(0) ? list : undefined;
}
