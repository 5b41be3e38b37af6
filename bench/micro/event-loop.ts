/**
 * How long the front's event loop stands still, and how long an acknowledgement takes: remote-write load on many
 * series, alone and while queries, flushes, compactions and retention passes run. A diagnostic: it prints, it
 * asserts nothing.
 *
 *     node bench/micro/event-loop.ts [series = 10000] [seconds a phase = 5]
 *
 * The load is paced: a scrape of every series each `SCRAPE_EVERY_MS`, in requests of `REQUEST_SAMPLES`, decoded and
 * appended as the endpoint does it. Readers and the writer are threads, as in the server.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByteWriter } from '../../src/base/bytes.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { ReaderPool } from '../../src/query/worker.ts';
import { type LocalStorage, openStorage } from '../../src/storage/engine.ts';

const SERIES = Number(process.argv[2] ?? 10_000);
const PHASE_MS = Number(process.argv[3] ?? 5) * 1000;
const REQUEST_SAMPLES = 2000;
/** 10,000 series: 100,000 samples a second, about a quarter of what one thread takes. */
const SCRAPE_EVERY_MS = 100;
const INTERVAL_MS = 15_000;
const START_MS = 1_767_268_800_000;
const KEEP_MS = 3_600_000;
/** The engine looks for what is too old once a second, when a minute has passed on its clock. */
const RETENTION_LOOK_MS = 1100;

function field(out: ByteWriter, number: number, message: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  message(inner);
  out.varint(number * 8 + 2);
  out.block(inner.view());
}

/** A time of this era takes six bytes as a varint; it ends each series, with the value and a tag before it. */
const TIME_BYTES = 6;
const VALUE_FROM_END = TIME_BYTES + 1 + 8;

interface Request {
  readonly body: Uint8Array;
  readonly view: DataView;
  /** Where each series ends. */
  readonly ends: readonly number[];
}

/** Requests of one scrape; `stamp` makes them those of another. */
function requests(): Request[] {
  const out: Request[] = [];
  for (let from = 0; from < SERIES; from += REQUEST_SAMPLES) {
    const body = new ByteWriter(REQUEST_SAMPLES * 100);
    const ends: number[] = [];
    for (let s = from; s < Math.min(SERIES, from + REQUEST_SAMPLES); s++) {
      const labels = {
        __name__: 'load_total',
        instance: `i${s >> 7}`,
        job: `j${s % 5}`,
        path: `/${s % 128}`,
      };
      field(body, 1, (series) => {
        for (const [name, value] of Object.entries(labels)) {
          field(series, 1, (label) => {
            label.varint(10);
            label.text(name);
            label.varint(18);
            label.text(value);
          });
        }
        field(series, 2, (sample) => {
          sample.varint(9);
          sample.f64(0);
          sample.varint(16);
          sample.varint(START_MS);
        });
      });
      ends.push(body.length);
    }
    const bytes = body.take();
    out.push({ body: bytes, view: new DataView(bytes.buffer), ends });
  }
  return out;
}

function stamp(request: Request, scrape: number): void {
  const time = new ByteWriter(8);
  time.varint(START_MS + scrape * INTERVAL_MS);
  const bytes = time.view();
  request.ends.forEach((end, s) => {
    request.body.set(bytes, end - TIME_BYTES);
    request.view.setFloat64(end - VALUE_FROM_END, scrape * (s % 97) + (s % 7), true);
  });
}

interface Load {
  scrapes: number;
  slowestMs: number;
  /** From sent to acknowledged, in ms, of the phase's requests. */
  acknowledged: number[];
  stop(): Promise<void>;
}

function startLoad(storage: LocalStorage, first: number): Load {
  let running = true;
  const load: Load = { scrapes: first, slowestMs: 0, acknowledged: [], stop: async () => {} };
  const scrape = requests();
  const run = (async () => {
    while (running) {
      const began = performance.now();
      for (const request of scrape) {
        stamp(request, load.scrapes);
        // A request is an event of its own.
        await new Promise((resolve) => setImmediate(resolve));
        const sent = performance.now();
        const outcome = await storage.metrics.append(decodeRemoteWrite1(request.body), { mode: 'partial' });
        load.slowestMs = Math.max(load.slowestMs, performance.now() - sent);
        await outcome.durable;
        load.acknowledged.push(performance.now() - sent);
      }
      load.scrapes++;
      await sleep(Math.max(0, SCRAPE_EVERY_MS - (performance.now() - began)));
    }
  })();
  load.stop = () => {
    running = false;
    return run;
  };
  return load;
}

