/**
 * The clients of the crash test: each sends numbered requests until the server is gone and notes which were
 * acknowledged; later all that its number stands for is read back and compared.
 *
 * A request is stored whole or not at all. An acknowledged one inside the retention is there exactly once; one out
 * of it may be gone, whole.
 */

import assert from 'node:assert/strict';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../support/loki-push.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';

const SERIES = 12;
const LINES = 15;
const SPANS = 6;
const NS_PER_MS = 1_000_000n;
/** Lines that one log query gives: those of whole requests, since a retention pass may come between two queries. */
const PAGE_LIMIT = 300 * LINES;
/** More traces than a client sends. */
const SEARCH_LIMIT = 200_000;
/** Far more than a client sends before it is killed: how much time its items span, for queries. */
const SPAN_MS = 3_600_000;

export type SignalName = 'metrics' | 'logs' | 'traces';
export const SIGNALS: readonly SignalName[] = ['metrics', 'logs', 'traces'];

/** What one client sent before a kill. */
export interface Ledger {
  readonly signal: SignalName;
  readonly client: string;
  /** Time of request 0; request n is n seconds later. */
  readonly baseMs: number;
  /** Whether retention may have dropped what was acknowledged. */
  readonly mayExpire: boolean;
  /** By request number: whether it was acknowledged. */
  readonly acknowledged: boolean[];
}

export function newLedger(signal: SignalName, client: string, baseMs: number, mayExpire: boolean): Ledger {
  return { signal, client, baseMs, mayExpire, acknowledged: [] };
}

/** False where the server is gone; any answer but a success fails the test. */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: Uint8Array | string,
): Promise<boolean> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, { method: 'POST', headers, body });
    text = await answer.text();
  } catch {
    return false;
  }
  assert.ok(answer.status < 300, `${url} answered ${answer.status}: ${text}`);
  return true;
}

const timeOf = (ledger: Ledger, n: number) => ledger.baseMs + n * 1000;

function sendMetrics(base: string, ledger: Ledger, n: number): Promise<boolean> {
  const series = Array.from({ length: SERIES }, (_, s) => ({
    labels: { __name__: 'crash_total', client: ledger.client, s: String(s) },
    samples: [[timeOf(ledger, n), n * 100 + s]] as [number, number][],
  }));
  return post(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
}

function sendLogs(base: string, ledger: Ledger, n: number): Promise<boolean> {
  const entries = Array.from({ length: LINES }, (_, i) => ({
    ns: BigInt(timeOf(ledger, n)) * NS_PER_MS + BigInt(i),
    line: `request=${n} line=${i}`,
    metadata: { trace_id: `t${n}` },
  }));
  const url = `${base}/loki/api/v1/push`;
  // The two forms have WAL records of their own.
  if (n % 2 === 1)
    return post(url, LOKI_PUSH_HEADERS, lokiPushBody(`{app="crash", client="${ledger.client}"}`, entries));
  const values = entries.map((e) => [String(e.ns), e.line, e.metadata]);
  const body = JSON.stringify({ streams: [{ stream: { app: 'crash', client: ledger.client }, values }] });
  return post(url, { 'content-type': 'application/json' }, body);
}

const traceIdOf = (client: string, n: number) =>
  `${Buffer.from(client.padEnd(8, '.')).toString('hex').slice(0, 16)}${n.toString(16).padStart(16, '0')}`;

function sendTraces(base: string, ledger: Ledger, n: number): Promise<boolean> {
  const start = BigInt(timeOf(ledger, n)) * NS_PER_MS;
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    traceId: traceIdOf(ledger.client, n),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: `span ${i}`,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + NS_PER_MS),
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: ledger.client } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  return post(`${base}/v1/traces`, { 'content-type': 'application/json' }, body);
}

const SENDERS = { metrics: sendMetrics, logs: sendLogs, traces: sendTraces } as const;

/** Sends until the server is gone. */
export async function load(base: string, ledger: Ledger): Promise<void> {
  for (let n = 0; ; n++) {
    ledger.acknowledged.push(false);
    if (!(await SENDERS[ledger.signal](base, ledger, n))) return;
    ledger.acknowledged[n] = true;
  }
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  const text = await answer.text();
  assert.equal(answer.status, 200, `${url}: ${text}`);
  return JSON.parse(text) as T;
}

interface SeriesResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

async function readMetrics(base: string, { client, baseMs }: Ledger): Promise<string[]> {
  const query = encodeURIComponent(`crash_total{client="${client}"}[${SPAN_MS + 1000}ms]`);
  const url = `${base}/api/v1/query?query=${query}&time=${(baseMs + SPAN_MS) / 1000}`;
  const { data } = await getJson<{ data: { result: SeriesResult[] } }>(url);
  return data.result.flatMap((r) => r.values.map(([t, v]) => `${r.metric.s} ${t} ${v}`));
}

