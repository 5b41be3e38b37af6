/**
 * What many series cost: memory per active series, the front's stalls, the flush, label queries, restarts, disk.
 * A diagnostic: it prints, it asserts nothing.
 *
 *     node --expose-gc bench/micro/series-scale.ts [series = 100000] [metrics | logs]
 *
 * Series have ten labels of about 250 bytes, as an exporter's have; streams carry an id that none shares. Requests
 * are decoded and appended as the endpoints do it; readers and the writer are threads, as in the server.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ByteWriter, utf8Encode } from '../../src/base/bytes.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import type { LogBatch } from '../../src/model/batch.ts';
import { Labels } from '../../src/model/labels.ts';
import { ReaderPool } from '../../src/query/worker.ts';
import { type LocalStorage, openStorage } from '../../src/storage/engine.ts';

const SERIES = Number(process.argv[2] ?? 100_000);
const IS_LOGS = process.argv[3] === 'logs';
const SCRAPES = 3;
const REQUEST_ITEMS = 2000;
const INTERVAL_MS = 15_000;
const START_MS = 1_767_268_800_000;
const NAMES = 500;

function labelsOf(s: number): [string, string][] {
  if (IS_LOGS) {
    const id = (s * 2654435761).toString(16).padStart(14, '0');
    return [
      ['app', `app-${s % 20}`],
      ['env', 'production'],
      ['request_id', `${id}-${s}`],
    ];
  }
  const target = Math.floor(s / NAMES);
  return [
    ['__name__', `node_subsystem_${s % NAMES}_operations_seconds_total`],
    ['cluster', 'production-eu-west-1'],
    ['container', 'node-exporter'],
    ['device', `nvme${s % 7}n1`],
    ['environment', 'production'],
    ['instance', `ip-10-${target >> 8}-${target & 255}-17.eu-west-1.compute.internal:9100`],
    ['job', 'integrations/node_exporter'],
    ['mode', `mode-${s % 11}`],
    ['namespace', 'monitoring'],
    ['pod', `node-exporter-${(target * 7919).toString(36)}`],
  ];
}

function field(out: ByteWriter, number: number, message: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  message(inner);
  out.varint(number * 8 + 2);
  out.block(inner.view());
}

function metricsBody(from: number, to: number, scrape: number): Uint8Array {
  const body = new ByteWriter((to - from) * 350);
  for (let s = from; s < to; s++) {
    field(body, 1, (series) => {
      for (const [name, value] of labelsOf(s)) {
        field(series, 1, (label) => {
          label.varint(10);
          label.text(name);
          label.varint(18);
          label.text(value);
        });
      }
      field(series, 2, (sample) => {
        sample.varint(9);
        sample.f64(scrape * (s % 97) + (s % 7));
        sample.varint(16);
        sample.varint(START_MS + scrape * INTERVAL_MS);
      });
    });
  }
  return body.take();
}

function logsBatch(from: number, to: number, scrape: number): LogBatch {
  const count = to - from;
  const line = utf8Encode(`level=info msg="request served" status=200 duration=17ms attempt=${scrape}`);
  const at = (of: (i: number) => number) => Uint32Array.from({ length: count }, (_, i) => of(i));
  return {
    streams: Array.from({ length: count }, (_, i) => Labels.from(labelsOf(from + i))),
    count,
    stream: at((i) => i),
    timeMs: new Float64Array(count).fill(START_MS + scrape * INTERVAL_MS),
    timeNs: at(() => 0),
    bytes: line,
    lineStart: at(() => 0),
    lineEnd: at(() => line.length),
    pairEnd: at(() => 0),
    pairs: new Uint32Array(0),
    strings: [],
  };
}

let pushing = 0;

async function push(storage: LocalStorage, scrape: number): Promise<void> {
  for (let from = 0; from < SERIES; from += REQUEST_ITEMS) {
    const to = Math.min(SERIES, from + REQUEST_ITEMS);
    await new Promise((resolve) => setImmediate(resolve));
    const input = IS_LOGS ? logsBatch(from, to, scrape) : metricsBody(from, to, scrape);
    const began = performance.now();
    const outcome =
      input instanceof Uint8Array
        ? await storage.metrics.append(decodeRemoteWrite1(input), { mode: 'partial' })
        : await storage.logs.append(input);
    pushing += performance.now() - began;
    await outcome.durable;
  }
}

const mib = (bytes: number) => `${(bytes / 1048576).toFixed(0)} MiB`;
const collect = () => {
  for (let i = 0; i < 3; i++) (globalThis as { gc?: () => void }).gc?.();
};

let idleRss = 0;
function memory(what: string): void {
  collect();
  const m = process.memoryUsage();
  const per = idleRss ? ((m.rss - idleRss) / SERIES).toFixed(0) : '-';
  console.log(
    `${what.padEnd(36)} rss ${mib(m.rss)}, heap ${mib(m.heapUsed)}, external ${mib(m.external)}; ${per} B a series above idle`,
  );
}

/** Runs the work and says what it took: wall, CPU of all threads, the front's delays. */
async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  const h = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const began = performance.now();
  h.enable();
  const result = await work();
  h.disable();
  const used = process.cpuUsage(cpu);
  const cpuMs = (used.user + used.system) / 1000;
  const delay = (p: number) => (h.percentile(p) / 1e6).toFixed(0);
  console.log(
    `${what.padEnd(36)} ${(performance.now() - began).toFixed(0)} ms, cpu ${cpuMs.toFixed(0)} ms (${((cpuMs * 1000) / SERIES).toFixed(1)} µs a series); front p99 ${delay(99)} max ${(h.max / 1e6).toFixed(0)} ms`,
  );
  return result;
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-bench-'));
const file = path.join(dir, 'trilite.db');
const open = (at = file) =>
  openStorage({ path: at, durability: 'process', retentionMs: {}, headBytesSoft: 4e9, headBytesHard: 8e9 });
