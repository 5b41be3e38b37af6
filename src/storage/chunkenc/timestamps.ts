/**
 * Columns of sample timestamps, integer milliseconds, ascending. A constant interval, the usual case of scrapes,
 * takes a few bytes; else the differences of the deltas are zigzag varints. The series of one scrape share their
 * timestamps, so a page keeps each distinct column once in a table and its chunks refer to it by index.
 */

import { assert } from '../../base/assert.ts';
import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import { CHUNK_SAMPLES_MAX, TIME_ENCODING } from './codec.ts';

/** Largest magnitude whose deltas of deltas surely fit a zigzag varint: the year 19,800. */
const TIME_MAX = 2 ** 49;

/** Writes `times[from, to)`: the count, then the column. */
export function encodeTimes(out: ByteWriter, times: Float64Array, from: number, to: number): void {
  const n = to - from;
  assert(n >= 0 && n <= CHUNK_SAMPLES_MAX, `${n} timestamps in a column`);
  out.varint(n);
  if (n === 0) return;
  const first = times[from]!;
  const step = n > 1 ? times[from + 1]! - first : 0;
  let constant = true;
  let integers = true;
  for (let i = from; i < to; i++) {
    const t = times[i]!;
    if (!(t >= -TIME_MAX && t <= TIME_MAX) || t !== Math.floor(t)) {
      integers = false;
      break;
    }
    if (i > from && t - times[i - 1]! !== step) constant = false;
  }
  if (!integers) {
    out.u8(TIME_ENCODING.raw);
    for (let i = from; i < to; i++) out.f64(times[i]!);
    return;
  }
  out.u8(constant ? TIME_ENCODING.constant : TIME_ENCODING.deltaOfDelta);
  out.zigzag(first);
  out.zigzag(step);
  if (constant) return;
  let delta = step;
  for (let i = from + 2; i < to; i++) {
    const next = times[i]! - times[i - 1]!;
    out.zigzag(next - delta);
    delta = next;
  }
}

/** Reads the count that stands before a column; throws `ByteError` above what a chunk may hold. */
export function decodeTimeCount(input: ByteReader): number {
  const n = input.varint();
  if (n > CHUNK_SAMPLES_MAX) throw new ByteError(`${n} samples in a chunk`, input.pos);
  return n;
}

/** Reads a column of `n` timestamps, whose count was read before, into `into[at, at + n)`. */
export function decodeTimes(input: ByteReader, into: Float64Array, at: number, n: number): void {
  if (n === 0) return;
  const encoding = input.u8();
  if (encoding === TIME_ENCODING.raw) {
    for (let i = 0; i < n; i++) into[at + i] = input.f64();
    return;
  }
  if (encoding !== TIME_ENCODING.constant && encoding !== TIME_ENCODING.deltaOfDelta) {
    throw new ByteError(`timestamp encoding ${encoding}`, input.pos - 1);
  }
  const first = input.zigzag();
  let delta = input.zigzag();
  if (encoding === TIME_ENCODING.constant) {
    for (let i = 0; i < n; i++) into[at + i] = first + i * delta;
    return;
  }
  let t = first;
  into[at] = t;
  if (n > 1) into[at + 1] = t += delta;
  const buf = input.buf;
  let pos = input.pos;
  for (let i = 2; i < n; i++) {
    // Fast path: jitter of less than 64 ms is one byte.
    const b = pos < input.end ? buf[pos]! : 0x80;
    if (b < 0x80) {
      pos++;
      delta += (b >>> 1) ^ -(b & 1);
    } else {
      input.pos = pos;
      delta += input.zigzag();
      pos = input.pos;
    }
    into[at + i] = t += delta;
  }
  input.pos = pos;
}

/** Collects the distinct timestamp columns of a page while its chunks are encoded. */
export class TimestampTable {
  #times = new Float64Array(1024);
  #used = 0;
  #ends: number[] = [];
  #byHash = new Map<number, number[]>();
  #last = -1;

