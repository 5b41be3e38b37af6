/** Number literals that the languages share: read from their text and, for the printers, written back. */

import { formatPlain } from '../../model/float-format.ts';

/**
 * A number: decimal with fraction and exponent, `0x` hexadecimal and leading-zero octal integers, `_` between
 * digits, `Inf` and `NaN` in any case. Undefined where the text is none of these or overflows.
 */
export function parseNumber(text: string): number | undefined {
  const lower = text.toLowerCase();
  const unsigned = lower.replace(/^[+-]/, '');
  if (unsigned === 'inf' || unsigned === 'infinity') return lower.startsWith('-') ? -Infinity : Infinity;
  if (unsigned === 'nan') return Number.NaN;
  const digits = unsigned.replaceAll('_', '');
  let value: number;
  if (/^0x[0-9a-f]+$/.test(digits)) value = Number(digits);
  else if (/^0[0-7]+$/.test(digits)) value = Number(`0o${digits.slice(1)}`);
  else if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(digits)) value = Number(digits);
  else return undefined;
  if (value === Infinity) return undefined;
  return lower.startsWith('-') ? -value : value;
}

/** A number as the languages' printers write it: the shortest digits that read back equal, no exponent. */
export const formatNumber: (value: number) => string = formatPlain;
