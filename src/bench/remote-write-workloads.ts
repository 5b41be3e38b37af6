/** Remote-write 1.0 and 2.0: scrape after scrape of all series, one sample per series and request, as Prometheus sends. */

import { compress } from 'snappyjs';
import { countSamples } from './count-samples.ts';
import { labelFields, WriteRequest1 } from './encode/remote-write-1.ts';
import { Symbols, WriteRequest2 } from './encode/remote-write-2.ts';
import { describeChurn, MetricSeries } from './metric-series.ts';
import type { BenchAnswer, BenchRequest, LoadOptions, PushWorkload } from './workload.ts';

const PATH = '/api/v1/write';
const HEADERS_1 = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;
const HEADERS_2 = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '2.0.0',
} as const;
/** What a receiver of 2.0 says it has written; one that does not say so took the request for something else. */
const WRITTEN = 'x-prometheus-remote-write-samples-written';

/** Turns samples into messages; keeps what it knows of each series between scrapes. */
interface Encoder {
  /** Series `i` has new labels. */
  refresh(i: number): void;
  add(i: number, timeMs: number, value: number): void;
  take(): Uint8Array;
}

class Encoder1 implements Encoder {
  readonly #series: MetricSeries;
  readonly #labels: Uint8Array[] = [];
  readonly #request = new WriteRequest1();

  constructor(series: MetricSeries) {
    this.#series = series;
  }

  refresh(i: number): void {
    this.#labels[i] = labelFields(this.#series.labels(i));
  }

  add(i: number, timeMs: number, value: number): void {
    this.#request.add(this.#labels[i]!, timeMs, value);
  }

  take(): Uint8Array {
    return this.#request.take();
  }
}

class Encoder2 implements Encoder {
  readonly #series: MetricSeries;
  readonly #labels: Uint32Array[] = [];
  readonly #symbols = new Symbols();
  readonly #request = new WriteRequest2(this.#symbols);

  constructor(series: MetricSeries) {
    this.#series = series;
  }

  refresh(i: number): void {
    this.#labels[i] = this.#symbols.ids(this.#series.labels(i));
  }

  add(i: number, timeMs: number, value: number): void {
    this.#request.add(this.#labels[i]!, this.#series.slot(i).type, timeMs, value);
  }

  take(): Uint8Array {
    return this.#request.take();
  }
}

function* requests(
  options: LoadOptions,
  headers: Readonly<Record<string, string>>,
  encoderOf: (series: MetricSeries) => Encoder,
): Generator<BenchRequest, undefined> {
  const series = new MetricSeries(options);
  const encoder = encoderOf(series);
  for (let i = 0; i < series.count; i++) encoder.refresh(i);
  let left = options.items;
  let inRequest = 0;
  let shard = 0;
  let timeMs = options.startMs;
  const request = (): BenchRequest => {
    const message = encoder.take();
    const items = inRequest;
    inRequest = 0;
    return {
      method: 'POST',
      path: PATH,
      headers,
      body: compress(message),
      items,
      rawBytes: message.length,
      newestMs: timeMs,
      kind: 'prometheus',
      transport: 'http',
      // The same place in each scrape: the same series, as a sender's shards have them.
      shard: shard++,
    };
  };
  while (left > 0) {
    const churned = series.next();
    if (churned) {
      for (let k = 0; k < churned.count; k++) encoder.refresh((churned.start + k) % series.count);
    }
    shard = 0;
    timeMs = options.startMs + series.scrape * options.intervalMs;
    const items = Math.min(series.count, left);
    for (let i = 0; i < items; i++) {
      encoder.add(i, timeMs, series.values[i]!);
      if (++inRequest === options.batch) yield request();
    }
    left -= items;
    // A request never spans two scrapes: a series' samples then go out in order, one request after the other.
    if (inRequest > 0) yield request();
  }
  return undefined;
}

function describe(version: string, o: LoadOptions): string {
  return `remote-write ${version}, ${o.series} series of ${o.targets} instances${describeChurn(o)}, a sample each every ${o.intervalMs / 1000} s, ${o.batch} per request`;
}

const COMMON = {
  drive: 'push',
  unit: 'samples',
  needs: ['prometheus'],
  defaults: { series: 10_000, batch: 2000, items: 2_000_000 },
  count: (system, options, sent) => countSamples(system, options.run, sent, options.intervalMs),
} as const satisfies Partial<PushWorkload>;

export const REMOTE_WRITE_1: PushWorkload = {
  ...COMMON,
  name: 'remote-write',
  summary: 'Prometheus remote-write 1.0',
  describe: (options) => describe('1.0', options),
  requests: (options) => requests(options, HEADERS_1, (series) => new Encoder1(series)),
};

export const REMOTE_WRITE_2: PushWorkload = {
  ...COMMON,
  name: 'remote-write-2',
  summary: 'Prometheus remote-write 2.0',
  describe: (options) => describe('2.0', options),
  requests: (options) => requests(options, HEADERS_2, (series) => new Encoder2(series)),
  accepted: (answer: BenchAnswer) => Number(answer.headers[WRITTEN] ?? 0),
};
