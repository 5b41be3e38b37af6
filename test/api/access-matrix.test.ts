/**
 * Every method of every path of every listener, and every gRPC method, with every kind of credentials. The list comes from the
 * server itself: what is added to it is tried without a word here. What there is to be found out is whether anything
 * answers to somebody who may not ask for it.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Demand } from '../../src/access/gate.ts';
import { Gate } from '../../src/access/gate.ts';
import type { ListedEndpoint } from '../../src/api/door.ts';
import type { Pages, Route, UpgradeRoute } from '../../src/api/route.ts';
import { HttpServer } from '../../src/api/server.ts';
import type { BodyRoute } from '../../src/api/server-parts.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { GuardedMethod, UnaryCall } from '../../src/ingest/receive/grpc.ts';
import type { ReceiverRoute } from '../../src/ingest/receive/http.ts';
import type { Served } from '../../src/main.ts';
import { SCOPES, type Scope } from '../../src/model/access.ts';
import {
  ask,
  askGrpc,
  askStatus,
  askWebSocket,
  basic,
  type GuardedServer,
  guardedServer,
} from '../support/guarded-server.ts';
import { OPEN_GATE } from '../support/open-gate.ts';

const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;
/** No endpoint has it. */
const NOWHERE = '/no/such/path';

/** A user and a token for each scope, for all tenants. */
const CREDENTIALS = `  auth:
    users:
${SCOPES.map((scope) => `      - { username: user-${scope}, password: secret-${scope}, scopes: [${scope}] }`).join('\n')}
    tokens:
${SCOPES.map((scope) => `      - { name: token-${scope}, token: token-${scope}, scopes: [${scope}] }`).join('\n')}
`;
/** And one of every scope for one tenant, and for two. */
const OF_TENANTS = `  multi_tenancy: true
${CREDENTIALS}      - { name: a, token: token-a, scopes: [ingest, read, admin], tenants: [team-a] }
      - { name: ab, token: token-ab, scopes: [ingest, read, admin], tenants: [team-a, team-b] }
`;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const NOBODY: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['no credentials', {}],
  ['an unknown user', { authorization: basic('nobody', 'secret-admin') }],
  ['a wrong password', { authorization: basic('user-read', 'secret-admin') }],
  ['an empty password', { authorization: basic('user-read', '') }],
  ['a wrong token', bearer('token')],
  ['a token as a password', { authorization: basic('token-read', 'token-read') }],
  ['a password as a token', bearer('secret-read')],
  ['another scheme', { authorization: 'Digest username="user-read"' }],
  ['a header without credentials', { authorization: 'Basic' }],
  ['a header that is none', { authorization: 'Basic !' }],
  ['an empty header', { authorization: '' }],
];

/** A path that the pattern has. */
function pathOf(pattern: string): string {
  return pattern.replace(/:\w+/g, 'x').replace(/\*$/, 'x');
}

async function statusOf(
  port: number,
  endpoint: Pick<ListedEndpoint, 'method' | 'path'>,
  headers: Record<string, string>,
) {
  // Short for those that wait until something has come.
  const path = `${pathOf(endpoint.path)}?timeout=1s`;
  return endpoint.method === 'UPGRADE'
    ? askWebSocket(port, `${path}&query=${encodeURIComponent('{a="b"}')}`, headers)
    : askStatus(port, endpoint.method, path, headers);
}

function scopesBut(right: Demand['right']): readonly Scope[] {
  return SCOPES.filter((scope) => scope !== right);
}

