/** The port that stands for a Grafana, and the command that takes the place of an image with one in it. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import { parseConfigFile } from '../../../src/config/file.ts';
import { openLocalEngine } from '../../../src/local-engine.ts';
import { type Running, start } from '../../../src/main.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const PASSWORD = 'secret';

describe("Grafana's port", () => {
  let running: Running;
  let base: string;
  before(async () => {
    const users = `  auth:\n    users:\n      - { username: viewer, password: ${PASSWORD}, scopes: [read] }\n`;
    const config = await parseConfigFile('/nowhere/trilite.yml', `trilite:\n${users}`, {});
    const own = { dataDir: ':memory:', http: [ANY_PORT], otlpGrpc: undefined, selfScrape: false };
    const grafana = { address: ANY_PORT, version: '12.3.4' };
    running = await start({ ...config, ...own }, { openEngine: openLocalEngine, log: SILENT, grafana });
    base = `http://127.0.0.1:${running.http[1]!.port}`;
  });
  after(() => running.stop());

  const authorization = `Basic ${Buffer.from(`viewer:${PASSWORD}`).toString('base64')}`;
  const get = (at: string, headers: Record<string, string> = { authorization }) =>
    fetch(base + at, { headers });

  it('says that it is healthy, and of which version, to anybody', async () => {
    const answer = await get('/api/health', {});
    assert.deepEqual(await answer.json(), { commit: '', database: 'ok', version: '12.3.4' });
  });

  it('has a data source for each signal, by number, uid and name', async () => {
    const all = (await (await get('/api/datasources')).json()) as { uid: string; id: number; name: string }[];
    assert.deepEqual(
      all.map(({ uid }) => uid),
      ['prometheus', 'tempo', 'loki'],
    );
    for (const one of all) {
      for (const at of [one.id, `uid/${one.uid}`, `name/${one.name}`]) {
        assert.deepEqual(await (await get(`/api/datasources/${at}`)).json(), one);
      }
    }
    const none = await get('/api/datasources/uid/nothing');
    assert.deepEqual([none.status, await none.json()], [404, { message: 'Data source not found' }]);
  });

  it('passes questions on to the data sources, with the rights that those ask for', async () => {
    const asked = async (at: string) => ((await (await get(at)).json()) as { data: unknown }).data;
    for (const source of ['uid/prometheus', '1']) {
      const data = await asked(`/api/datasources/proxy/${source}/api/v1/query?query=1%2B1&time=5`);
      assert.deepEqual(data, { resultType: 'scalar', result: [5, '2'] });
    }
    const loki = await asked('/api/datasources/proxy/uid/loki/loki/api/v1/query?query=vector(3)');
    assert.equal((loki as { result: { value: [number, string] }[] }).result[0]!.value[1], '3');
    assert.equal((await get('/api/datasources/proxy/uid/tempo/api/echo')).status, 200);
    assert.equal((await get('/api/datasources/proxy/uid/nothing/api/v1/query?query=1')).status, 404);
    const stranger = await get('/api/datasources/proxy/uid/prometheus/api/v1/query?query=1', {});
    assert.equal(stranger.status, 401);
    assert.equal((await get('/api/datasources', {})).status, 401);
    const written = await fetch(`${base}/api/datasources/proxy/uid/loki/loki/api/v1/push`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{"streams":[]}',
    });
    assert.equal(written.status, 403);
  });

  it('is not on the other ports’ paths', async () => {
    const other = `http://127.0.0.1:${running.http[0]!.port}`;
    const answer = await fetch(`${other}/api/datasources/proxy/uid/prometheus/api/v1/query?query=1`, {
      headers: { authorization },
    });
    assert.equal(answer.status, 404);
  });
});

describe('trilite lgtm', () => {
  const READY = '/tmp/ready';
  let child: ChildProcess | undefined;
  after(() => {
    child?.kill('SIGKILL');
    rmSync(READY, { force: true });
  });

  it('says that it is ready in the words and by the file that test containers wait for', {
    timeout: 60_000,
  }, async () => {
    const any = '127.0.0.1:0';
    const program = path.join(import.meta.dirname, '../../../bin/trilite');
    const args = ['lgtm', '--data', ':memory:', '--http', any, '--otlp-grpc', any, `--grafana=${any}`];
    child = spawn(program, args, {
      env: { ...process.env, GRAFANA_VERSION: 'v9.8.7' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let addresses: string[] = [];
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith('trilite ready in')) addresses = line.match(/http:\/\/\S+/g) ?? [];
      // What the modules of Java and Go look for.
      if (/.*The OpenTelemetry collector and the Grafana LGTM stack are up and running.*/.test(line)) break;
    }
    assert.ok(existsSync(READY));
    assert.equal(addresses.length, 2);
    const health = (await (await fetch(`${addresses[1]}/api/health`)).json()) as { version: string };
    assert.equal(health.version, '9.8.7');
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(`${addresses[0]}/v1/traces`, {
      method: 'POST',
      headers,
      body: '{"resourceSpans":[]}',
    });
    assert.equal(sent.status, 200);
    child.kill('SIGTERM');
    const [code] = await new Promise<[number | null]>((resolve) =>
      child!.once('exit', (...how) => resolve([how[0]])),
    );
    assert.equal(code, 0);
  });
});