const never = new AbortController().signal;

async function ask(
  pool: ReaderPool,
  what: string,
  service: string,
  params: [string, string][],
  pathParams = {},
) {
  const nowMs = START_MS + SCRAPES * INTERVAL_MS;
  const result = await measured(what, () =>
    pool.run(service, { params, path: pathParams, headers: {}, nowMs }, never),
  );
  const text = Buffer.from(result.body);
  if (result.status !== 200 || process.env.SHOW) console.log(`  ${result.status} ${text.subarray(0, 150)}`);
}

async function queries(pool: ReaderPool, when: string): Promise<void> {
  const start = String(START_MS / 1000 - 3600);
  const end = String(START_MS / 1000 + SCRAPES * 15);
  const range: [string, string][] = [
    ['start', start],
    ['end', end],
  ];
  const time: [string, string] = ['time', end];
  if (IS_LOGS) {
    const range: [string, string][] = [
      ['start', `${START_MS - 3_600_000}000000`],
      ['end', `${START_MS + 600_000}000000`],
    ];
    const one = Object.fromEntries(labelsOf(Math.floor(SERIES / 2))).request_id!;
    await ask(pool, `${when}: labels`, 'loki.labels', range);
    await ask(pool, `${when}: values of app`, 'loki.label_values', range, { name: 'app' });
    await ask(pool, `${when}: values of request_id`, 'loki.label_values', range, { name: 'request_id' });
    await ask(pool, `${when}: series of one id`, 'loki.series', [
      ...range,
      ['match[]', `{request_id="${one}"}`],
    ]);
    await ask(pool, `${when}: lines of one id`, 'loki.query_range', [
      ...range,
      ['query', `{request_id="${one}"}`],
    ]);
    await ask(pool, `${when}: lines of an app`, 'loki.query_range', [...range, ['query', '{app="app-3"}']]);
    return;
  }
  await ask(pool, `${when}: labels`, 'prometheus.labels', range);
  await ask(pool, `${when}: values of job`, 'prometheus.label_values', range, { name: 'job' });
  await ask(pool, `${when}: values of pod`, 'prometheus.label_values', range, { name: 'pod' });
  const one = labelsOf(Math.floor(SERIES / 2));
  const selector = `${one[0]![1]}{instance="${one[5]![1]}"}`;
  await ask(pool, `${when}: series of one target`, 'prometheus.series', [
    ...range,
    ['match[]', `{instance="${one[5]![1]}"}`],
  ]);
  await ask(pool, `${when}: one series`, 'prometheus.query', [['query', selector], time]);
  await ask(pool, `${when}: count of all`, 'prometheus.query', [['query', 'count({__name__=~".+"})'], time]);
  await ask(pool, `${when}: topk of all`, 'prometheus.query', [['query', 'topk(5, {__name__=~".+"})'], time]);
}

function files(of: string): number {
  return ['', '-wal'].reduce((n, s) => n + (fs.existsSync(of + s) ? fs.statSync(of + s).size : 0), 0);
}

let storage = await open();
let pool = new ReaderPool({ path: file, readers: 1, source: storage });
try {
  await pool.run(
    IS_LOGS ? 'loki.labels' : 'prometheus.labels',
    { params: [], path: {}, headers: {}, nowMs: START_MS },
    never,
  );
  memory('idle');
  collect();
  idleRss = process.memoryUsage().rss;
  await measured('push, series are new', () => push(storage, 0));
  console.log(`  of it decode and append ${pushing.toFixed(0)} ms`);
  for (let scrape = 1; scrape < SCRAPES; scrape++) {
    pushing = 0;
    await measured('push, series are known', () => push(storage, scrape));
    console.log(`  of it decode and append ${pushing.toFixed(0)} ms`);
  }
  memory('all series in the head');
  const copy = path.join(dir, 'copy.db');
  for (const s of ['', '-wal']) if (fs.existsSync(file + s)) fs.copyFileSync(file + s, copy + s);
  const replayed = await measured('start with all in the WAL', () => open(copy));
  const opened = await replayed.stats();
  console.log(`  ${opened.headSeries} series replayed`);
  await replayed.close();
  for (const s of ['', '-wal', '-shm', '.lock']) fs.rmSync(copy + s, { force: true });
  await queries(pool, 'head');
  memory('after queries');
  await measured('flush', () => storage.flush());
  console.log(`  file ${mib(files(file))}`);
  await queries(pool, 'flushed');
  memory('flushed');
  await measured('push, after the flush', () => push(storage, SCRAPES));
  await measured('second flush, compacted', () => storage.flush({ compact: true }));
  memory('flushed again');
  await pool.close();
  await measured('close', () => storage.close());
  console.log(`  file ${mib(files(file))}, ${(files(file) / SERIES).toFixed(0)} B a series`);
  storage = await measured('start with all persisted', () => open());
  pool = new ReaderPool({ path: file, readers: 1, source: storage });
  await measured('push, series are in the table', () => push(storage, SCRAPES + 1));
  memory('after that');
} finally {
  await pool.close();
  await storage.close();
  fs.rmSync(dir, { recursive: true, force: true });
}
