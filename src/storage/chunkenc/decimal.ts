/**
 * Decimal encoding of float64 columns. Most values that are measured were decimals once: counts, bytes, seconds
 * with two or three places. A value v is the decimal m / 10^e exactly when `m / 10^e === v`, because division
 * rounds correctly; so the integer mantissas stand for the column bit by bit.
 *
 * 1. Find the smallest common exponent e; single values that are no decimals (a stale marker at the end, an
 *    infinity, -0) become exceptions, and their place repeats the mantissa before.
 * 2. Take differences of the mantissas, once or twice, whichever varies less, and subtract the smallest.
 * 3. Drop trailing zero bits that all residuals share (bytes in multiples of a page size).
 * 4. Write the residuals in byte planes.
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import { wordsOf } from '../../model/sample.ts';
import { planeWidth, readPlanes, takePlanes, writePlanes } from './byte-planes.ts';
import { CHUNK_SAMPLES_MAX, VALUE_ENCODING } from './codec.ts';

/** Mantissas up to this keep second differences, and their range, within the exact integers. */
const MANTISSA_MAX = 2 ** 49;
/** More places than this are hardly ever meant as a decimal. */
const EXPONENT_MAX = 9;
const POW10 = Float64Array.from({ length: 16 }, (_, e) => 10 ** e);
/** One value in this many, and one in any case, may be an exception. */
const EXCEPTION_SHARE = 16;
const TWO_32 = 4294967296;

/** Bits of the header: exponent in the low four, then these. */
const ORDER_TWO = 16;
const HAS_EXCEPTIONS = 32;
/** Second header byte: plane width in the low three bits, shift above. */
const SHIFT_BITS = 3;

let mantissas = new Float64Array(1024);
let exceptionCount = 0;
const exceptions = new Uint32Array(CHUNK_SAMPLES_MAX / EXCEPTION_SHARE + 1);

/** The smallest exponent that makes `v` a decimal, or -1. */
function exponentOf(v: number, from: number): number {
  for (let e = from; e <= EXPONENT_MAX; e++) {
    const p = POW10[e]!;
    const m = Math.round(v * p);
    if (m / p === v) return m <= MANTISSA_MAX && m >= -MANTISSA_MAX && !Object.is(v, -0) ? e : -1;
  }
  return -1;
}

/** Fills `mantissas` and `exceptions`; the exponent, or -1 where the column is not decimal enough. */
function toMantissas(values: Float64Array, from: number, to: number): number {
  const n = to - from;
  const allowed = Math.floor(n / EXCEPTION_SHARE) + 1;
  if (mantissas.length < n) mantissas = new Float64Array(2 * n);
  const m = mantissas;
  let e = Math.max(0, exponentOf(values[from]!, 0));
  for (;;) {
    const p = POW10[e]!;
    let raised = -1;
    exceptionCount = 0;
    for (let i = 0; i < n; i++) {
      const v = values[from + i]!;
      const x = Math.round(v * p);
      if (x / p === v && x <= MANTISSA_MAX && x >= -MANTISSA_MAX && (x !== 0 || 1 / v > 0)) {
        m[i] = x;
        continue;
      }
      raised = exponentOf(v, e + 1);
      if (raised >= 0) break;
      if (exceptionCount === allowed) return -1;
      exceptions[exceptionCount++] = i;
      m[i] = i === 0 ? 0 : m[i - 1]!;
    }
    if (raised < 0) break;
    e = raised;
  }
  // A column that begins with exceptions has its first mantissa only after them.
  let lead = 0;
  while (lead < exceptionCount && exceptions[lead] === lead) lead++;
  if (lead > 0) m.fill(lead < n ? m[lead]! : 0, 0, lead);
  return e;
}

/** Writes `values[from, to)` and returns true, or writes nothing and returns false where they are no decimals. */
export function encodeDecimals(out: ByteWriter, values: Float64Array, from: number, to: number): boolean {
  const n = to - from;
  const e = toMantissas(values, from, to);
  if (e < 0) return false;
  const m = mantissas;
  const first = m[0]!;
  let min1 = 0;
  let max1 = 0;
  let min2 = 0;
  let max2 = 0;
  if (n > 1) {
    min1 = max1 = m[1]! - first;
    min2 = Infinity;
    max2 = -Infinity;
    let before = min1;
    for (let i = 2; i < n; i++) {
      const d = m[i]! - m[i - 1]!;
      const dd = d - before;
      if (d < min1) min1 = d;
      if (d > max1) max1 = d;
      if (dd < min2) min2 = dd;
      if (dd > max2) max2 = dd;
      before = d;
    }
  }
  const orderTwo = n > 2 && max2 - min2 < max1 - min1;
  const min = orderTwo ? min2 : min1;
  const range = orderTwo ? max2 - min2 : max1 - min1;
  const firstDelta = n > 1 ? m[1]! - first : 0;
  const skip = orderTwo ? 2 : 1;
  const shift = toResiduals(m, n, min, orderTwo, range);
  const width = planeWidth(Math.floor(range / 2 ** shift));

  out.u8(VALUE_ENCODING.decimal);
  out.u8(e | (orderTwo ? ORDER_TWO : 0) | (exceptionCount > 0 ? HAS_EXCEPTIONS : 0));
  out.u8(width | (shift << SHIFT_BITS));
  out.zigzag(first);
  if (orderTwo) out.zigzag(firstDelta);
  out.zigzag(min);
  writePlanes(out, m, skip, Math.max(n, skip), width);
  if (exceptionCount > 0) writeExceptions(out, values, from);
  return true;
}

