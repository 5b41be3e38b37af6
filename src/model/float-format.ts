/** Numbers as Go prints them, which is how the APIs and messages have them: shortest digits that read back equal. */

/** Go's `%g` writes numbers with decimal exponents from here… */
const GENERAL_EXPONENT_MIN = -4;
/** …to below here without one. */
const GENERAL_EXPONENT_END = 6;

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return undefined;
}

/** Sign, digits without leading or trailing zeros, and the decimal exponent of the first digit. */
function decompose(value: number): { sign: string; digits: string; exponent: number } {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return { sign, digits: '0', exponent: 0 };
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e') as [string, string];
  return { sign, digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** Without exponent, as many digits as needed: `100000000000000000000000`, `0.0000001`. */
export function formatPlain(value: number): string {
  const s = special(value);
  if (s !== undefined) return s;
  const { sign, digits, exponent } = decompose(value);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits + '0'.repeat(exponent + 1 - digits.length);
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** `1.5`, `1e+06`, `1e-05`: the exponent form below 1e-4 and from 1e6 on. */
export function formatFloat(value: number): string {
  const s = special(value);
  if (s !== undefined) return s;
  const { sign, digits, exponent } = decompose(value);
  if (exponent >= GENERAL_EXPONENT_MIN && exponent < GENERAL_EXPONENT_END) return formatPlain(value);
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const e = Math.abs(exponent);
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${e < 10 ? '0' : ''}${e}`;
}

/** `1.5E+00`: always with an exponent, of two digits at least. */
export function formatScientific(value: number): string {
  const s = special(value);
  if (s !== undefined) return s;
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const sign = Object.is(value, -0) ? '-' : '';
  return `${sign}${mantissa}E${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
