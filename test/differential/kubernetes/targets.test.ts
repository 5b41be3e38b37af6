/**
 * One prometheus.yml, one cluster that changes by chance, two servers: after each of many changes they have the same targets, label by label,
 * before relabelling and after, active and dropped.
 *
 * Debian builds its Prometheus without Kubernetes. Digests of what a Prometheus 3.14 said of the first seed's history are kept
 * (`kept.json`), and compared with in every run; by hand:
 *
 *     TRILITE_TEST_KUBERNETES_PROMETHEUS=PROGRAM TRILITE_TEST_KUBERNETES_STEPS=50 TRILITE_TEST_KUBERNETES_SEED=7 npm test -- test/differential/kubernetes
 *
 * `TRILITE_TEST_KUBERNETES_KEEP=1` writes the digests anew, from Prometheus' answers.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FakeApiServer } from '../../kube/fake-api-server.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { startProgram } from '../../support/program.ts';
import { startServer } from '../../support/server.ts';
import { RandomCluster } from './random-cluster.ts';

const PROMETHEUS = process.env.TRILITE_TEST_KUBERNETES_PROMETHEUS;
const KEPT = path.join(import.meta.dirname, 'kept.json');
const KEEPS = process.env.TRILITE_TEST_KUBERNETES_KEEP === '1';
const KEPT_STEPS = 4;
const KEPT_SEED = 1;
const STEPS = Number(process.env.TRILITE_TEST_KUBERNETES_STEPS ?? KEPT_STEPS);
const SEED = Number(process.env.TRILITE_TEST_KUBERNETES_SEED ?? KEPT_SEED);
const CHANGES_PER_STEP = 6;
/** Prometheus passes changes on every five seconds, twice on their way. */
const SETTLE_MAX_MS = 40_000;

const ALL = { node: true, namespace: true, deployment: true, job: true, cronjob: true };

function jobs(apiServer: string): object[] {
  const job = (name: string, role: string, more: object = {}) => ({
    job_name: name,
    // Whatever is found is not asked.
    scrape_interval: '12h',
    kubernetes_sd_configs: [{ role, api_server: apiServer, ...more }],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Failed', action: 'drop' },
      { regex: '__meta_kubernetes_(.+)', action: 'labelmap' },
    ],
  });
  return [
    ...['pod', 'service', 'endpoints', 'endpointslice', 'node', 'ingress'].map((role) => job(role, role)),
    ...['pod', 'endpoints', 'endpointslice'].map((role) =>
      job(`${role}-all`, role, { attach_metadata: ALL }),
    ),
    ...['service', 'ingress'].map((role) =>
      job(`${role}-namespace`, role, { attach_metadata: { namespace: true } }),
    ),
    job('some', 'endpoints', {
      namespaces: { names: ['shop', 'infra'] },
      selectors: [
        { role: 'pod', label: 'app in (x, true),team-x!=x', field: 'status.phase!=Pending' },
        { role: 'service', label: '!zone' },
      ],
    }),
    job('of-nodes', 'pod', {
      attach_metadata: { node: true },
      selectors: [{ role: 'node', label: 'app' }],
    }),
  ];
}

interface ApiTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

async function found(base: string): Promise<string[]> {
  const response = await fetch(`${base}/api/v1/targets`);
  const { data } = (await response.json()) as {
    data: { activeTargets: ApiTarget[]; droppedTargets: ApiTarget[] };
  };
  const text = ({ scrapePool, discoveredLabels, labels }: ApiTarget): string =>
    JSON.stringify([
      scrapePool,
      Object.entries(discoveredLabels).sort(),
      Object.entries(labels ?? {}).sort(),
    ]);
  // Targets that are equal but for what relabelling leaves out are one, and it is chance which of them.
  const active = data.activeTargets.map(({ discoveredLabels: _, ...target }) =>
    text({ ...target, discoveredLabels: {} }),
  );
  const discovered = [...data.activeTargets, ...data.droppedTargets].map((target) =>
    text({ ...target, labels: {} }),
  );
  return [...new Set([...active, ...discovered])].sort();
}

function digest(targets: readonly string[]): string {
  return `${targets.length} ${createHash('sha256').update(targets.join('\n')).digest('hex')}`;
}

/** What only one of the two has, first differences first. */
function differences(ours: readonly string[], theirs: readonly string[]): object {
  const [a, b] = [new Set(ours), new Set(theirs)];
  return {
    surplus: ours.filter((text) => !b.has(text)).slice(0, 2),
    missing: theirs.filter((text) => !a.has(text)).slice(0, 2),
  };
}

test('a cluster leads to the targets that Prometheus finds in it', { timeout: 1_800_000 }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-kubernetes-'));
  const api = await FakeApiServer.start();
  const cluster = new RandomCluster(api, SEED);
  cluster.fill();
  const file = path.join(folder, 'prometheus.yml');
  fs.writeFileSync(file, JSON.stringify({ scrape_configs: jobs(api.url) }));
  const trilite = await startServer({ dataDir: path.join(folder, 'data'), args: ['--config', file] });
  const port = await freePort();
  const prometheus =
    PROMETHEUS === undefined
      ? undefined
      : startProgram(PROMETHEUS, [
          `--config.file=${file}`,
          `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ]);
  const kept = JSON.parse(fs.readFileSync(KEPT, 'utf8')) as string[];
  const keeping: string[] = [];
  const ours = async () => (await found(trilite.base)).filter((text) => !text.startsWith('["trilite"'));
  try {
    for (let step = 0; step < STEPS; step++) {
      if (step > 0) for (let i = 0; i < CHANGES_PER_STEP; i++) cluster.change();
      if (step % 3 === 1) api.breakWatches('reset');
      if (step % 7 === 2) api.expire();
      if (prometheus) {
        // What others are told of them is known by then: endpoints are looked at again.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        cluster.touch();
        await eventually(async () => {
          const theirs = await found(`http://127.0.0.1:${port}`);
          assert.ok(theirs.length > 0);
          assert.deepEqual(
            differences(await ours(), theirs),
            { surplus: [], missing: [] },
            `seed ${SEED}, step ${step}`,
          );
          keeping[step] = digest(theirs);
        }, SETTLE_MAX_MS);
      }
      if (SEED === KEPT_SEED && step < KEPT_STEPS && !KEEPS) {
        await eventually(async () => assert.equal(digest(await ours()), kept[step], `step ${step}`), 10_000);
      }
    }
    if (prometheus && KEEPS)
      fs.writeFileSync(KEPT, `${JSON.stringify(keeping.slice(0, KEPT_STEPS), null, 2)}\n`);
  } catch (error) {
    if (!prometheus) throw error;
    throw new Error(`Prometheus said: ${prometheus.output().slice(-3000)}`, { cause: error });
  } finally {
    await trilite.stop();
    await prometheus?.stop();
    await api.stop();
    fs.rmSync(folder, { recursive: true });
  }
});