/** Turns mantissas into residuals in place (from index 1, or 2 for second differences); returns the shared shift. */
function toResiduals(m: Float64Array, n: number, min: number, orderTwo: boolean, range: number): number {
  if (range === 0) return 0;
  const last = orderTwo ? 2 : 1;
  let bits = 0;
  for (let i = n - 1; i >= last; i--) {
    const d = orderTwo ? m[i]! - 2 * m[i - 1]! + m[i - 2]! - min : m[i]! - m[i - 1]! - min;
    m[i] = d;
    bits |= d < TWO_32 ? d : d - Math.floor(d / TWO_32) * TWO_32;
  }
  if (bits === 0 || bits & 1) return 0;
  const shift = 31 - Math.clz32(bits & -bits);
  const unit = 2 ** -shift;
  for (let i = last; i < n; i++) m[i] = m[i]! * unit;
  return shift;
}

function writeExceptions(out: ByteWriter, values: Float64Array, from: number): void {
  const words = wordsOf(values);
  out.varint(exceptionCount);
  let before = 0;
  for (let i = 0; i < exceptionCount; i++) {
    const index = exceptions[i]!;
    out.varint(index - before);
    out.u32(words[2 * (from + index)]!);
    out.u32(words[2 * (from + index) + 1]!);
    before = index;
  }
}

/** Reads `n` values, whose encoding byte was read before, into `into[at, at + n)`. */
export function decodeDecimals(input: ByteReader, into: Float64Array, at: number, n: number): void {
  const header = input.u8();
  const second = input.u8();
  const p = POW10[header & 15]!;
  const width = second & ((1 << SHIFT_BITS) - 1);
  const unit = 2 ** (second >>> SHIFT_BITS);
  let m = input.zigzag();
  const orderTwo = (header & ORDER_TWO) !== 0;
  const delta = orderTwo ? input.zigzag() : 0;
  const min = input.zigzag();
  if (n > 0) into[at] = m / p;
  if (orderTwo && n > 1) into[at + 1] = (m += delta) / p;
  const skip = Math.min(n, orderTwo ? 2 : 1);
  const residuals: Residuals = { m, delta, min, unit, p, orderTwo };
  if (width <= 2) undoNarrow(input, into, at + skip, n - skip, width, residuals);
  else undoWide(input, into, at + skip, n - skip, width, residuals);
  if (header & HAS_EXCEPTIONS) readExceptions(input, wordsOf(into), at, n);
}

interface Residuals {
  /** The mantissa and the difference before the first residual. */
  readonly m: number;
  readonly delta: number;
  /** What each residual is multiplied by, then what is added to it. */
  readonly unit: number;
  readonly min: number;
  readonly p: number;
  readonly orderTwo: boolean;
}

/** Of up to two bytes, which counters and gauges mostly need: straight from the planes. */
function undoNarrow(
  input: ByteReader,
  into: Float64Array,
  at: number,
  n: number,
  width: number,
  { m: before, delta: difference, unit, min, p, orderTwo }: Residuals,
): void {
  const high = takePlanes(input, n, width);
  const low = width === 2 ? high + n : high;
  const { buf } = input;
  let m = before;
  let delta = difference;
  for (let i = 0; i < n; i++) {
    const residual = width === 2 ? (buf[high + i]! << 8) | buf[low + i]! : width === 1 ? buf[low + i]! : 0;
    const d = residual * unit + min;
    m += orderTwo ? (delta += d) : d;
    into[at + i] = p === 1 ? m : m / p;
  }
}

function undoWide(
  input: ByteReader,
  into: Float64Array,
  at: number,
  n: number,
  width: number,
  { m: before, delta: difference, unit, min, p, orderTwo }: Residuals,
): void {
  readPlanes(input, into, at, n, width);
  let m = before;
  let delta = difference;
  for (let i = at; i < at + n; i++) {
    const d = into[i]! * unit + min;
    m += orderTwo ? (delta += d) : d;
    into[i] = m / p;
  }
}

function readExceptions(input: ByteReader, words: Uint32Array, at: number, n: number): void {
  const count = input.varint();
  let index = 0;
  for (let i = 0; i < count; i++) {
    index += input.varint();
    if (index >= n) throw new ByteError(`exception at ${index} of ${n} values`, input.pos);
    words[2 * (at + index)] = input.u32();
    words[2 * (at + index) + 1] = input.u32();
  }
}