const ms = (ns: number) => (ns / 1e6).toFixed(1).padStart(7);

function report(what: string, h: ReturnType<typeof monitorEventLoopDelay>, done: number): void {
  const line = `${what.padEnd(34)} p50 ${ms(h.percentile(50))}  p99 ${ms(h.percentile(99))}`;
  const acks = (load?.acknowledged ?? []).sort((a, b) => a - b);
  const at = (share: number) => (acks[Math.floor(acks.length * share)] ?? 0).toFixed(1);
  const acked = acks.length > 0 ? `acknowledged p50 ${at(0.5)}, p99 ${at(0.99)} ms` : '';
  console.log(`${line}  p99.9 ${ms(h.percentile(99.9))}  max ${ms(h.max)} ms   ${done} times   ${acked}`);
}

/** Runs `work` again and again for the phase's time, and says how the loop fared. */
async function phase(
  what: string,
  work: (() => Promise<unknown>) | undefined,
  phaseMs = PHASE_MS,
): Promise<void> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  if (load) load.acknowledged = [];
  histogram.enable();
  const until = performance.now() + phaseMs;
  let done = 0;
  if (!work) await sleep(phaseMs);
  else
    while (performance.now() < until) {
      await work();
      done++;
    }
  histogram.disable();
  report(what, histogram, done);
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-bench-'));
const file = path.join(dir, 'trilite.db');
/** The engine's clock: it stands still but for retention passes, which it brings about. */
let nowMs = START_MS;
const storage = await openStorage({
  path: file,
  durability: 'process',
  retentionMs: { metrics: KEEP_MS },
  now: () => nowMs,
});
const pool = new ReaderPool({ path: file, readers: 2, source: storage });
const never = new AbortController().signal;

/** Time spent in the answers that readers ask for. */
let answering = 0;
const answer = storage.heads.answer.bind(storage.heads);
storage.heads.answer = (request) => {
  const began = performance.now();
  const got = answer(request);
  answering = Math.max(answering, performance.now() - began);
  return got;
};

let load: Load | undefined;
async function query(): Promise<void> {
  const end = START_MS + load!.scrapes * INTERVAL_MS;
  const params: [string, string][] = [
    ['query', 'sum by (job) (rate(load_total[5m]))'],
    ['start', String((end - 200 * INTERVAL_MS) / 1000)],
    ['end', String(end / 1000)],
    ['step', '15'],
  ];
  const result = await pool.run(
    'prometheus.query_range',
    { params, path: {}, headers: {}, nowMs: end },
    never,
  );
  if (result.status !== 200) throw new Error(Buffer.from(result.body).toString());
}

/** Everything in blocks, then out of the retention. */
async function retention(): Promise<void> {
  await gather();
  await storage.flush();
  nowMs = Math.max(nowMs + 60_001, START_MS + load!.scrapes * INTERVAL_MS + KEEP_MS);
  await sleep(RETENTION_LOOK_MS);
}

/** Lets the head take some scrapes. */
const gather = () => sleep(5 * SCRAPE_EVERY_MS);

try {
  console.log(`${SERIES} series, a scrape every ${SCRAPE_EVERY_MS} ms; delays of the front's event loop`);
  await phase('idle', undefined, 1000);
  load = startLoad(storage, 0);
  await phase('load (series are new at first)', undefined);
  await phase('load, the first flush', () => storage.flush(), 1);
  await phase('load', undefined);
  await phase('load and a heavy query', query);
  await phase('load and two heavy queries', () => Promise.all([query(), query()]));
  await phase('load and flush', () => gather().then(() => storage.flush()));
  await phase('load and compaction', () => gather().then(() => storage.flush({ compact: true })));
  const all = () => Promise.all([query(), query(), storage.flush({ compact: true })]);
  await phase('load, queries, flush, compaction', () => gather().then(all));
  await phase('load and retention', retention);
  console.log(
    `slowest append ${load.slowestMs.toFixed(1)} ms, slowest answer to a reader ${answering.toFixed(1)} ms`,
  );
  console.log(`${load.scrapes} scrapes`);
} finally {
  await load?.stop();
  await pool.close();
  await storage.close();
  fs.rmSync(dir, { recursive: true, force: true });
}