async function readLogs(base: string, { client, baseMs }: Ledger): Promise<string[]> {
  const out: string[] = [];
  const end = BigInt(baseMs + SPAN_MS) * NS_PER_MS;
  for (let start = BigInt(baseMs) * NS_PER_MS; ; ) {
    const query = encodeURIComponent(`{client="${client}"}`);
    const url = `${base}/loki/api/v1/query_range?query=${query}&start=${start}&end=${end}&limit=${PAGE_LIMIT}&direction=forward`;
    type Answer = { data: { result: { values: readonly (readonly [ns: string, line: string])[] }[] } };
    const { data } = await getJson<Answer>(url);
    const page = data.result.flatMap((r) => r.values);
    for (const [t, line] of page) {
      out.push(`${t} ${line}`);
      if (BigInt(t) >= start) start = BigInt(t) + 1n;
    }
    if (page.length < PAGE_LIMIT) return out;
  }
}

interface FoundTrace {
  readonly traceID: string;
  readonly spanSets: readonly { matched: number; spans: readonly { name: string }[] }[];
}

/** By search: every trace of the client with its spans. Then some of them by ID, another way to the same spans. */
async function readTraces(base: string, ledger: Ledger): Promise<string[]> {
  const out: string[] = [];
  const sent = ledger.acknowledged.length;
  const query = encodeURIComponent(`{ resource.service.name = "${ledger.client}" } | select(name)`);
  const range = `start=${ledger.baseMs / 1000}&end=${(ledger.baseMs + SPAN_MS) / 1000}`;
  const url = `${base}/api/search?q=${query}&${range}&limit=${SEARCH_LIMIT}&spss=${10 * SPANS}`;
  const { traces } = await getJson<{ traces?: FoundTrace[] }>(url);
  for (const trace of traces ?? []) {
    const id = trace.traceID.padStart(32, '0');
    for (const set of trace.spanSets) for (const span of set.spans) out.push(`${id} ${span.name}`);
  }
  for (const n of [0, sent >> 1, sent - 1]) {
    const id = traceIdOf(ledger.client, n);
    const names = (await readTrace(base, id)).map((name) => `${id} ${name}`).sort();
    // A retention pass may come between the two.
    if (ledger.mayExpire && names.length === 0) continue;
    assert.deepEqual(names, out.filter((item) => item.startsWith(id)).sort(), 'by ID as by search');
  }
  return out;
}

interface TraceAnswer {
  readonly trace: {
    readonly resourceSpans?: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[];
  };
}

async function readTrace(base: string, id: string): Promise<string[]> {
  const { trace } = await getJson<TraceAnswer>(`${base}/api/v2/traces/${id}`);
  const scopes = (trace.resourceSpans ?? []).flatMap((r) => r.scopeSpans);
  return scopes.flatMap((s) => s.spans.map((span) => span.name));
}

const READERS = { metrics: readMetrics, logs: readLogs, traces: readTraces } as const;

/** The items that request n put in, as the readers print them. */
function itemsOf(ledger: Ledger, n: number): string[] {
  const time = timeOf(ledger, n);
  if (ledger.signal === 'metrics')
    return Array.from({ length: SERIES }, (_, s) => `${s} ${time / 1000} ${n * 100 + s}`);
  if (ledger.signal === 'traces')
    return Array.from({ length: SPANS }, (_, i) => `${traceIdOf(ledger.client, n)} span ${i}`);
  const line = (i: number) => `${BigInt(time) * NS_PER_MS + BigInt(i)} request=${n} line=${i}`;
  return Array.from({ length: LINES }, (_, i) => line(i));
}

/** Reads the client's items back; returns how many there are. */
export async function verify(base: string, ledger: Ledger): Promise<number> {
  const who = `${ledger.signal} ${ledger.client}`;
  if (ledger.acknowledged.length === 0) return 0;
  const got = await READERS[ledger.signal](base, ledger);
  const present = new Set(got);
  assert.equal(present.size, got.length, `${who}: nothing is there twice`);
  ledger.acknowledged.forEach((acknowledged, n) => {
    const items = itemsOf(ledger, n);
    const missing = items.filter((item) => !present.delete(item));
    if (acknowledged && !ledger.mayExpire)
      assert.deepEqual(missing, [], `${who}: request ${n} was acknowledged`);
    else
      assert.ok(
        missing.length === 0 || missing.length === items.length,
        `${who}: request ${n} is there whole or not at all`,
      );
  });
  assert.deepEqual([...present], [], `${who}: nothing but what was sent`);
  return got.length;
}
