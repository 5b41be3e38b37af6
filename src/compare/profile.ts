/**
 * What a system did in a window of time, in numbers that two runs can be compared by: rates, errors and durations of each operation,
 * who calls whom how often in the traces, templates of log lines, names of metrics and what counters counted. All of it is asked over
 * the public APIs.
 */

import type { AttributeSet, Span, Trace } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import type { LabelledNumber } from '../client/read-traces.ts';
import { quoted } from '../model/correlate/labels.ts';
import { TriliteError } from '../model/errors.ts';

/** A server, or a file that is opened as one, and the time that is looked at; both bounds in ms, inclusive. */
export interface Side {
  readonly client: Client;
  readonly startMs: number;
  readonly endMs: number;
}

/** Spans of one service, name and kind. */
export interface Operation {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly count: number;
  readonly errors: number;
  /** Seconds; 95 of 100 spans took this long at most. */
  readonly p95Seconds: number;
}

/** A span of one operation below one of another, in traces that begin with `root`. */
export interface Call {
  readonly root: string;
  readonly parent: string;
  readonly child: string;
  /** Spans of `child` below one of `parent`, on average. */
  readonly perParent: number;
}

/** Lines of a service that look alike. */
export interface Pattern {
  readonly service: string;
  readonly level: string;
  readonly pattern: string;
  readonly count: number;
}

export interface Metric {
  readonly name: string;
  readonly series: number;
  /** What a counter went up by; undefined for what is no counter by its name. */
  readonly increase: number | undefined;
}

export interface Profile {
  readonly operations: readonly Operation[];
  readonly calls: readonly Call[];
  /** Traces that `calls` were taken from, and whether there were more. */
  readonly traces: number;
  readonly tracesCut: boolean;
  readonly patterns: readonly Pattern[];
  readonly metrics: readonly Metric[];
}

/** Traces whose spans are looked at: more say little more about who calls whom. */
const TRACES_MAX = 300;
/** Asked for at a time. */
const TRACES_AT_ONCE = 8;
/** Services whose lines are looked at for templates, those with most lines first. */
const LOG_SERVICES_MAX = 50;
/** Names that counters have. */
const COUNTER_NAME = '.+_(total|count)';

export async function takeProfile(side: Side): Promise<Profile> {
  const [operations, { calls, traces, isCut }, patterns, metrics] = await Promise.all([
    takeOperations(side),
    callsOf(side),
    patternsOf(side),
    metricsOf(side),
  ]);
  return { operations, calls, traces, tracesCut: isCut, patterns, metrics };
}

export async function takeOperations({ client, ...range }: Side): Promise<readonly Operation[]> {
  const by = 'by (resource.service.name, name, kind)';
  const [counts, errors, slow] = await Promise.all([
    client.traceMetricsOver(`{} | count_over_time() ${by}`, range),
    client.traceMetricsOver(`{ status = error } | count_over_time() ${by}`, range),
    client.traceMetricsOver(`{} | quantile_over_time(duration, .95) ${by}`, range),
  ]);
  const errorsOf = new Map(errors.map((item) => [operationKey(item), item.value]));
  const slowOf = new Map(slow.map((item) => [operationKey(item), item.value]));
  return counts
    .filter(({ value }) => value > 0)
    .map((item) => ({
      service: item.labels['resource.service.name'] ?? '',
      name: item.labels.name ?? '',
      kind: item.labels.kind ?? '',
      count: item.value,
      errors: errorsOf.get(operationKey(item)) ?? 0,
      p95Seconds: slowOf.get(operationKey(item)) ?? 0,
    }));
}

function operationKey({ labels }: LabelledNumber): string {
  return JSON.stringify([labels['resource.service.name'], labels.name, labels.kind]);
}

async function callsOf({ client, ...range }: Side) {
  const found = await client.traces('{}', { ...range, limit: TRACES_MAX + 1, spansPerSet: 1 });
  const counter = new CallCounter();
  const ids = found.slice(0, TRACES_MAX).map(({ traceId }) => traceId);
  for (let at = 0; at < ids.length; at += TRACES_AT_ONCE) {
    const some = ids.slice(at, at + TRACES_AT_ONCE);
    for (const trace of await Promise.all(some.map((id) => client.trace(id)))) if (trace) counter.add(trace);
  }
  return { calls: counter.calls(), traces: ids.length, isCut: found.length > TRACES_MAX };
}

/** Counts who is below whom. */
export class CallCounter {
  readonly #parents = new Map<string, number>();
  readonly #calls = new Map<string, { root: string; parent: string; child: string; count: number }>();

