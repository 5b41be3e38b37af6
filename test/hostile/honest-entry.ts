/**
 * A process of honest clients. They work until its input ends; then all that was acknowledged is read back, and what they saw
 * is printed as JSON.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './attack.ts';
import { follow, honestClients, http, runClient, type Seen, traceIdOf } from './honest-clients.ts';

/** Reading back is tried so often: the server may have work left. */
const READ_ATTEMPTS = 30;

/** What is told of one kind of client. */
export interface HonestLine {
  readonly attempts: number;
  readonly done: number;
  readonly later: number;
  readonly broken: number;
  readonly wrong: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Acknowledged items that could not be read back. */
  readonly lost: number;
}

export interface HonestReport {
  readonly clients: Readonly<Record<string, HonestLine>>;
  readonly tail: { readonly lines: number; readonly connections: number };
}

const target = JSON.parse(process.argv[2]!) as Target;
const base = `http://127.0.0.1:${target.http}`;
const startMs = Date.now();
/** Items lie 10 ms apart, from the start on: faster than they are sent never, and each at a time of its own. */
const timeOf = (n: number) => startMs + n * 10;

async function read(path: string): Promise<unknown> {
  let why = '';
  for (let i = 0; i < READ_ATTEMPTS; i++) {
    const got = await http(base + path);
    if (got.kind === 'done') return JSON.parse(got.text!);
    why = got.kind === 'wrong' ? got.why : got.kind;
    await sleep(500);
  }
  throw new Error(`${path} cannot be read: ${why}`);
}

async function readMetrics(): Promise<Set<string>> {
  const query = encodeURIComponent('honest_total[6h]');
  const { data } = (await read(`/api/v1/query?query=${query}&time=${(startMs + 3_600_000) / 1000}`)) as {
    data: { result: { values: [number, string][] }[] };
  };
  return new Set(data.result.flatMap(({ values }) => values.map(([, value]) => value)));
}

async function readLogs(): Promise<Set<string>> {
  const found = new Set<string>();
  const query = encodeURIComponent('{app="honest"}');
  for (let from = BigInt(startMs) * 1_000_000n; ; ) {
    type Answer = { data: { result: { values: [string, string][] }[] } };
    const path = `/loki/api/v1/query_range?query=${query}&start=${from}&end=${startMs + 3_600_000}000000&limit=5000&direction=forward`;
    const { data } = (await read(path)) as Answer;
    const values = data.result.flatMap((stream) => stream.values);
    for (const [time, line] of values) {
      found.add(line.slice('item='.length));
      if (BigInt(time) >= from) from = BigInt(time) + 1n;
    }
    if (values.length < 5000) return found;
  }
}

async function readTraces(): Promise<Set<string>> {
  const query = encodeURIComponent('{ resource.service.name = "honest" }');
  const range = `start=${Math.floor(startMs / 1000) - 10}&end=${Math.floor(startMs / 1000) + 3600}`;
  const { traces } = (await read(`/api/search?q=${query}&${range}&limit=200000`)) as {
    traces?: { traceID: string }[];
  };
  return new Set((traces ?? []).map(({ traceID }) => traceID.padStart(32, '0')));
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function lineOf(seen: Seen, lost: number): HonestLine {
  const sorted = seen.latenciesMs.toSorted((a, b) => a - b);
  const { attempts, done, later, broken, wrong } = seen;
  return {
    attempts,
    done,
    later,
    broken,
    wrong,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: percentile(sorted, 1),
    lost,
  };
}

async function main(): Promise<HonestReport> {
  const over = new AbortController();
  process.stdin.on('end', () => over.abort()).resume();
  const clients = honestClients(target, timeOf).map((client) => {
    const seen: Seen = { attempts: 0, done: 0, later: 0, broken: 0, wrong: [], latenciesMs: [] };
    const acknowledged = new Set<number>();
    return { client, seen, acknowledged, running: runClient(client, seen, acknowledged, over.signal) };
  });
  const tail = follow(target, over.signal);
  await Promise.all(clients.map(({ running }) => running));
  const traces = await readTraces();
  const readers: Record<string, { readonly found: Set<string>; readonly keyOf: (n: number) => string }> = {
    metrics: { found: await readMetrics(), keyOf: String },
    logs: { found: await readLogs(), keyOf: String },
    traces: { found: traces, keyOf: (n) => traceIdOf('http', n) },
    'traces-grpc': { found: traces, keyOf: (n) => traceIdOf('grpc', n) },
  };
  const lines: Record<string, HonestLine> = {};
  for (const { client, seen, acknowledged } of clients) {
    const reader = readers[client.name];
    const lost = reader ? [...acknowledged].filter((n) => !reader.found.has(reader.keyOf(n))).length : 0;
    lines[client.name] = lineOf(seen, lost);
  }
  return { clients: lines, tail: await tail };
}

const report = await main();
process.stdout.write(JSON.stringify(report), () => process.exit(0));
