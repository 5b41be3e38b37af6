/** From token text to the leaves of the tree: attributes with quoted segments, intrinsics, literals. */

import { GO_UNITS } from '../../../model/duration.ts';
import { TriliteError } from '../../../model/errors.ts';
import { unquote } from '../../../model/go-string.ts';
import type { AttributeScope, KindWord, Literal, Reference, StatusWord } from './ast.ts';
import { Fault } from './fault.ts';
import { INTRINSICS, KIND_WORDS, STATUS_WORDS } from './tokens.ts';

const INT_MAX = 9223372036854775807n;
const INT_MIN = -9223372036854775808n;

/** An integer literal; `exact` is kept only where a float cannot hold it. Undefined beyond 64 bits. */
export function intLiteral(value: bigint, at: number): Literal | undefined {
  if (value > INT_MAX || value < INT_MIN) return undefined;
  const float = Number(value);
  return Number.isSafeInteger(float)
    ? { kind: 'literal', type: 'int', value: float, at }
    : { kind: 'literal', type: 'int', value: float, exact: value, at };
}

export function readReference(image: string, at: number): Reference {
  const intrinsic = INTRINSICS.get(image);
  if (intrinsic !== undefined) return { kind: 'intrinsic', name: intrinsic, at };
  const colon = image.indexOf(':');
  const dot = image.indexOf('.');
  if (colon >= 0 && (dot < 0 || colon < dot)) {
    throw new Fault(
      `unexpected ${image.slice(colon + 1) || 'end of intrinsic'} after ${image.slice(0, colon + 1)}`,
      at,
    );
  }
  const scope = dot === 0 ? 'none' : (image.slice(0, dot) as AttributeScope);
  return { kind: 'attribute', scope, name: attributeName(image.slice(dot + 1)), at };
}

/** Joins plain and quoted segments; in quoted ones only `\\` and `\"` are escapes. */
function attributeName(text: string): string {
  if (!text.includes('"')) return text;
  return text.replace(/"((?:\\["\\]|[^"\\])*)"/g, (_all, inner: string) => inner.replace(/\\(["\\])/g, '$1'));
}

export function readLiteral(image: string, at: number): Literal {
  const first = image[0]!;
  if (first === '"' || first === '`')
    return { kind: 'literal', type: 'string', value: unquoted(image, at), at };
  if (/^[0-9]+$/.test(image)) {
    const int = intLiteral(BigInt(image), at);
    if (int === undefined) throw new Fault(`integer ${image} is out of range`, at);
    return int;
  }
  if (/^[0-9.]/.test(image)) {
    if (/[smhdwy]$/.test(image))
      return { kind: 'literal', type: 'duration', value: durationNs(image, at), at };
    return { kind: 'literal', type: 'float', value: Number(image), at };
  }
  if (image === 'true' || image === 'false')
    return { kind: 'literal', type: 'bool', value: image === 'true', at };
  if (image === 'minInt') return intLiteral(INT_MIN, at)!;
  if (image === 'maxInt') return intLiteral(INT_MAX, at)!;
  if (STATUS_WORDS.includes(image))
    return { kind: 'literal', type: 'status', value: image as StatusWord, at };
  if (KIND_WORDS.includes(image)) return { kind: 'literal', type: 'kind', value: image as KindWord, at };
  return { kind: 'literal', type: 'nil', value: undefined, at };
}

function unquoted(image: string, at: number): string {
  try {
    return unquote(image);
  } catch (error) {
    if (error instanceof TriliteError) throw new Fault(error.message, at);
    throw error;
  }
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ...GO_UNITS,
  d: 86400e9,
  w: 7 * 86400e9,
  y: 365 * 86400e9,
};

/** Largest duration, as Go's: 2^63 - 1 ns. */
const DURATION_MAX_NS = 2 ** 63;

/** A sum of numbers with units, in nanoseconds. */
function durationNs(text: string, at: number): number {
  let ns = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)([a-zµμ]+)/g))
    ns += Number(number) * UNIT_NS[unit!]!;
  if (!(ns < DURATION_MAX_NS)) throw new Fault(`duration ${text} is out of range`, at);
  return Math.round(ns);
}
