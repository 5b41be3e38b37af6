/**
 * A remote for tests: it decodes what comes, of both versions, keeps it, and answers as it is told: slowly, with errors, or not
 * at all while it is closed.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../src/ingest/decode/remote-write-v2.ts';
import type { FamilyMetadata, MetricBatch } from '../../src/model/batch.ts';
import { isStale, wordsOf } from '../../src/model/sample.ts';

export interface ReceivedSample {
  readonly timestampMs: number;
  readonly value: number | 'stale';
  readonly startMs: number;
}

export interface ReceivedRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: number;
  readonly samples: number;
}

/** Undefined: taken. */
export type Verdict =
  | undefined
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly text?: string };

export interface ReceiverOptions {
  /** Of version 2: whether it says what it wrote. */
  readonly silent?: boolean;
  readonly port?: number;
}

export class Receiver {
  /** By labels, as JSON of an object, samples as they came. */
  readonly series = new Map<string, ReceivedSample[]>();
  readonly histograms = new Map<string, { timestampMs: number; startMs: number; histogram: unknown }[]>();
  readonly exemplars: { readonly series: string; readonly labels: object; readonly value: number }[] = [];
  readonly metadata = new Map<string, FamilyMetadata>();
  readonly requests: ReceivedRequest[] = [];
  /** Says how a request is answered; what is not taken is not kept. */
  judge: (request: ReceivedRequest) => Verdict | Promise<Verdict> = () => undefined;
  readonly #options: ReceiverOptions;
  #server: http.Server | undefined;
  port: number;

  constructor(options: ReceiverOptions = {}) {
    this.#options = options;
    this.port = options.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/write`;
  }

  /** Listens, on the port of before where there was one. */
  async open(): Promise<this> {
    const server = http.createServer((request, response) => void this.#take(request, response));
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    } catch {
      return;
    }
    const body = Buffer.concat(pieces);
    const second = request.headers['content-type']?.includes('io.prometheus.write.v2.Request') === true;
    const plain = decompressSnappy(body);
    const decoded = second ? decodeRemoteWrite2(plain) : { batch: decodeRemoteWrite1(plain), errors: [] };
    const { batch } = decoded;
    const noted = { headers: request.headers, bytes: body.length, samples: batch.sampleCount };
    this.requests.push(noted);
    const verdict = await this.judge(noted);
    if (verdict === undefined) this.#keep(batch);
    if (second && !this.#options.silent && verdict === undefined) {
      response.setHeader('X-Prometheus-Remote-Write-Samples-Written', batch.sampleCount);
      response.setHeader('X-Prometheus-Remote-Write-Histograms-Written', batch.histograms.length);
      response.setHeader('X-Prometheus-Remote-Write-Exemplars-Written', batch.exemplars.length);
    }
    const refused: Verdict =
      decoded.errors.length > 0 ? { status: 400, text: decoded.errors.join('\n') } : undefined;
    const { status, headers, text }: NonNullable<Verdict> = verdict ?? refused ?? { status: 204 };
    response.writeHead(status, { ...headers }).end(text);
  }

  #keep(batch: MetricBatch): void {
    const labels = (i: number) => JSON.stringify(batch.labels(i)?.toObject());
    const words = wordsOf(batch.values);
    for (let i = 0; i < batch.sampleCount; i++) {
      listOf(this.series, labels(batch.sampleSeries[i]!)).push({
        timestampMs: batch.timestamps[i]!,
        value: isStale(words, i) ? 'stale' : batch.values[i]!,
        startMs: batch.startTimestamps?.[i] ?? 0,
      });
    }
    for (const { series, timestampMs, startTimestampMs: startMs, histogram } of batch.histograms)
      listOf(this.histograms, labels(series)).push({ timestampMs, startMs, histogram });
    for (const { series, exemplar } of batch.exemplars) {
      const { labels: own, value } = exemplar;
      this.exemplars.push({ series: labels(series), labels: own.toObject(), value });
    }
    for (const family of batch.metadata) this.metadata.set(family.family, family);
  }
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  let list = map.get(key);
  if (!list) map.set(key, (list = []));
  return list;
}
