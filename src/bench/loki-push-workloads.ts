/** Loki's push API, as protobuf with snappy (what agents send) and as JSON. */

import { compress } from 'snappyjs';
import { countLines } from './count-lines.ts';
import { JsonPush, ProtoPush } from './encode/loki-push.ts';
import { type LogBatch, LogStreams, logBatches } from './generate/log-streams.ts';
import { type BenchRequest, type LoadOptions, type PushWorkload, RUN_LABEL } from './workload.ts';

const PATH = '/loki/api/v1/push';
const PROTO_HEADERS = { 'content-type': 'application/x-protobuf' } as const;
const JSON_HEADERS = { 'content-type': 'application/json' } as const;

interface Encoder {
  encode(batch: LogBatch): Uint8Array;
}

function* requests(
  options: LoadOptions,
  encoderOf: (streams: LogStreams) => Encoder,
  proto: boolean,
): Generator<BenchRequest, undefined> {
  const streams = new LogStreams(options);
  const encoder = encoderOf(streams);
  for (const batch of logBatches(streams)) {
    const message = encoder.encode(batch);
    yield {
      method: 'POST',
      path: PATH,
      headers: proto ? PROTO_HEADERS : JSON_HEADERS,
      body: proto ? compress(message) : message,
      items: batch.items,
      rawBytes: message.length,
      newestMs: batch.newestMs,
      kind: 'loki',
      transport: 'http',
      // An agent sends one request after the other.
      shard: batch.agent,
    };
  }
  return undefined;
}

function describe(form: string, o: LoadOptions): string {
  const churn = o.churn > 0 ? `, ${o.churn * 100} % of the pods new every ${o.churnEvery} rounds` : '';
  return `Loki push (${form}), ${o.lines ?? 'json'} lines, ${o.series} streams${churn}, ${o.batch} lines per request`;
}

const COMMON = {
  drive: 'push',
  unit: 'lines',
  needs: ['loki'],
  defaults: { series: 96, batch: 2000, items: 500_000, intervalMs: 100 },
  count: (system, options, sent) => countLines(system, `{${RUN_LABEL}="${options.run}"}`, sent),
} as const satisfies Partial<PushWorkload>;

export const LOKI_PUSH_PROTO: PushWorkload = {
  ...COMMON,
  name: 'loki-push-proto',
  summary: 'log lines to the Loki push API, snappy protobuf',
  describe: (options) => describe('protobuf', options),
  requests: (options) => requests(options, (streams) => new ProtoPush(streams), true),
};

export const LOKI_PUSH_JSON: PushWorkload = {
  ...COMMON,
  name: 'loki-push-json',
  summary: 'log lines to the Loki push API, JSON',
  describe: (options) => describe('JSON', options),
  requests: (options) => requests(options, (streams) => new JsonPush(streams), false),
};
