/**
 * The questions of a sink, or of a view since a mark, which differ by a header alone. Where a question names no range it is
 * about everything there is.
 */

import type { FoundTrace, LabelSet, Trace } from '../client/answer.ts';
import { type Asking, type Client, isTraceMetrics } from '../client/client.ts';
import { absent } from './absent.ts';
import type { AnyAnswer } from './expectation.ts';
import { durationMs, momentMs } from './moments.ts';
import type {
  AbsentOptions,
  AnswerTo,
  Expectation,
  InstantOptions,
  Inventory,
  LogOptions,
  Query,
  Questions,
  RangeOptions,
  StepOptions,
  TraceOptions,
  WaitOptions,
} from './sink.ts';
import { type Arrivals, wait } from './wait.ts';

/** Times of logs are nanoseconds in 64 bits, up to the year 2262; those of traces are seconds in 32 bits, up to 2106. */
const LATEST_MS = 9_000_000_000_000;
const LATEST_TRACE_MS = 4_294_967_000_000;
const STEPS_MAX = 250;
const STEP_MIN_MS = 1000;
const LINES_MAX = 5000;
const TRACES_MAX = 1000;
const SPANS_PER_SET = 100;
/** The most that the API gives. */
const ALL_TRACES = 262_144;

export interface AskedParts {
  readonly client: Client;
  /** Sent with each question. */
  readonly headers: Readonly<Record<string, string>>;
  readonly arrivals: Arrivals;
  now(): number;
  /** Times of the first and the last sample; undefined where there is none. */
  metricBounds(): Promise<Bounds | undefined>;
}

export interface Bounds {
  readonly minMs: number;
  readonly maxMs: number;
}

export class Asked implements Questions {
  readonly #parts: AskedParts;
  readonly #client: Client;
  readonly #asking: Asking;

  constructor(parts: AskedParts) {
    this.#parts = parts;
    this.#client = parts.client;
    this.#asking = { headers: parts.headers };
  }

