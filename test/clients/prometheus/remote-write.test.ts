/**
 * A real Prometheus scrapes, keeps what it scraped and remote-writes it to Trilite. Both are then asked the same
 * queries at the same times, in a past that no sample can reach any more; the answers must be the same.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson, postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import { type Peers, sameData, sameQuery } from './compare-answers.ts';
import { startNativeTarget } from './native-target.ts';
import {
  nativeHistogramsJob,
  PROMETHEUS,
  PROMETHEUS_MISSING,
  type PrometheusOptions,
  speaksWriteV2,
  startPrometheus,
} from './run-prometheus.ts';
import { EXEMPLAR_START_S, type SmallTarget, startSmallTarget } from './small-target.ts';

const SCRAPE_INTERVAL_MS = 500;
/** The second target goes away after this many scrapes … */
const MORTAL_SCRAPES = 16;
/** … and the first is scraped this often. */
const SCRAPES = 28;
/** Longer than a sample can be on its way when nothing fails. */
const IN_FLIGHT_MAX_MS = 2000;
/** Ranges of the rates; steps begin when one is full of samples. */
const WINDOW_S = 3;
/** Exemplars carry the number of their scrape as time; those of the last scrapes may be on their way. */
const EXEMPLARS_COMPARED = SCRAPES - 6;
const TIMEOUT_MS = 110_000;

/** Selections must agree to the bit: what was scraped is what is stored. */
const RAW = [
  '{__name__=~"small_.*"}[1h]',
  'small_special[1h]',
  'up[1h]',
  '{__name__=~"scrape_.*"}[1h]',
  '{job="prometheus"}[1h]',
  'small_native_seconds[1h]',
];

const INSTANT = ['{job!=""}', 'up', 'small_short_lived', 'count({__name__=~".+"})', 'time() - timestamp(up)'];

const RANGE = [
  'up',
  'small_special',
  'small_short_lived',
  'small_requests_total',
  'rate(small_requests_total[3s])',
  'sum by (route) (rate(small_requests_total[3s]))',
  'sum without (code, instance) (increase(small_requests_total[3s]))',
  'irate(small_requests_total[3s]) * 60',
  'increase(small_restarts_total[3s])',
  'resets(small_restarts_total[3s]) + changes(small_restarts_total[3s])',
  'histogram_quantile(0.9, sum by (le) (rate(small_latency_seconds_bucket[3s])))',
  'histogram_quantile(0.5, rate(small_latency_seconds_bucket[3s]))',
  'rate(small_latency_seconds_sum[3s]) / rate(small_latency_seconds_count[3s])',
  'delta(small_temperature_celsius[3s])',
  'deriv(small_temperature_celsius[3s])',
  'predict_linear(small_temperature_celsius[3s], 10)',
  'avg_over_time(small_temperature_celsius[3s])',
  'stddev_over_time(small_temperature_celsius[3s])',
  'quantile_over_time(0.75, small_temperature_celsius[3s])',
  'max_over_time(deriv(small_temperature_celsius[2s])[3s:1s])',
  'topk(1, small_temperature_celsius)',
  'quantile(0.3, small_temperature_celsius) - min(small_temperature_celsius)',
  'small_temperature_celsius offset 2s',
  'small_temperature_celsius > bool 0 or up',
  'small_requests_total * on (instance, job) group_left up',
  'label_replace(small_requests_total, "first", "$1", "route", "/(.).*")',
  'absent(small_short_lived)',
  'count_over_time(up[3s])',
  'scrape_samples_scraped',
  'count by (__name__, job) ({__name__=~".+"})',
  'sum by (handler, code) (rate(prometheus_http_requests_total[3s]))',
  'rate(prometheus_tsdb_head_samples_appended_total[3s])',
  'histogram_quantile(0.99, sum by (le, handler) (rate(prometheus_http_request_duration_seconds_bucket[3s])))',
  'go_memstats_alloc_bytes / 1024',
  'small_native_seconds',
  'rate(small_native_seconds[3s])',
  'sum(increase(small_native_seconds[3s]))',
  'histogram_sum(rate(small_native_seconds[3s])) / histogram_count(rate(small_native_seconds[3s]))',
  'histogram_count(sum by (job) (small_native_seconds))',
];

const LISTS = [
  ['/api/v1/labels', {}],
  ['/api/v1/labels', { 'match[]': '{__name__=~"small_.*"}' }],
  ['/api/v1/label/__name__/values', {}],
  ['/api/v1/label/route/values', {}],
  ['/api/v1/label/le/values', { 'match[]': 'small_latency_seconds_bucket' }],
  ['/api/v1/series', { 'match[]': '{__name__=~".+"}' }],
] as const;

interface Raw {
  readonly data: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
}

/**
 * Times to ask at, in seconds. They stand between two scrapes of every target: whether a window contains its left
 * end differs between versions of Prometheus.
 */
async function askingTimes(base: string, endMs: number): Promise<{ first: number; last: number }> {
  const query = { query: 'up[1h]', time: endMs / 1000 };
  const { data } = await getJson<Raw>(base, '/api/v1/query', query);
  const times = data.result.flatMap(({ values }) => values.map(([seconds]) => Math.round(seconds * 1000)));
  const phases = [...new Set(times.map((ms) => ms % SCRAPE_INTERVAL_MS))];
  const free = (ms: number) => phases.every((phase) => (ms - phase) % SCRAPE_INTERVAL_MS !== 0);
  let lastMs = endMs;
  while (!free(lastMs)) lastMs--;
  const firstMs = Math.max(...data.result.map(({ values }) => Math.round(values[0]![0] * 1000)));
  const steps = Math.floor((lastMs - firstMs) / 1000) - WINDOW_S - 1;
  assert.ok(steps >= 3, `only ${steps} steps can be compared`);
  return { first: (lastMs - steps * 1000) / 1000, last: lastMs / 1000 };
}

