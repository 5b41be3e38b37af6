/** Services, operations and dependencies, over groups; the route table; the prefix of Jaeger's own listener. */

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { atOwnPaths, JAEGER_ROUTES } from '../../../src/api/jaeger/routes.ts';
import { JAEGER_SERVICES } from '../../../src/api/jaeger/services.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryTraces } from '../../storage/memory-traces.ts';
import { ask, NOW_MS, ofService, START_S, span, stored } from './spans.ts';

const T1 = '0af7651916cd43dd8448eb211c80319c';
const T2 = '1af7651916cd43dd8448eb211c80319c';
const s = (n: number) => n.toString(16).padStart(16, '0');

const storage = stored([
  [
    ofService(
      'web',
      span({ traceId: T1, spanId: s(1), name: 'GET /', kind: 2 }),
      span({ traceId: T1, spanId: s(2), parentSpanId: s(1), name: 'call', kind: 3 }, 1),
    ),
    ofService('shop', span({ traceId: T1, spanId: s(3), parentSpanId: s(2), name: 'GET /', kind: 2 }, 2)),
    // Of another trace: the same ids lead nowhere.
    ofService('shop', span({ traceId: T2, spanId: s(9), parentSpanId: s(2), name: 'lost' }, 3)),
  ],
  [
    ofService(
      'db',
      span({ traceId: T1, spanId: s(4), parentSpanId: s(3), name: 'SELECT', kind: 2 }, 3),
      span({ traceId: T1, spanId: s(5), parentSpanId: s(3), name: 'SELECT', kind: 3 }, 4),
      span({ traceId: T1, spanId: s(6), parentSpanId: s(5), name: 'disk' }, 4),
    ),
    ofService('web', span({ traceId: T1, spanId: s(7), parentSpanId: s(1), name: 'call', kind: 3 }, 5)),
  ],
]);

const empty = { traces: new MemoryTraces([]) } as unknown as StorageReader;

test('services, sorted, each once', async () => {
  const { status, json, contentType } = await ask(storage, 'jaeger.services');
  assert.equal(status, 200);
  assert.equal(contentType, 'application/json');
  assert.deepEqual(json, { data: ['db', 'shop', 'web'], total: 3, limit: 0, offset: 0, errors: null });
  assert.deepEqual((await ask(storage, 'jaeger.servicesV3')).json, { services: ['db', 'shop', 'web'] });
  assert.deepEqual((await ask(empty, 'jaeger.services')).json.data, []);
});

test('services read no column of spans', async () => {
  const [group] = (storage.traces as MemoryTraces).groups;
  const guarded = new Proxy(group!, {
    get(target, name) {
      assert.ok(
        ['resources', 'minMs', 'maxMs', 'baseMs', 'spanCount', 'traceStarts'].includes(String(name)),
        String(name),
      );
      return Reflect.get(target, name);
    },
  });
  const only = { traces: new MemoryTraces([guarded]) } as unknown as StorageReader;
  assert.deepEqual((await ask(only, 'jaeger.services')).json.data, ['shop', 'web']);
  // A search for a service that is not in a group stops there as well.
  assert.deepEqual((await ask(only, 'jaeger.search', { service: 'db', tag: 'a:b' })).json.data, []);
});

test('what a group has is looked up once as long as storage gives the same group', async () => {
  const [group] = (storage.traces as MemoryTraces).groups;
  const asked: string[] = [];
  const watched = new Proxy(group!, {
    get(target, name) {
      asked.push(String(name));
      return Reflect.get(target, name);
    },
  });
  const only = { traces: new MemoryTraces([watched]) } as unknown as StorageReader;
  const all = async () => [
    (await ask(only, 'jaeger.services')).json.data,
    (await ask(only, 'jaeger.operations', { service: 'web' })).json.data,
  ];
  const first = await all();
  assert.ok(asked.includes('resources') && asked.includes('names'));
  asked.length = 0;
  assert.deepEqual(await all(), first);
  assert.ok(!asked.includes('resources') && !asked.includes('names'), asked.join());
});

