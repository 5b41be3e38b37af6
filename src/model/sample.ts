/**
 * A sample is an integer timestamp in milliseconds and a float64. The stale marker is a NaN with a bit pattern
 * of its own (Prometheus' `0x7ff0000000000002`), so the bits must survive: copy values with `TypedArray.set` or
 * through u32 views, and ask `isStale` through the array, never through a number that went through arithmetic.
 */

/** Halves of the stale marker, high and low. */
export const STALE_HIGH = 0x7ff00000;
export const STALE_LOW = 2;
/** Halves of the NaN that every other NaN is normalised to. */
const NORMAL_NAN_HIGH = 0x7ff80000;
const NORMAL_NAN_LOW = 1;

/** The u32 words of a float array: word 2i is the low half of value i (little-endian machines only). */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether value `i` is the stale marker. `words` is `wordsOf(values)`; test `values[i] !== values[i]` first. */
export function isStale(words: Uint32Array, i: number): boolean {
  return words[2 * i] === STALE_LOW && words[2 * i + 1] === STALE_HIGH;
}

/** Writes the stale marker as value `i`. */
export function setStale(words: Uint32Array, i: number): void {
  words[2 * i] = STALE_LOW;
  words[2 * i + 1] = STALE_HIGH;
}

/** Turns any NaN at `i` that is not the stale marker into the normal one, so that equal values have equal bits. */
export function normalizeNaN(words: Uint32Array, i: number): void {
  if (isStale(words, i)) return;
  words[2 * i] = NORMAL_NAN_LOW;
  words[2 * i + 1] = NORMAL_NAN_HIGH;
}

/** Whether values `i` and `j` have the same bits (0 and -0 differ, NaNs compare by pattern). */
export function sameBits(a: Uint32Array, i: number, b: Uint32Array, j: number): boolean {
  return a[2 * i] === b[2 * j] && a[2 * i + 1] === b[2 * j + 1];
}
