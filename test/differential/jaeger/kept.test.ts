/** Requests of Jaeger's query API, asked of the services without a server and compared with the recorded answers of a real Jaeger. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JAEGER_ROUTES } from '../../../src/api/jaeger/routes.ts';
import { JAEGER_SERVICES } from '../../../src/api/jaeger/services.ts';
import type { ServiceRequest } from '../../../src/query/service.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';
import { type Answer, compareAnswers } from './compare.ts';
import { readKept } from './kept.ts';
import type { Request } from './requests.ts';

/** The service of a path and the path's named parts. */
function routed({ method, path }: Request): { service: string; parts: Record<string, string> } | undefined {
  for (const route of JAEGER_ROUTES) {
    if (!('service' in route) || !route.methods.includes(method)) continue;
    const names = route.path.match(/:\w+/g) ?? [];
    const match = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`).exec(`/jaeger${path}`);
    if (match === null) continue;
    const parts = names.map((name, i) => [name.slice(1), decodeURIComponent(match[i + 1]!)]);
    return { service: route.service, parts: Object.fromEntries(parts) };
  }
  return undefined;
}

async function answer(storage: StorageReader, request: Request): Promise<Answer | undefined> {
  const found = routed(request);
  if (found === undefined) return undefined;
  const params = Object.entries(request.params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  const asked: ServiceRequest = { params, path: found.parts, headers: {}, nowMs: Date.now() };
  const body = request.body === undefined ? {} : { body: Buffer.from(request.body) };
  const { signal } = new AbortController();
  const got = await JAEGER_SERVICES[found.service]!({ ...asked, ...body }, { storage, signal });
  return { status: got.status, body: JSON.parse(Buffer.from(got.body).toString()) };
}

test('answers that a real Jaeger gave', async (t) => {
  const { exports, cases } = readKept();
  const traces = MemoryTraces.of(exports.map((one) => batchOfJson(one)));
  const storage = { traces } as unknown as StorageReader;
  const different: string[] = [];
  for (const { request, answer: want } of cases) {
    const got = await answer(storage, request);
    const lines = got === undefined ? [] : compareAnswers(request, want, got);
    if (got === undefined && want.status !== 404) lines.push('no route');
    if (lines.length > 0) different.push(`${JSON.stringify(request)}\n  ${lines.slice(0, 3).join('\n  ')}`);
  }
  t.diagnostic(`${cases.length} requests`);
  assert.ok(cases.length > 200, `${cases.length} requests`);
  assert.deepEqual(different, []);
});
