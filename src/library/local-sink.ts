/** A sink over a server in this process: it asks over HTTP, as anybody does, and reaches into the server for what no API has. */

import { resolve } from 'node:path';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import type { LocalEngine } from '../local-engine.ts';
import type { Running } from '../main.ts';
import { TriliteError } from '../model/errors.ts';
import { Asked, type Bounds } from './asked.ts';
import { environmentFor } from './environment.ts';
import { keepAlive } from './keep-alive.ts';
import { durationMs, momentMs } from './moments.ts';
import type {
  Endpoints,
  Environment,
  EnvironmentOptions,
  LoadOptions,
  Mark,
  Pushed,
  Questions,
  Sink,
  SinkClock,
  ToPush,
} from './sink.ts';

const SINCE_HEADER = 'X-Trilite-Since';
const LOAD_INTERVAL_MS = 60_000;
const JSON_TYPE = { 'Content-Type': 'application/json' };

export interface LocalSinkParts {
  readonly running: Running;
  readonly engine: LocalEngine;
  readonly clock: SinkClock;
  readonly dataDir: string | undefined;
  /** Sent with all that the sink asks and brings. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where single series go. */
  readonly metrics: LocalEngine['storage']['metrics'];
  /** Tells that the clock was moved. */
  follow(listener: () => void): () => void;
}

export class LocalSink extends Asked implements Sink {
  readonly endpoints: Endpoints;
  readonly env: Environment;
  readonly clock: SinkClock;
  readonly dataDir: string | undefined;
  readonly #parts: LocalSinkParts;
  readonly #transport: HttpTransport;
  readonly #client: Client;
  #stopped: Promise<void> | undefined;

  constructor(parts: LocalSinkParts) {
    const endpoints = endpointsOf(parts.running);
    const transport = new HttpTransport({ url: new URL(endpoints.prometheus), headers: parts.headers });
    const client = new Client(transport);
    super(askedParts(parts, client, {}));
    this.endpoints = endpoints;
    this.env = environmentFor(endpoints);
    this.clock = parts.clock;
    this.dataDir = parts.dataDir;
    this.#parts = parts;
    this.#transport = transport;
    this.#client = client;
  }

  envFor(options?: EnvironmentOptions): Environment {
    return environmentFor(this.endpoints, options);
  }

  mark(): Promise<Mark> {
    return keepAlive(() => this.#parts.running.sink.mark());
  }

  since(mark: Mark): Questions {
    return new Asked(askedParts(this.#parts, this.#client, { [SINCE_HEADER]: mark }));
  }

  async load(series: string, { start, interval = LOAD_INTERVAL_MS }: LoadOptions = {}): Promise<void> {
    const { loadSeries } = await import('./load-series.ts');
    const startMs = start === undefined ? undefined : momentMs(start);
    const times = { startMs, nowMs: this.clock.now(), intervalMs: durationMs(interval) };
    await keepAlive(() => loadSeries(series, times, this.#parts.metrics));
  }

  async push({ logs = [], spans = [] }: ToPush): Promise<Pushed> {
    const nowMs = this.clock.now();
    const sent: Promise<void>[] = [];
    if (logs.length > 0) {
      const { lokiPushBody } = await import('./push-logs.ts');
      sent.push(this.#post('/loki/api/v1/push', lokiPushBody(logs, nowMs)));
    }
    let pushed: Pushed['spans'] = [];
    if (spans.length > 0) {
      const { otlpSpansBody } = await import('./push-spans.ts');
      const { body, pushed: names } = otlpSpansBody(spans, nowMs);
      pushed = names;
      sent.push(this.#post('/v1/traces', body));
    }
    await Promise.all(sent);
    return { spans: pushed };
  }

  async #post(path: string, content: object): Promise<void> {
    const body = Buffer.from(JSON.stringify(content));
    const { status, body: answer } = await this.#transport.ask({
      method: 'POST',
      path,
      headers: JSON_TYPE,
      body,
    });
    const text = Buffer.from(answer).toString();
    if (status >= 300) throw new TriliteError('bad_data', text.trim() || `the server answered ${status}`);
    const { partialSuccess } = (text === '' ? {} : JSON.parse(text)) as {
      partialSuccess?: { errorMessage?: string };
    };
    if (partialSuccess?.errorMessage) throw new TriliteError('bad_data', partialSuccess.errorMessage);
  }

  reset(): Promise<void> {
    return keepAlive(() => this.#parts.running.sink.reset());
  }

  snapshot(file: string): Promise<void> {
    return keepAlive(() => this.#parts.engine.storage.snapshot(resolve(file), { skipHead: false }));
  }

  stop(): Promise<void> {
    this.#stopped ??= keepAlive(() => this.#stop());
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#client.close();
    await this.#parts.running.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function askedParts(parts: LocalSinkParts, client: Client, headers: Readonly<Record<string, string>>) {
  const { running, engine, clock } = parts;
  return {
    client,
    headers,
    arrivals: {
      follow: (listener: () => void) => {
        const ends = [running.sink.onArrival(listener), parts.follow(listener)];
        return () => {
          for (const end of ends) end();
        };
      },
    },
    now: () => clock.now(),
    metricBounds: () => keepAlive(() => metricBounds(engine)),
  };
}

/** Of blocks and of what is in memory. */
async function metricBounds({ storage }: LocalEngine): Promise<Bounds | undefined> {
  const blocks = await storage.blocks('metrics');
  const { minTimeMs, maxTimeMs } = storage.headStatistics(0, true);
  const head = maxTimeMs > 0 ? [{ minMs: minTimeMs, maxMs: maxTimeMs }] : [];
  const all = [...blocks, ...head];
  if (all.length === 0) return undefined;
  return { minMs: Math.min(...all.map((b) => b.minMs)), maxMs: Math.max(...all.map((b) => b.maxMs)) };
}

function endpointsOf({ http, grpc, extra }: Running): Endpoints {
  const at = ({ port, tls }: { readonly port: number; readonly tls?: true }) =>
    `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const base = at(http[0]!);
  const zipkin = extra.find(({ scheme }) => scheme.startsWith('zipkin'));
  return {
    prometheus: base,
    loki: base,
    tempo: base,
    jaeger: base,
    alertmanager: base,
    ui: base,
    otlpHttp: base,
    otlpGrpc: grpc ? at(grpc) : base,
    remoteWrite: `${base}/api/v1/write`,
    lokiPush: `${base}/loki/api/v1/push`,
    zipkin: `${zipkin ? at(zipkin.address) : base}/api/v2/spans`,
  };
}
