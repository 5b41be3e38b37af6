/**
 * Tenants are apart in every API: over random data of all signals a tenant that shares the server is answered as on a
 * server of its own, by every route of every surface, with half in the head, and in merged blocks after a kill. The routes come
 * from the tables that the server mounts: one that `tenant-questions.ts` does not know fails.
 */

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { frontRoutes } from '../../../src/api/health.ts';
import { SAMPLING_ROUTES } from '../../../src/api/jaeger/sampling.ts';
import { pageRoutes } from '../../../src/api/page-routes.ts';
import type { SurfaceRoutes } from '../../../src/api/server-parts.ts';
import { streamingMethods } from '../../../src/api/tempo/streaming/methods.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { DEFAULT_CONFIG } from '../../../src/config/settings.ts';
import { bodyRoutes } from '../../../src/ingest/receive/http.ts';
import type { ReceiverParts } from '../../../src/ingest/receive/wire.ts';
import { openLocalEngine } from '../../../src/local-engine.ts';
import { type Engine, type Running, start } from '../../../src/main.ts';
import { EXPORT_CONTENT_TYPE, EXPORT_SIGNALS, readFrames } from '../../../src/model/export-wire.ts';
import type { ServiceRequest } from '../../../src/query/service.ts';
import { copyOfFiles } from '../../storage/engine-states.ts';
import { tempDir } from '../../storage/local-engine.ts';
import { apiUrl } from '../../support/http-api.ts';
import { linesOf } from '../../transfer/stored.ts';
import { type Sending, send, sendings, T } from './tenant-data.ts';
import { KNOWN_ROUTES, type Question } from './tenant-questions.ts';

const TENANTS = ['fake', 'a', 'b'];
/** Each begins four servers, twice. */
const RUNS = Number(process.env.TRILITE_TEST_TENANT_RUNS) || 1;
const ANY_PORT = { host: '127.0.0.1', port: 0 };

interface Server {
  readonly base: string;
  readonly dir: string;
  readonly engine: Engine;
  readonly running: Running;
}

const begun = new Set<Running>();
// A failed test leaves its servers running.
after(() => Promise.all(Array.from(begun, (running) => running.stop())));

async function stop({ running }: Server): Promise<void> {
  begun.delete(running);
  await running.stop();
}

