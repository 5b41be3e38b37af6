/**
 * The recorded answers of the real system, asked of the services directly: the recorded requests go into memory
 * and every answer is compared by the suite's own comparator. A floor of passing cases per group of features.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TEMPO_ROUTES, tempoFrontRoutes } from '../../src/api/tempo/routes.ts';
import { TEMPO_SERVICES } from '../../src/api/tempo/services.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../src/query/service.ts';
import type { StorageReader } from '../../src/storage/interface.ts';
import { goldenBatches, MemoryTraces } from '../storage/memory-traces.ts';

const SUITE = new URL('../../../shared/golden/tempo/', import.meta.url);

interface GoldenCase {
  readonly id: string;
  readonly feature: string;
  readonly quirk?: string;
  readonly compare?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: readonly [string, string][];
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly response: { readonly status: number };
}

/** Small enough that traces are spread over groups. */
const BATCHES_PER_GROUP = 5;

type Compare = (c: GoldenCase, expected: unknown, actual: unknown) => { ok: boolean; why?: string };

const FRONT = tempoFrontRoutes({ version: 'test', configText: () => '' });
const ROUTES = [...TEMPO_ROUTES, ...FRONT].map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
}));

async function call(c: GoldenCase, context: ServiceContext): Promise<ServiceAnswer> {
  const found = ROUTES.map(({ route, pattern }) => ({ route, match: pattern.exec(c.request.path) })).find(
    ({ match }) => match !== null,
  );
  if (!found) return { status: 404, contentType: 'text/plain', body: Buffer.from('404 page not found\n') };
  const path = Object.fromEntries(
    Object.entries(found.match!.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]),
  );
  const request: ServiceRequest = {
    params: c.request.query,
    path,
    headers: c.request.headers,
    nowMs: 1767272400000,
  };
  if ('handle' in found.route) return found.route.handle(request);
  const service = TEMPO_SERVICES[found.route.service];
  if (!service) return { status: 501, contentType: 'text/plain', body: Buffer.from('not there') };
  return service(request, context);
}

function recorded(answer: ServiceAnswer): unknown {
  const headers = { 'content-type': answer.contentType };
  if (answer.contentType.startsWith('application/protobuf')) {
    return { status: answer.status, headers, body: { $base64: Buffer.from(answer.body).toString('base64') } };
  }
  const text = Buffer.from(answer.body).toString('utf8');
  const json = answer.contentType.startsWith('application/json');
  return { status: answer.status, headers, body: json ? JSON.parse(text) : text };
}

/** Cases that passed when this was written, by the first part of the feature's name. */
const FLOORS: Readonly<Record<string, number>> = {
  search: 388,
  error: 35,
  tags: 22,
  tagvalues: 75,
  trace: 47,
  metrics: 188,
  misc: 4,
  accept: 3,
};

test('recorded answers of Tempo', { skip: !existsSync(SUITE) && 'no ../shared' }, async () => {
  const canon = new URL('canon.mjs', SUITE);
  const { same } = (await import(canon.href)) as { same: Compare };
  const cases = readFileSync(new URL('cases.open.jsonl', SUITE), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenCase);
  const traces = MemoryTraces.of(goldenBatches()!, BATCHES_PER_GROUP);
  const context = {
    storage: { traces } as unknown as StorageReader,
    signal: new AbortController().signal,
  };
  const passed: Record<string, number> = {};
  const failed: string[] = [];
  for (const c of cases) {
    if (c.request.path === '/ready') continue;
    const group = c.feature.split('.')[0]!;
    let verdict: { ok: boolean; why?: string };
    try {
      verdict = same(c, c.response, recorded(await call(c, context)));
    } catch (error) {
      verdict = { ok: false, why: String((error as Error).stack) };
    }
    if (verdict.ok || c.quirk) passed[group] = (passed[group] ?? 0) + 1;
    if (!verdict.ok)
      failed.push(`${c.quirk ? 'Q ' : ''}${c.id} ${JSON.stringify(c.request.query[0])}: ${verdict.why}`);
  }
  for (const [group, floor] of Object.entries(FLOORS)) {
    assert.ok(
      (passed[group] ?? 0) >= floor,
      `${group}: ${passed[group]} of at least ${floor}\n${failed.join('\n')}`,
    );
  }
});
