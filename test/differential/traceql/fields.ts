/**
 * Random field expressions: what stands in braces. Mostly well typed and likely to find something, now and then neither.
 */

import type { Random } from '../../../src/bench/random.ts';
import {
  BAD_REGEXES,
  bigLiteral,
  duration,
  EVENT_FIELDS,
  type Field,
  LINK_FIELDS,
  literal,
  REGEXES,
  RESOURCE_FIELDS,
  SCOPE_FIELDS,
  type ScalarType,
  SPAN_FIELDS,
  stringLiteral,
} from './values.ts';

export interface Reference {
  readonly text: string;
  /** A literal that some span may have. */
  literal(random: Random): string;
  /** Whether numbers are to be expected. */
  readonly numeric: boolean;
  readonly ordered: boolean;
  readonly textual: boolean;
}

const SCALARS: readonly ScalarType[] = ['string', 'int', 'float', 'bool'];

function quoted(key: string, random: Random): string {
  return /[\s(]/.test(key) || random.chance(0.05) ? JSON.stringify(key) : key;
}

function attribute(scope: string, { key, kinds }: Field, random: Random): Reference {
  const types = kinds.flatMap((kind): readonly ScalarType[] =>
    kind === 'mixed' || kind === 'array' || kind === 'odd' ? SCALARS : kind === 'big' ? [] : [kind],
  );
  return {
    text: `${scope}.${quoted(key, random)}`,
    literal: (r) => (types.length > 0 ? literal(r, r.pick(types)) : bigLiteral(r)),
    numeric: (types.includes('int') || types.includes('float')) && !kinds.includes('array'),
    ordered: !types.includes('bool'),
    textual: types.includes('string'),
  };
}

const SERVICE: Reference = {
  text: 'resource.service.name',
  literal: (random) => stringLiteral(random, random.pick(['svc-a', 'svc-b', 'svc-c', 'Größe', '', 'nope'])),
  numeric: false,
  ordered: true,
  textual: true,
};

function missing(random: Random): Reference {
  const scope = random.pick(['span', 'resource', 'event', 'link', 'instrumentation', '']);
  return {
    text: `${scope}.missing`,
    literal: (r) => literal(r, r.pick(SCALARS)),
    numeric: true,
    ordered: true,
    textual: true,
  };
}

export function anyAttribute(random: Random): Reference {
  switch (random.int(16)) {
    case 0:
      return attribute('event', random.pick(EVENT_FIELDS), random);
    case 1:
      return attribute('link', random.pick(LINK_FIELDS), random);
    case 2:
      return attribute('instrumentation', random.pick(SCOPE_FIELDS), random);
    case 3:
    case 4:
      return attribute('resource', random.pick(RESOURCE_FIELDS), random);
    case 5:
      return SERVICE;
    case 6:
      return missing(random);
    case 7:
    case 8:
    case 9:
      return attribute('', random.pick(random.chance(0.7) ? SPAN_FIELDS : RESOURCE_FIELDS), random);
    default:
      return attribute('span', random.pick(SPAN_FIELDS), random);
  }
}

interface IntrinsicSpec {
  readonly spellings: readonly string[];
  readonly kind: 'string' | 'duration' | 'int' | 'word' | 'id';
  readonly values: readonly string[];
}

const NAMES = ['op1', 'op2', 'GET /', 'lookup', 'Grüße', ''];
const INTRINSICS: readonly IntrinsicSpec[] = [
  { spellings: ['name', 'span:name'], kind: 'string', values: NAMES },
  { spellings: ['name', 'span:name'], kind: 'string', values: NAMES },
  { spellings: ['duration', 'span:duration'], kind: 'duration', values: [] },
  { spellings: ['duration', 'span:duration'], kind: 'duration', values: [] },
  { spellings: ['status', 'span:status'], kind: 'word', values: ['ok', 'error', 'unset'] },
  { spellings: ['status', 'span:status'], kind: 'word', values: ['ok', 'error', 'unset'] },
  {
    spellings: ['kind', 'span:kind'],
    kind: 'word',
    values: ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'],
  },
  { spellings: ['statusMessage', 'span:statusMessage'], kind: 'string', values: ['', 'failed'] },
  { spellings: ['span:childCount'], kind: 'int', values: ['0', '1', '2', '5'] },
  { spellings: ['span:id'], kind: 'id', values: ['0123456789abcdef', ''] },
  { spellings: ['span:parentID'], kind: 'id', values: ['0000000000000000', ''] },
  { spellings: ['traceDuration', 'trace:duration'], kind: 'duration', values: [] },
  { spellings: ['rootName', 'trace:rootName'], kind: 'string', values: NAMES },
  { spellings: ['rootServiceName', 'trace:rootService'], kind: 'string', values: ['svc-a', 'svc-b', ''] },
  { spellings: ['trace:id'], kind: 'id', values: ['1', ''] },
  { spellings: ['event:name'], kind: 'string', values: ['exception', 'retry', 'Ευρώ', ''] },
  { spellings: ['event:timeSinceStart'], kind: 'duration', values: [] },
  { spellings: ['link:traceID'], kind: 'id', values: ['1'] },
  { spellings: ['link:spanID'], kind: 'id', values: ['0123456789abcdef'] },
  { spellings: ['instrumentation:name'], kind: 'string', values: ['lib.a', 'lib.b', ''] },
  { spellings: ['instrumentation:version'], kind: 'string', values: ['1.0', '2.1', ''] },
];

export function anyIntrinsic(random: Random): Reference {
  const { spellings, kind, values } = random.pick(INTRINSICS);
  return {
    text: random.pick(spellings),
    literal(r) {
      if (kind === 'duration')
        return r.chance(0.9) ? duration(r) : r.pick(['1000000', '0', '5e7', '10000000.5']);
      const value = r.pick(values);
      return kind === 'string' || kind === 'id' ? stringLiteral(r, value) : value;
    },
    numeric: kind === 'duration' || kind === 'int',
    ordered: kind !== 'word' && kind !== 'id',
    textual: kind === 'string' || kind === 'id',
  };
}

/** The numbers follow from the order in which spans came, but not what is compared here. */
const NESTED: readonly Reference[] = (['nestedSetLeft', 'nestedSetRight', 'nestedSetParent'] as const).map(
  (text) => ({
    text,
    literal: (random) => random.pick(text === 'nestedSetParent' ? ['-1', '0'] : ['0']),
    numeric: true,
    ordered: true,
    textual: false,
  }),
);

export function reference(random: Random): Reference {
  return random.chance(0.6) ? anyAttribute(random) : anyIntrinsic(random);
}

function numericReference(random: Random): Reference {
  for (;;) {
    const found = reference(random);
    if (found.numeric) return found;
  }
}

/** A type error, mostly. */
const WRONG_LITERAL = 0.04;

function anyLiteral(random: Random): string {
  return random.chance(0.3)
    ? random.pick(['ok', 'server', 'nil', '10ms', 'maxInt'])
    : literal(random, random.pick(SCALARS));
}

function comparison(random: Random): string {
  const of = random.chance(0.04) ? random.pick(NESTED) : reference(random);
  if (random.chance(0.1)) return `${of.text} ${random.pick(['=', '!='])} nil`;
  if (of.textual && random.chance(0.25)) {
    const regex = random.pick(random.chance(0.97) ? REGEXES : BAD_REGEXES);
    return `${of.text} ${random.pick(['=~', '!~'])} "${regex}"`;
  }
  const op = random.pick(
    of.ordered ? ['=', '=', '!=', '<', '<=', '>', '>='] : random.chance(0.97) ? ['=', '!='] : ['<', '>='],
  );
  const value = random.chance(WRONG_LITERAL) ? anyLiteral(random) : of.literal(random);
  return random.chance(0.06) ? `${value} ${op} ${of.text}` : `${of.text} ${op} ${value}`;
}

/** Something to compute with. */
export function numeric(random: Random, depth: number): string {
  if (depth <= 0 || random.chance(0.3)) {
    return random.chance(0.7)
      ? numericReference(random).text
      : random.pick(['1', '2', '3', '0', '0.5', '10', '10ms', '1s', '1.0']);
  }
  if (random.chance(0.1)) return `-${numeric(random, 0)}`;
  const op = random.pick(['+', '-', '*', '/', '%', '^', '+', '*']);
  const text = `${numeric(random, depth - 1)} ${op} ${numeric(random, depth - 1)}`;
  return random.chance(0.4) ? `(${text})` : text;
}

/** An expression that is true or false. */
export function condition(random: Random, depth: number): string {
  const how = random.next();
  if (depth <= 0 || how < 0.5) return comparison(random);
  if (how < 0.78) {
    const op = random.pick(['&&', '&&', '||']);
    const text = `${condition(random, depth - 1)} ${op} ${condition(random, depth - 1)}`;
    return random.chance(0.3) ? `(${text})` : text;
  }
  if (how < 0.86) {
    const op = random.pick(['=', '!=', '<', '<=', '>', '>=']);
    return `${numeric(random, 2)} ${op} ${numeric(random, 1)}`;
  }
  if (how < 0.91)
    return `${reference(random).text} ${random.pick(['=', '!=', '<', '>'])} ${reference(random).text}`;
  if (how < 0.94) return `!(${condition(random, depth - 1)})`;
  if (how < 0.96)
    return random.pick(['span.flag', '.flag', '!span.flag', 'true', 'false', '1 = 1', '"a" =~ "a|b"']);
  if (how < 0.98) return `(${comparison(random)}) = ${random.pick(['true', 'false'])}`;
  // No condition at all, mostly.
  return random.chance(0.5) ? numeric(random, 1) : reference(random).text;
}
