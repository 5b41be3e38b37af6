/**
 * Columns of span groups as bytes: whole numbers, doubles, dictionaries. Every column begins with a byte that says
 * how it is written; the compressor over the piece (`piece.ts`) does the rest, so the forms here only take out what
 * it cannot see: a common minimum, a common unit, ascending order. Bytes in docs/format/span-group.md.
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import { Dictionary } from '../../model/dictionary.ts';
import {
  planeMask,
  planeWidth,
  readPlanes,
  readWordPlanes,
  writePlanes,
  writeWordPlanes,
} from './byte-planes.ts';

/** How whole numbers are written. On disk: only ever append. */
const FORM = {
  /** All equal: the number, float64. */
  constant: 0,
  /** 0, 1, 2 …: nothing. */
  identity: 1,
  /** Minimum float64, unit varint, width u8, then (number - minimum) / unit in byte planes. */
  planes: 2,
  /** Ascending: the first number as varint, then the differences as whole numbers. */
  ascending: 3,
  /** Too far apart for planes: as doubles. */
  words: 4,
} as const;

/** Units that clocks have, in ns: what is measured in milliseconds or microseconds takes fewer planes. */
const UNITS = [1e6, 1e3];

/** Writes whole numbers within ±2^53, as many as there are; the reader knows how many. */
export function writeWhole(out: ByteWriter, values: Float64Array): void {
  const n = values.length;
  let min = n === 0 ? 0 : values[0]!;
  let max = min;
  let ascends = true;
  let identical = true;
  for (let i = 0; i < n; i++) {
    const v = values[i]!;
    if (v < min) min = v;
    if (v > max) max = v;
    if (i > 0 && v < values[i - 1]!) ascends = false;
    if (v !== i) identical = false;
  }
  if (min === max) {
    out.u8(FORM.constant);
    out.f64(min);
  } else if (identical) {
    out.u8(FORM.identity);
  } else if (ascends && n > 2 && max - min <= Number.MAX_SAFE_INTEGER) {
    out.u8(FORM.ascending);
    out.f64(min);
    const deltas = new Float64Array(n - 1);
    for (let i = 1; i < n; i++) deltas[i - 1] = values[i]! - values[i - 1]!;
    writePlanesOf(out, deltas);
  } else {
    writePlanesOf(out, values);
  }
}

function writePlanesOf(out: ByteWriter, values: Float64Array): void {
  let min = values[0]!;
  let max = min;
  for (const v of values) {
    if (v < min) min = v;
    if (v > max) max = v;
  }
  // Differences of numbers of both signs may pass 2^53: such columns keep their numbers as 64-bit words.
  if (max - min > Number.MAX_SAFE_INTEGER) {
    out.u8(FORM.words);
    writeDoubles(out, values);
    return;
  }
  const unit = UNITS.find((u) => max - min >= u && hasUnit(values, min, u)) ?? 1;
  const shifted = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) shifted[i] = (values[i]! - min) / unit;
  const width = planeWidth((max - min) / unit);
  out.u8(FORM.planes);
  out.f64(min);
  out.varint(unit);
  out.u8(width);
  writePlanes(out, shifted, 0, shifted.length, width);
}

function hasUnit(values: Float64Array, min: number, unit: number): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i]! - min) % unit !== 0) return false;
  return true;
}

/** Reads `n` whole numbers. Throws `ByteError` where the bytes are not such a column. */
export function readWhole(input: ByteReader, n: number): Float64Array {
  const form = input.u8();
  const values = new Float64Array(n);
  switch (form) {
    case FORM.constant:
      return values.fill(input.f64());
    case FORM.identity:
      for (let i = 0; i < n; i++) values[i] = i;
      return values;
    case FORM.planes: {
      const min = input.f64();
      const unit = input.varint();
      readPlanes(input, values, 0, n, input.u8());
      for (let i = 0; i < n; i++) values[i] = values[i]! * unit + min;
      return values;
    }
    case FORM.ascending: {
      let at = input.f64();
      const deltas = readWhole(input, Math.max(0, n - 1));
      values[0] = at;
      for (let i = 1; i < n; i++) values[i] = at += deltas[i - 1]!;
      return values;
    }
    case FORM.words:
      return readDoubles(input, n);
    default:
      throw new ByteError(`column form ${form}`, input.pos);
  }
}

export function writeU32s(out: ByteWriter, values: Uint32Array | Int32Array): void {
  writeWhole(out, new Float64Array(values));
}

export function readU32s(input: ByteReader, n: number): Uint32Array {
  const start = input.pos;
  const out = new Uint32Array(n);
  const form = input.u8();
  // Fast path: most columns of most groups are one number throughout.
  if (form === FORM.constant) {
    const value = input.f64();
    return value === 0 ? out : out.fill(value);
  }
  // Fast path: one or two planes, which row lists and indexes mostly are, without a detour over floats.
  const first = form === FORM.ascending ? input.f64() : 0;
  if (form === FORM.planes || (form === FORM.ascending && input.u8() === FORM.planes)) {
    const min = input.f64();
    const unit = input.varint();
    const width = input.u8();
    if (unit === 1 && width <= 2) {
      if (form === FORM.planes) {
        readNarrow(input, out, 0, n, width, min);
        return out;
      }
      readNarrow(input, out, 1, n - 1, width, min);
      let at = first;
      out[0] = at;
      for (let i = 1; i < n; i++) out[i] = at += out[i]!;
      return out;
    }
  }
  input.pos = start;
  out.set(readWhole(input, n));
  return out;
}

