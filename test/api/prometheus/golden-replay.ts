/**
 * Replays the recorded Prometheus suite against the services and front routes in this process: decoded
 * remote-write into an engine, requests into the handlers, answers compared as the suite says.
 */

import fs from 'node:fs';
import { errorAnswer } from '../../../src/api/error-answer.ts';
import { PROMETHEUS_ROUTES } from '../../../src/api/prometheus/routes.ts';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import { prometheusFrontRoutes } from '../../../src/api/prometheus/status-routes.ts';
import type { Route } from '../../../src/api/route.ts';
import { decompressSnappy } from '../../../src/base/snappy.ts';
import { decodeRemoteWrite1 } from '../../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../../src/ingest/decode/remote-write-v2.ts';
import type { ServiceAnswer, ServiceRequest } from '../../../src/query/service.ts';
import type { MetricAppender, StorageReader } from '../../../src/storage/interface.ts';
import { emptyStatusView } from './status-view-fake.ts';

const SHARED = new URL('../../../../shared/golden/', import.meta.url);

interface RecordedAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface GoldenCase {
  readonly id: string;
  readonly feature: string;
  readonly ordered?: boolean;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: [string, string][] | null;
    readonly form: [string, string][] | null;
  };
  readonly response: RecordedAnswer;
  readonly responseMain?: RecordedAnswer;
}

/** Undefined where the recorded suites are not at hand. */
export function goldenCases(suite: string): GoldenCase[] | undefined {
  const file = new URL(`${suite}/cases.open.jsonl`, SHARED);
  return fs.existsSync(file) ? readLines<GoldenCase>(file) : undefined;
}

function readLines<T>(file: URL): T[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Stores what the suite's recording stored. */
export async function ingestGolden(suite: string, appender: MetricAppender): Promise<void> {
  const requests = readLines<{ headers: Record<string, string>; bodyBase64: string }>(
    new URL(`${suite}/ingest.jsonl`, SHARED),
  );
  for (const { headers, bodyBase64 } of requests) {
    const body = decompressSnappy(Buffer.from(bodyBase64, 'base64'));
    const v2 = (headers['Content-Type'] ?? '').includes('v2');
    const batch = v2 ? decodeRemoteWrite2(body).batch : decodeRemoteWrite1(body);
    const outcome = await appender.append(batch, { mode: 'atomic' });
    await outcome.durable;
  }
}

const ROUTES: readonly Route[] = [...PROMETHEUS_ROUTES, ...prometheusFrontRoutes(emptyStatusView())];

/** The answer to a recorded request; undefined where no route has its path and method. */
export async function answerCase(
  { request }: GoldenCase,
  storage: StorageReader,
): Promise<ServiceAnswer | undefined> {
  for (const route of ROUTES) {
    const path = matchPath(route.path, request.path);
    if (!path || !(route.methods as readonly string[]).includes(request.method)) continue;
    const params = [...(request.form ?? []), ...(request.query ?? [])];
    const serviceRequest: ServiceRequest = { params, path, headers: {}, nowMs: Date.now() };
    try {
      if ('handle' in route) return await route.handle(serviceRequest);
      const signal = new AbortController().signal;
      return await PROMETHEUS_SERVICES[route.service]!(serviceRequest, { storage, signal });
    } catch (error) {
      return errorAnswer('prometheus', error);
    }
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const source = pattern.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  const match = new RegExp(`^${source}$`).exec(path);
  if (!match) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1]!)]));
}

/** '' where the answer is one of the recorded ones, else what differs from the first. */
export function difference(recorded: GoldenCase, answer: ServiceAnswer): string {
  const text = new TextDecoder().decode(answer.body);
  const body: unknown = answer.contentType === 'application/json' ? JSON.parse(text) : text;
  const wanted = [recorded.response, ...(recorded.responseMain ? [recorded.responseMain] : [])];
  const faults = wanted.map((want) => {
    if (want.status !== answer.status) return `status ${answer.status}, expected ${want.status}: ${text}`;
    const got = canonical(body, recorded.ordered === true);
    const expected = canonical(want.body, recorded.ordered === true);
    return near(got, expected) ? '' : `${JSON.stringify(got)}\n  expected ${JSON.stringify(expected)}`;
  });
  return faults.includes('') ? '' : faults[0]!;
}

/** Objects with sorted keys; results as sets, unless the order is part of the answer. */
function canonical(value: unknown, ordered: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((v) => canonical(v, ordered));
    const isSet =
      !ordered && items.every((v) => typeof v === 'string' || (typeof v === 'object' && !Array.isArray(v)));
    return isSet ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([k, v]) => [k, canonical(v, ordered)]));
}

/** Equal but for the last digits of numbers, which travel as strings. */
function near(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string' && a !== b) {
    const [x, y] = [Number(a), Number(b)];
    return a !== '' && b !== '' && Math.abs(x - y) <= 1e-9 * Math.max(Math.abs(x), Math.abs(y), 1e-3);
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [x, y] = [Object.entries(a), Object.entries(b)];
  return x.length === y.length && x.every(([k, v]) => k in b && near(v, (b as Record<string, unknown>)[k]));
}
