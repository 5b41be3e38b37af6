/** Where a pasted text leads: a trace by its id, or the view of the language that it looks like. */

import { quoted } from '../../model/correlate/labels.ts';
import { findTraceId } from '../../model/correlate/trace-id.ts';

export interface Destination {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Names that TraceQL knows without a scope; those with a text for a value may be labels of logs as well. */
const INTRINSIC =
  /^(?:status|kind|duration|traceDuration|nestedSet\w+|span:\w+|trace:\w+|event:\w+|link:\w+)\b/;
const TEXT_INTRINSIC = /^(?:name|rootName|rootServiceName|statusMessage)\s*=~?\s*""$/;
const SCOPED = /^(?:\.|(?:resource|span|event|link|instrumentation|parent)\.)/;
/** Matchers as PromQL and LogQL have them, once texts are blank. */
const MATCHERS = /^\s*[\w.:-]+\s*(?:!=|=~|!~|=)\s*""(?:\s*,\s*[\w.:-]+\s*(?:!=|=~|!~|=)\s*"")*\s*,?\s*$/;
const PROMQL = /^[a-zA-Z_:][\w:]*\s*(?:$|[{([]|[-+*/%^><=])|\b(?:by|without)\s*\(|^[-+(]|^\d/;

/** A line of logs rather than a query. */
const JSON_OBJECT = /^\{\s*"[^"]*"\s*:/;

/** Undefined where there is nothing. */
export function destinationOf(text: string): Destination | undefined {
  const given = text.trim();
  if (given === '') return undefined;
  const bare = given.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""');
  const selectors = [...bare.matchAll(/(?<![\w:])\{([^{}]*)\}/g)].map((match) => match[1]!);
  if (selectors.length === 0 || JSON_OBJECT.test(given)) return withoutSelector(given, bare);
  if (selectors.some((selector) => /__name__|^\s*""/.test(selector))) return promql(given);
  if (selectors.some(isOfSpans)) return { path: '/search', params: { q: given } };
  // A metric without a name is asked for seldom; streams have none.
  return { path: '/logs', params: { q: given } };
}

function withoutSelector(given: string, bare: string): Destination {
  const trace = findTraceId(given);
  if (trace) {
    return {
      path: `/trace/${trace.traceId}`,
      params: trace.spanId === undefined ? {} : { span: trace.spanId },
    };
  }
  if (PROMQL.test(bare)) return promql(given);
  return { path: '/logs', params: { q: `{service_name=~".+"} |= ${quoted(given)}` } };
}

function promql(expr: string): Destination {
  return { path: '/graph', params: { 'g0.expr': expr, 'g0.tab': 'graph' } };
}

function isOfSpans(selector: string): boolean {
  const inner = selector.trim();
  if (inner === '') return true;
  if (SCOPED.test(inner) || INTRINSIC.test(inner) || TEXT_INTRINSIC.test(inner)) return true;
  return !MATCHERS.test(inner);
}