describe('access to everything that is served', () => {
  let own: GuardedServer;
  let served: Served;
  /** Ports with everything on them. */
  let wide: readonly number[];

  before(async () => {
    own = await guardedServer(CREDENTIALS);
    served = await own.running.served();
    wide = own.running.http.map(({ port }) => port);
  });
  after(() => own?.running.stop());

  const guarded = () => served.http.filter(({ demand }) => demand.right !== 'open');

  test('the list is what is there', () => {
    const has = (method: string, path: string, right: string) =>
      assert.ok(
        served.http.some((e) => e.method === method && e.path === path && e.demand.right === right),
        `${method} ${path} (${right})`,
      );
    has('POST', '/api/v1/write', 'ingest');
    has('GET', '/api/v1/query', 'read');
    has('POST', '/api/v1/admin/tsdb/delete_series', 'admin');
    has('GET', '/', 'read');
    has('UPGRADE', '/loki/api/v1/tail', 'read');
    assert.ok(served.http.length > 150, String(served.http.length));
    assert.equal(served.grpc.size, 12);
  });

  test('only probes are open', () => {
    const open = served.http.filter(({ demand, method }) => demand.right === 'open' && method !== 'OPTIONS');
    assert.deepEqual([...new Set(open.map(({ path }) => path))].sort(), ['/-/healthy', '/-/ready', '/ready']);
  });

  test('whoever is not known gets 401 from every path, be there something or not', async () => {
    for (const port of wide) {
      for (const endpoint of [
        ...guarded(),
        { method: 'GET', path: NOWHERE },
        { method: 'PATCH', path: '/api/v1/query' },
      ]) {
        for (const [what, headers] of port === wide[0] ? NOBODY : NOBODY.slice(0, 1)) {
          const status = await statusOf(port, endpoint, headers);
          assert.equal(status, 401, `${endpoint.method} ${endpoint.path} on ${port} with ${what}`);
        }
      }
    }
  });

  test('whoever lacks the right gets 403', async () => {
    for (const endpoint of guarded()) {
      for (const scope of scopesBut(endpoint.demand.right)) {
        for (const headers of [
          { authorization: basic(`user-${scope}`, `secret-${scope}`) },
          bearer(`token-${scope}`),
        ]) {
          const status = await statusOf(wide[0]!, endpoint, headers);
          assert.equal(status, 403, `${endpoint.method} ${endpoint.path} with ${scope}`);
        }
      }
    }
  });

  test('whoever has it gets an answer', async () => {
    for (const endpoint of served.http) {
      const scope = endpoint.demand.right;
      for (const headers of [
        { authorization: basic(`user-${scope}`, `secret-${scope}`) },
        bearer(`token-${scope}`),
      ]) {
        // Some of Loki's want a tenant even where none are told apart.
        const given = scope === 'open' ? {} : { ...headers, 'x-scope-orgid': 'any' };
        const status = await statusOf(wide[0]!, endpoint, given);
        assert.ok(status !== 401 && status !== 403, `${endpoint.method} ${endpoint.path}: ${status}`);
      }
    }
  });

  test('what is not there is told to those who are known', async () => {
    for (const scope of SCOPES) {
      assert.equal(await askStatus(wide[0]!, 'GET', NOWHERE, bearer(`token-${scope}`)), 404);
      assert.equal(await askStatus(wide[0]!, 'PATCH', '/api/v1/query', bearer(`token-${scope}`)), 405);
    }
    assert.equal(await askStatus(wide[0]!, 'GET', '/api/%zz', {}), 401);
    assert.equal(await askStatus(wide[0]!, 'GET', '/api/%zz', bearer('token-read')), 400);
  });

  test('the ports of single protocols are no way around', async () => {
    const { extra, jaeger } = own.running;
    const doors: readonly [scheme: string, method: string, path: string, Scope][] = [
      ['jaeger+http', 'POST', '/api/traces', 'ingest'],
      ['jaeger+http', 'GET', '/sampling?service=x', 'ingest'],
      ['zipkin+http', 'POST', '/api/v2/spans', 'ingest'],
    ];
    for (const [scheme, method, path, scope] of doors) {
      const { port } = extra.find((e) => e.scheme === scheme)!.address;
      for (const [what, headers] of NOBODY) {
        assert.equal(await askStatus(port, method, path, headers), 401, `${scheme} with ${what}`);
        assert.equal(await askStatus(port, 'GET', NOWHERE, headers), 401, `${scheme} with ${what}`);
      }
      for (const other of scopesBut(scope)) {
        assert.equal(await askStatus(port, method, path, bearer(`token-${other}`)), 403, scheme);
      }
      assert.ok((await askStatus(port, method, path, bearer(`token-${scope}`))) !== 403);
      assert.equal(await askStatus(port, 'GET', NOWHERE, bearer(`token-${scope}`)), 404);
      assert.equal(await askStatus(port, 'GET', '/ready', {}), 200);
    }
    for (const { method, path, demand } of served.http.filter((e) => e.path.startsWith('/jaeger/'))) {
      const at = pathOf(path).replace('/jaeger', '');
      assert.equal(await askStatus(jaeger!.port, method, at, {}), 401, at);
      const status = await askStatus(jaeger!.port, method, at, bearer(`token-${demand.right}`));
      assert.ok(status !== 401 && status !== 403, `${at}: ${status}`);
    }
  });

  test('gRPC says the same, on every port that has it', async () => {
    const { grpc, extra } = own.running;
    const ports = [grpc!.port, wide[0]!, extra.find((e) => e.scheme === 'jaeger+grpc')!.address.port];
    for (const port of ports) {
      for (const [path, demand] of served.grpc) {
        for (const [what, headers] of NOBODY) {
          const { code } = await askGrpc(port, path, headers);
          assert.equal(code, UNAUTHENTICATED, `${path} with ${what}`);
        }
        for (const scope of scopesBut(demand.right)) {
          assert.equal((await askGrpc(port, path, bearer(`token-${scope}`))).code, PERMISSION_DENIED, path);
        }
        const { code, details } = await askGrpc(port, path, bearer(`token-${demand.right}`));
        assert.ok(code !== UNAUTHENTICATED && code !== PERMISSION_DENIED, `${path}: ${details}`);
      }
    }
  });

  test('refusals have the form that clients of the API read', async () => {
    const [port] = wide as [number];
    const prometheus = await ask(port, 'GET', '/api/v1/query?query=up', {});
    assert.deepEqual(
      prometheus.headers['www-authenticate'],
      'Basic realm="trilite", charset="UTF-8", Bearer realm="trilite"',
    );
    assert.equal(JSON.parse(prometheus.body).error, 'credentials are needed');
    const denied = await ask(port, 'GET', '/api/v1/query?query=up', bearer('token-ingest'));
    assert.equal(denied.headers['www-authenticate'], undefined);
    assert.equal(JSON.parse(denied.body).error, 'this needs the scope "read"');
    const json = { ...bearer('token-read'), 'content-type': 'application/json' };
    assert.deepEqual(JSON.parse((await ask(port, 'POST', '/v1/traces', json, '{}')).body), {
      code: PERMISSION_DENIED,
      message: 'this needs the scope "ingest"',
    });
    const protobuf = await ask(port, 'POST', '/v1/logs', { 'content-type': 'application/x-protobuf' }, 'x');
    assert.equal(protobuf.headers['content-type'], 'application/x-protobuf');
    assert.equal(protobuf.body, '\b\u0010\u0012\u0016credentials are needed');
    assert.equal((await ask(port, 'GET', '/loki/api/v1/labels', {})).body, 'credentials are needed\n');
    assert.equal((await ask(port, 'GET', '/api/search', {})).body, 'credentials are needed\n');
    const jaeger = JSON.parse((await ask(port, 'GET', '/jaeger/api/services', {})).body);
    assert.deepEqual(jaeger.errors, [{ code: 401, msg: 'credentials are needed' }]);
    const alertmanager = JSON.parse((await ask(port, 'GET', '/api/v2/alerts', {})).body);
    assert.deepEqual(alertmanager, { code: 401, message: 'credentials are needed' });
  });

  test('a browser may ask before it sends, without credentials', async () => {
    const preflight = { origin: 'https://a.test', 'access-control-request-method': 'POST' };
    assert.equal(await askStatus(wide[0]!, 'OPTIONS', '/api/v1/query', preflight), 204);
    // Tempo's endpoints take the method for a query.
    assert.equal(await askStatus(wide[0]!, 'OPTIONS', '/api/search', preflight), 401);
  });

  test('the log tells of refusals, at a bounded pace, and of what administrators do', async () => {
    await askStatus(wide[0]!, 'POST', '/-/flush', bearer('token-admin'));
    const lines = own.log().split('\n');
    const refusals = lines.filter((line) => line.includes('msg="request refused"'));
    assert.ok(refusals.length >= 20 && refusals.length < 300, String(refusals.length));
    assert.match(refusals[0]!, /level=warn .* reason=missing peer=127\.0\.0\.1 method=\w+ path=\//);
    assert.ok(lines.some((line) => /msg=administration caller=token-admin .* path=\/-\/flush/.test(line)));
    assert.doesNotMatch(own.log(), /secret-|Bearer|Basic/);
    const metrics = (await ask(wide[0]!, 'GET', '/metrics', bearer('token-read'))).body;
    for (const reason of ['missing', 'malformed', 'credentials', 'scope']) {
      assert.match(metrics, new RegExp(`trilite_auth_failures_total\\{reason="${reason}"\\} [1-9]`));
    }
  });
});

describe('access of tenants', () => {
  let own: GuardedServer;
  let served: Served;
  let port: number;

  before(async () => {
    own = await guardedServer(OF_TENANTS, { enableLifecycle: false });
    served = await own.running.served();
    port = own.running.http[0]!.port;
  });
  after(() => own?.running.stop());

  /** Lifecycle endpoints say 403 by themselves. */
  const guarded = (tenants: Demand['tenants']) =>
    served.http.filter(({ demand }) => demand.right !== 'open' && demand.tenants === tenants);
  const as = (token: string, tenant?: string) => ({
    ...bearer(token),
    ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
  });

  test("every tenant's endpoints answer to those who are for him", async () => {
    const good = [as('token-a'), as('token-a', 'team-a'), as('token-ab', 'team-b')];
    const bad = [
      as('token-a', 'team-b'),
      as('token-a', 'team-a|team-b'),
      as('token-ab', 'team-c'),
      as('token-ab'),
    ];
    assert.ok(guarded('named').length > 80);
    for (const endpoint of guarded('named')) {
      for (const headers of good) {
        const status = await statusOf(port, endpoint, headers);
        assert.ok(status !== 401 && status !== 403, `${endpoint.method} ${endpoint.path}: ${status}`);
      }
      for (const headers of bad) {
        assert.equal(await statusOf(port, endpoint, headers), 403, `${endpoint.method} ${endpoint.path}`);
      }
    }
  });

  test("what is everyone's is for those who are for all", async () => {
    const paths = guarded('all').map(({ path }) => path);
    for (const path of ['/metrics', '/api/v1/status/config', '/api/v1/targets', '/-/flush'])
      assert.ok(paths.includes(path), path);
    for (const endpoint of guarded('all')) {
      assert.equal(await statusOf(port, endpoint, as('token-a', 'team-a')), 403, endpoint.path);
    }
    assert.equal(await askStatus(port, 'GET', '/metrics', bearer('token-read')), 200);
  });

  test('what tells nothing of tenants answers to each', async () => {
    assert.deepEqual(
      [...new Set(guarded('none').map(({ path }) => path))]
        .filter((path) => path.startsWith('/api/v1/'))
        .sort(),
      [
        ...[
          '/api/v1/features',
          '/api/v1/format_query',
          '/api/v1/notifications',
          '/api/v1/notifications/live',
        ],
        ...['/api/v1/parse_query', '/api/v1/status/buildinfo', '/api/v1/status/walreplay'],
        '/api/v1/trilite/mark',
      ],
    );
    for (const endpoint of guarded('none')) {
      const status = await statusOf(port, endpoint, as('token-a', 'team-a'));
      assert.ok(status !== 401 && status !== 403, `${endpoint.method} ${endpoint.path}: ${status}`);
    }
  });

  test('gRPC says the same', async () => {
    for (const [path, demand] of served.grpc) {
      const denied = async (headers: Record<string, string>) =>
        (await askGrpc(own.running.grpc!.port, path, headers)).code === PERMISSION_DENIED;
      assert.equal(await denied(as('token-a', 'team-b')), demand.tenants !== 'none', path);
      assert.equal(await denied(as('token-a')), demand.tenants === 'all', path);
    }
  });

  test('who is for one tenant brings and reads its data without naming it', async () => {
    const line = (text: string) =>
      JSON.stringify({ streams: [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, text]] }] });
    const push = (headers: Record<string, string>, text: string) =>
      ask(port, 'POST', '/loki/api/v1/push', { ...headers, 'content-type': 'application/json' }, line(text));
    assert.equal((await push(as('token-a'), 'of a')).status, 204);
    assert.equal((await push(as('token-ab', 'team-b'), 'of b')).status, 204);
    const query = `/loki/api/v1/query_range?query=${encodeURIComponent('{app="x"}')}`;
    const lines = async (headers: Record<string, string>) => {
      const { body } = await ask(port, 'GET', query, headers);
      return JSON.parse(body).data.result.flatMap((r: { values: [string, string][] }) =>
        r.values.map(([, text]) => text),
      );
    };
    assert.deepEqual(await lines(as('token-a')), ['of a']);
    assert.deepEqual(await lines(as('token-ab', 'team-b')), ['of b']);
    assert.deepEqual((await lines(as('token-ab', 'team-a|team-b'))).sort(), ['of a', 'of b']);
  });
});