async function serve(dir: string): Promise<Server> {
  let engine: Engine | undefined;
  const config = {
    ...DEFAULT_CONFIG,
    dataDir: dir,
    http: [ANY_PORT],
    otlpGrpc: ANY_PORT,
    jaegerHttp: ANY_PORT,
    selfScrape: false,
    multiTenancy: true,
    enableAdminApi: true,
  };
  const running = await start(config, {
    openEngine: async (options) => (engine = await openLocalEngine(options)),
    log: SILENT,
  });
  begun.add(running);
  running.begin();
  return { base: `http://127.0.0.1:${running.http[0]!.port}`, dir, engine: engine!, running };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is of the moment, of chance, or of how much work it was. */
const VOLATILE = new Set([
  'stats',
  'evaluationTime',
  'lastEvaluation',
  'updatedAt',
  'created_at',
  'request_id',
  'id',
  'minTime',
  'maxTime',
]);

/** Without what is volatile; lists in an order of their own, that of storage being nobody's promise. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(settled);
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !VOLATILE.has(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, settled(v)]));
}

/** What a page of an export has, in an order of its own. */
async function exported(path: string, answer: Response): Promise<string[]> {
  const signal = EXPORT_SIGNALS.find((name) => path.endsWith(name))!;
  const lines: string[] = [];
  for await (const frame of readFrames(answer.body!)) {
    if (frame.kind !== 'end') lines.push(...linesOf(signal, frame));
  }
  return lines.sort();
}

async function ask(base: string, tenants: string, { path: asked, params = [] }: Question): Promise<Answer> {
  const query = new URLSearchParams(params.map(([k, v]): [string, string] => [k, v]));
  const answer = await fetch(`${apiUrl(base, asked)}?${query}`, { headers: { 'X-Scope-OrgID': tenants } });
  const type = answer.headers.get('content-type') ?? '';
  if (type === EXPORT_CONTENT_TYPE) return { status: answer.status, body: await exported(asked, answer) };
  const text = await answer.text();
  // Lines of the text format have the time at which they were asked for, a search answers line by line.
  if (!type.includes('json') || asked === '/federate') return { status: answer.status, body: text };
  const lines = text.trim().split('\n');
  return { status: answer.status, body: settled(lines.map((line) => JSON.parse(line) as unknown)) };
}

const STREAMS: readonly (readonly [string, ServiceRequest['params']])[] = [
  [
    'search',
    [
      ['q', '{}'],
      ['limit', '1000'],
    ],
  ],
  ['searchTags', []],
  ['searchTagsV2', []],
  [
    'metricsInstant',
    [
      ['q', '{} | count_over_time()'],
      ['start', String(T / 1000 - 60)],
      ['end', String(T / 1000)],
    ],
  ],
  [
    'metricsRange',
    [
      ['q', '{} | rate()'],
      ['start', String(T / 1000 - 60)],
      ['end', String(T / 1000)],
      ['step', '30'],
    ],
  ],
];

async function stream(
  engine: Engine,
  tenant: string,
  [name, params]: (typeof STREAMS)[number],
): Promise<string> {
  const request = { params, path: {}, headers: {}, tenants: [tenant], nowMs: T };
  const answer = await engine.runner.run(`tempo-stream.${name}`, request, new AbortController().signal);
  const pieces = [Buffer.from(answer.body)];
  for await (const piece of answer.rest ?? []) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('hex');
}

function questionsOf(engine: Engine): Question[] {
  return engine.surfaces.flatMap(({ routes }) =>
    routes.flatMap((route) => {
      const known = route.methods.includes('GET') ? KNOWN_ROUTES[route.path] : undefined;
      return typeof known === 'object' ? known : [];
    }),
  );
}

async function assertSame(shared: Server, own: ReadonlyMap<string, Server>, when: string): Promise<void> {
  const questions = questionsOf(shared.engine);
  for (const [tenant, alone] of own) {
    const askAll = (base: string) => Promise.all(questions.map((question) => ask(base, tenant, question)));
    const [got, want] = [await askAll(shared.base), await askAll(alone.base)];
    for (const [i, question] of questions.entries()) {
      assert.deepEqual(got[i], want[i], `${when}, ${tenant}: ${JSON.stringify(question)}`);
    }
    for (const asked of STREAMS) {
      const [got, want] = await Promise.all(
        [shared, alone].map(({ engine }) => stream(engine, tenant, asked)),
      );
      assert.equal(got, want, `${when}, ${tenant}: ${asked[0]}`);
    }
  }
}

const all = (servers: Iterable<Server>, use: (server: Server) => Promise<unknown>) =>
  Promise.all(Array.from(servers, (server) => use(server)));

async function flush({ base }: Server, query = ''): Promise<void> {
  assert.equal((await fetch(`${base}/-/flush${query}`, { method: 'POST' })).status, 204);
}

/** The server as it is after a kill: what its files say goes on in another. */
async function killed(server: Server): Promise<Server> {
  const again = await serve(copyOfFiles(server.dir));
  await stop(server);
  return again;
}

async function compareAll(sent: readonly Sending[]): Promise<void> {
  let shared = await serve(tempDir());
  let own = new Map<string, Server>();
  for (const tenant of TENANTS) own.set(tenant, await serve(tempDir()));
  const half = sent.length >> 1;
  for (const [i, one] of sent.entries()) {
    await send(shared.base, one);
    await send(own.get(one.tenant)!.base, one);
    if (i === half) await all([shared, ...own.values()], flush);
  }
  await assertSame(shared, own, 'half in the head');
  shared = await killed(shared);
  own = new Map(await Promise.all(Array.from(own, async ([t, s]) => [t, await killed(s)] as const)));
  await all([shared, ...own.values()], (server) => flush(server, '?compact=true'));
  await assertSame(shared, own, 'killed and compacted');
  await all([shared, ...own.values()], stop);
}

describe('tenants of one server', () => {
  test('are answered as on servers of their own', { timeout: 300_000 * RUNS }, async () => {
    await fc.assert(fc.asyncProperty(sendings(TENANTS), compareAll), { numRuns: RUNS, endOnFailure: true });
  });

  test('have every route in mind', async () => {
    const server = await serve(tempDir());
    const front: SurfaceRoutes = {
      surface: 'front',
      routes: [
        ...frontRoutes({
          version: '',
          telemetry: new Telemetry(),
          storage: server.engine.storage,
          ready: () => true,
        }),
        ...SAMPLING_ROUTES,
        ...pageRoutes(() => undefined),
      ],
    };
    for (const { surface, ofTenants, routes } of [...server.engine.surfaces, front]) {
      for (const { path: at, methods, tenants = 'several' } of routes) {
        const known = KNOWN_ROUTES[at];
        assert.ok(known !== undefined, `${surface} ${at} is new: whose is it?`);
        const isNobodys = tenants === 'none' || tenants === 'operator';
        // Of a path that is the operator's another method may be nobody's: it says that it is none.
        if (tenants === 'operator') assert.equal(known, 'operator', at);
        if (tenants === 'none') assert.ok(known === 'none' || known === 'operator', at);
        if (!isNobodys) {
          assert.ok(ofTenants, `${at} is about tenants, its surface is not`);
          assert.notEqual(known, 'none', at);
          assert.notEqual(known, 'operator', at);
        }
        if (isNobodys || methods.length > 2) continue;
        const answer = await fetch(server.base + at.replaceAll(/:\w+/g, 'x'), { method: methods[0]! });
        assert.deepEqual([answer.status, await answer.text()], [401, 'no org id\n'], at);
      }
    }
    await stop(server);
  });

  test('have every other way in and out in mind', () => {
    const paths = bodyRoutes({ otlp: {} } as ReceiverParts).map(({ path: at }) => at);
    assert.deepEqual(paths, [
      '/api/v1/write',
      '/api/v1/otlp/v1/metrics',
      '/v1/metrics',
      '/v1/logs',
      '/v1/traces',
      '/loki/api/v1/push',
      '/api/prom/push',
      '/otlp/v1/logs',
      '/api/v2/spans',
      '/api/traces',
    ]);
    const methods = streamingMethods({ ofTenants: true } as Parameters<typeof streamingMethods>[0]);
    assert.deepEqual(methods.map(({ path: at }) => path.basename(at)).sort(), [
      'MetricsQueryInstant',
      'MetricsQueryRange',
      'Search',
      'SearchTagValues',
      'SearchTagValuesV2',
      'SearchTags',
      'SearchTagsV2',
    ]);
  });
});
