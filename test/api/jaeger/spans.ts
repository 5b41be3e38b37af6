/** OTLP requests for the tests of Jaeger's API, and asking its services over spans in memory. */

import { JAEGER_SERVICES } from '../../../src/api/jaeger/services.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';

export const START_S = 1_767_268_800;
export const NOW_MS = (START_S + 60) * 1000;

type Json = Readonly<Record<string, unknown>>;

/** `value` is an AnyValue in JSON, or a plain string. */
export function attribute(key: string, value: string | Json): Json {
  return { key, value: typeof value === 'string' ? { stringValue: value } : value };
}

export interface SpanParts extends Json {
  readonly traceId: string;
  readonly spanId: string;
}

/** A span that starts `atMs` after `START_S` and takes `ms`. */
export function span(parts: SpanParts, atMs = 0, ms = 10): Json {
  const startNs = BigInt(START_S) * 1_000_000_000n + BigInt(Math.round(atMs * 1e6));
  return {
    name: 'op',
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + BigInt(Math.round(ms * 1e6))),
    ...parts,
  };
}

export function resourceSpans(resource: Json, scope: Json, spans: readonly Json[]): Json {
  return { resource, scopeSpans: [{ scope, spans }] };
}

export function ofService(service: string, ...spans: readonly Json[]): Json {
  return resourceSpans({ attributes: [attribute('service.name', service)] }, {}, spans);
}

/** Each request is a group of its own, unless `together`. */
export function stored(requests: readonly (readonly Json[])[], together = false): StorageReader {
  const batches = requests.map((all) => batchOfJson({ resourceSpans: all }));
  return {
    traces: together ? MemoryTraces.of(batches) : MemoryTraces.of(batches, 1),
  } as unknown as StorageReader;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  readonly json: any;
}

export type Asked = readonly (readonly [name: string, value: string])[] | Readonly<Record<string, string>>;

export async function ask(
  storage: StorageReader,
  service: string,
  params: Asked = {},
  path: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const list = Array.isArray(params) ? params : Object.entries(params);
  const request = { params: list as [string, string][], path, headers: {}, nowMs: NOW_MS };
  const { signal } = new AbortController();
  const answer = await JAEGER_SERVICES[service]!(request, { storage, signal });
  const text = Buffer.from(answer.body).toString();
  return { status: answer.status, contentType: answer.contentType, text, json: JSON.parse(text) };
}
