/** What a database holds, read through an export, in a form in which equal contents are equal. */

import { decodeLokiPush } from '../../src/ingest/decode/loki-push.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../src/ingest/decode/remote-write-v2.ts';
import { DataSource } from '../../src/local-transfer.ts';
import { EXPORT_SIGNALS, type ExportSignal } from '../../src/model/export-wire.ts';
import { wordsOf } from '../../src/model/sample.ts';
import { eachPair, NO_LOG_LIMITS } from '../../src/transfer/exact-logs.ts';
import {
  type ExportParams,
  type ExportSource,
  type SourcedMessage,
  walk,
} from '../../src/transfer/export-source.ts';
import { contents } from '../storage/span-contents.ts';

/** Wider than any time that is generated. */
export const ALL_TIME: ExportParams = [
  ['start', '-20000000000'],
  ['end', '20000000000'],
];

export interface Stored {
  readonly metrics: readonly string[];
  readonly logs: readonly string[];
  readonly traces: readonly string[];
}

export async function messagesOf(
  source: ExportSource,
  signal: ExportSignal,
  params: ExportParams = ALL_TIME,
): Promise<SourcedMessage[]> {
  const out: SourcedMessage[] = [];
  for await (const m of walk(source, signal, params, undefined).messages) {
    out.push({ ...m, message: new Uint8Array(m.message) });
  }
  return out;
}

export async function storedIn(path: string, params: ExportParams = ALL_TIME): Promise<Stored> {
  const source = await DataSource.open(path, new AbortController().signal, assertNoDamage);
  try {
    return await storedAt(source, params);
  } finally {
    await source.close();
  }
}

export async function storedAt(source: ExportSource, params: ExportParams = ALL_TIME): Promise<Stored> {
  const [metrics, logs, traces] = [[] as string[], [] as string[], [] as string[]];
  for (const signal of EXPORT_SIGNALS) {
    for (const message of await messagesOf(source, signal, params)) {
      const into = { metrics, logs, traces }[signal];
      into.push(...linesOf(signal, message));
    }
  }
  return { metrics: metrics.sort(), logs: logs.sort(), traces: traces.sort() };
}

/** What is in a message, an item each. */
export function linesOf(signal: ExportSignal, message: SourcedMessage): string[] {
  if (signal === 'metrics') return metricLines(message);
  return signal === 'logs' ? logLines(message.message) : contents([decodeOtlpTraces(message.message)]);
}

function assertNoDamage(what: string): void {
  throw new Error(what);
}

export function metricLines({ kind, message }: SourcedMessage): string[] {
  if (kind === 'metadata') {
    return decodeRemoteWrite1(message).metadata.map((m) => `metadata ${JSON.stringify(m)}`);
  }
  const { batch, errors } = decodeRemoteWrite2(message);
  if (errors.length > 0) throw new Error(errors[0]);
  const words = wordsOf(batch.values);
  const labels = (i: number) => JSON.stringify(batch.labels(i)!.pairs);
  const lines: string[] = [];
  for (let i = 0; i < batch.sampleCount; i++) {
    const start = batch.startTimestamps?.[i] ?? 0;
    const value = `${words[2 * i]} ${words[2 * i + 1]}`;
    lines.push(`${labels(batch.sampleSeries[i]!)} ${batch.timestamps[i]} ${value} ${start}`);
  }
  for (const { series, timestampMs, startTimestampMs, histogram } of batch.histograms) {
    lines.push(`${labels(series)} ${timestampMs} ${JSON.stringify(histogram)} ${startTimestampMs}`);
  }
  for (const { series, exemplar } of batch.exemplars) {
    const { labels: own, value, timestampMs } = exemplar;
    lines.push(`exemplar ${labels(series)} ${timestampMs} ${value} ${JSON.stringify(own.pairs)}`);
  }
  return lines;
}

export function logLines(message: Uint8Array): string[] {
  const { batch } = decodeLokiPush(message, 0, NO_LOG_LIMITS);
  return Array.from({ length: batch.count }, (_, i) => {
    const pairs: string[] = [];
    eachPair(batch, i, (name, value) => pairs.push(name, value));
    const line = Buffer.from(batch.bytes.subarray(batch.lineStart[i], batch.lineEnd[i])).toString('base64');
    const stream = batch.streams[batch.stream[i]!]!.pairs;
    return JSON.stringify([stream, batch.timeMs[i], batch.timeNs[i], line, pairs]);
  });
}