  promql(query: string, { at }: InstantOptions = {}) {
    return this.#client.promql(query, {
      ...this.#asking,
      timeMs: at === undefined ? undefined : momentMs(at),
    });
  }

  async promqlRange(query: string, options: StepOptions = {}) {
    const range = await this.#range(options, () => this.#parts.metricBounds());
    return this.#client.promqlRange(query, { ...this.#asking, ...range });
  }

  async logql(query: string, options: LogOptions = {}) {
    const { limit = LINES_MAX, direction = 'forward', from, to, step } = options;
    if (BEGINS_WITH_SELECTOR.test(query)) {
      const range = {
        startMs: from === undefined ? 0 : momentMs(from),
        endMs: to === undefined ? LATEST_MS : momentMs(to),
      };
      return this.#client.logql(query, { ...this.#asking, ...range, limit, direction });
    }
    if (from === undefined && to === undefined && step === undefined) {
      return this.#client.logql(query, { ...this.#asking, timeMs: this.#parts.now() });
    }
    return this.#client.logqlRange(query, {
      ...this.#asking,
      ...(await this.#range(options, nothing)),
      limit,
    });
  }

  async traceql(query: string, options: TraceOptions = {}) {
    const { from, to, limit = TRACES_MAX, spansPerSet = SPANS_PER_SET } = options;
    if (MAY_BE_METRIC.test(query) && (await isTraceMetrics(query))) {
      const range = await this.#range(options, () => this.#traceBounds());
      const series = await this.#client.traceMetrics(query, { ...this.#asking, ...range });
      return { kind: 'matrix' as const, series };
    }
    // From 0 the API takes for no bound.
    const startMs = from === undefined ? 1000 : momentMs(from);
    const endMs = to === undefined ? LATEST_TRACE_MS : momentMs(to);
    const traces = await this.#client.traces(query, { ...this.#asking, startMs, endMs, limit, spansPerSet });
    return { kind: 'traces' as const, traces };
  }

  trace(id: string): Promise<Trace | undefined> {
    return this.#client.trace(id, this.#asking);
  }

  async waitFor<const Q extends Query>(
    query: Q,
    expectation?: Expectation<AnswerTo<Q>>,
    options: WaitOptions = {},
  ): Promise<AnswerTo<Q>> {
    const answer = await wait(this.#asker(query), expectation as Expectation<AnyAnswer> | undefined, options);
    return answer as AnswerTo<Q>;
  }

  async expectAbsent(query: Query, options: AbsentOptions = {}): Promise<void> {
    await absent(this.#asker(query), options);
  }

  #asker(query: Query) {
    return {
      query,
      ask: () => this.#answer(query),
      inventory: () => this.inventory(),
      arrivals: this.#parts.arrivals,
    };
  }

  #answer(query: Query): Promise<AnyAnswer | undefined> {
    if (typeof query === 'string') return this.promql(query);
    if ('promql' in query) return this.promql(query.promql);
    if ('logql' in query) return this.logql(query.logql);
    if ('traceql' in query) return this.traceql(query.traceql);
    if ('trace' in query) return this.trace(query.trace);
    throw new TypeError('a query is PromQL text, { promql }, { logql }, { traceql } or { trace }');
  }

  async inventory(): Promise<Inventory> {
    const all = {
      ...this.#asking,
      params: [
        ['start', '0'],
        ['end', `${LATEST_MS}000000`],
      ] as const,
    };
    const ofTraces = {
      ...this.#asking,
      params: [
        ['start', '1'],
        ['end', String(LATEST_TRACE_MS / 1000)],
      ] as const,
    };
    const tag = (name: string) => ({ path: `/api/v2/search/tag/${name}/values`, ...ofTraces });
    const [metrics, streams, services, spans] = await Promise.all([
      this.#client.json<Listed<string>>({ path: '/api/v1/label/__name__/values', ...this.#asking }),
      this.#client.json<Listed<LabelSet>>({ path: '/loki/api/v1/series', ...all }),
      this.#client.json<TagValues>(tag('resource.service.name')),
      this.#client.json<TagValues>(tag('name')),
    ]);
    const values = ({ tagValues = [] }: TagValues) => tagValues.map(({ value }) => value).sort();
    return {
      metrics: metrics.data,
      streams: (streams.data ?? []).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      services: values(services),
      spans: values(spans),
    };
  }

  /** With all bounds and a step. */
  async #range({ from, to, step }: RangeOptions & StepOptions, bounds: () => Promise<Bounds | undefined>) {
    const now = this.#parts.now();
    const there = (from === undefined || to === undefined ? await bounds() : undefined) ?? {
      minMs: now,
      maxMs: now,
    };
    const startMs =
      from === undefined ? Math.min(there.minMs, to === undefined ? now : momentMs(to)) : momentMs(from);
    const endMs = to === undefined ? Math.max(there.maxMs, startMs) : momentMs(to);
    const least = Math.ceil((endMs - startMs) / STEPS_MAX / STEP_MIN_MS) * STEP_MIN_MS;
    return { startMs, endMs, stepMs: step === undefined ? Math.max(STEP_MIN_MS, least) : durationMs(step) };
  }

  async #traceBounds(): Promise<Bounds | undefined> {
    const found = await this.traceql('{}', { limit: ALL_TRACES, spansPerSet: 1 });
    const starts = (found.kind === 'traces' ? found.traces : []).map(startMsOf);
    if (starts.length === 0) return undefined;
    // The last point is that of the step that the last trace is in.
    return { minMs: Math.min(...starts), maxMs: Math.max(...starts) + STEP_MIN_MS };
  }
}

interface Listed<T> {
  readonly data: readonly T[];
}

interface TagValues {
  readonly tagValues?: readonly { readonly value: string }[];
}

const nothing = async () => undefined;

function startMsOf({ startNs }: FoundTrace): number {
  return Number(startNs / 1_000_000n);
}

/** A query of lines begins with its selector, whatever stands before it; one that has values begins with a word or a number. */
const BEGINS_WITH_SELECTOR = /^(?:\s|\(|#[^\n]*\n)*\{/;
/** Without any of these a query over spans makes no series, which saves parsing it here. */
const MAY_BE_METRIC = /\b(?:rate|compare|\w+_over_time)\s*\(/;
