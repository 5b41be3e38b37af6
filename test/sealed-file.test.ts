import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SILENT } from '../src/base/log.ts';
import { backupCommand, restoreCommand } from '../src/cli/backup.ts';
import { snapshotCommand } from '../src/cli/snapshot.ts';
import { DEFAULT_CONFIG } from '../src/config/settings.ts';
import { openLocalEngine } from '../src/local-engine.ts';
import { type Running, start } from '../src/main.ts';
import { makeWhole, type OpenedFile, openSealed, startSealed } from '../src/sealed-file.ts';
import { inspect } from '../src/storage/sqlite/inspect.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const CONFIG = {
  ...DEFAULT_CONFIG,
  http: [ANY_PORT],
  otlpGrpc: ANY_PORT,
  selfScrape: false,
  autoReload: false,
  retentionMs: { metrics: 0, logs: 0, traces: 0 },
};
/** Long ago: a server that went by the machine's time would show nothing of it. */
const AT_MS = Date.parse('2021-03-04T05:06:07Z');
const TRACE = '0102030405060708090a0b0c0d0e0f10';

const folder = fs.mkdtempSync(join(tmpdir(), 'trilite-sealed-test-'));
const file = join(folder, 'medium', 'incident.db');
let opened: OpenedFile;
let shown: Running;