test('operations of a service, by name and kind', async () => {
  const names = await ask(storage, 'jaeger.operationNames', {}, { service: 'db' });
  assert.deepEqual(names.json, { data: ['SELECT', 'disk'], total: 2, limit: 0, offset: 0, errors: null });
  const all = [
    { name: 'SELECT', spanKind: 'client' },
    { name: 'SELECT', spanKind: 'server' },
    { name: 'disk', spanKind: '' },
  ];
  assert.deepEqual((await ask(storage, 'jaeger.operations', { service: 'db' })).json.data, all);
  assert.deepEqual(
    (await ask(storage, 'jaeger.operations', { service: 'db', spanKind: 'server' })).json.data,
    [all[1]],
  );
  // Version 3 has no kind that is unspecified.
  const kinds = all.map(({ name, spanKind }) => ({ name, spanKind: spanKind || 'internal' }));
  assert.deepEqual((await ask(storage, 'jaeger.operationsV3', { service: 'db' })).json, {
    operations: kinds,
  });
  assert.deepEqual(
    (await ask(storage, 'jaeger.operationsV3', { service: 'db', span_kind: 'client' })).json.operations,
    [all[0]],
  );
  assert.deepEqual((await ask(storage, 'jaeger.operationNames', {}, { service: 'nobody' })).json.data, null);
  const { status, json } = await ask(storage, 'jaeger.operations');
  assert.equal(status, 400);
  assert.deepEqual(json.errors, [{ code: 400, msg: "parameter 'service' is required" }]);
  assert.deepEqual((await ask(storage, 'jaeger.operationsV3')).json, { operations: [] });
});

test('dependencies: calls between services, parents in any group', async () => {
  const range = { endTs: String(NOW_MS), lookback: '3600000' };
  const links = [
    { parent: 'shop', child: 'db', callCount: 2 },
    { parent: 'web', child: 'shop', callCount: 1 },
  ];
  const { status, json } = await ask(storage, 'jaeger.dependencies', range);
  assert.equal(status, 200);
  assert.deepEqual(json, { data: links, total: 0, limit: 0, offset: 0, errors: null });
  assert.deepEqual((await ask(storage, 'jaeger.dependencies')).json.data, links);
  assert.deepEqual((await ask(storage, 'jaeger.dependencies', { service: 'web' })).json.data, [links[1]]);
  assert.deepEqual((await ask(empty, 'jaeger.dependencies')).json.data, []);
  const early = { endTs: String(START_S * 1000 - 1), lookback: '1000' };
  assert.deepEqual((await ask(storage, 'jaeger.dependencies', early)).json.data, []);
  // Only what starts in the range counts; its parent may be earlier.
  const late = { endTs: String(START_S * 1000 + 4), lookback: '0' };
  assert.deepEqual((await ask(storage, 'jaeger.dependencies', late)).json.data, [
    { parent: 'shop', child: 'db', callCount: 1 },
  ]);
  const refused = await ask(storage, 'jaeger.dependencies', { endTs: 'x' });
  assert.equal(refused.status, 400);
  assert.match(refused.json.errors[0].msg, /^unable to parse param 'endTs'/);
});

test('every route has its service', () => {
  for (const route of JAEGER_ROUTES) {
    assert.ok('service' in route && JAEGER_SERVICES[route.service], route.path);
    assert.match(route.path, /^\/jaeger\/api\//);
  }
});

test("a listener of its own serves the API at the API's paths", () => {
  const seen: (string | undefined)[] = [];
  const handler = atOwnPaths((request) => void seen.push(request.url));
  for (const url of ['/api/services', '/api/traces?service=a', '/jaeger/api/services', '/ready', '/apis']) {
    handler({ url } as IncomingMessage, {} as ServerResponse);
  }
  assert.deepEqual(seen, [
    '/jaeger/api/services',
    '/jaeger/api/traces?service=a',
    '/jaeger/api/services',
    '/ready',
    '/apis',
  ]);
});
