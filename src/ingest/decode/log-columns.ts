/**
 * The columns of a batch of log entries while it is decoded. They are kept for the next request: a few hundred kilobytes
 * for each are garbage that the collector runs for.
 */

/** Entries that there is room for at first, at most. */
const CAPACITY_MAX = 1024;
/** Larger columns are not kept. */
const ENTRIES_KEPT_MAX = 16 * 1024;

export class LogColumns {
  /** Index into the batch's streams. */
  stream: Uint32Array<ArrayBuffer>;
  timeMs: Float64Array<ArrayBuffer>;
  timeNs: Uint32Array<ArrayBuffer>;
  lineStart: Uint32Array<ArrayBuffer>;
  lineEnd: Uint32Array<ArrayBuffer>;
  /** Where the entry's numbers end in `pairs`. */
  pairEnd: Uint32Array<ArrayBuffer>;
  pairs: Uint32Array<ArrayBuffer>;

  /** For the entries of a body of so many bytes, to begin with: many requests are small. */
  constructor(bodyBytes: number) {
    // An entry takes some 32 bytes at least.
    const capacity = Math.min(CAPACITY_MAX, 16 + (bodyBytes >>> 5));
    this.stream = new Uint32Array(capacity);
    this.timeMs = new Float64Array(capacity);
    this.timeNs = new Uint32Array(capacity);
    this.lineStart = new Uint32Array(capacity);
    this.lineEnd = new Uint32Array(capacity);
    this.pairEnd = new Uint32Array(capacity);
    this.pairs = new Uint32Array(2 * capacity);
  }

  /** Entries that there is room for. */
  get capacity(): number {
    return this.stream.length;
  }

  /** Whether they are small enough to be kept for the next request. */
  get isKept(): boolean {
    return this.capacity <= ENTRIES_KEPT_MAX && this.pairs.length <= 8 * ENTRIES_KEPT_MAX;
  }

  /** Makes room for more entries. */
  grow(): void {
    this.stream = longer(this.stream, 2 * this.stream.length);
    this.timeNs = longer(this.timeNs, 2 * this.timeNs.length);
    this.lineStart = longer(this.lineStart, 2 * this.lineStart.length);
    this.lineEnd = longer(this.lineEnd, 2 * this.lineEnd.length);
    this.pairEnd = longer(this.pairEnd, 2 * this.pairEnd.length);
    const times = new Float64Array(2 * this.timeMs.length);
    times.set(this.timeMs);
    this.timeMs = times;
  }

  /** Makes room for so many numbers of pairs. */
  reservePairs(need: number): void {
    if (need > this.pairs.length) this.pairs = longer(this.pairs, Math.max(need, 2 * this.pairs.length));
  }
}

function longer(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(length);
  next.set(array);
  return next;
}
