/** What browsers send by themselves: pages of other sites may change nothing with a user's password, nor follow the logs. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  askStatus,
  askWebSocket,
  basic,
  type GuardedServer,
  guardedServer,
} from '../support/guarded-server.ts';

const AUTH = `  cors: { allowed_origins: ["https://shop.test"] }
  web: { external_url: https://trilite.test/ }
  auth:
    users: [{ username: u, password: p, scopes: [ingest, read, admin] }]
    tokens: [{ name: t, token: t, scopes: [ingest, read, admin] }]
`;
const USER = { authorization: basic('u', 'p') };
const TOKEN = { authorization: 'Bearer t' };
const TAIL = `/loki/api/v1/tail?query=${encodeURIComponent('{a="b"}')}`;

describe('a browser with a password', () => {
  let own: GuardedServer;
  let port: number;

  before(async () => {
    own = await guardedServer(AUTH);
    port = own.running.http[0]!.port;
  });
  after(() => own?.running.stop());

  const forged: readonly Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://trilite.test', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://trilite.test.evil.test' },
  ];
  const genuine = (): readonly Record<string, string>[] => [
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' },
    { origin: `http://127.0.0.1:${port}` },
    { origin: 'https://trilite.test', 'sec-fetch-site': 'same-site' },
  ];

  test('changes nothing for a page of another site', async () => {
    for (const headers of forged) {
      const what = JSON.stringify(headers);
      assert.equal(await askStatus(port, 'POST', '/api/v1/write', { ...USER, ...headers }), 403, what);
      assert.equal(await askStatus(port, 'POST', '/-/flush', { ...USER, ...headers }), 403, what);
      assert.equal(await askStatus(port, 'GET', '/flush', { ...USER, ...headers }), 403, what);
      assert.equal(await askStatus(port, 'POST', '/api/v2/silences', { ...USER, ...headers }), 403, what);
      assert.equal(await askWebSocket(port, TAIL, { ...USER, ...headers }), 403, what);
      // What it reads its page cannot see.
      assert.equal(await askStatus(port, 'GET', '/api/v1/query?query=1', { ...USER, ...headers }), 200, what);
    }
  });

  test('does what its user asks for', async () => {
    for (const headers of genuine()) {
      const what = JSON.stringify(headers);
      assert.equal(await askStatus(port, 'POST', '/-/flush', { ...USER, ...headers }), 204, what);
      assert.equal(await askStatus(port, 'POST', '/v1/traces', { ...USER, ...headers }), 415, what);
      assert.equal(await askWebSocket(port, TAIL, { ...USER, ...headers }), 101, what);
    }
  });

  test('brings data for pages that may, and does nothing else for them', async () => {
    const headers = { ...USER, origin: 'https://shop.test', 'sec-fetch-site': 'cross-site' };
    assert.equal(await askStatus(port, 'POST', '/v1/traces', headers), 415);
    assert.equal(await askStatus(port, 'POST', '/-/flush', headers), 403);
    assert.equal(await askWebSocket(port, TAIL, headers), 403);
    // Prometheus' ways in are not among those that pages may use.
    assert.equal(await askStatus(port, 'POST', '/api/v1/write', headers), 403);
  });

  test('sends no token by itself: whoever has one may send it from anywhere', async () => {
    for (const headers of forged) {
      assert.equal(await askStatus(port, 'POST', '/-/flush', { ...TOKEN, ...headers }), 204);
      assert.equal(await askWebSocket(port, TAIL, { ...TOKEN, ...headers }), 101);
    }
  });
});
