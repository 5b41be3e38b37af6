/** Where a pasted text leads: a trace by its id, or the view of the language that it looks like. */

import { quoted } from '../correlate/labels.ts';
import { findTraceId } from '../correlate/trace-id.ts';

export interface Destination {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What only TraceQL has: intrinsics, scopes, structural operators. */
const TRACEQL =
  /^\{[^}]*(?:\b(?:resource|span|event|link|instrumentation|trace|parent)[.:]|\b(?:status|kind|duration|name|rootName|rootServiceName|traceDuration)\s*(?:=|!=|>|<)|(?:^\{|[\s&|(])\.\w)|^\{\s*\}\s*(?:$|>>|\||&)/;
/** A stream selector with something behind it, or with functions that only logs have. */
const LOGQL =
  /^\{[^}]*\}\s*(?:$|\|)|\b(?:count_over_time|bytes_rate|bytes_over_time)\s*\(|\brate\s*\(\s*\{[^}]*\}\s*(?:\||\[)/;
const PROMQL =
  /^[a-zA-Z_:][\w:]*\s*(?:$|[{([]|[-+*/%^><=])|\b(?:by|without)\s*\(|^\(|^-?\d+(\.\d+)?\s*[-+*/]/;

/** Undefined where there is nothing. */
export function destinationOf(text: string): Destination | undefined {
  const given = text.trim();
  if (given === '') return undefined;
  const trace = given.startsWith('{') ? undefined : findTraceId(given);
  if (trace) {
    return {
      path: `/trace/${trace.traceId}`,
      params: trace.spanId === undefined ? {} : { span: trace.spanId },
    };
  }
  if (TRACEQL.test(given)) return { path: '/search', params: { q: given } };
  if (LOGQL.test(given)) return { path: '/logs', params: { q: given } };
  if (PROMQL.test(given)) return { path: '/graph', params: { 'g0.expr': given } };
  return { path: '/logs', params: { q: `{service_name=~".+"} |= ${quoted(given)}` } };
}
