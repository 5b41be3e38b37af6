/**
 * Comparison of byte ranges of two buffers, eight bytes at a time: for look-ups that compare a hundred bytes per
 * sample. Views instead of arrays, since words in them need no alignment; optimized code makes no bigint of a word.
 */

const WORD_BYTES = 8;

/** Whether `a[aStart, aStart + length)` and `b[bStart, bStart + length)` are equal; both must be within their views. */
export function sameBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < WORD_BYTES) {
    for (let i = 0; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
    return true;
  }
  // The last word may overlap the one before.
  const last = length - WORD_BYTES;
  for (let i = 0; i < last; i += WORD_BYTES) {
    if (a.getBigInt64(aStart + i, true) !== b.getBigInt64(bStart + i, true)) return false;
  }
  return a.getBigInt64(aStart + last, true) === b.getBigInt64(bStart + last, true);
}

/** A view of the array's bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
