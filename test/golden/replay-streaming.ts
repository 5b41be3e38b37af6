/**
 * Replays recorded streams (`grpc.open.jsonl` of a suite) and compares what their messages come to: how an answer is cut
 * into messages is the server's own affair. The suite's own comparison of HTTP answers does the rest.
 */

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Message, type StreamAnswer, StreamingClient } from '../support/streaming-client.ts';

interface RecordedCall {
  readonly id: string;
  /** `/package.Service/Method` */
  readonly method: string;
  readonly request: Message;
  readonly messages: readonly Message[];
  readonly status: { readonly code: number; readonly details: string };
}

interface HttpLike {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Same = (
  of: { readonly request: { readonly path: string } },
  expected: HttpLike,
  actual: HttpLike,
) => { readonly ok: boolean; readonly why?: string };

/** The HTTP endpoints that answer the same, by method. */
const PATHS: Readonly<Record<string, string>> = {
  Search: '/api/search',
  SearchTags: '/api/search/tags',
  SearchTagsV2: '/api/v2/search/tags',
  SearchTagValues: '/api/search/tag/x/values',
  SearchTagValuesV2: '/api/v2/search/tag/x/values',
  MetricsQueryRange: '/api/metrics/query_range',
  MetricsQueryInstant: '/api/metrics/query',
};

/** How many calls the suite has, and which of them answered something else, as `id@address`. */
export async function replayStreaming(
  suite: string,
  addresses: readonly string[],
): Promise<{ readonly total: number; readonly failed: readonly string[] }> {
  const file = path.join(suite, 'grpc.open.jsonl');
  if (!fs.existsSync(file)) return { total: 0, failed: [] };
  const { same } = (await import(pathToFileURL(path.join(suite, 'canon.mjs')).href)) as { same: Same };
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const failed: string[] = [];
  for (const [at, address] of addresses.entries()) {
    const client = new StreamingClient(address);
    for (const line of lines) {
      const recorded = JSON.parse(line) as RecordedCall;
      const method = recorded.method.split('/').at(-1)!;
      const answer = await client.call(method, recorded.request);
      if (!agrees(same, method, recorded, answer)) failed.push(`${recorded.id}@${at}`);
    }
    client.close();
  }
  return { total: addresses.length * lines.length, failed };
}

function agrees(same: Same, method: string, recorded: RecordedCall, answer: StreamAnswer): boolean {
  if (answer.code !== recorded.status.code) return false;
  if (answer.code !== 0) return answer.details !== '';
  const whole = (messages: readonly Message[]): HttpLike => ({
    status: 200,
    headers: {},
    body: merged(messages),
  });
  const of = { request: { path: PATHS[method]! } };
  return same(of, whole(recorded.messages), whole(answer.messages)).ok;
}

/** What a client makes of a stream: traces by id and series by labels, of which later ones win; texts once. */
export function merged(messages: readonly Message[]): Message {
  const traces = new Map<string, Message>();
  const series = new Map<string, Message>();
  const scopes = new Map<string, Set<unknown>>();
  const texts: Record<string, Map<string, unknown>> = { tagNames: new Map(), tagValues: new Map() };
  const body: Message = {};
  for (const message of messages) {
    for (const trace of listOf(message, 'traces')) traces.set(String(trace.traceID), trace);
    for (const one of listOf(message, 'series')) mergeSeries(series, one);
    for (const { name, tags } of listOf(message, 'scopes')) {
      scopes.set(String(name), new Set([...(scopes.get(String(name)) ?? []), ...(tags as unknown[])]));
    }
    for (const [field, seen] of Object.entries(texts)) {
      for (const value of listOf(message, field)) seen.set(JSON.stringify(value), value);
    }
  }
  if (traces.size > 0) body.traces = [...traces.values()];
  if (series.size > 0) body.series = [...series.values()];
  if (scopes.size > 0) body.scopes = Array.from(scopes, ([name, tags]) => ({ name, tags: [...tags] }));
  for (const [field, seen] of Object.entries(texts)) if (seen.size > 0) body[field] = [...seen.values()];
  return body;
}

function listOf(message: Message, field: string): readonly Message[] {
  return (message[field] ?? []) as readonly Message[];
}

function mergeSeries(into: Map<string, Message>, one: Message): void {
  const key = JSON.stringify(one.labels ?? []);
  const samples = new Map<string, Message>();
  for (const sample of [...listOf(into.get(key) ?? {}, 'samples'), ...listOf(one, 'samples')]) {
    samples.set(String(sample.timestampMs), sample);
  }
  into.set(key, samples.size > 0 ? { ...one, samples: [...samples.values()] } : one);
}
