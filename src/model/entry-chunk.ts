/**
 * A run of log entries of one stream in columns: times as nanosecond offsets from a base, lines contiguous in one
 * buffer, structured metadata as indexes into a dictionary. A line filter runs over `lines` as a whole and only
 * then maps hits to entries. Offsets are exact up to 104 days (2^53 ns) from the base.
 */

export interface EntryChunk {
  readonly count: number;
  readonly baseMs: number;
  /** Ascending; entries of equal time stand in insertion order. */
  readonly offsetsNs: Float64Array;
  /** Line i is `lines[i === 0 ? 0 : lineEnds[i - 1], lineEnds[i])`, UTF-8, without separators between lines. */
  readonly lines: Uint8Array;
  readonly lineEnds: Uint32Array;
  /** Metadata of entry i: `pairs[i === 0 ? 0 : pairEnds[i - 1], pairEnds[i])`, name and value alternating, indexes into `strings`. */
  readonly pairEnds: Uint32Array;
  readonly pairs: Uint32Array;
  readonly strings: readonly string[];
}
