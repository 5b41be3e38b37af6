/**
 * Samples to a receiver of remote-write. Version 2.0 takes the messages as they are. Version 1.0 gets them made anew, without
 * what it has no word for: start times and histograms with bounds of their own, which are counted. What is known of families
 * goes as 1.0 in any case: 2.0 can only say it of a series.
 */

import { SnappyEncoder } from '../base/snappy-encode.ts';
import { decodeRemoteWrite2 } from '../ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../model/batch.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../model/histogram.ts';
import { wordsOf } from '../model/sample.ts';
import { Format1 } from '../remote/write/request-1.ts';
import type { SourcedMessage } from './export-source.ts';
import { headerOf, type PushClient } from './push.ts';
import type { Sink } from './sink.ts';
import { Tally } from './tally.ts';

export type RemoteWriteVersion = '1.0' | '2.0';

const HEADERS = {
  '1.0': { 'Content-Type': 'application/x-protobuf', 'X-Prometheus-Remote-Write-Version': '0.1.0' },
  '2.0': {
    'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'X-Prometheus-Remote-Write-Version': '2.0.0',
  },
} as const;

export class RemoteWriteSink implements Sink {
  readonly tally = new Tally('samples');
  readonly #client: PushClient;
  readonly #version: RemoteWriteVersion;
  readonly #snappy = new SnappyEncoder();

  constructor(client: PushClient, version: RemoteWriteVersion) {
    this.#client = client;
    this.#version = version;
  }

  async take({ kind, message, items, exemplars }: SourcedMessage): Promise<void> {
    if (kind === 'metadata') {
      const answer = await this.#send(message, '1.0');
      if (!answer.ok) this.tally.notCarried(`descriptions of families (${answer.words})`, items);
    } else if (this.#version === '2.0') await this.#second(message, items, exemplars);
    else await this.#first(message);
  }

  #send(message: Uint8Array, version: RemoteWriteVersion) {
    const headers = { ...HEADERS[version], 'Content-Encoding': 'snappy' };
    return this.#client.send(this.#snappy.encode(message), headers);
  }

  async #second(message: Uint8Array, items: number, exemplars: number): Promise<void> {
    const answer = await this.#send(message, '2.0');
    if (answer.ok) {
      this.tally.taken(items, exemplars);
      return;
    }
    const written = (what: string) =>
      Number(headerOf(answer, `x-prometheus-remote-write-${what}-written`) ?? 0);
    const taken = Math.min(items, written('samples') + written('histograms'));
    this.tally.taken(taken, Math.min(exemplars, written('exemplars')));
    this.tally.refuse(`${answer.status}: ${answer.words}`, items - taken);
  }

  async #first(message: Uint8Array): Promise<void> {
    const { batch } = decodeRemoteWrite2(message);
    const { items, exemplars, body } = this.#asFirst(batch);
    if (items + exemplars === 0) return;
    const answer = await this.#send(body, '1.0');
    if (answer.ok) this.tally.taken(items, exemplars);
    else this.tally.refuse(`${answer.status}: ${answer.words}`, items);
  }

  #asFirst(batch: MetricBatch) {
    const format = new Format1();
    const writer = format.writer();
    const known = new Map<number, ReturnType<Format1['encode']>>();
    const of = (series: number) => {
      let encoded = known.get(series);
      if (!encoded) known.set(series, (encoded = format.encode(batch.labels(series)!)));
      return encoded;
    };
    const { sampleCount, sampleSeries, timestamps, startTimestamps } = batch;
    const samples = { timestamps, valueWords: wordsOf(batch.values) };
    for (let i = 0; i < sampleCount; i++) {
      writer.sample(of(sampleSeries[i]!), samples, i, []);
      if (startTimestamps && startTimestamps[i] !== 0) this.tally.notCarried('start times');
    }
    let items = sampleCount;
    for (const { series, histogram, timestampMs, startTimestampMs } of batch.histograms) {
      if (startTimestampMs !== 0) this.tally.notCarried('start times');
      if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) {
        this.tally.notCarried('histograms with bounds of their own');
        continue;
      }
      writer.histogram(of(series), histogram, timestampMs, 0, []);
      items++;
    }
    for (const { series, exemplar } of batch.exemplars) writer.exemplar(of(series), exemplar);
    return { items, exemplars: batch.exemplars.length, body: writer.take() };
  }

  async finish(): Promise<void> {
    this.#client.close();
  }
}
