/** What a test asks of a span, and field by field whether one has it. */

import type { Span, SpanEvent, SpanLink } from '../../client/answer.ts';
import type { EventExpectation, LinkExpectation, SpanExpectation } from './expectations.ts';
import { describeValue } from './expected.ts';
import {
  attributeFields,
  type Field,
  field,
  fulfilled,
  holds,
  missing,
  numberField,
  scoreOf,
} from './field.ts';
import type { SpanTree } from './span-tree.ts';

export function spanFields(expectation: SpanExpectation | string, span: Span, tree: SpanTree): Field[] {
  const expected: SpanExpectation = typeof expectation === 'string' ? { name: expectation } : expectation;
  return [
    ...ownFields(expected, span),
    ...(expected.events ?? []).flatMap((event, i) => eventFields(`events[${i}]`, event, span.events)),
    ...(expected.links ?? []).flatMap((link, i) => linkFields(`links[${i}]`, link, span.links)),
    ...(expected.parent === undefined ? [] : parentFields(expected.parent, span, tree)),
    ...(expected.child === undefined ? [] : childFields(expected.child, span, tree)),
  ];
}

/** Asked for in the order in which the keys are listed above, whatever theirs is: messages are alike. */
function ownFields(expected: SpanExpectation, span: Span): Field[] {
  const simple: readonly (readonly [keyof SpanExpectation, unknown])[] = [
    ['name', span.name],
    ['service', span.resource['service.name']],
    ['kind', span.kind],
    ['status', span.status],
    ['statusMessage', span.statusMessage],
    ['scope', span.scope.name],
    ['traceId', span.traceId],
    ['spanId', span.spanId],
  ];
  const { attributes, resource, durationMs } = expected;
  const statusHint =
    span.status === 'error' && span.statusMessage !== ''
      ? `its message: ${describeValue(span.statusMessage)}`
      : undefined;
  return [
    ...simple
      .filter(([key]) => Object.hasOwn(expected, key))
      .map(([key, actual]) => field(key, expected[key], actual, key === 'status' ? statusHint : undefined)),
    ...(attributes
      ? attributeFields('attributes', attributes, span.attributes, { 'the resource': span.resource })
      : []),
    ...(resource
      ? attributeFields('resource', resource, span.resource, { 'the span': span.attributes })
      : []),
    ...(durationMs === undefined ? [] : [numberField('durationMs', durationMs, durationMsOf(span), ' ms')]),
  ];
}

/** With three decimals; 0 of a span without an end. */
export function durationMsOf({ startNs, endNs }: Span): number {
  return endNs < startNs ? 0 : Math.round(Number(endNs - startNs) / 1000) / 1000;
}

function parentFields(expected: SpanExpectation | string | null, span: Span, tree: SpanTree): Field[] {
  const parent = tree.parentOf(span);
  if (expected === null) {
    if (span.parentSpanId === '') return [fulfilled('parent', 'none (a root)')];
    return [missing('parent', 'none (a root)', parent ? describeValue(parent.name) : span.parentSpanId)];
  }
  if (parent) return prefixed('parent', spanFields(expected, parent, tree));
  const actual =
    span.parentSpanId === '' ? 'none: it is a root' : `${span.parentSpanId}, which has not arrived`;
  return [missing('parent', describeValue(expected), actual)];
}

/** The fields of the child that comes nearest. */
function childFields(expected: SpanExpectation | string | null, span: Span, tree: SpanTree): Field[] {
  const children = tree.childrenOf(span);
  if (expected === null) {
    if (children.length === 0) return [fulfilled('child', 'none')];
    return [missing('child', 'none', children.map(({ name }) => describeValue(name)).join(', '))];
  }
  const best = nearestOf(children.map((child) => spanFields(expected, child, tree)));
  return best
    ? prefixed('child', best)
    : [missing('child', describeValue(expected), 'none: it has no children')];
}

function eventFields(
  path: string,
  expectation: EventExpectation | string,
  events: readonly SpanEvent[],
): Field[] {
  const expected: EventExpectation = typeof expectation === 'string' ? { name: expectation } : expectation;
  const best = nearestOf(
    events.map((event) => [
      ...(Object.hasOwn(expected, 'name') ? [field('name', expected.name, event.name)] : []),
      ...attributeFields('attributes', expected.attributes ?? {}, event.attributes),
    ]),
  );
  return best ? prefixed(path, best) : [missing(path, describeValue(expected), 'none: it has no events')];
}

function linkFields(path: string, expected: LinkExpectation, links: readonly SpanLink[]): Field[] {
  const best = nearestOf(
    links.map((link) => [
      ...(Object.hasOwn(expected, 'traceId') ? [field('traceId', expected.traceId, link.traceId)] : []),
      ...(Object.hasOwn(expected, 'spanId') ? [field('spanId', expected.spanId, link.spanId)] : []),
      ...attributeFields('attributes', expected.attributes ?? {}, link.attributes),
    ]),
  );
  return best ? prefixed(path, best) : [missing(path, describeValue(expected), 'none: it has no links')];
}

/** The first of those with the highest score; undefined where there are none. */
function nearestOf(candidates: readonly Field[][]): Field[] | undefined {
  let best: Field[] | undefined;
  for (const fields of candidates) {
    if (holds(fields)) return fields;
    if (!best || scoreOf(fields) > scoreOf(best)) best = fields;
  }
  return best;
}

function prefixed(prefix: string, fields: readonly Field[]): Field[] {
  return fields.map((f) => ({ ...f, path: `${prefix}.${f.path}` }));
}
