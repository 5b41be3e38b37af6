/** Deleting as a tenant: its own entries go, whatever the query says, and its requests are its own. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiUrl } from '../../support/http-api.ts';
import { temporaryServer } from '../../support/temporary-server.ts';

test('a tenant deletes its own entries', { timeout: 60_000 }, async () => {
  const { server, dispose } = await temporaryServer(undefined, ['--multi-tenancy']);
  const now = Math.floor(Date.now() / 1000);
  const ask = async (tenant: string, path: string, parameters = {}, init: RequestInit = {}) => {
    const headers = { ...(init.headers as object), 'X-Scope-OrgID': tenant };
    const answer = await fetch(apiUrl(server.base, path, parameters), { ...init, headers });
    const id = answer.headers.get('X-Delete-Request-ID');
    return { status: answer.status, text: await answer.text(), id };
  };
  const lines = async (tenant: string) => {
    const { text } = await ask(tenant, '/loki/api/v1/query_range', { query: '{app="x"}' });
    return JSON.parse(text).data.result.length as number;
  };
  const requests = async (tenant: string) =>
    (JSON.parse((await ask(tenant, '/loki/api/v1/delete')).text) as unknown[]).length;
  try {
    for (const tenant of ['a', 'b', 'fake']) {
      const body = JSON.stringify({
        streams: [{ stream: { app: 'x' }, values: [[`${now - 60}000000000`, 'x']] }],
      });
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      assert.equal((await ask(tenant, '/loki/api/v1/push', {}, init)).status, 204);
    }
    const order = { query: '{app="x"}', start: String(now - 3600) };
    const { status, id } = await ask('b', '/loki/api/v1/delete', order, { method: 'POST' });
    assert.equal(status, 204);
    assert.deepEqual([await lines('a'), await lines('b'), await lines('fake')], [1, 0, 1]);
    const wider = { query: '{app="x", __tenant_id__=~".*"}', start: String(now - 3600) };
    assert.equal((await ask('b', '/loki/api/v1/delete', wider, { method: 'POST' })).status, 204);
    assert.deepEqual([await lines('a'), await lines('b'), await lines('fake')], [1, 0, 1]);
    assert.deepEqual([await requests('a'), await requests('b'), await requests('fake')], [0, 2, 0]);
    const cancel = (tenant: string) =>
      ask(tenant, '/loki/api/v1/delete', { request_id: id! }, { method: 'DELETE' });
    assert.notEqual((await cancel('a')).status, 204);
    assert.equal(await requests('b'), 2);
    assert.equal((await cancel('b')).status, 204);
    assert.equal(await requests('b'), 1);
  } finally {
    await dispose();
  }
});