describe('a route that does not say what right it asks for', () => {
  const handle = async () => assert.fail('never asked');

  test('is no route', () => {
    // @ts-expect-error
    const service: Route = { methods: ['GET'], path: '/x', service: 'x' };
    // @ts-expect-error
    const handled: Route = { methods: ['GET'], path: '/x', handle };
    // @ts-expect-error
    const body: BodyRoute = { methods: ['POST'], path: '/x', surface: 'otlp', receive: handle };
    // @ts-expect-error
    const receiver: ReceiverRoute = { methods: ['POST'], path: '/x', surface: 'otlp', receive: handle };
    // @ts-expect-error
    const upgrade: UpgradeRoute = { paths: ['/x'], ofTenants: true, upgrade: () => {}, close: () => {} };
    // @ts-expect-error
    const page: Pages = { paths: ['/x'], at: () => undefined };
    // @ts-expect-error
    const unary: UnaryCall = { path: '/x', receiver: 'x', tenants: 'named', answer: handle };
    // @ts-expect-error
    const method: GuardedMethod = { tenants: 'named' };
    assert.equal([service, handled, body, receiver, upgrade, page, unary, method].length, 8);
  });

  test('is not mounted', () => {
    const route = { methods: ['GET'], path: '/x', service: 'x' } as unknown as Route;
    const parts = {
      gate: OPEN_GATE,
      surfaces: [{ surface: 'loki' as const, routes: [route] }],
      bodyRoutes: [],
      runner: { run: handle },
      queryTimeoutMs: 0,
      telemetry: new Telemetry(),
      log: SILENT,
      now: () => 0,
    };
    assert.throws(() => new HttpServer(parts), /BUG: \/x does not say what right it asks for/);
  });

  test('has its gate by type too', () => {
    // @ts-expect-error
    const construct = () => new Gate();
    assert.equal(typeof construct, 'function');
  });
});