  add({ spans }: Trace): void {
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    // Of a trace that has lost its root the earliest span stands for it.
    const top = spans.find(({ parentSpanId }) => !byId.has(parentSpanId)) ?? spans[0]!;
    const root = spanWords(top);
    for (const span of spans) {
      const own = spanWords(span);
      increase(this.#parents, JSON.stringify([root, own]));
      const above = byId.get(span.parentSpanId);
      if (!above) continue;
      const parent = spanWords(above);
      const key = JSON.stringify([root, parent, own]);
      const call = this.#calls.get(key) ?? { root, parent, child: own, count: 0 };
      call.count++;
      this.#calls.set(key, call);
    }
  }

  calls(): readonly Call[] {
    return [...this.#calls.values()].map(({ root, parent, child, count }) => ({
      root,
      parent,
      child,
      perParent: count / this.#parents.get(JSON.stringify([root, parent]))!,
    }));
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** `service: name`. */
function spanWords({ resource, name }: Pick<Span, 'name'> & { readonly resource: AttributeSet }): string {
  return `${resource['service.name'] ?? ''}: ${name}`;
}

/** What has a digit in it is taken for a number, an id or a time: a template has a placeholder there. */
const VARIABLE_PART = '[A-Za-z0-9_.-]*[0-9][A-Za-z0-9_.-]*';
const PLACEHOLDER = '<_>';
/** That which lines are alike in. */
const TEMPLATE_LABEL = 'line_template';

/**
 * Lines by template. Where lines have so many templates that the query is refused, those that the server finds in them: only of what
 * there is in greater number.
 */
async function patternsOf(side: Side): Promise<readonly Pattern[]> {
  const template = `{{ regexReplaceAll ${quoted(VARIABLE_PART)} __line__ ${quoted(PLACEHOLDER)} }}`;
  const lines = `{service_name=~".+"} | label_format ${TEMPLATE_LABEL}=\`${template}\``;
  const by = `service_name, detected_level, ${TEMPLATE_LABEL}`;
  const query = `sum by (${by}) (count_over_time(${lines} [${rangeText(side)}]))`;
  let answer: Awaited<ReturnType<Client['logql']>>;
  try {
    answer = await side.client.logql(query, { timeMs: side.endMs });
  } catch (error) {
    if (error instanceof TriliteError) return commonPatternsOf(side);
    throw error;
  }
  const samples = answer.kind === 'vector' ? answer.samples : [];
  return samples.map(({ labels, value }) => ({
    service: labels.service_name ?? '',
    level: labels.detected_level ?? '',
    pattern: labels[TEMPLATE_LABEL] ?? '',
    count: value,
  }));
}

interface PatternsJson {
  readonly data?: readonly {
    readonly pattern: string;
    readonly level?: string;
    readonly samples: readonly (readonly [seconds: number, count: number])[];
  }[];
}

async function commonPatternsOf(side: Side): Promise<readonly Pattern[]> {
  const { client, startMs, endMs } = side;
  const query = `sum by (service_name) (count_over_time({service_name=~".+"}[${rangeText(side)}]))`;
  const answer = await client.logql(query, { timeMs: endMs });
  const counts = answer.kind === 'vector' ? answer.samples : [];
  const services = counts
    .toSorted((a, b) => b.value - a.value)
    .slice(0, LOG_SERVICES_MAX)
    .map(({ labels }) => labels.service_name ?? '');
  const all: Pattern[] = [];
  for (const service of services) {
    const params = [
      ['query', `{service_name=${quoted(service)}}`],
      ['start', `${startMs}000000`],
      ['end', `${endMs}000000`],
    ] as const;
    const { data = [] } = await client.json<PatternsJson>({ path: '/loki/api/v1/patterns', params });
    for (const { pattern, level = '', samples } of data) {
      const count = samples.reduce((sum, [, n]) => sum + n, 0);
      if (count > 0) all.push({ service, level, pattern, count });
    }
  }
  return all;
}

async function metricsOf(side: Side): Promise<readonly Metric[]> {
  const { client, startMs, endMs } = side;
  const range = rangeText(side);
  const counters = `{__name__=~"${COUNTER_NAME}"}`;
  const [series, last, first] = await Promise.all([
    client.promql(`count by (__name__) (last_over_time({__name__=~".+"}[${range}]))`, { timeMs: endMs }),
    // Not increase(), which takes the names off.
    client.promql(`sum by (__name__) (last_over_time(${counters}[${range}]))`, { timeMs: endMs }),
    client.promql(`sum by (__name__) (${counters})`, { timeMs: startMs }),
  ]);
  const samplesOf = (answer: typeof series) => (answer.kind === 'vector' ? answer.samples : []);
  const byName = (answer: typeof series) =>
    new Map(samplesOf(answer).map(({ labels, value }) => [labels.__name__ ?? '', value]));
  const [ends, starts] = [byName(last), byName(first)];
  return [...byName(series)].map(([name, count]) => {
    const end = ends.get(name);
    return {
      name,
      series: count,
      increase: end === undefined ? undefined : grown(starts.get(name) ?? 0, end),
    };
  });
}

/** A counter that is lower than it was has begun anew. */
function grown(start: number, end: number): number {
  return end >= start ? end - start : end;
}

/** The window as a range of PromQL and LogQL, whose ranges leave their start out. */
function rangeText({ startMs, endMs }: Side): string {
  return `${Math.ceil(endMs - startMs) + 1}ms`;
}
