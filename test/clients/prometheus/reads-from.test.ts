/**
 * Trilite and a Prometheus read from a second Prometheus, both with the same `remote_read` and the same data of their own,
 * part of what the remote has: they answer the same. The Prometheus is the one that `TRILITE_TEST_PROMETHEUS` names, else
 * the one on the path.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { getJson, postBody } from '../../support/http-api.ts';
import { skipUnless } from '../../support/program.ts';
import { PROMTOOL } from '../../support/promtool.ts';
import {
  REMOTE_WRITE_HEADERS,
  remoteWriteBody,
  type WriteHistogram,
  type WriteSeries,
} from '../../support/remote-write.ts';
import { startServer } from '../../support/server.ts';
import { type Peers, sameData, sameQuery } from './compare-answers.ts';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  readsChunks,
  readsHistograms,
  runPrometheus,
  writesXor2,
} from './run-prometheus.ts';

const STEP_MS = 15_000;
/** An hour and a half: a Prometheus takes in no more at once. */
const SAMPLES = 360;
const END_MS = Math.floor(Date.now() / STEP_MS) * STEP_MS - 30_000;
const START_MS = END_MS - (SAMPLES - 1) * STEP_MS;
/** From this sample on a server has its data itself too. */
const LOCAL_FROM = 200;
/** Far from zero, where versions extrapolate differently. */
const BASE = 1_000_000;
const RECEIVER = [
  '--web.enable-remote-write-receiver',
  '--enable-feature=native-histograms,remote-write-receiver',
];

const indexes = (from: number) => Array.from({ length: SAMPLES - from }, (_, i) => from + i);
const timeOf = (i: number) => START_MS + i * STEP_MS;

function histogram(i: number): WriteHistogram {
  const counts = [1, 2, 3].map((k) => k * (i + BASE));
  return {
    float: false,
    count: counts.reduce((a, b) => a + b, 0),
    sum: i * 1.5,
    schema: 3,
    zeroThreshold: 0,
    zeroCount: 0,
    negativeSpans: [],
    negativeCounts: [],
    positiveSpans: [{ offset: -2, length: 3 }],
    positiveCounts: counts,
    resetHint: 0,
    customValues: [],
  };
}

/** What the remote has under its external labels, from sample `from` on. */
function series(from: number, external: Readonly<Record<string, string>>): WriteSeries[] {
  const of = (name: string, labels: object, samples: WriteSeries['samples']) => ({
    labels: { __name__: name, ...labels, ...external },
    samples,
  });
  const routes = ['a', 'b', 'ü'].map((route, r) =>
    of(
      'both_requests_total',
      { route },
      indexes(from).map((i) => [timeOf(i), BASE + (i % 300) * (r + 1) + i / 7]),
    ),
  );
  const gaps = of(
    'both_gaps',
    {},
    indexes(from)
      .filter((i) => i % 40 < 20 || i % 40 === 30)
      .map((i) => [timeOf(i), i % 40 === 30 ? 'stale' : Math.sin(i)]),
  );
  const native = readsHistograms()
    ? [
        of(
          'both_native',
          {},
          indexes(from).map((i) => [timeOf(i), histogram(i)]),
        ),
      ]
    : [];
  return [...routes, gaps, ...native];
}

const only = (name: string, external: Readonly<Record<string, string>>): WriteSeries => ({
  labels: { __name__: name, ...external },
  samples: indexes(LOCAL_FROM).map((i) => [timeOf(i), i]),
});

const QUERIES = [
  '{__name__=~"both_.*|there|here"}',
  'rate(both_requests_total[5m])',
  'sum by (route) (increase(both_requests_total[30m]))',
  'both_gaps',
  'count_over_time(both_gaps[7m])',
  'absent(both_gaps)',
  'sum(there) + sum(here)',
  'max_over_time(both_requests_total{route="a"}[10m:1m])',
  'both_requests_total offset 20m',
  'both_requests_total{cluster="far"}',
  'both_requests_total{cluster="other"}',
  'topk(2, both_requests_total)',
];
const NATIVE = ['both_native', 'rate(both_native[5m])', 'histogram_quantile(0.7, rate(both_native[10m]))'];

async function write(base: string, list: readonly WriteSeries[]): Promise<void> {
  await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(list));
}

/** The two that read, with the same configuration, and the one that they read from. */
async function start(
  t: TestContext,
  remote: object,
  farOptions: { readonly config?: object; readonly flags?: readonly string[] } = {},
  /** Puts data of theirs into `dir`, under the names of the servers; instead of what is written. */
  prepare?: (dir: string) => void,
): Promise<Peers> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-reads-from-'));
  const started: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of started.reverse()) await stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  prepare?.(dir);
  const prometheus = async (name: string, config: object, more: readonly string[] = []) => {
    const own = path.join(dir, name);
    fs.mkdirSync(own, { recursive: true });
    const flags = [...RECEIVER, ...more];
    const options = { dir: own, port: await freePort(), config: JSON.stringify(config), flags };
    const { base, program } = await runPrometheus(options);
    started.push(() => program.stop('SIGKILL'));
    return base;
  };
  const far = await prometheus('far', farOptions.config ?? {}, farOptions.flags);
  const config = {
    global: { external_labels: { cluster: 'far' } },
    remote_read: [{ url: `${far}/api/v1/read`, name: 'far', ...remote }],
  };
  const reference = await prometheus('near', config);
  const file = path.join(dir, 'trilite.yml');
  fs.writeFileSync(file, JSON.stringify({ ...config, scrape_configs: [] }));
  const own = await startServer({ dataDir: path.join(dir, 'trilite'), args: ['--config', file] });
  started.push(() => own.stop('SIGKILL'));
  const peers = { reference, own: own.base };
  if (prepare) return peers;
  await write(far, [
    ...series(0, { cluster: 'far' }),
    only('there', { cluster: 'far' }),
    only('there', { cluster: 'other' }),
  ]);
  for (const base of [reference, own.base]) await write(base, [...series(LOCAL_FROM, {}), only('here', {})]);
  return peers;
}

