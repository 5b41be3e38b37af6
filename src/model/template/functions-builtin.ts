/** text/template's own functions: comparison, indexing, printing, escaping. */

import { formatFloat } from '../float-format.ts';
import { quote } from '../go-string.ts';
import { type FunctionTable, fn, int, str } from './arguments.ts';
import { lengthOf, queryEscape } from './functions-text.ts';
import { format } from './print-value.ts';
import { exponential, fixed } from './rounding.ts';
import { isList, isMap, isTime, TemplateError, truth, typeName, type Value } from './value.ts';

const MANY = 100;

type BasicKind = 'string' | 'int' | 'float' | 'bool' | 'nil' | 'other';

function basicKind(value: Value): BasicKind {
  if (value === null) return 'nil';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    default:
      return 'other';
  }
}

function equal(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === 'nil' || other === 'nil') return kind === other;
  if (kind === 'other' || other === 'other') {
    if (isTime(a) && isTime(b)) return a.ms === b.ms && a.ns === b.ns;
    throw new TemplateError('non-comparable type');
  }
  if (kind !== other) throw new TemplateError('incompatible types for comparison');
  return a === b;
}

function less(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new TemplateError('incompatible types for comparison');
  if (kind !== 'string' && kind !== 'int' && kind !== 'float') {
    throw new TemplateError('invalid type for comparison');
  }
  return (a as string) < (b as string);
}

function index(args: readonly Value[]): Value {
  let value = args[0]!;
  for (const key of args.slice(1)) {
    if (isMap(value)) value = value.get(str(key)) ?? '';
    else {
      const n: number = int(key);
      const length = isList(value) || typeof value === 'string' ? lengthOf(value) : -1;
      if (length < 0) throw new TemplateError(`can't index item of type ${typeName(value)}`);
      if (n < 0 || n >= length) throw new TemplateError(`index out of range: ${n}`);
      value = isList(value) ? value[n]! : BigInt(Buffer.from(value as string)[n]!);
    }
  }
  return value;
}

function slice(args: readonly Value[]): Value {
  const value = args[0]!;
  const length = lengthOf(value);
  const from = args.length > 1 ? int(args[1]) : 0;
  const to = args.length > 2 ? int(args[2]) : length;
  if (from < 0 || to > length || from > to) throw new TemplateError(`index out of range: ${to}`);
  return isList(value) ? value.slice(from, to) : Buffer.from(str(value)).subarray(from, to).toString();
}

/** Go's Sprint: a space between operands where neither is a string. */
function print(args: readonly Value[]): string {
  let out = '';
  args.forEach((arg, i) => {
    if (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string') out += ' ';
    out += arg === null ? '<nil>' : format(arg);
  });
  return out;
}

/** Padding a verb may ask for. */
const WIDTH_MAX = 10_000;

function printf(args: readonly Value[]): string {
  let next = 1;
  const out = str(args[0]).replace(
    /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z%])/g,
    (spec, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const hasPrecision = spec.includes('.');
      const text = formatVerb(verb, args[next++]!, flags, hasPrecision ? Number(precision ?? 0) : undefined);
      return pad(text, flags, Math.min(Number(width ?? 0), WIDTH_MAX), verb);
    },
  );
  if (next >= args.length) return out;
  const extra = args.slice(next).map((v) => `${typeName(v)}=${format(v)}`);
  return `${out}%!(EXTRA ${extra.join(', ')})`;
}

function pad(text: string, flags: string, width: number, verb: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || /[sqvT]/.test(verb)) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function formatVerb(verb: string, value: Value, flags: string, precision: number | undefined): string {
  const plus = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  const wrong = `%!${verb}(${typeName(value)}=${format(value)})`;
  switch (verb) {
    case 'v':
      if (flags.includes('#') && typeof value === 'string') return quote(value);
      return value === null ? '<nil>' : format(value);
    case 'T':
      return typeName(value);
    case 's':
      if (typeof value !== 'string') return wrong;
      return precision === undefined ? value : [...value].slice(0, precision).join('');
    case 'q':
      return typeof value === 'string' ? quote(value) : wrong;
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong;
    case 'd':
      return typeof value === 'bigint' ? plus(String(value)) : wrong;
    case 'c':
      return typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : wrong;
    case 'b':
    case 'o':
    case 'x':
    case 'X': {
      const radix = verb === 'b' ? 2 : verb === 'o' ? 8 : 16;
      const isText = typeof value === 'string' && radix === 16;
      const hex = isText ? Buffer.from(value).toString('hex') : undefined;
      const text = typeof value === 'bigint' ? plus(value.toString(radix)) : hex;
      return text === undefined ? wrong : verb === 'X' ? text.toUpperCase() : text;
    }
    case 'f':
    case 'F':
      return typeof value === 'number' ? plus(fixed(value, Math.min(precision ?? 6, 100))) : wrong;
    case 'e': {
      if (typeof value !== 'number') return wrong;
      return plus(exponential(value, Math.min(precision ?? 6, 100)).replace(/e([+-])(\d)$/, 'e$10$2'));
    }
    case 'g':
      if (typeof value !== 'number') return wrong;
      return plus(
        formatFloat(
          precision === undefined ? value : Number(exponential(value, Math.min(precision || 1, 100) - 1)),
        ),
      );
    default:
      return wrong;
  }
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&#34;',
  "'": '&#39;',
};
const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** Besides, whatever cannot be printed. */
const JS_SPECIAL = /[\\'"<>&=]|(?![ \x7f])[\p{C}\p{Z}]/gu;

const unicodeEscape = (c: string): string =>
  `\\u${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

export const COMPARE_FUNCTIONS: FunctionTable = {
  // `and` and `or` stop at the first operand that decides; the evaluation does them.
  // No value is a function.
  call: fn(
    1,
    ([f]) => {
      throw new TemplateError(`non-function of type ${typeName(f!)}`);
    },
    MANY,
  ),
  not: fn(1, ([v]) => !truth(v!)),
  eq: fn(2, ([a, ...rest]) => rest.some((b) => equal(a!, b)), MANY),
  ne: fn(2, ([a, b]) => !equal(a!, b!)),
  lt: fn(2, ([a, b]) => less(a!, b!)),
  le: fn(2, ([a, b]) => less(a!, b!) || equal(a!, b!)),
  gt: fn(2, ([a, b]) => !less(a!, b!) && !equal(a!, b!)),
  ge: fn(2, ([a, b]) => !less(a!, b!)),
  len: fn(1, ([v]) => BigInt(lengthOf(v!))),
  index: fn(1, index, MANY),
  slice: fn(1, slice, 4),
  print: fn(0, print, MANY),
  println: fn(0, (a) => `${a.map((v) => (v === null ? '<nil>' : format(v))).join(' ')}\n`, MANY),
  printf: fn(1, printf, MANY),
  html: fn(1, (a) => print(a).replace(/[<>&"']/g, (c) => HTML[c]!), MANY),
  js: fn(1, (a) => print(a).replace(JS_SPECIAL, (c) => JS[c] ?? unicodeEscape(c)), MANY),
  urlquery: fn(1, (a) => queryEscape(print(a)), MANY),
};
