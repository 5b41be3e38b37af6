/**
 * The exporters that everybody runs, scraped by Trilite and by a real Prometheus: both store the same. Each is scraped at its
 * own address, and pages of it are served again to both, so that even what moves can be compared. What is not installed is
 * left out, with a message.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSamples } from '../../differential/scrape/compare.ts';
import { indexedSamples } from '../../differential/scrape/indexed-samples.ts';
import type { ScrapeJob } from '../../differential/scrape/jobs.ts';
import { type ScrapePair, startScrapePair } from '../../differential/scrape/pair.ts';
import { startTargets } from '../../differential/scrape/target-server.ts';
import { getJson, promValuesBy } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../prometheus/run-prometheus.ts';
import { cadvisorPage } from './cadvisor-page.ts';
import {
  type ExporterKind,
  exporterKinds,
  fetchPage,
  nginxStatus,
  type RunningExporter,
  startExporter,
} from './exporters.ts';

/** Pages of an exporter that are served again. */
const PAGES = 3;
const SCRAPES = 6;

async function recordedJob({ name, address }: RunningExporter): Promise<ScrapeJob> {
  const pages = await Promise.all(Array.from({ length: PAGES }, () => fetchPage(address)));
  return { name, pages: { [`/${name}`]: (n) => pages[n % PAGES]! } };
}

/** Scraped at its own address. */
const liveJob = ({ name, address }: RunningExporter): ScrapeJob => ({
  name: `live_${name}`,
  config: { metrics_path: '/metrics' },
  pages: {},
  staticConfigs: () => [{ targets: [address] }],
});

async function scraped({ reference, own }: ScrapePair, jobs: readonly ScrapeJob[]): Promise<void> {
  await eventually(async () => {
    for (const base of [reference, own]) {
      const counts = await promValuesBy(base, 'job', 'count_over_time(up[5m])');
      for (const { name } of jobs) assert.ok(Number(counts[name] ?? 0) >= SCRAPES, `${base} ${name}`);
    }
  }, 60_000);
}

interface Family {
  readonly target: Readonly<Record<string, string>>;
  readonly metric: string;
}

async function families(base: string): Promise<string[]> {
  const { data } = await getJson<{ data: Family[] }>(base, '/api/v1/targets/metadata');
  return data
    .filter(({ target }) => !target.job!.startsWith('live_'))
    .map((f) => JSON.stringify(f))
    .sort();
}

test('exporters', {
  timeout: 120_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async (t) => {
  const stops: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const nginx = await startTargets(new Map(Object.entries(nginxStatus)), () => false);
  stops.push(() => nginx.stop());
  const start = async (kind: ExporterKind): Promise<RunningExporter> => {
    const exporter = await startExporter(kind);
    stops.push(() => exporter.program.stop('SIGKILL'));
    return exporter;
  };
  const kinds = exporterKinds(nginx.address);
  for (const { name, program } of kinds) {
    if (program === undefined) t.diagnostic(`prometheus-${name}-exporter is not installed, and left out`);
  }
  const running = await Promise.all(kinds.filter(({ program }) => program !== undefined).map(start));
  skipUnless(
    running.some(({ name }) => name === 'node'),
    'prometheus-node-exporter is not installed',
  );
  const quick = running.filter(({ isQuick }) => isQuick);
  const recorded = await Promise.all(running.map(recordedJob));
  const pair = await startScrapePair((startMs) => [
    ...recorded,
    ...quick.map(liveJob),
    { name: 'cadvisor', pages: { '/cadvisor': cadvisorPage(startMs) } },
    {
      name: 'cadvisor_not_honored',
      config: { honor_timestamps: false },
      pages: { '/cadvisor_not_honored': cadvisorPage(startMs) },
    },
  ]);
  stops.push(() => pair.dispose());
  await scraped(pair, pair.jobs);

  const [want, got] = await Promise.all([pair.reference, pair.own].map((b) => indexedSamples(b, pair)));
  const live = (job: string) => job.startsWith('live_') || job === 'moving';
  const { differences, compared } = compareSamples(want!, got!, live);
  assert.deepEqual(differences.slice(0, 10), []);
  assert.ok(compared > 1000, `${compared} samples`);
  assert.deepEqual(await families(pair.own), await families(pair.reference));

  for (const { name } of quick) {
    const series = async (base: string, query: string) =>
      (await promValuesBy(base, 'job', query))[`live_${name}`];
    const alive = 'min_over_time(up[5m])';
    assert.equal(await series(pair.own, alive), '1', name);
    const count = 'count by (job) ({job=~"live_.*",__name__!~"up|scrape_.*"})';
    const [a, b] = [await series(pair.reference, count), await series(pair.own, count)];
    // Devices and processes come and go between two scrapes.
    assert.ok(Math.abs(Number(a) - Number(b)) <= 0.02 * Number(a), `${name}: ${a} and ${b} series`);
  }
});