  /** Number of distinct columns. */
  get size(): number {
    return this.#ends.length;
  }

  /** The index of the column equal to `times[from, to)`, added when it is new. */
  intern(times: Float64Array, from: number, to: number): number {
    // Fast path: series of one scrape come one after another.
    if (this.#last >= 0 && this.#equals(this.#last, times, from, to)) return this.#last;
    const n = to - from;
    const hash = n === 0 ? 0 : n * 31 + times[from]! * 17 + times[to - 1]! + times[(from + to) >>> 1]! * 7;
    const candidates = this.#byHash.get(hash);
    if (candidates) {
      for (const index of candidates) {
        if (this.#equals(index, times, from, to)) {
          this.#last = index;
          return index;
        }
      }
    }
    const index = this.#add(times, from, to);
    if (candidates) candidates.push(index);
    else this.#byHash.set(hash, [index]);
    this.#last = index;
    return index;
  }

  /** Writes the table: count of columns, then each. */
  writeTo(out: ByteWriter): void {
    out.varint(this.#ends.length);
    let from = 0;
    for (const to of this.#ends) {
      encodeTimes(out, this.#times, from, to);
      from = to;
    }
  }

  clear(): void {
    this.#used = 0;
    this.#ends = [];
    this.#byHash.clear();
    this.#last = -1;
  }

  #equals(index: number, times: Float64Array, from: number, to: number): boolean {
    const start = index === 0 ? 0 : this.#ends[index - 1]!;
    if (this.#ends[index]! - start !== to - from) return false;
    const own = this.#times;
    for (let i = from, j = start; i < to; i++, j++) if (own[j] !== times[i]) return false;
    return true;
  }

  #add(times: Float64Array, from: number, to: number): number {
    const need = this.#used + to - from;
    if (need > this.#times.length) {
      const next = new Float64Array(Math.max(need, 2 * this.#times.length));
      next.set(this.#times.subarray(0, this.#used));
      this.#times = next;
    }
    this.#times.set(times.subarray(from, to), this.#used);
    this.#used = need;
    this.#ends.push(need);
    return this.#ends.length - 1;
  }
}

/** The timestamp table of a page that is read: a column is decoded when a chunk first refers to it. */
export class TimestampColumns {
  readonly #input: ByteReader;
  readonly #offsets: number[] = [];
  readonly #columns: (Float64Array | undefined)[] = [];

  /** Reads the table at the reader's position and leaves the reader behind it. */
  constructor(input: ByteReader) {
    this.#input = input;
    const n = input.varint();
    // A column is a byte at least, so a damaged count ends with the bytes.
    for (let i = 0; i < n; i++) {
      this.#offsets.push(input.pos);
      skipTimes(input);
    }
  }

  get size(): number {
    return this.#offsets.length;
  }

  /** Column `index`; not to be written to. Throws `ByteError` where the table has none. */
  column(index: number): Float64Array {
    const known = this.#columns[index];
    if (known) return known;
    const offset = this.#offsets[index];
    if (offset === undefined)
      throw new ByteError(`timestamp column ${index} of ${this.size}`, this.#input.pos);
    const resume = this.#input.pos;
    this.#input.pos = offset;
    const n = decodeTimeCount(this.#input);
    const column = new Float64Array(n);
    decodeTimes(this.#input, column, 0, n);
    this.#input.pos = resume;
    this.#columns[index] = column;
    return column;
  }
}

function skipTimes(input: ByteReader): void {
  const n = decodeTimeCount(input);
  if (n === 0) return;
  const encoding = input.u8();
  if (encoding === TIME_ENCODING.raw) {
    input.bytes(8 * n);
    return;
  }
  const numbers = encoding === TIME_ENCODING.constant ? 2 : Math.max(n, 2);
  for (let i = 0; i < numbers; i++) input.varint();
}