/** Reads up to two planes into `out[at, at + n)`, adding `min`. */
function readNarrow(
  input: ByteReader,
  out: Uint32Array,
  at: number,
  n: number,
  width: number,
  min: number,
): void {
  const planes = input.bytes(n * width);
  if (width === 0) out.fill(min, at, at + n);
  else if (width === 1) for (let i = 0; i < n; i++) out[at + i] = planes[i]! + min;
  else for (let i = 0; i < n; i++) out[at + i] = ((planes[i]! << 8) | planes[n + i]!) + min;
}

export function readI32s(input: ByteReader, n: number): Int32Array {
  return new Int32Array(readU32s(input, n).buffer);
}

/** Writes 64-bit values bit for bit: a mask of the byte planes that are not zero, then those. */
export function writeWords(out: ByteWriter, words: Uint32Array): void {
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length; i += 2) {
    low |= words[i]!;
    high |= words[i + 1]!;
  }
  const mask = planeMask(high, low);
  out.u8(mask);
  writeWordPlanes(out, words, words.length / 2, mask);
}

export function readWords(input: ByteReader, n: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * n);
  readWordPlanes(input, words, 0, n, input.u8());
  return words;
}

function wordsOf(values: Float64Array | BigInt64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
}

const DOUBLES_WHOLE = 0;
const DOUBLES_WORDS = 1;

/** Writes doubles bit for bit. */
export function writeDoubles(out: ByteWriter, values: Float64Array): void {
  // Fast path for readers and for size: doubles that are whole numbers. -0 and what is beyond 2^53 is not.
  if (areWhole(values)) {
    out.u8(DOUBLES_WHOLE);
    writeWhole(out, values);
  } else {
    out.u8(DOUBLES_WORDS);
    writeWords(out, wordsOf(values));
  }
}

function areWhole(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (!Number.isInteger(v) || Math.abs(v) >= WHOLE_MAX || (v === 0 && 1 / v < 0)) return false;
  }
  return true;
}

/** Below this, differences of two of either sign stay within 2^53. */
const WHOLE_MAX = 2 ** 52;

export function readDoubles(input: ByteReader, n: number): Float64Array {
  return input.u8() === DOUBLES_WHOLE ? readWhole(input, n) : new Float64Array(readWords(input, n).buffer);
}

export function writeExactInts(out: ByteWriter, values: BigInt64Array): void {
  writeWords(out, wordsOf(values));
}

export function readExactInts(input: ByteReader, n: number): BigInt64Array {
  return new BigInt64Array(readWords(input, n).buffer);
}

const INDEXES_PLAIN = 0;
const INDEXES_BACK = 1;
/** A dictionary of so many pieces is of new pieces mostly, or none; small ones are better off plain. */
const BACK_PIECES_MIN = 200;

/**
 * Writes a dictionary column: number of pieces, their lengths, indexes, then the pieces. Indexes of a large
 * dictionary are written as the distance back from the newest piece so far (0: the next new piece), so that texts
 * that hardly repeat cost next to nothing.
 */
export function writeDictionary(out: ByteWriter, column: Dictionary): void {
  const { indexes, ends, bytes } = column;
  const pieces = ends.length;
  out.varint(pieces);
  const lengths = new Float64Array(pieces);
  for (let i = 0; i < pieces; i++) lengths[i] = ends[i]! - (i === 0 ? 0 : ends[i - 1]!);
  writeWhole(out, lengths);
  const back = pieces < BACK_PIECES_MIN ? undefined : distancesBack(indexes);
  out.u8(back ? INDEXES_BACK : INDEXES_PLAIN);
  writeWhole(out, back ?? new Float64Array(indexes));
  out.bytes(bytes.subarray(0, pieces === 0 ? 0 : ends[pieces - 1]!));
}

/** Undefined where the pieces do not stand in the order in which the rows first name them. */
function distancesBack(indexes: Uint32Array): Float64Array | undefined {
  const out = new Float64Array(indexes.length);
  let next = 0;
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i]!;
    if (index > next) return undefined;
    out[i] = index === next ? 0 : next - index;
    if (index === next) next++;
  }
  return out;
}

/** Reads a dictionary column of `n` rows; its pieces are views of the input. */
export function readDictionary(input: ByteReader, n: number): Dictionary {
  const pieces = input.varint();
  // Every piece is named by a row at least: this bounds what a damaged count can ask for.
  if (pieces > n) throw new ByteError(`${pieces} pieces for ${n} rows`, input.pos);
  const lengths = readWhole(input, pieces);
  const ends = new Uint32Array(pieces);
  let total = 0;
  for (let i = 0; i < pieces; i++) ends[i] = total += lengths[i]!;
  const form = input.u8();
  const indexes = readU32s(input, n);
  if (form === INDEXES_BACK) {
    let next = 0;
    for (let i = 0; i < n; i++) indexes[i] = indexes[i] === 0 ? next++ : next - indexes[i]!;
  }
  return new Dictionary(indexes, input.bytes(total), ends);
}
