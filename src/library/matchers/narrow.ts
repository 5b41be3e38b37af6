/**
 * Queries that select what an expectation can hold for, so that not all is read. They may select more, never less: what is not
 * exactly the same in the query language (patterns, functions, floats, texts that are no Unicode) is left to the comparison here.
 */

import { quote } from '../../model/go-string.ts';
import { printReference } from '../../query/lang/traceql/printer.ts';
import type { LogExpectation, SeriesExpectation, SpanExpectation } from './expectations.ts';
import { expectedName } from './series-expectation.ts';

/** TraceQL for the spans themselves; parents, children, events and links are looked at in whole traces. */
export function spanQuery(expected: SpanExpectation): string {
  const conditions: string[] = [];
  const ask = (reference: string, value: unknown) => {
    const literal = literalOf(value);
    if (literal !== undefined) conditions.push(`${reference} = ${literal}`);
  };
  ask('name', expected.name);
  ask('resource.service.name', expected.service);
  if (typeof expected.kind === 'string') conditions.push(`kind = ${expected.kind}`);
  if (typeof expected.status === 'string') conditions.push(`status = ${expected.status}`);
  if (typeof expected.traceId === 'string' && /^[0-9a-f]{32}$/.test(expected.traceId)) {
    ask('trace:id', expected.traceId);
  }
  for (const scope of ['span', 'resource'] as const) {
    const attributes = scope === 'span' ? expected.attributes : expected.resource;
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (isPlainName(name)) ask(printReference({ kind: 'attribute', scope, name, at: 0 }), value);
    }
  }
  return conditions.length === 0 ? '{}' : `{ ${conditions.join(' && ')} }`;
}

/** A name that has no other reading in the language. */
function isPlainName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/\p{Cc}/u.test(name);
}

/** Whole numbers equal floats of the same value in TraceQL; an array never equals one of its values here, but may there. */
function literalOf(value: unknown): string | undefined {
  if (typeof value === 'string') return isQuotable(value) ? quote(value) : undefined;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value + 0) : undefined;
  return typeof value === 'boolean' ? String(value) : undefined;
}

/** A NUL or half a surrogate pair may be stored as something else. */
function isQuotable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** LogQL for the lines of a stream, given by all its labels. */
export function lineQuery(labels: Readonly<Record<string, string>>, { line }: LogExpectation): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${quote(value)}`);
  const filter = typeof line === 'string' && line !== '' && isQuotable(line) ? ` |= ${quote(line)}` : '';
  return `{${matchers.join(', ')}}${filter}`;
}

/** PromQL for the series; undefined where nothing narrows. */
export function seriesQuery(expected: SeriesExpectation): string | undefined {
  const name = expectedName(expected);
  return typeof name === 'string' && isQuotable(name) && name !== '' ? metricQuery(name) : undefined;
}

/** Of all series of a metric. The name may be OpenTelemetry's. */
export function metricQuery(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_:]/g, '_');
  if (plain === name) return `{__name__=${quote(name)}}`;
  return `{__name__=~${quote([name, plain].map(escapePattern).join('|'))}}`;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