async function sameAnswers(peers: Peers): Promise<number> {
  let points = 0;
  for (const query of [...QUERIES, ...(readsHistograms() ? NATIVE : [])]) {
    // Steps stand between samples: whether a window contains its left end differs between versions.
    const range = { query, start: (START_MS + 1_800_000 + 7000) / 1000, end: END_MS / 1000, step: 40 };
    points += await sameQuery(peers, '/api/v1/query_range', range);
  }
  const raw = {
    query: '{__name__=~"both_.*|there|here",__name__!="both_native"}[2h]',
    time: END_MS / 1000 + 5,
  };
  points += await sameQuery(peers, '/api/v1/query', raw, true);
  for (const match of ['{__name__=~"both_.*"}', 'there', '{route="a"}'])
    points += await sameData(peers, '/api/v1/series', { 'match[]': match });
  await sameData(peers, '/api/v1/labels', { 'match[]': '{__name__=~"both_.*|there|here"}' });
  await sameData(peers, '/api/v1/label/__name__/values', { 'match[]': '{__name__=~"both_.*|there|here"}' });
  return points;
}

/** Blocks of a Prometheus with one series. */
function makeBlocks(dir: string, name: string, times: readonly number[], labels = ''): void {
  const file = path.join(dir, `${name}.om`);
  const lines = times.map((ms, i) => `${name}${labels} ${i} ${ms / 1000}\n`);
  fs.writeFileSync(file, `# TYPE ${name} gauge\n${lines.join('')}# EOF\n`);
  const data = path.join(dir, name, 'prometheus');
  fs.mkdirSync(data, { recursive: true });
  execFileSync(PROMTOOL!, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
}

test('Prometheus and Trilite with old data ask a remote for what is older', {
  timeout: 110_000,
  skip:
    skipUnless(PROMETHEUS !== undefined && PROMTOOL !== undefined, PROMETHEUS_MISSING) ||
    (readsChunks() ? false : 'this version takes what is newer, too'),
}, async (t) => {
  const hours = (list: readonly number[]) => list.map((h) => END_MS - h * 3_600_000);
  const near = hours([10, 5]);
  const far = hours([9.5, 8, 7, 6.5, 5.5, 5, 4, 3]);
  const peers = await start(t, {}, {}, (dir) => {
    makeBlocks(dir, 'far', far, '{cluster="far"}');
    makeBlocks(dir, 'near', near);
  });
  const samples = near.map((ms, i) => [ms, i] as const);
  await write(peers.own, [{ labels: { __name__: 'near' }, samples }]);
  await postBody(`${peers.own}/-/flush?compact=true`, {}, '');
  const raw = { query: '{__name__=~"near|far"}[12h]', time: END_MS / 1000 };
  // Of the remote's, the first four: those until four hours behind the oldest one here.
  assert.equal(await sameQuery(peers, '/api/v1/query', raw, true), 2 + 4);
  assert.equal(
    await sameQuery(peers, '/api/v1/query', { ...raw, query: '{__name__=~"near|far"}[6h]' }, true),
    1,
  );
});

const CASES: Readonly<Record<string, object>> = {
  read_recent: { read_recent: true },
  'no external labels': { read_recent: true, filter_external_labels: false },
  'required matchers': { read_recent: true, required_matchers: { route: 'a' } },
  'a new server, which asks for all': {},
};

test('Prometheus and Trilite read newer kinds of chunks', {
  timeout: 110_000,
  skip:
    skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING) ||
    (writesXor2() ? false : 'this version does not write any'),
}, async (t) => {
  const config = { storage: { tsdb: { chunk_encoding: { floats: 'xor2' } } } };
  const flags = ['--enable-feature=histograms-st-encoding'];
  const peers = await start(t, { read_recent: true }, { config, flags });
  assert.ok((await sameAnswers(peers)) > 1000);
});

for (const [name, remote] of Object.entries(CASES)) {
  test(`Prometheus and Trilite read from a Prometheus: ${name}`, {
    timeout: 110_000,
    skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
  }, async (t) => {
    const peers = await start(t, remote);
    const points = await sameAnswers(peers);
    assert.ok(points > 1000);
    t.diagnostic(`${points} points are the same`);
    const warnings = async (base: string) =>
      (await getJson<{ warnings?: string[] }>(base, '/api/v1/labels')).warnings;
    assert.deepEqual(await warnings(peers.own), await warnings(peers.reference));
    await postBody(`${peers.own}/-/flush?compact=true`, {}, '');
    assert.equal(await sameAnswers(peers), points);
  });
}
