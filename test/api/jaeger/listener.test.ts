/** Jaeger's API over HTTP: on its own listener and under its prefix; and what a stock Grafana asks of it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { SILENT } from '../../../src/base/log.ts';
import { DEFAULT_CONFIG } from '../../../src/config/settings.ts';
import { openLocalEngine } from '../../../src/local-engine.ts';
import { type Running, start } from '../../../src/main.ts';
import { apiUrl, getJson, postBody } from '../../support/http-api.ts';
import { ofService, span } from './spans.ts';

const GRAFANA = path.join(import.meta.dirname, '../../../../shared/golden/grafana');
const ANY_PORT = { host: '127.0.0.1', port: 0 };
const TRACE = '00000000000000000000000000000bcd';

let running: Running;
let base: string;
let jaeger: string;

before(async () => {
  const config = {
    ...DEFAULT_CONFIG,
    dataDir: ':memory:',
    http: [ANY_PORT],
    otlpGrpc: ANY_PORT,
    jaegerHttp: ANY_PORT,
    selfScrape: false,
  };
  running = await start(config, { openEngine: openLocalEngine, log: SILENT });
  base = `http://127.0.0.1:${running.http[0]!.port}`;
  jaeger = `http://127.0.0.1:${running.jaeger!.port}`;
});

after(() => running.stop());

async function send(body: unknown): Promise<void> {
  await postBody(`${base}/v1/traces`, { 'content-type': 'application/json' }, JSON.stringify(body));
}

async function grafanaRequests(jaegerBase: string): Promise<string> {
  const args = [path.join(GRAFANA, 'replay.mjs'), path.join(GRAFANA, 'requests.open.jsonl')];
  const child = spawn(process.execPath, [...args, `jaeger=${jaegerBase}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return text;
}

describe("Jaeger's API", () => {
  it('is announced after the HTTP listeners and before gRPC', () => {
    assert.equal(running.addresses, `${base} ${jaeger} grpc://127.0.0.1:${running.grpc!.port}`);
  });

  it('stands at its own paths on its own listener, and under /jaeger everywhere', async () => {
    await send({ resourceSpans: [ofService('a/b', span({ traceId: TRACE, spanId: '00000000000000a1' }))] });
    for (const root of [jaeger, `${jaeger}/jaeger`, `${base}/jaeger`]) {
      assert.deepEqual((await getJson<{ data: string[] }>(root, '/api/services')).data, ['a/b']);
      const operations = await getJson<{ data: string[] }>(root, '/api/services/a%2Fb/operations');
      assert.deepEqual(operations.data, ['op']);
      const trace = await getJson<{ data: { traceID: string }[] }>(root, '/api/traces/bcd');
      assert.equal(trace.data[0]!.traceID, '0000000000000bcd');
    }
    // Without the prefix the path is Tempo's.
    const tempo = await getJson<{ batches: unknown[] }>(base, `/api/traces/${TRACE}`);
    assert.equal(tempo.batches.length, 1);
  });

  it('answers errors in its envelope, and wrong paths and methods as everybody does', async () => {
    const absent = await fetch(`${jaeger}/api/traces/def`);
    assert.equal(absent.status, 404);
    assert.match(absent.headers.get('content-type')!, /^application\/json/);
    assert.equal(((await absent.json()) as { data: unknown }).data, null);
    assert.equal((await fetch(`${jaeger}/api/v3/nothing`)).status, 404);
    // Not Jaeger's: the web page calls it, on this port too.
    assert.equal((await fetch(`${jaeger}/api/search`)).status, 200);
    assert.equal((await fetch(`${jaeger}/api/services`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(apiUrl(jaeger, '/api/traces'))).status, 400);
    assert.equal((await fetch(`${jaeger}/ready`)).status, 200);
  });

  it('satisfies what Grafana asks, from the head and from blocks', async (t) => {
    if (!existsSync(GRAFANA)) return t.skip('../shared/golden is not there');
    const seed = (await import(pathToFileURL(path.join(GRAFANA, 'seed.mjs')).href)) as {
      build(): { traces: unknown };
    };
    await send(seed.build().traces);
    assert.match(await grafanaRequests(jaeger), /^[1-9]\d* passed, 0 failed/);
    await postBody(`${base}/-/flush?compact=true`, {}, '');
    assert.match(await grafanaRequests(`${base}/jaeger`), /^[1-9]\d* passed, 0 failed/);
  });
});
