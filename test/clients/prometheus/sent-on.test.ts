/**
 * Trilite scrapes and sends on to a real Prometheus: both then answer the same, native histograms and exemplars too, although in
 * between Prometheus goes away and comes back, and Trilite is killed. The Prometheus is the one that `TRILITE_TEST_PROMETHEUS`
 * names, else the one on the path.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type Peers, sameData, sameQuery } from './compare-answers.ts';
import { startNativeTarget } from './native-target.ts';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  type Prometheus,
  readsHistograms,
  runPrometheus,
  speaksWriteV2,
} from './run-prometheus.ts';
import { EXEMPLAR_START_S, startSmallTarget } from './small-target.ts';

const TIMEOUT_MS = 110_000;
/** Scrapes until the receiver goes, until it comes back, and in all. */
const SCRAPES = { away: 8, killed: 14, back: 18, all: 26 } as const;

const RAW = [
  '{__name__=~"small_.*",__name__!~"small_native.*"}[1h]',
  'up[1h]',
  '{__name__=~"scrape_.*"}[1h]',
  '{job="trilite"}[1h]',
];
const NATIVE = ['small_native_seconds[1h]'];
/** What Prometheus answers of histograms depends on its version; what they hold does not. */
const INSTANT = [
  'small_short_lived',
  'count by (__name__) ({__name__=~".+"})',
  'sum by (route) (increase(small_requests_total[1h]))',
];

class Relay {
  readonly #dir: string;
  readonly #message: string;
  #port = 0;
  #config = '';
  server!: TestServer;
  prometheus!: Prometheus;

  constructor(dir: string, message: string) {
    this.#dir = dir;
    this.#message = message;
  }

  async open(targets: Readonly<Record<string, string>>, native: string): Promise<void> {
    this.#port = await freePort();
    const remote = {
      url: `http://127.0.0.1:${this.#port}/api/v1/write`,
      protobuf_message: this.#message,
      send_exemplars: true,
      send_native_histograms: true,
      queue_config: {
        batch_send_deadline: '200ms',
        max_samples_per_send: 500,
        min_shards: 2,
        max_backoff: '200ms',
      },
      metadata_config: { send_interval: '1s' },
    };
    const jobs = Object.entries(targets).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target] }],
    }));
    const nativeJob = {
      job_name: 'native',
      static_configs: [{ targets: [native] }],
      scrape_native_histograms: true,
    };
    this.#config = JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
      scrape_configs: [...jobs, nativeJob],
      remote_write: [remote],
      trilite: { self_scrape: true },
    });
    fs.writeFileSync(path.join(this.#dir, 'trilite.yml'), this.#config);
    await this.startPrometheus();
    await this.startServer();
  }

  async startPrometheus(): Promise<void> {
    this.prometheus = await runPrometheus({
      dir: this.#dir,
      port: this.#port,
      config: '{}',
      flags: ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage,native-histograms'],
    });
  }

  async startServer(): Promise<void> {
    const args = ['--config', path.join(this.#dir, 'trilite.yml')];
    this.server = await startServer({ dataDir: path.join(this.#dir, 'data'), args });
  }
}

interface Exemplars {
  readonly data: readonly { readonly seriesLabels: object; readonly exemplars: readonly object[] }[];
}

async function exemplarsOf(base: string): Promise<string[]> {
  const range = { start: EXEMPLAR_START_S, end: EXEMPLAR_START_S + SCRAPES.all - 6 };
  const parameters = { query: 'small_latency_seconds_bucket', ...range };
  const { data } = await getJson<Exemplars>(base, '/api/v1/query_exemplars', parameters);
  return data
    .flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map((e) => JSON.stringify([Object.entries(seriesLabels).sort(), Object.entries(e).sort()])),
    )
    .sort();
}

async function compare(relay: Relay, native: boolean): Promise<number> {
  const peers: Peers = { reference: relay.prometheus.base, own: relay.server.base };
  const time = Date.now() / 1000 - 2;
  let points = 0;
  for (const query of [...RAW, ...(native ? NATIVE : [])]) {
    const count = await eventually(() => sameQuery(peers, '/api/v1/query', { query, time }, true));
    assert.ok(count > 0, query);
    points += count;
  }
  for (const query of INSTANT) points += await sameQuery(peers, '/api/v1/query', { query, time });
  const range = { start: time - 3600, end: time };
  await sameData(peers, '/api/v1/series', { 'match[]': '{__name__=~".+"}', ...range });
  const exemplars = await exemplarsOf(relay.server.base);
  assert.ok(exemplars.length > 0);
  assert.deepEqual(await exemplarsOf(relay.prometheus.base), exemplars);
  return points;
}

async function run(t: TestContext, message: string): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-sent-on-'));
  const relay = new Relay(dir, message);
  const [steady, mortal, native] = await Promise.all([
    startSmallTarget(0),
    startSmallTarget(0.1),
    startNativeTarget(),
  ]);
  t.after(async () => {
    await relay.server?.stop('SIGKILL');
    await relay.prometheus?.program.stop('SIGKILL');
    await Promise.all([steady.stop(), mortal.stop(), native.stop()]);
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  await relay.open({ steady: steady.address, mortal: mortal.address }, native.address);
  const scraped = (count: number) =>
    eventually(async () => assert.ok(steady.scrapes() >= count, relay.server.stderr()), 40_000);
  await scraped(SCRAPES.away);
  await relay.prometheus.program.stop('SIGTERM');
  await mortal.stop();
  await scraped(SCRAPES.killed);
  await relay.server.stop('SIGKILL');
  await relay.startServer();
  await scraped(SCRAPES.back);
  await relay.startPrometheus();
  await scraped(SCRAPES.all);
  t.diagnostic(`${await compare(relay, readsHistograms())} points are the same`);
  assert.doesNotMatch(relay.server.stderr(), /non-recoverable|damage/);
}

test(
  'sent on to Prometheus as 1.0: every query answers the same there',
  { timeout: TIMEOUT_MS, skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING) },
  (t) => run(t, 'prometheus.WriteRequest'),
);

test(
  'sent on to Prometheus as 2.0: every query answers the same there',
  { timeout: TIMEOUT_MS, skip: speaksWriteV2() ? false : 'this Prometheus does not speak remote-write 2.0' },
  (t) => run(t, 'io.prometheus.write.v2.Request'),
);
