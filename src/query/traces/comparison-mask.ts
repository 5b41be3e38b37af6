/** Masks of comparisons with a literal and of presence, for every kind of attribute and intrinsic of a group. */

import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { DictionaryColumn, SpanGroup } from '../../model/span-group.ts';
import type { ComparisonOperator, Literal, Reference } from '../lang/traceql/ast.ts';
import {
  ABSENT,
  KIND_LIST,
  LiteralTest,
  matchAttribute,
  matchDictionary,
  matchNumbers,
  matchWords,
  PRESENT,
  presence,
  STATUS_LIST,
} from './column-match.ts';
import { hexOf, trimmedHex } from './ids.ts';

/** Whose rows a mask is over. */
export type Level = 'span' | 'event' | 'link';

export type GroupMask = (group: SpanGroup) => Uint8Array;

/** The mask of `reference op literal`, a byte for each row of the reference's level. */
export function comparisonMask(reference: Reference, op: ComparisonOperator, literal: Literal): GroupMask {
  if (literal.type === 'nil') return nilMask(reference, op === '=');
  const test = new LiteralTest(op, literal);
  if (reference.kind === 'intrinsic') return intrinsicMask(reference.name, test);
  const { scope, name } = reference;
  switch (scope) {
    case 'span':
      return (g) => matchAttribute(g.attributes, name, test, g.spanCount);
    case 'resource':
      return (g) => spread(resourceMask(g, name, test), g.spanCount, () => g.resourceRows());
    case 'instrumentation':
      return (g) =>
        spread(matchAttribute(g.scopes.attributes, name, test, g.scopes.count), g.spanCount, () =>
          g.scopeRows(),
        );
    case 'event':
      return (g) => matchAttribute(g.events.attributes, name, test, g.events.count);
    case 'link':
      return (g) => matchAttribute(g.links.attributes, name, test, g.links.count);
    default:
      return (g) => unscopedMask(g, name, test);
  }
}

export function levelOf(reference: Reference): Level {
  if (reference.kind === 'attribute') {
    return reference.scope === 'event' || reference.scope === 'link' ? reference.scope : 'span';
  }
  if (reference.name.startsWith('event')) return 'event';
  return reference.name.startsWith('link') ? 'link' : 'span';
}

/** From rows of a table beside the spans to the spans. */
function spread(mask: Uint8Array, count: number, rowsOf: () => Uint32Array): Uint8Array {
  const out = new Uint8Array(count);
  // Fast path: none or all of the table, so it is all the same which row a span has.
  if (!mask.includes(1)) return out;
  if (!mask.includes(0)) return out.fill(1);
  const rows = rowsOf();
  for (let i = 0; i < out.length; i++) out[i] = mask[rows[i]!]!;
  return out;
}

function resourceMask(group: SpanGroup, name: string, test: LiteralTest): Uint8Array {
  const { attributes, count } = group.resources;
  const mask = matchAttribute(attributes, name, test, count);
  // A resource without service name has an empty one.
  if (name === 'service.name' && test.text('')) {
    const there = presence(attributes, name, count);
    for (let i = 0; i < count; i++) if (there[i] === ABSENT) mask[i] = 1;
  }
  return mask;
}

/** The span's attribute; where it has none, the resource's. */
function unscopedMask(group: SpanGroup, name: string, test: LiteralTest): Uint8Array {
  const own = matchAttribute(group.attributes, name, test, group.spanCount);
  const inherited = matchAttribute(group.resources.attributes, name, test, group.resources.count);
  if (!inherited.includes(1)) return own;
  const there = presence(group.attributes, name, group.spanCount);
  const rows = group.resourceRows();
  for (let i = 0; i < own.length; i++) if (there[i] === ABSENT) own[i] = inherited[rows[i]!]!;
  return own;
}

