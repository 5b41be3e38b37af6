/**
 * `kill -9` under load, again and again, for all three signals: every item that was acknowledged is read back,
 * exactly once. Items whose request got no answer may be there or not, but never twice.
 *
 * Flushes and compactions run while the load does, so that kills meet every phase of them.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../support/loki-push.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ROUNDS = 22;
/** The kill comes this long after the load began, at random. */
const LOAD_MIN_MS = 60;
const LOAD_MAX_MS = 700;
const CLIENTS_PER_SIGNAL = 3;
const SERIES = 12;
const LINES = 15;
const SPANS = 6;
/** Where the data lies: a past hour, so that nothing depends on today. */
const BASE_MS = 1_767_268_800_000;

/** Request number → whether it was acknowledged. Request n of a client holds items that are derived from n. */
type Ledger = Map<string, boolean>;

async function post(
  url: string,
  headers: Record<string, string>,
  body: Uint8Array | string,
): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body });
    await answer.arrayBuffer();
    assert.ok(answer.status < 300, `${url} answered ${answer.status}`);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return false;
  }
}

function sendMetrics(base: string, client: string, n: number): Promise<boolean> {
  const series = Array.from({ length: SERIES }, (_, s) => ({
    labels: { __name__: 'crash_total', client, s: String(s) },
    samples: [[BASE_MS + n * 1000, n * 100 + s]] as [number, number][],
  }));
  return post(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
}

function sendLogs(base: string, client: string, n: number): Promise<boolean> {
  const entries = Array.from({ length: LINES }, (_, i) => ({
    ns: BigInt(BASE_MS + n * 1000) * 1_000_000n + BigInt(i),
    line: `request=${n} line=${i}`,
    metadata: { trace_id: `t${n}` },
  }));
  const url = `${base}/loki/api/v1/push`;
  // The two forms have WAL records of their own.
  if (n % 2 === 1)
    return post(url, LOKI_PUSH_HEADERS, lokiPushBody(`{app="crash", client="${client}"}`, entries));
  const values = entries.map((e) => [String(e.ns), e.line, e.metadata]);
  const body = JSON.stringify({ streams: [{ stream: { app: 'crash', client }, values }] });
  return post(url, { 'content-type': 'application/json' }, body);
}

const traceIdOf = (client: string, n: number) =>
  `${Buffer.from(client.padEnd(8, '.')).toString('hex')}${n.toString(16).padStart(16, '0')}`;

function sendTraces(base: string, client: string, n: number): Promise<boolean> {
  const start = BigInt(BASE_MS + n * 1000) * 1_000_000n;
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    traceId: traceIdOf(client, n),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: `span ${i}`,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000n),
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: client } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  return post(`${base}/v1/traces`, { 'content-type': 'application/json' }, body);
}

const SENDERS = { metrics: sendMetrics, logs: sendLogs, traces: sendTraces } as const;
type SignalName = keyof typeof SENDERS;

/** Sends until the server is gone; returns what was sent, acknowledged or not. */
async function load(server: TestServer, signal: SignalName, client: string): Promise<Ledger> {
  const ledger: Ledger = new Map();
  for (let n = 0; ; n++) {
    ledger.set(String(n), false);
    if (!(await SENDERS[signal](server.base, client, n))) return ledger;
    ledger.set(String(n), true);
  }
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  return (await answer.json()) as T;
}

interface SeriesResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}
interface StreamResult {
  readonly values: readonly (readonly [ns: string, line: string])[];
}
interface TraceResult {
  readonly resourceSpans?: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[];
}

async function readMetrics(base: string, client: string): Promise<string[]> {
  const query = encodeURIComponent(`crash_total{client="${client}"}[1d]`);
  const url = `${base}/api/v1/query?query=${query}&time=${BASE_MS / 1000 + 43_200}`;
  const { data } = await getJson<{ data: { result: SeriesResult[] } }>(url);
  return data.result.flatMap((r) => r.values.map(([t, v]) => `${r.metric.s} ${t} ${v}`));
}

async function readLogs(base: string, client: string): Promise<string[]> {
  const out: string[] = [];
  const end = BigInt(BASE_MS + 43_200_000) * 1_000_000n;
  for (let start = BigInt(BASE_MS) * 1_000_000n; ; ) {
    const query = encodeURIComponent(`{client="${client}"}`);
    const url = `${base}/loki/api/v1/query_range?query=${query}&start=${start}&end=${end}&limit=5000&direction=forward`;
    const { data } = await getJson<{ data: { result: StreamResult[] } }>(url);
    const page = data.result.flatMap((r) => r.values);
    for (const [t, line] of page) {
      out.push(`${t} ${line}`);
      if (BigInt(t) >= start) start = BigInt(t) + 1n;
    }
    if (page.length < 5000) return out;
  }
}