async function fill(dataDir: string): Promise<void> {
  const running = await start({ ...CONFIG, dataDir }, { openEngine: openLocalEngine, log: SILENT });
  const { port } = running.http[0]!;
  const post = async (path: string, body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/plain' : 'application/json';
    const headers = { 'Content-Type': type };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: text });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
  };
  const nano = `${AT_MS}000000`;
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const point = { timeUnixNano: nano, asDouble: 42 };
  const metrics = [{ name: 'load', gauge: { dataPoints: [point] } }];
  await post('/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  const span = { traceId: TRACE, spanId: '0102030405060708', name: 'buy', startTimeUnixNano: nano };
  const spans = [{ ...span, endTimeUnixNano: `${AT_MS + 5}000000` }];
  await post('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  await post('/loki/api/v1/push', { streams: [{ stream: { app: 'shop' }, values: [[nano, 'it broke']] }] });
  await running.stop();
}

async function ask(path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${shown.http[0]!.port}${path}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${text}`);
  return text;
}

before(async () => {
  const dataDir = join(folder, 'data');
  await fill(dataDir);
  await makeWhole(join(dataDir, 'trilite.db'));
  fs.mkdirSync(join(folder, 'medium'));
  fs.renameSync(join(dataDir, 'trilite.db'), file);
  fs.chmodSync(file, 0o444);
  opened = await openSealed(file);
  shown = await startSealed(opened, CONFIG, { log: SILENT });
  shown.begin();
});

after(async () => {
  await shown?.stop();
  opened?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('questions without times are answered at the time of the file', async () => {
  const { data } = JSON.parse(await ask('/api/v1/query?query=load'));
  assert.equal(data.result[0].value[1], '42');
  assert.ok(Math.abs(data.result[0].value[0] * 1000 - AT_MS) < 1000);
  assert.match(await ask('/loki/api/v1/query_range?query={app="shop"}'), /it broke/);
  assert.match(await ask('/api/search?q={name="buy"}'), new RegExp(TRACE.replace(/^0+/, '')));
  assert.match(await ask(`/api/traces/${TRACE}`), /buy/);
  assert.match(await ask('/jaeger/api/services'), /shop/);
});

test('the page is told the file and its time', async () => {
  const page = await ask('/');
  const meta = /<meta name="trilite-shown" content="([^"]*)">/.exec(page)?.[1];
  // Without a built page there is none to look at.
  if (page.includes('</head>')) assert.match(meta ?? '', /incident\.db/);
});

test('nothing is taken in, on any protocol', async () => {
  const { port } = shown.http[0]!;
  for (const [method, path] of [
    ['POST', '/v1/metrics'],
    ['POST', '/v1/logs'],
    ['POST', '/v1/traces'],
    ['POST', '/api/v1/write'],
    ['POST', '/loki/api/v1/push'],
    ['POST', '/api/v2/spans'],
    ['POST', '/-/flush'],
    ['POST', '/loki/api/v1/delete?query={app="shop"}&start=1'],
    ['POST', '/api/v2/silences'],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: '{}' });
    const text = await answer.text();
    assert.equal(answer.status, 403, `${path}: ${answer.status} ${text}`);
    assert.match(text, /this server shows incident\.db and takes nothing in/, path);
  }
});

test('nothing is written in the file or beside it', async () => {
  const bytes = fs.readFileSync(file);
  await ask('/api/v1/query?query=load');
  assert.deepEqual(fs.readdirSync(join(folder, 'medium')), ['incident.db']);
  assert.ok(bytes.equals(fs.readFileSync(file)));
});

test('the directory of a server that ended is shown from a copy', async () => {
  const dataDir = join(folder, 'another');
  await fill(dataDir);
  const before = fs.readdirSync(dataDir).sort();
  const copied = await openSealed(dataDir);
  assert.equal(copied.endMs, AT_MS + 6);
  copied.close();
  assert.ok(!fs.existsSync(copied.path));
  assert.deepEqual(fs.readdirSync(dataDir).sort(), before);
});

test('a running server sends a window as a file, and keeps nothing of it', async () => {
  const dataDir = join(folder, 'another');
  const running = await start({ ...CONFIG, dataDir }, { openEngine: openLocalEngine, log: SILENT });
  const url = `http://127.0.0.1:${running.http[0]!.port}`;
  const taken = join(folder, 'taken.db');
  const window = ['--from', new Date(AT_MS - 60_000).toISOString(), '--to', String(AT_MS / 1000 + 60)];
  const quiet = { out: () => {}, err: () => {} };
  assert.equal(await snapshotCommand(['--url', url, ...window, taken], quiet), 0);
  await assert.rejects(
    snapshotCommand(['--url', url, '--from', 'now', '--to=-1h', taken], quiet),
    /400: .*ends/s,
  );
  assert.ok(!fs.readdirSync(dataDir).some((name) => name.includes('incident')));
  const backup = join(folder, 'backup.db');
  assert.equal(await backupCommand(['--url', url, backup], quiet), 0);
  await running.stop();
  const restored = join(folder, 'restored');
  assert.equal(await restoreCommand([backup, '--data', restored], quiet), 0);
  assert.deepEqual(fs.readdirSync(restored), ['trilite.db']);
  await assert.rejects(restoreCommand([backup, '--data', restored], quiet), /is not empty/);
  assert.equal(inspect(join(restored, 'trilite.db')).signals.logs.items, 1);
  const file = await openSealed(taken);
  assert.deepEqual([file.path, file.startMs, file.endMs], [taken, AT_MS - 60_000, AT_MS + 60_000]);
  const again = await startSealed(file, CONFIG, { log: SILENT });
  const asked = await fetch(`http://127.0.0.1:${again.http[0]!.port}/api/v1/query?query=load`);
  assert.match(await asked.text(), /"42"/);
  const trace = await fetch(`http://127.0.0.1:${again.http[0]!.port}/api/traces/${TRACE}`);
  assert.equal(trace.status, 200);
  await again.stop();
});

test('what cannot be shown is said', async () => {
  await assert.rejects(openSealed(join(folder, 'none.db')), /there is no database at/);
  const text = join(folder, 'text.db');
  fs.writeFileSync(text, 'x'.repeat(1000));
  await assert.rejects(openSealed(text), /is no database/);
  const short = join(folder, 'short.db');
  fs.writeFileSync(short, fs.readFileSync(file).subarray(0, 40_000));
  await assert.rejects(openSealed(short), /short\.db is damaged: it has 40000 bytes of/);
  const newer = join(folder, 'newer.db');
  const bytes = fs.readFileSync(file);
  bytes.writeUInt32BE(9999, 60);
  fs.writeFileSync(newer, bytes);
  await assert.rejects(openSealed(newer), /written by a newer version of Trilite/);
});