function nilMask(reference: Reference, isNil: boolean): GroupMask {
  const wanted = isNil ? ABSENT : PRESENT;
  const pick = (states: Uint8Array) => states.map((state) => (state === wanted ? 1 : 0));
  if (
    reference.kind === 'intrinsic' ||
    (reference.scope === 'resource' && reference.name === 'service.name')
  ) {
    const level = levelOf(reference);
    return (g) => {
      const count = level === 'event' ? g.events.count : level === 'link' ? g.links.count : g.spanCount;
      return new Uint8Array(count).fill(isNil ? 0 : 1);
    };
  }
  const { scope, name } = reference;
  switch (scope) {
    case 'span':
      return (g) => pick(presence(g.attributes, name, g.spanCount));
    case 'resource':
      return (g) =>
        spread(pick(presence(g.resources.attributes, name, g.resources.count)), g.spanCount, () =>
          g.resourceRows(),
        );
    case 'instrumentation':
      return (g) =>
        spread(pick(presence(g.scopes.attributes, name, g.scopes.count)), g.spanCount, () => g.scopeRows());
    case 'event':
      return (g) => pick(presence(g.events.attributes, name, g.events.count));
    case 'link':
      return (g) => pick(presence(g.links.attributes, name, g.links.count));
    default:
      return (g) => {
        const states = presence(g.attributes, name, g.spanCount);
        const inherited = presence(g.resources.attributes, name, g.resources.count);
        const rows = g.resourceRows();
        for (let i = 0; i < states.length; i++) if (states[i] === ABSENT) states[i] = inherited[rows[i]!]!;
        return pick(states);
      };
  }
}

function intrinsicMask(name: string, test: LiteralTest): GroupMask {
  switch (name) {
    case 'duration':
      return (g) => matchNumbers(g.durationsNs(), test);
    case 'name':
      return (g) => matchDictionary(g.names(), test);
    case 'status':
      return (g) => matchWords(g.statusCodes(), STATUS_LIST, test);
    case 'statusMessage':
      return (g) => matchDictionary(g.statusMessages(), test);
    case 'kind':
      return (g) => matchWords(g.kinds(), KIND_LIST, test);
    case 'spanId':
      return (g) => matchIds(g.spanIds(), SPAN_ID_BYTES, test, hexOf);
    case 'parentId':
      return (g) => matchIds(g.parentIds(), SPAN_ID_BYTES, test, hexOf);
    case 'traceId':
      return (g) => matchTraceIds(g, trimmed(test));
    case 'instrumentationName':
      return (g) => scopeMask(g, g.scopes.names(), test);
    case 'instrumentationVersion':
      return (g) => scopeMask(g, g.scopes.versions(), test);
    case 'eventName':
      return (g) => matchDictionary(g.events.names(), test);
    case 'eventTimeSinceStart':
      return (g) => matchNumbers(g.events.sinceStartNs(), test);
    case 'linkTraceId':
      return (g) => matchIds(g.links.traceIds(), TRACE_ID_BYTES, trimmed(test), trimmedHex);
    default:
      return (g) => matchIds(g.links.spanIds(), SPAN_ID_BYTES, test, hexOf);
  }
}

function scopeMask(group: SpanGroup, column: DictionaryColumn, test: LiteralTest): Uint8Array {
  return spread(matchDictionary(column, test), group.spanCount, () => group.scopeRows());
}

type IdText = (bytes: Uint8Array, start: number, length: number) => string;

function matchIds(ids: Uint8Array, length: number, test: LiteralTest, text: IdText): Uint8Array {
  const mask = new Uint8Array(ids.length / length);
  for (let i = 0; i < mask.length; i++) mask[i] = test.text(text(ids, i * length, length)) ? 1 : 0;
  return mask;
}

/** A trace id is compared without leading zeros, so those of the literal do not count either. */
function trimmed(test: LiteralTest): LiteralTest {
  const { op, literal } = test;
  if (literal.type !== 'string' || op === '=~' || op === '!~') return test;
  return new LiteralTest(op, { ...literal, value: literal.value.replace(/^0+(?=.)/, '') });
}

function matchTraceIds(group: SpanGroup, test: LiteralTest): Uint8Array {
  const mask = new Uint8Array(group.spanCount);
  const starts = group.traceStarts();
  const ids = group.traceIds();
  for (let t = 0; t + 1 < starts.length; t++) {
    const hit = test.text(trimmedHex(ids, starts[t]! * TRACE_ID_BYTES, TRACE_ID_BYTES));
    if (hit) mask.fill(1, starts[t]!, starts[t + 1]!);
  }
  return mask;
}
