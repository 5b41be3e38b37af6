/**
 * Runs the recorded Loki suite without a server: its pushes are decoded into a store in memory, its requests go
 * straight to the services, and answers are compared by the suite's own rules.
 */

import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { deleteRoutes } from '../../src/api/loki/delete-routes.ts';
import { LOKI_ROUTES, lokiFrontRoutes } from '../../src/api/loki/routes.ts';
import { type LokiRules, lokiRuleRoutes } from '../../src/api/loki/rule-routes.ts';
import { LOKI_SERVICES } from '../../src/api/loki/services.ts';
import type { Route } from '../../src/api/route.ts';
import { decompressSnappy } from '../../src/base/snappy.ts';
import type { LogDecode } from '../../src/ingest/decode/log-batch-builder.ts';
import { decodeLokiPush } from '../../src/ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { decodeLokiPushLegacy } from '../../src/ingest/decode/loki-push-legacy.ts';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpLogs } from '../../src/ingest/decode/otlp-logs.ts';
import type { ServiceAnswer } from '../../src/query/service.ts';
import type { StorageReader } from '../../src/storage/interface.ts';
import { MemoryLogs } from '../storage/memory-logs.ts';

export const SUITE_DIR = path.resolve(import.meta.dirname, '../../../shared/golden/loki');

/** When the recording took place, after all of its data. */
const NOW_MS = Date.UTC(2026, 0, 1, 14);

type Pairs = [string, string][];
interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Pairs | null;
  readonly form?: Pairs | null;
  readonly headers?: Record<string, string>;
  readonly bodyBase64?: string;
  readonly body?: unknown;
}
export interface GoldenCase {
  readonly id: string;
  readonly feature: string;
  readonly request: RecordedRequest;
  readonly response: { readonly status: number; readonly body: unknown };
  readonly compare?: string;
  readonly ignore?: string[];
  readonly flags?: string[];
  readonly ordered?: boolean;
}

export function readLines<T>(file: string): T[] {
  const text = fs.readFileSync(path.join(SUITE_DIR, file), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

function bodyOf(request: RecordedRequest): Buffer {
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, 'base64');
  return Buffer.from(typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? ''));
}

function decode(request: RecordedRequest): LogDecode {
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([k, v]) => [k.toLowerCase(), v]),
  );
  let body = bodyOf(request);
  const encoding = headers['content-encoding'];
  if (encoding === 'gzip') body = zlib.gunzipSync(body);
  if (encoding === 'deflate') body = zlib.inflateRawSync(body);
  const json = (headers['content-type'] ?? '').startsWith('application/json');
  if (request.path.startsWith('/otlp')) {
    return decodeOtlpLogs(json ? otlpJsonToProtobuf('logs', body) : body, NOW_MS);
  }
  if (!json) return decodeLokiPush(decompressSnappy(body), NOW_MS);
  return request.path.startsWith('/api/prom')
    ? decodeLokiPushLegacy(body, NOW_MS)
    : decodeLokiPushJson(body, NOW_MS);
}

export function loadSuite(): StorageReader {
  const logs = new MemoryLogs();
  for (const request of readLines<RecordedRequest>('ingest.jsonl')) logs.append(decode(request).batch);
  return { logs } as unknown as StorageReader;
}

/** The recordings are of a Loki without rules. */
const NO_RULES: LokiRules = {
  definitions: async () => ({}),
  print: async () => new Uint8Array(0),
  post: async () => {},
  remove: async () => false,
  views: async () => [],
};
const CONTEXT = { storage: {} as StorageReader, signal: new AbortController().signal };

const ROUTES: Route[] = [
  ...LOKI_ROUTES,
  ...lokiFrontRoutes({ version: '0', revision: '', buildDate: '' }),
  ...lokiRuleRoutes(NO_RULES),
  ...deleteRoutes({
    deletes: { add: async () => '', list: async () => [], cancel: async () => 'unknown' },
    cancelPeriodMs: 0,
    runner: { run: (service, asked) => LOKI_SERVICES[service]!(asked, CONTEXT) },
  }),
];

/** Undefined where no route of Loki's takes the request. */
export async function answer(
  storage: StorageReader,
  request: RecordedRequest,
): Promise<{ status: number; body: unknown } | undefined> {
  for (const route of ROUTES) {
    if (!(route.methods as readonly string[]).includes(request.method)) continue;
    const pattern = route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)').replace(/\*$/, '.*');
    const match = new RegExp(`^${pattern}$`).exec(request.path);
    if (!match) continue;
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([k, v]) => [k.toLowerCase(), v]),
    );
    const serviceRequest = {
      params: [...(request.form ?? []), ...(request.query ?? [])],
      path: { ...match.groups },
      headers,
      nowMs: NOW_MS,
    };
    const context = { storage, signal: new AbortController().signal };
    const result: ServiceAnswer =
      'service' in route
        ? await LOKI_SERVICES[route.service]!(serviceRequest, context)
        : await route.handle(serviceRequest);
    const text = Buffer.from(result.body).toString('utf8');
    return { status: result.status, body: /json/.test(result.contentType) ? JSON.parse(text) : text };
  }
  return undefined;
}
