/**
 * The numbers by which chunks on disk name their encodings, and the bounds that encoders keep and decoders
 * demand, so that a damaged count cannot ask for memory. Byte layouts: docs/format/.
 */

/**
 * Samples in one chunk. A chunk of a constant series takes a few bytes whatever its length, so the bytes alone do
 * not bound what decoding allocates: 65,536 samples are 1 MiB of columns.
 */
export const CHUNK_SAMPLES_MAX = 65_536;

/** How a column of float64 values is written (first byte of the column). */
export const VALUE_ENCODING = {
  /** All values have the same bits: they are written once. */
  constant: 0,
  /** Decimals with a common exponent: deltas of integer mantissas in byte planes (`decimal.ts`). */
  decimal: 1,
  /** XOR with the value before, in byte planes (`xor.ts`). */
  xor: 2,
  /** Difference of the bit patterns as 64-bit integers, in byte planes (`xor.ts`). */
  bitDelta: 3,
} as const;

/** How a column of timestamps is written (low two bits of its first byte). */
export const TIME_ENCODING = {
  /** First timestamp and one interval. */
  constant: 0,
  /** First timestamp, first delta, differences of deltas. */
  deltaOfDelta: 1,
  /** Float64 as they are: what is no integer of reasonable size. */
  raw: 2,
} as const;

/** Bits of a sample chunk's first byte. */
export const CHUNK_FLAG = {
  /** Timestamps are a reference to the page's timestamp table, not in the chunk. */
  sharedTimes: 1,
  /** A column of start timestamps follows the values. */
  startTimes: 2,
  /** Histograms instead of floats. */
  histograms: 4,
} as const;

export const CHUNK_FLAGS_ALL = 7;

export const HISTOGRAM_CHUNK_VERSION = 1;

export const ENTRY_CHUNK_VERSION = 2;
/** Before pages had lines of their own: the chunk's lines follow it. */
export const ENTRY_CHUNK_VERSION_WHOLE = 1;

/**
 * Entries in one log chunk. Empty lines without metadata at one time take no bytes at all, so the bytes do not
 * bound the columns: 1,048,576 entries are 16 MiB of them.
 */
export const CHUNK_ENTRIES_MAX = 1 << 20;
