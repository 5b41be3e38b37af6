/** Rules and followed files of tenants on the running program: each sees its own data and writes for its tenant. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { apiUrl } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const TIMEOUT = { timeout: 120_000 };
const GROUP = `name: lines
interval: 200ms
rules: [{record: lines, expr: 'sum (count_over_time({app="x"}[5m]))'}]
`;

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-tenant-rules-'));
const log = path.join(dir, 'app.log');
const CONFIG = `scrape_configs: []
trilite:
  multi_tenancy: true
  tail:
    scrape_configs:
      - job_name: files
        static_configs: [{targets: [localhost], labels: {__path__: ${JSON.stringify(log)}}}]
        pipeline_stages:
          - regex: {expression: '^(?P<who>\\S+) '}
          - tenant: {source: who}
`;

let server: TemporaryServer;
before(async () => {
  fs.writeFileSync(log, 'a of a\nb of b\na more of a\nfake of nobody\na/b of none\n');
  server = await temporaryServer(CONFIG);
});
after(async () => {
  await server?.dispose();
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

async function ask(
  tenant: string,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  init: RequestInit = {},
): Promise<{ status: number; text: string }> {
  const headers = { ...(init.headers as object), 'X-Scope-OrgID': tenant };
  const answer = await fetch(apiUrl(server.server.base, path, parameters), { ...init, headers });
  return { status: answer.status, text: await answer.text() };
}

async function push(tenant: string, lines: number): Promise<void> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const values = Array.from({ length: lines }, (_, i) => [String(nowNs - BigInt(i)), `line ${i}`]);
  const body = JSON.stringify({ streams: [{ stream: { app: 'x' }, values }] });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  assert.equal((await ask(tenant, '/loki/api/v1/push', {}, init)).status, 204);
}

const rules = async (tenant: string) => (await ask(tenant, '/loki/api/v1/rules')).status;

describe('rules of tenants', () => {
  it('see the data of their own and write for it', TIMEOUT, async () => {
    await push('a', 2);
    await push('b', 3);
    const init = { method: 'POST', body: GROUP };
    for (const tenant of ['a', 'b'])
      assert.equal((await ask(tenant, '/loki/api/v1/rules/ns', {}, init)).status, 202);
    for (const [tenants, values] of [
      ['a', [['', '2']]],
      ['b', [['', '3']]],
      [
        'a|b|fake',
        [
          ['a', '2'],
          ['b', '3'],
        ],
      ],
    ] as const) {
      await eventually(async () => {
        const { data } = JSON.parse((await ask(tenants, '/api/v1/query', { query: 'lines' })).text);
        const found = (data.result as { metric: Record<string, string>; value: [number, string] }[]).map(
          ({ metric, value }) => [metric.__tenant_id__ ?? '', value[1]],
        );
        assert.deepEqual(found.sort(), values, tenants);
      });
    }
  });

  it('are shown and removed by their own alone', TIMEOUT, async () => {
    assert.deepEqual([await rules('a'), await rules('b'), await rules('c')], [200, 200, 404]);
    const init = { method: 'DELETE' };
    assert.equal((await ask('c', '/loki/api/v1/rules/ns', {}, init)).status, 404);
    assert.equal((await ask('b', '/loki/api/v1/rules/ns/lines', {}, init)).status, 202);
    assert.deepEqual([await rules('a'), await rules('b')], [200, 404]);
    const status = JSON.parse((await ask('b', '/prometheus/api/v1/rules')).text);
    assert.deepEqual(status.data.groups, []);
    assert.equal((await ask('a|b', '/loki/api/v1/rules')).text, 'multiple org IDs present');
  });
});

describe('followed lines', () => {
  it('are of the tenant that their pipeline names', TIMEOUT, async () => {
    for (const [tenant, expected] of [
      ['a', ['a more of a', 'a of a']],
      ['b', ['b of b']],
      ['fake', ['fake of nobody']],
    ] as const) {
      await eventually(async () => {
        const query = '{filename=~".+"}';
        const { data } = JSON.parse((await ask(tenant, '/loki/api/v1/query_range', { query })).text);
        const lines = (data.result as { values: [string, string][] }[]).flatMap(({ values }) =>
          values.map(([, line]) => line),
        );
        assert.deepEqual(lines.sort(), expected, tenant);
      });
    }
    await eventually(async () => assert.match(server.server.stderr(), /cannot be stored/));
  });
});