interface Exemplars {
  readonly data: readonly { readonly seriesLabels: object; readonly exemplars: readonly object[] }[];
}

async function sameExemplars(peers: Peers, start: number, end: number): Promise<number> {
  const read = async (base: string) => {
    const parameters = { query: 'small_latency_seconds_bucket', start, end };
    const { data } = await getJson<Exemplars>(base, '/api/v1/query_exemplars', parameters);
    const rows = data.flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map((e) => JSON.stringify([Object.entries(seriesLabels).sort(), Object.entries(e).sort()])),
    );
    return rows.sort();
  };
  const want = await read(peers.reference);
  assert.deepEqual(await read(peers.own), want);
  return want.length;
}

async function sameMetadata(peers: Peers): Promise<void> {
  for (const metric of [
    'small_requests',
    'small_temperature_celsius',
    'small_latency_seconds',
    'small_size_bytes',
  ]) {
    const read = (base: string) => getJson<{ data: unknown }>(base, '/api/v1/metadata', { metric });
    assert.deepEqual((await read(peers.own)).data, (await read(peers.reference)).data);
  }
}

async function compareAll(peers: Peers, mortal: SmallTarget, withMetadata: boolean): Promise<number> {
  const endMs = Date.now() - IN_FLIGHT_MAX_MS;
  const { first, last } = await askingTimes(peers.reference, endMs);
  let points = 0;
  // Only the first comparison waits for what is still on its way; all later ones must agree at once.
  await eventually(() =>
    sameQuery(peers, '/api/v1/query', { query: '{__name__=~".+"}[1h]', time: last }, true),
  );
  for (const query of RAW) {
    const count = await sameQuery(peers, '/api/v1/query', { query, time: last }, true);
    assert.ok(count > 0, query);
    points += count;
  }
  for (const query of INSTANT) points += await sameQuery(peers, '/api/v1/query', { query, time: last });
  for (const query of RANGE) {
    const count = await sameQuery(peers, '/api/v1/query_range', { query, start: first, end: last, step: 1 });
    assert.ok(count > 0, `${query} answers nothing`);
    points += count;
  }
  for (const [path, parameters] of LISTS) {
    const count = await sameData(peers, path, { ...parameters, start: first - 3600, end: last });
    assert.ok(count > 0, path);
  }
  assert.ok((await sameExemplars(peers, EXEMPLAR_START_S, EXEMPLAR_START_S + EXEMPLARS_COMPARED)) > 0);
  // Prometheus 3.14 was seen to send none by remote-write 2.0.
  if (withMetadata) await eventually(() => sameMetadata(peers));
  const down = { query: `up{instance="${mortal.address}"} == 0`, time: last };
  assert.equal(await sameQuery(peers, '/api/v1/query', down), 1, 'the stopped target is down');
  return points;
}

async function runPair(
  t: { after(hook: () => Promise<void> | void): void; diagnostic(text: string): void },
  remoteWrite: NonNullable<PrometheusOptions['remoteWrite']>,
  withMetadata: boolean,
): Promise<void> {
  // Prometheus ends before its directory goes.
  const started: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of started.reverse()) await stop();
  });
  const own = await temporaryServer();
  started.push(() => own.dispose());
  const [steady, mortal, native] = await Promise.all([
    startSmallTarget(0),
    startSmallTarget(0.1),
    startNativeTarget(),
  ]);
  started.push(() => Promise.all([steady.stop(), mortal.stop(), native.stop()]));
  const prometheus = await startPrometheus({
    dir: own.dir,
    targets: { steady: steady.address, mortal: mortal.address },
    jobs: [{ job_name: 'native', static_configs: [{ targets: [native.address] }], ...nativeHistogramsJob() }],
    writeUrl: `${own.server.base}/api/v1/write`,
    scrapeInterval: `${SCRAPE_INTERVAL_MS}ms`,
    remoteWrite,
  });
  started.push(() => prometheus.program.stop('SIGKILL'));
  const peers: Peers = { reference: prometheus.base, own: own.server.base };
  const scraped = (target: SmallTarget, count: number) =>
    eventually(async () => assert.ok(target.scrapes() >= count, prometheus.program.output()), 40_000);
  await scraped(mortal, MORTAL_SCRAPES);
  await mortal.stop();
  await scraped(steady, SCRAPES);
  t.diagnostic(`${await compareAll(peers, mortal, withMetadata)} points are the same`);
  await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
  t.diagnostic(
    `${await compareAll(peers, mortal, withMetadata)} points are the same after a flush and a compaction`,
  );
}

test(
  'Prometheus by remote-write 1.0: every query answers the same',
  {
    timeout: TIMEOUT_MS,
    skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
  },
  (t) => runPair(t, {}, true),
);

test(
  'Prometheus by remote-write 2.0: every query answers the same',
  {
    timeout: TIMEOUT_MS,
    skip: speaksWriteV2() ? false : 'this Prometheus does not speak remote-write 2.0',
  },
  (t) => runPair(t, { protobuf_message: 'io.prometheus.write.v2.Request' }, false),
);
