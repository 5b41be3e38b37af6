/** Tenants over HTTP: what each of Loki's routes wants of `X-Scope-OrgID`, on and off, and who sees what. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LOKI_ROUTES, lokiFrontRoutes } from '../../../src/api/loki/routes.ts';
import { apiUrl } from '../../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const TIMEOUT = { timeout: 60_000 };
const NS = `${Math.floor(Date.now() / 1000)}000000000`;

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

async function ask(
  { server }: TemporaryServer,
  tenants: string | undefined,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  init: RequestInit = {},
): Promise<Answer> {
  const headers = { ...(init.headers as object), ...(tenants !== undefined && { 'X-Scope-OrgID': tenants }) };
  const answer = await fetch(apiUrl(server.base, path, parameters), { ...init, headers });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

function push(
  to: TemporaryServer,
  tenants: string | undefined,
  stream: Readonly<Record<string, string>>,
  line: string,
): Promise<Answer> {
  const body = JSON.stringify({ streams: [{ stream, values: [[NS, line]] }] });
  const headers = { 'content-type': 'application/json' };
  return ask(to, tenants, '/loki/api/v1/push', {}, { method: 'POST', headers, body });
}

/** The path with its named parts filled in, for any method. */
const asked = (path: string) => path.replace(':name', 'app').replace('*', 'ns');
const LOKI_PATHS = [...LOKI_ROUTES, ...lokiFrontRoutes({ version: '', revision: '', buildDate: '' })];

describe('with tenants told apart', () => {
  let on: TemporaryServer;
  before(async () => {
    on = await temporaryServer(undefined, ['--multi-tenancy']);
  });
  after(() => on.dispose());

  test('every route wants the header, but for those that are about no data', TIMEOUT, async () => {
    const open = new Set(['/loki/api/v1/format_query', '/loki/api/v1/status/buildinfo']);
    for (const { path } of LOKI_PATHS) {
      const { status, text, type } = await ask(on, undefined, asked(path));
      if (open.has(path)) assert.notEqual(status, 401, path);
      else assert.deepEqual([status, text, type], [401, 'no org id\n', 'text/plain; charset=utf-8'], path);
      const bad = await ask(on, 'a/b', asked(path));
      const words = "tenant ID 'a/b' contains unsupported character '/'";
      if (!open.has(path)) assert.deepEqual([bad.status, bad.text], [400, words], path);
    }
    for (const path of ['/loki/api/v1/push', '/api/prom/push', '/otlp/v1/logs']) {
      const { status, text } = await ask(on, undefined, path, {}, { method: 'POST', body: '{}' });
      assert.deepEqual([status, text], [401, 'no org id\n'], path);
      const headers = { 'content-type': 'application/json' };
      const bad = await ask(on, 'a|b', path, {}, { method: 'POST', headers, body: '{}' });
      assert.equal(bad.status, 400, path);
      assert.match(bad.text, /multiple org IDs present/, path);
    }
    assert.equal((await ask(on, undefined, '/ready')).status, 200);
  });

  test('a tenant sees its own, several see the union and whose it is', TIMEOUT, async () => {
    for (const tenant of ['a', 'b', 'fake']) {
      assert.equal((await push(on, tenant, { app: 'x' }, `of ${tenant}`)).status, 204);
    }
    assert.equal((await push(on, 'b', { app: 'y', __tenant_id__: 'a' }, 'not of a')).status, 204);
    const lines = async (tenants: string, query = '{app=~".+"}') => {
      const { text } = await ask(on, tenants, '/loki/api/v1/query_range', { query });
      const { result } = JSON.parse(text).data as {
        result: { stream: Record<string, string>; values: [string, string][] }[];
      };
      return result.flatMap(({ stream: { __tenant_id__: of }, values }) =>
        values.map(([, line]) => `${of}: ${line}`),
      );
    };
    assert.deepEqual(await lines('a'), ['undefined: of a']);
    assert.deepEqual((await lines('b')).sort(), ['a: not of a', 'undefined: of b']);
    assert.deepEqual(await lines('fake'), ['undefined: of fake']);
    assert.deepEqual(await lines('c'), []);
    assert.deepEqual((await lines('b|a')).sort(), ['a: of a', 'b: not of a', 'b: of b']);
    assert.deepEqual((await lines('a|fake')).sort(), ['a: of a', 'fake: of fake']);
    assert.deepEqual(await lines('a|b', '{app="x", __tenant_id__="b"}'), ['b: of b']);
    const names = await ask(on, 'a', '/loki/api/v1/labels');
    assert.deepEqual(JSON.parse(names.text).data, ['app', 'service_name']);
    const values = await ask(on, 'a|b', '/loki/api/v1/label/__tenant_id__/values');
    assert.deepEqual(JSON.parse(values.text).data, ['a', 'b']);
    assert.equal((await ask(on, 'a|b', '/loki/api/v1/rules')).text, 'multiple org IDs present');
  });

  test("OTLP's own path takes the header, and is the default tenant's without it", TIMEOUT, async () => {
    const send = (tenants: string | undefined, body: string) => {
      const record = { timeUnixNano: NS, body: { stringValue: body } };
      const attributes = [{ key: 'service.name', value: { stringValue: 'otlp' } }];
      const logs = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] };
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(logs) };
      return ask(on, tenants, '/v1/logs', {}, init);
    };
    assert.equal((await send(undefined, 'nobody')).status, 200);
    assert.equal((await send('o', 'somebody')).status, 200);
    assert.equal((await send('a|b', 'both')).status, 400);
    for (const [tenant, line] of [
      ['fake', 'nobody'],
      ['o', 'somebody'],
    ] as const) {
      const { text } = await ask(on, tenant, '/loki/api/v1/query_range', { query: '{service_name="otlp"}' });
      const { result } = JSON.parse(text).data;
      assert.deepEqual([result.length, result[0].values], [1, [[NS, line]]], tenant);
    }
  });
});

describe('without', () => {
  test('the header is not looked at', TIMEOUT, async () => {
    const off = await temporaryServer();
    try {
      assert.equal((await push(off, 'a/b|', { app: 'x', __tenant_id__: 'z' }, 'hi')).status, 204);
      const query = '{app="x", __tenant_id__="z"}';
      const { text } = await ask(off, '..', '/loki/api/v1/query_range', { query });
      assert.deepEqual(JSON.parse(text).data.result[0].stream.__tenant_id__, 'z');
      assert.equal((await ask(off, undefined, '/loki/api/v1/labels')).status, 200);
    } finally {
      await off.dispose();
    }
  });
});