async function readTrace(base: string, client: string, n: number): Promise<string[]> {
  const { trace } = await getJson<{ trace: TraceResult }>(`${base}/api/v2/traces/${traceIdOf(client, n)}`);
  const scopes = (trace.resourceSpans ?? []).flatMap((r) => r.scopeSpans);
  return scopes.flatMap((s) => s.spans.map((span) => span.name));
}

/** The items that a request of the ledger put in, as the readers print them. */
const ITEMS: Record<'metrics' | 'logs', (n: number) => string[]> = {
  metrics: (n) => Array.from({ length: SERIES }, (_, s) => `${s} ${BASE_MS / 1000 + n} ${n * 100 + s}`),
  logs: (n) =>
    Array.from(
      { length: LINES },
      (_, i) => `${BigInt(BASE_MS + n * 1000) * 1_000_000n + BigInt(i)} request=${n} line=${i}`,
    ),
};

async function verify(base: string, signal: SignalName, client: string, ledger: Ledger): Promise<number> {
  let checked = 0;
  if (signal === 'traces') {
    for (const [n, acknowledged] of ledger) {
      const names = (await readTrace(base, client, Number(n))).sort();
      const want = Array.from({ length: SPANS }, (_, i) => `span ${i}`);
      if (acknowledged || names.length > 0) assert.deepEqual(names, want, `trace ${client}/${n}`);
      checked += names.length;
    }
    return checked;
  }
  const got = signal === 'metrics' ? await readMetrics(base, client) : await readLogs(base, client);
  const present = new Set(got);
  assert.equal(present.size, got.length, `${signal} ${client}: nothing is there twice`);
  for (const [n, acknowledged] of ledger) {
    const items: string[] = ITEMS[signal](Number(n));
    const missing = items.filter((item) => !present.delete(item));
    if (acknowledged) assert.deepEqual(missing, [], `${signal} ${client}: request ${n} was acknowledged`);
    else
      assert.ok(
        missing.length === 0 || missing.length === items.length,
        'a request is stored whole or not at all',
      );
  }
  assert.deepEqual([...present], [], `${signal} ${client}: nothing but what was sent`);
  return got.length;
}

test(`kill -9, ${ROUNDS} times under load, loses nothing that was acknowledged`, {
  timeout: 240_000,
}, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-crash-'));
  t.after(() => fs.rmSync(dataDir, { recursive: true, force: true }));
  const config = path.join(dataDir, 'config.yml');
  fs.writeFileSync(config, 'scrape_configs: []\n');
  const start = () => startServer({ dataDir, args: ['--config', config, '--retention', '0'] });
  const all: [SignalName, string, Ledger][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await start();
    const clients = (Object.keys(SENDERS) as SignalName[]).flatMap((signal) =>
      Array.from({ length: CLIENTS_PER_SIGNAL }, (_, c) => [signal, `r${round}c${c}`] as const),
    );
    const ledgers = clients.map(
      async ([signal, client]) => [signal, client, await load(server, signal, client)] as const,
    );
    const delay = LOAD_MIN_MS + Math.random() * (LOAD_MAX_MS - LOAD_MIN_MS);
    // Every other round a flush or a compaction is under way, begun at some moment of the load.
    const flushAt = round % 2 === 1 ? Math.random() * delay : -1;
    if (flushAt >= 0) {
      const flush = `${server.base}/-/flush${round % 4 === 3 ? '?compact=true' : ''}`;
      setTimeout(() => fetch(flush, { method: 'POST' }).catch(() => {}), flushAt);
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
    await server.stop('SIGKILL');
    const sent = await Promise.all(ledgers);
    const again = await start();
    let items = 0;
    for (const [signal, client, ledger] of sent) {
      items += await verify(again.base, signal, client, ledger);
      all.push([signal, client, ledger]);
    }
    assert.ok(items > 0, 'the load stored something');
    await again.stop('SIGKILL');
  }
  const server = await start();
  await post(`${server.base}/-/flush?compact=true`, {}, '');
  let items = 0;
  for (const [signal, client, ledger] of all) items += await verify(server.base, signal, client, ledger);
  t.diagnostic(`${ROUNDS} kills, ${items} items read back`);
  assert.equal(await server.stop(), 0, 'a clean stop at the end');
});
