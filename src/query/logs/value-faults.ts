/** Why a label's value is no number, duration or size: the words of the original's libraries, which reach users in `__error_details__`. */

import { parseGoFloat } from '../../model/go-float.ts';
import { quote } from '../../model/go-string.ts';
import { SIZE_UNITS } from '../lang/logql/units.ts';

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Of a text that `parseGoFloat` does not take. */
export function floatFault(text: string): string {
  const why = DECIMAL.test(text) ? 'value out of range' : 'invalid syntax';
  return `strconv.ParseFloat: parsing ${quote(text)}: ${why}`;
}

/** Of a text that `parseBytes` does not take. */
export function bytesFault(text: string): string {
  const digits = /^[\d.,]*/.exec(text)![0];
  const number = digits.replaceAll(',', '');
  if (parseGoFloat(number) === undefined) return floatFault(number);
  const unit = text.slice(digits.length).trim().toLowerCase();
  return SIZE_UNITS.has(unit) ? `too large: ${text}` : `unhandled size name: ${unit}`;
}

const DURATION_UNITS: ReadonlySet<string> = new Set(['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h']);

/** Of a text that `goDurationNs` does not take. */
export function durationFault(text: string): string {
  const invalid = `time: invalid duration ${quoteBytes(text)}`;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '') return invalid;
  while (rest !== '') {
    const number = /^(\d*)(\.\d*)?/.exec(rest)![0];
    if (!/\d/.test(number)) return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)![0];
    if (unit === '') return `time: missing unit in duration ${quoteBytes(text)}`;
    if (!DURATION_UNITS.has(unit))
      return `time: unknown unit ${quoteBytes(unit)} in duration ${quoteBytes(text)}`;
    rest = rest.slice(unit.length);
  }
  return invalid;
}

/** As the library of times quotes: what is not ASCII byte by byte. */
function quoteBytes(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) {
    const c = String.fromCharCode(byte);
    if (c === '"' || c === '\\') out += `\\${c}`;
    else out += byte < 32 || byte > 126 ? `\\x${byte.toString(16).padStart(2, '0')}` : c;
  }
  return `"${out}"`;
}
