/**
 * Decimal numbers from bytes. The fast path sums up to 15 digits and scales by a power of ten up to 10^22: both
 * are exact floats, so one multiplication or division rounds correctly. Everything else goes through `Number()`
 * after its form was checked, since `Number()` takes more than the formats allow (hexadecimal, blanks, nothing).
 */

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const DIGITS_EXACT_MAX = 15;

export const NUMBER_INVALID = 'invalid syntax';
export const NUMBER_RANGE = 'value out of range';

const FORM = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** The value of `bytes[start, end)`; `readNumber.failure` says afterwards whether and why it was none. */
export function readNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let c = at < end ? bytes[at]! : 0;
  const negative = c === 45;
  if (negative || c === 43) at++;
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  let point = false;
  for (; at < end; at++) {
    c = bytes[at]!;
    if (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48);
      digits++;
      if (point) fraction++;
    } else if (c === 46 && !point) point = true;
    else break;
  }
  if (digits === 0 || digits > DIGITS_EXACT_MAX) return slowNumber(bytes, start, end);
  let exponent = 0;
  if (at < end) {
    if ((c | 32) !== 101) return slowNumber(bytes, start, end);
    at++;
    c = at < end ? bytes[at]! : 0;
    const down = c === 45;
    if (down || c === 43) at++;
    // Four digits or none: left to the other path.
    if (at >= end || end - at > 3) return slowNumber(bytes, start, end);
    for (; at < end; at++) {
      c = bytes[at]! - 48;
      if (c < 0 || c > 9) return slowNumber(bytes, start, end);
      exponent = exponent * 10 + c;
    }
    if (down) exponent = -exponent;
  }
  exponent -= fraction;
  let value: number;
  if (exponent === 0) value = mantissa;
  else if (exponent > 0 && exponent <= 22) value = mantissa * POWERS[exponent]!;
  else if (exponent < 0 && exponent >= -22) value = mantissa / POWERS[-exponent]!;
  else return slowNumber(bytes, start, end);
  readNumber.failure = undefined;
  return negative ? -value : value;
}

readNumber.failure = undefined as string | undefined;

function slowNumber(bytes: Uint8Array, start: number, end: number): number {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  readNumber.failure = undefined;
  if (FORM.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) readNumber.failure = NUMBER_RANGE;
    return value;
  }
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^nan$/i.test(text)) readNumber.failure = NUMBER_INVALID;
  return Number.NaN;
}

/** As the formats write bucket bounds and quantiles: `1.0`, `0.5`, `1e+06`, `+Inf`. */
export function canonicalFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  // The exponent form begins where six digits before the point do not suffice.
  if (exponent < -4 || exponent >= 6) {
    const e = Math.abs(exponent);
    // A whole mantissa stays as it is: `1e+06`.
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${e < 10 ? '0' : ''}${e}`;
  }
  const sign = Object.is(value, -0) ? '-' : '';
  const text = sign + String(value);
  return text.includes('.') ? text : `${text}.0`;
}
