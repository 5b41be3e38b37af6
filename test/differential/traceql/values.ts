/**
 * The attributes of random traces and of the queries about them: each with values to give to spans and to look for, as OTLP JSON and as TraceQL
 * writes them.
 */

import type { Random } from '../../../src/bench/random.ts';

/** An OTLP JSON AnyValue. */
export type AnyValue = Readonly<Record<string, unknown>>;
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type ScalarType = 'string' | 'int' | 'float' | 'bool';

/** Texts that strings, names and messages are made of. */
const WORDS = ['GET', 'POST', 'get', 'a', 'b', 'ab', 'error', 'Zürich', '日本', '😀', '/api/v1', 'a b'];
const ODD_WORDS = ['', ' ', 'say "hi"', "it's", 'back\\slash', 'two\nlines', '`tick`', 'a.b', '200', 'true'];
const INTS = ['0', '1', '-1', '2', '3', '5', '7', '200', '404', '500', '503'];
/** Of these there are no sums: floats lose count. */
const BIG_INTS = ['9007199254740993', '9007199254740992', '9223372036854775807', '-9223372036854775808'];
const FLOATS = [0, 0.5, 1, 1.5, -2.5, 5, 200, 0.1, 1000];
const ODD_FLOATS = [1e-9, 123456789.25, -0.001];

export function word(random: Random): string {
  return random.pick(random.chance(0.85) ? WORDS : ODD_WORDS);
}

function int(random: Random): string {
  return random.pick(INTS);
}

function float(random: Random): number {
  return random.pick(random.chance(0.93) ? FLOATS : ODD_FLOATS);
}

export function scalar(random: Random, type: ScalarType): AnyValue {
  switch (type) {
    case 'string':
      return { stringValue: word(random) };
    case 'int':
      return { intValue: int(random) };
    case 'float':
      return { doubleValue: float(random) };
    default:
      return { boolValue: random.chance(0.5) };
  }
}

const SCALARS: readonly ScalarType[] = ['string', 'int', 'float', 'bool'];

function array(random: Random, type: ScalarType): AnyValue {
  return { arrayValue: { values: Array.from({ length: 1 + random.int(3) }, () => scalar(random, type)) } };
}

/** What comparisons do not reach. */
function odd(random: Random): AnyValue {
  switch (random.int(5)) {
    case 0:
      return { arrayValue: { values: [] } };
    case 1:
      return { arrayValue: { values: [scalar(random, 'int'), scalar(random, 'string')] } };
    case 2:
      return { kvlistValue: { values: [{ key: 'k', value: scalar(random, 'string') }] } };
    case 3:
      return { bytesValue: Buffer.from(word(random)).toString('base64') };
    default:
      return {};
  }
}

export type ValueKind = ScalarType | 'big' | 'mixed' | 'array' | 'odd';

export interface Field {
  readonly key: string;
  /** What values it has, with repeats for weight. */
  readonly kinds: readonly ValueKind[];
  /** Share of the owners that have it. */
  readonly share: number;
}

export const SPAN_FIELDS: readonly Field[] = [
  { key: 'http.method', kinds: ['string'], share: 0.5 },
  { key: 'http.status_code', kinds: ['int'], share: 0.5 },
  { key: 'n', kinds: ['int'], share: 0.5 },
  { key: 'big', kinds: ['big'], share: 0.2 },
  { key: 'f', kinds: ['float'], share: 0.4 },
  { key: 's', kinds: ['string'], share: 0.4 },
  { key: 'flag', kinds: ['bool'], share: 0.3 },
  { key: 'x', kinds: ['mixed'], share: 0.4 },
  { key: 'level', kinds: ['string', 'int'], share: 0.3 },
  { key: 'tags', kinds: ['array'], share: 0.2 },
  { key: 'odd', kinds: ['odd', 'string'], share: 0.1 },
  { key: 'a b', kinds: ['string'], share: 0.15 },
  { key: 'a-b/c', kinds: ['int'], share: 0.15 },
  { key: 'ключ', kinds: ['string'], share: 0.15 },
];
export const RESOURCE_FIELDS: readonly Field[] = [
  { key: 'cluster', kinds: ['string'], share: 0.6 },
  { key: 'level', kinds: ['string', 'float'], share: 0.5 },
  { key: 'x', kinds: ['mixed'], share: 0.5 },
  { key: 'host.id', kinds: ['int'], share: 0.4 },
  { key: 'tags', kinds: ['array'], share: 0.3 },
  { key: 'odd', kinds: ['odd'], share: 0.1 },
];
export const EVENT_FIELDS: readonly Field[] = [
  { key: 'k', kinds: ['string'], share: 0.5 },
  { key: 'n', kinds: ['int'], share: 0.4 },
  { key: 'x', kinds: ['mixed'], share: 0.3 },
  { key: 'tags', kinds: ['array'], share: 0.15 },
];
export const LINK_FIELDS: readonly Field[] = [
  { key: 'k', kinds: ['string'], share: 0.5 },
  { key: 'w', kinds: ['int', 'float'], share: 0.5 },
];
export const SCOPE_FIELDS: readonly Field[] = [
  { key: 'lib', kinds: ['string'], share: 0.6 },
  { key: 'x', kinds: ['mixed'], share: 0.4 },
];

function valueOfKind(random: Random, kind: ValueKind): AnyValue {
  if (kind === 'mixed') return scalar(random, random.pick(SCALARS));
  if (kind === 'big') return { intValue: random.pick(BIG_INTS) };
  if (kind === 'array') return array(random, random.pick(SCALARS));
  return kind === 'odd' ? odd(random) : scalar(random, kind);
}

export function attributes(random: Random, fields: readonly Field[]): KeyValue[] {
  return fields
    .filter(({ share }) => random.chance(share))
    .map(({ key, kinds }) => ({ key, value: valueOfKind(random, random.pick(kinds)) }));
}

// -------------------------------------------------------------------------------------------------- as TraceQL

export function stringLiteral(random: Random, text: string): string {
  return random.chance(0.2) && !text.includes('`') ? `\`${text}\`` : JSON.stringify(text);
}

/** A negative number is a minus and a literal. */
export function literal(random: Random, type: ScalarType): string {
  switch (type) {
    case 'string':
      return stringLiteral(random, word(random));
    case 'int':
      return int(random);
    case 'float': {
      const value = float(random);
      const text = value.toString().replace('e+', 'e');
      return /[.e]/.test(text) ? text : `${text}.0`;
    }
    default:
      return random.chance(0.5) ? 'true' : 'false';
  }
}

export function bigLiteral(random: Random): string {
  const text = random.pick(BIG_INTS);
  return text.startsWith('-') ? 'minInt' : text;
}

export const REGEXES = [
  '.*',
  '.+',
  'GET|POST',
  'G.*',
  '(?i)get',
  '[a-z]+',
  'a.*',
  'a',
  '.*b',
  'two.lines',
  '日.',
  'err(or)?',
  '\\\\d+',
  '^a$',
  '',
  'nope',
  'svc-[ab]',
  'op.*',
  '.*[12]',
];
export const BAD_REGEXES = ['(', '[', 'a**', '(?!x)', 'x{2000}', '*'];
const DURATIONS = [
  '0s',
  '1ns',
  '100ns',
  '1us',
  '10ms',
  '50ms',
  '100ms',
  '1s',
  '1.5s',
  '1m',
  '1h',
  '1h30m',
  '1d',
  '2w',
];

export const duration = (random: Random): string => random.pick(DURATIONS);
