/**
 * A real Prometheus that has nothing itself reads from Trilite: what it then answers is what Trilite answers. Newer
 * versions ask for streamed chunks and take samples, old ones ask for samples alone.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compress } from 'snappyjs';
import { encode, WriteRequest } from '../../ingest/decode/remote-write-proto.ts';
import { postBody } from '../../support/http-api.ts';
import { skipUnless } from '../../support/program.ts';
import { REMOTE_WRITE_HEADERS } from '../../support/remote-write.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import { type Peers, sameQuery } from './compare-answers.ts';
import { PROMETHEUS, PROMETHEUS_MISSING, readsHistograms, startPrometheus } from './run-prometheus.ts';

const SAMPLES = 700;
const STEP_MS = 15_000;
/** Far from zero, where versions extrapolate differently. */
const BASE = 1_000_000;
const STALE = Buffer.from('020000000000f07f', 'hex').readDoubleLE();

const labels = (record: Record<string, string>) =>
  Object.entries(record).map(([name, value]) => ({ name, value }));

/** Counts of buckets grow, now and then a bucket appears, twice the counter begins again. */
function histogram(i: number, isFloat: boolean, timestamp: number): object {
  const n = (i % 300) + 1 + BASE;
  const length = i % 300 > 150 ? 4 : 3;
  const counts = Array.from({ length }, (_, k) => n * (k + 1));
  const count = counts.reduce((a, b) => a + b, 0);
  const deltas = counts.map((c, k) => c - (counts[k - 1] ?? 0));
  const spans = { positiveSpans: [{ offset: -2, length }], schema: 3, sum: i * 1.5, timestamp };
  return isFloat
    ? { ...spans, countFloat: count / 2, zeroCountFloat: 0, positiveCounts: counts.map((c) => c / 2) }
    : { ...spans, countInt: count, zeroCountInt: 0, positiveDeltas: deltas };
}

/** The last of `SAMPLES` stands a minute before now. */
function write(startMs: number): Uint8Array {
  const times = Array.from({ length: SAMPLES }, (_, i) => startMs + i * STEP_MS);
  const counters = ['a', 'b', 'ü'].map((route, r) => ({
    labels: labels({ __name__: 'read_requests_total', route }),
    samples: times.map((timestamp, i) => ({ timestamp, value: BASE + (i % 400) * (r + 1) + i / 7 })),
  }));
  const gaps = {
    labels: labels({ __name__: 'read_gaps', instance: 'i' }),
    samples: times
      .map((timestamp, i) => ({
        timestamp: timestamp + (i % 13),
        value: i % 50 === 49 ? STALE : Math.sin(i),
      }))
      .filter((_, i) => i % 50 < 30 || i % 50 === 49),
  };
  const native = (readsHistograms() ? [false, true] : []).map((isFloat) => ({
    labels: labels({ __name__: 'read_native', kind: isFloat ? 'float' : 'integer' }),
    histograms: times.map((timestamp, i) => histogram(i, isFloat, timestamp)),
  }));
  return compress(encode(WriteRequest, { timeseries: [...counters, gaps, ...native] }));
}

const QUERIES = [
  'read_requests_total',
  'rate(read_requests_total[5m])',
  'sum by (route) (increase(read_requests_total[10m]))',
  'read_requests_total{route!="a"} offset 10m',
  'read_gaps',
  'count_over_time(read_gaps[7m])',
  'absent(read_gaps)',
  'read_native',
  'rate(read_native[5m])',
  'histogram_quantile(0.7, sum(rate(read_native{kind="integer"}[10m])))',
  'histogram_count(increase(read_native[20m]))',
  'topk(2, read_requests_total)',
];

test('Prometheus by remote read: every query answers the same', {
  timeout: 110_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async (t) => {
  const started: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of started.reverse()) await stop();
  });
  const own = await temporaryServer();
  started.push(() => own.dispose());
  const endMs = Math.floor(Date.now() / STEP_MS) * STEP_MS - 60_000;
  const startMs = endMs - (SAMPLES - 1) * STEP_MS;
  await postBody(`${own.server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, write(startMs));
  const prometheus = await startPrometheus({
    dir: own.dir,
    targets: {},
    readUrl: `${own.server.base}/api/v1/read`,
    scrapeInterval: '1m',
  });
  started.push(() => prometheus.program.stop('SIGKILL'));
  const peers: Peers = { reference: prometheus.base, own: own.server.base };
  for (const state of ['in the head', 'in blocks']) {
    let points = 0;
    const queries = QUERIES.filter((query) => readsHistograms() || !query.includes('native'));
    for (const query of queries) {
      // Steps stand between samples: whether a window contains its left end differs between versions.
      const range = { query, start: (startMs + 1_800_000 + 7000) / 1000, end: endMs / 1000 + 30, step: 45 };
      const count = await sameQuery(peers, '/api/v1/query_range', range);
      assert.ok(count > 0, `${query} answers nothing`);
      points += count;
    }
    // Selections agree to the bit.
    const raw = { query: '{__name__=~"read_.*"}[4h]', time: endMs / 1000 + 5 };
    points += await sameQuery(peers, '/api/v1/query', raw, true);
    t.diagnostic(`${points} points are the same ${state}`);
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
  }
});
