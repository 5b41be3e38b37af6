/**
 * What a small company's services tell in one second of their time: a trace and a log line per server's span for every
 * request from outside, and the metrics of the services whose turn it is (each is pushed every `SCRAPE_SECONDS`).
 * All three speak of the same requests: lines carry the trace ids of the spans.
 */

import { compress } from 'snappyjs';
import { ProtoPush } from './encode/loki-push.ts';
import { SpanEncoder } from './encode/otlp-traces.ts';
import type { ResourceGroups } from './encode/otlp-writer.ts';
import { labelFields, WriteRequest1 } from './encode/remote-write-1.ts';
import { makeCast } from './generate/cast.ts';
import { LineMaker } from './generate/log-lines.ts';
import { LEVELS, type LogEntry, LogStreams, PODS_PER_SERVICE } from './generate/log-streams.ts';
import { TraceMaker } from './generate/traces.ts';
import { MetricSeries } from './metric-series.ts';
import { exportRequest } from './otlp-request.ts';
import { traceGroups } from './otlp-traces-workload.ts';
import { Random, seedOf } from './random.ts';
import type { BenchRequest, LoadOptions } from './workload.ts';

export const REQUESTS_PER_SERVICE = 10;
export const SERIES_PER_SERVICE = 200;
export const SCRAPE_SECONDS = 15;
const LINES_PER_REQUEST = 1000;
const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;
const MS_PER_SECOND = 1000;

/** Options of the parts: one says "series" for services, another for streams. */
function partOptions(options: LoadOptions, series: number): LoadOptions {
  return {
    ...options,
    series,
    targets: options.series,
    intervalMs: SCRAPE_SECONDS * MS_PER_SECOND,
    churn: 0,
  };
}

export interface SecondOfLoad {
  readonly metrics: BenchRequest[];
  readonly logs: BenchRequest[];
  readonly traces: BenchRequest[];
}

export class StackLoad {
  readonly #options: LoadOptions;
  readonly #services: number;
  readonly #random: Random;
  readonly #traces: TraceMaker;
  readonly #spans = new SpanEncoder();
  readonly #groups: ResourceGroups;
  readonly #lines: LineMaker;
  readonly #push: ProtoPush;
  readonly #series: MetricSeries;
  readonly #labels: Uint8Array[] = [];
  readonly #write = new WriteRequest1();

  /** `options.series` is the number of services, `options.batch` that of spans in a request. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#services = options.series;
    this.#random = new Random(seedOf(options.seed, 0x57ac));
    const cast = makeCast(options.series, options.seed);
    this.#traces = new TraceMaker(cast, options.seed, options.run);
    this.#groups = traceGroups(cast, options);
    this.#lines = new LineMaker(options.seed);
    const streams = options.series * PODS_PER_SERVICE * LEVELS.length;
    this.#push = new ProtoPush(new LogStreams(partOptions(options, streams)));
    this.#series = new MetricSeries(partOptions(options, options.series * SERIES_PER_SERVICE));
    for (let i = 0; i < this.#series.count; i++) this.#labels[i] = labelFields(this.#series.labels(i));
  }

  /** Second `second` of the run; to be called for 0, 1, 2, … in order. */
  next(second: number): SecondOfLoad {
    const startMs = this.#options.startMs + second * MS_PER_SECOND;
    const { traces, logs } = this.#requests(startMs);
    return { metrics: this.#metrics(second, startMs), logs, traces };
  }

  /** Spans and lines of the requests that begin in this second. */
  #requests(startMs: number): { traces: BenchRequest[]; logs: BenchRequest[] } {
    const options = this.#options;
    const made = this.#traces;
    const count = this.#services * REQUESTS_PER_SERVICE;
    const stepNs = NS_PER_SECOND / count;
    const traces: BenchRequest[] = [];
    const entries: [stream: number, entry: LogEntry][] = [];
    let inRequest = 0;
    let newestMs = startMs;
    for (let r = 0; r < count; r++) {
      made.next();
      const atMs = startMs + Math.floor((r * stepNs) / NS_PER_MS);
      for (let i = 0; i < made.count; i++) {
        const span = made.shapeSpans[i]!;
        this.#spans.write(this.#groups.of(span.service), made, i, atMs);
        newestMs = Math.max(newestMs, atMs + Math.ceil((made.beginNs[i]! + made.durationNs[i]!) / NS_PER_MS));
        if (span.role === 'server') entries.push(this.#entry(span.service, i, atMs));
        if (++inRequest < options.batch) continue;
        traces.push(exportRequest('traces', options, this.#groups.take(), inRequest, newestMs));
        inRequest = 0;
      }
    }
    if (inRequest > 0)
      traces.push(exportRequest('traces', options, this.#groups.take(), inRequest, newestMs));
    return { traces, logs: this.#logRequests(entries) };
  }

  /** The line that the server of span `i` prints when it has answered. */
  #entry(service: number, i: number, atMs: number): [number, LogEntry] {
    const made = this.#traces;
    const failed = made.failed[i] === 1;
    const level = failed ? 2 : this.#random.chance(0.05) ? 1 : 0;
    const pod = this.#random.int(PODS_PER_SERVICE);
    const endNs = made.beginNs[i]! + made.durationNs[i]!;
    const timeMs = atMs + Math.floor(endNs / NS_PER_MS);
    const ns = endNs % NS_PER_MS;
    const line = this.#lines.next('json', LEVELS[level]!, timeMs, ns, made.traceIdHex());
    const stream = (pod * this.#services + service) * LEVELS.length + level;
    return [stream, { timeMs, ns, line, traceId: this.#lines.traceId }];
  }

  #logRequests(entries: [stream: number, entry: LogEntry][]): BenchRequest[] {
    entries.sort(([, a], [, b]) => a.timeMs - b.timeMs || a.ns - b.ns);
    const out: BenchRequest[] = [];
    for (let from = 0; from < entries.length; from += LINES_PER_REQUEST) {
      const part = entries.slice(from, from + LINES_PER_REQUEST);
      const streams = new Map<number, LogEntry[]>();
      for (const [stream, entry] of part) {
        const list = streams.get(stream);
        if (list) list.push(entry);
        else streams.set(stream, [entry]);
      }
      const newestMs = part.at(-1)![1].timeMs;
      const message = this.#push.encode({ streams, items: part.length, agent: 0, newestMs, renewed: [] });
      out.push({
        method: 'POST',
        path: '/loki/api/v1/push',
        headers: { 'content-type': 'application/x-protobuf' },
        body: compress(message),
        items: part.length,
        rawBytes: message.length,
        newestMs,
        kind: 'loki',
        transport: 'http',
      });
    }
    return out;
  }

  /** Samples of every `SCRAPE_SECONDS`th service, in one request. */
  #metrics(second: number, timeMs: number): BenchRequest[] {
    if (second % SCRAPE_SECONDS === 0) this.#series.next();
    let items = 0;
    for (let service = second % SCRAPE_SECONDS; service < this.#services; service += SCRAPE_SECONDS) {
      const first = service * SERIES_PER_SERVICE;
      for (let i = first; i < first + SERIES_PER_SERVICE; i++) {
        this.#write.add(this.#labels[i]!, timeMs, this.#series.values[i]!);
      }
      items += SERIES_PER_SERVICE;
    }
    if (items === 0) return [];
    const message = this.#write.take();
    return [
      {
        method: 'POST',
        path: '/api/v1/write',
        headers: {
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
        },
        body: compress(message),
        items,
        rawBytes: message.length,
        newestMs: timeMs,
        kind: 'prometheus',
        transport: 'http',
      },
    ];
  }
}
