/** Asks the query of an expectation, and makes plain items of what is answered. */

import type { FoundTrace, LogqlAnswer, PromqlAnswer, Trace } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import type { Expectation, TimeRange } from './expectation.ts';
import { type Item, lineItem, matrixItem, spanItem, vectorItem } from './item.ts';

/** Loki's and Tempo's own limits unless they are told otherwise; who expects more of a test than this counts with a metric query. */
const LINES_MAX = 5000;
const TRACES_MAX = 200;
/** Attributes are read of whole traces, a request each. */
const WHOLE_TRACES_MAX = 50;
const SPANS_PER_SET_MAX = 1000;
const DEFAULT_LAST_MS = 3_600_000;

export interface Found {
  /** Series, lines or traces. */
  readonly count: number;
  /** Of traces; of anything else the same as `count`. */
  readonly spans: number;
  readonly items: readonly Item[];
}

export interface Bounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** `whole` is all that there is, where that is known: of a file. */
export function boundsOf({ fromMs, toMs, lastMs }: TimeRange, nowMs: number, whole?: Bounds): Bounds {
  if (whole && fromMs === undefined && toMs === undefined && lastMs === undefined) return whole;
  const endMs = toMs ?? whole?.endMs ?? nowMs;
  return { endMs, startMs: fromMs ?? endMs - (lastMs ?? DEFAULT_LAST_MS) };
}

/** `wholeTraces`: all spans of traces, not those alone that the query selects. Rejects with the server's words where it refuses the query. */
export async function find(
  client: Client,
  { language, query }: Pick<Expectation, 'language' | 'query'>,
  bounds: Bounds,
  signal?: AbortSignal,
  { wholeTraces = false }: { readonly wholeTraces?: boolean } = {},
): Promise<Found> {
  const { startMs, endMs } = bounds;
  switch (language) {
    case 'promql':
      return listed(answerItems(await client.promql(query, { timeMs: endMs, signal })));
    case 'logql': {
      // The end is exclusive there.
      const range = (await isLineQuery(query))
        ? { startMs, endMs: endMs + 1, limit: LINES_MAX }
        : { timeMs: endMs };
      return listed(answerItems(await client.logql(query, { ...range, signal })));
    }
    case 'traceql': {
      const range = { startMs, endMs, limit: TRACES_MAX, spansPerSet: SPANS_PER_SET_MAX, signal };
      const answer = await client.traceql(query, range);
      if (answer.kind === 'matrix') return listed(answer.series.map(matrixItem));
      return spansOf(client, answer.traces, wholeTraces, signal);
    }
  }
}

function answerItems(answer: PromqlAnswer | LogqlAnswer): Item[] {
  switch (answer.kind) {
    case 'entries':
      return answer.entries.map(lineItem);
    case 'vector':
      return answer.samples.map(vectorItem);
    case 'matrix':
      return answer.series.map(matrixItem);
    case 'scalar':
      return [{ kind: 'series', text: '', labels: {}, value: answer.value }];
    case 'string':
      return [{ kind: 'series', text: answer.text, labels: {} }];
  }
}

/** One that does not parse is asked as such: the server says why. */
async function isLineQuery(query: string): Promise<boolean> {
  const { parseLogql } = await import('../query/lang/logql/parser.ts');
  try {
    return parseLogql(query).kind === 'log';
  } catch {
    return true;
  }
}

function listed(items: readonly Item[]): Found {
  return { count: items.length, spans: items.length, items };
}

/** The spans that matched, with all that is known of them. */
async function spansOf(
  client: Client,
  traces: readonly FoundTrace[],
  wholeTraces: boolean,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const whole = await Promise.all(
    traces
      .slice(0, WHOLE_TRACES_MAX)
      .map(async (found) => [found, await client.trace(found.traceId, { signal })] as const),
  );
  const items = whole.flatMap(([found, trace]) => {
    if (!trace) return [];
    return wholeTraces ? trace.spans.map(spanItem) : matchedSpans(found, trace);
  });
  const spans = traces.reduce(
    (sum, { spanSets }) => sum + spanSets.reduce((n, set) => n + set.matched, 0),
    0,
  );
  return { count: traces.length, spans, items };
}

function matchedSpans(found: FoundTrace, trace: Trace): Item[] {
  const ids = new Set(found.spanSets.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)));
  return trace.spans.filter(({ spanId }) => ids.has(spanId)).map(spanItem);
}
