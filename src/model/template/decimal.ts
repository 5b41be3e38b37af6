/** Decimal arithmetic as templates have it: floats are taken as they are written, sums and products are exact, quotients have 16 places. */

import { TemplateError } from './value.ts';

/** `digits · 10^exponent` */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const QUOTIENT_PLACES = 16;
/** Exponents further apart than a double's would make numbers of any length. */
const SHIFT_MAX = 1000;

export function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new TemplateError(`Cannot create a Decimal from ${value}`);
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))!;
  const fraction = m[3] ?? '';
  const digits = BigInt(m[2]! + fraction);
  return { digits: m[1] === '-' ? -digits : digits, exponent: Number(m[4] ?? 0) - fraction.length };
}

export function toNumber({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

function powerOfTen(exponent: number): bigint {
  if (exponent > SHIFT_MAX) throw new TemplateError('decimal: number too long');
  return 10n ** BigInt(exponent);
}

/** Digits of `a` at an exponent no greater than its own. */
function digitsAt(a: Decimal, exponent: number): bigint {
  return a.digits * powerOfTen(a.exponent - exponent);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: digitsAt(a, exponent) + digitsAt(b, exponent), exponent };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { digits: -b.digits, exponent: b.exponent });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** Half a digit is rounded away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new TemplateError('decimal division by 0');
  const shift = a.exponent - b.exponent + QUOTIENT_PLACES;
  const dividend = shift >= 0 ? a.digits * powerOfTen(shift) : a.digits;
  const divisor = shift >= 0 ? b.digits : b.digits * powerOfTen(-shift);
  let digits = dividend / divisor;
  const rest = dividend % divisor;
  const magnitude = (x: bigint) => (x < 0n ? -x : x);
  if (2n * magnitude(rest) >= magnitude(divisor)) digits += dividend < 0n === divisor < 0n ? 1n : -1n;
  return { digits, exponent: -QUOTIENT_PLACES };
}
