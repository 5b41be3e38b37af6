/** A cluster's life as the whole program sees it: which targets are scraped, whose series end, and which Alertmanagers are told. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FakeApiServer } from './kube/fake-api-server.ts';
import { type Recorder, startRecorder } from './support/alert-recorder.ts';
import { getJson, promInstant } from './support/http-api.ts';
import { eventually } from './support/poll.ts';
import { type TemporaryServer, temporaryServer } from './support/temporary-server.ts';

let api: FakeApiServer;
/** Two places where a pod may answer. */
let apps: readonly Server[];
let recorders: readonly Recorder[];
let folder: string;
let trilite: TemporaryServer;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const giveToken = (token: string) => fs.writeFileSync(path.join(folder, 'token'), token);

/** A job, and a namespace, of each test: updates that follow each other in one job are held longer and longer. */
const JOBS = ['shop', 'lab', 'far'];

const configuration = () => {
  const cluster = (namespace: string) =>
    `{role: pod, api_server: '${api.url}', authorization: {credentials_file: ${folder}/token}, namespaces: {names: [${namespace}]}}`;
  const keep = (label: string, regex: string) =>
    `{source_labels: [__meta_kubernetes_pod_${label}], regex: '${regex}', action: keep}`;
  const job = (namespace: string) => `
  - job_name: ${namespace}
    kubernetes_sd_configs: [${cluster(namespace)}]
    relabel_configs:
      - ${keep('phase', 'Running|Pending')}
      - ${keep('ready', 'true')}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}`;
  return `
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: [${folder}/rules.yml]
alerting: {alertmanagers: [{path_prefix: /told, kubernetes_sd_configs: [${cluster('monitoring')}]}]}
scrape_configs: ${JOBS.map(job).join('')}
`;
};

interface PodState {
  readonly ready?: string;
  readonly phase?: string;
}

/** A pod whose one container listens at the port. */
const pod = (
  namespace: string,
  name: string,
  port: number,
  { ready = 'True', phase = 'Running' }: PodState = {},
) => {
  const ports = [{ name: 'http', containerPort: port, protocol: 'TCP' }];
  api.put({
    kind: 'Pod',
    metadata: { name, namespace },
    ...{ spec: { containers: [{ name: 'main', image: 'x', ports }] } },
    ...{ status: { phase, podIP: '127.0.0.1', conditions: [{ type: 'Ready', status: ready }] } },
  });
};
const remove = (namespace: string, name: string) => api.remove({ kind: 'Pod', namespace, name });

interface Targets {
  readonly data: {
    readonly activeTargets: readonly {
      readonly scrapePool: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly health: string;
    }[];
    readonly droppedTargetCounts: Readonly<Record<string, number>>;
  };
}
const targets = async () => (await getJson<Targets>(trilite.server.base, '/api/v1/targets')).data;

/** `POD INSTANCE` of the job's targets, all of them up, and of its series of `up` that have not ended: the same. */
const scraped = (job: string, ...expected: readonly string[]) =>
  eventually(async () => {
    const { activeTargets } = await targets();
    const shown = activeTargets
      .filter(({ scrapePool }) => scrapePool === job)
      .map(({ labels, health }) => `${labels.pod} ${labels.instance} ${health}`);
    assert.deepEqual(
      shown.sort(),
      expected.map((target) => `${target} up`),
    );
    const series = await promInstant(trilite.server.base, `up{job="${job}"}`);
    assert.deepEqual(
      series.map(({ metric, value }) => `${metric.pod} ${metric.instance} ${value?.[1]}`).sort(),
      expected.map((target) => `${target} 1`),
    );
  });

const dropped = async (job: string) => (await targets()).droppedTargetCounts[job];

const at = (app: number) => `127.0.0.1:${portOf(apps[app]!)}`;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-kubernetes-'));
  giveToken('first');
  fs.writeFileSync(
    path.join(folder, 'rules.yml'),
    'groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]',
  );
  api = await FakeApiServer.start({ token: 'first' });
  apps = await Promise.all(
    [0, 1].map(async () => {
      const app = createServer((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end('shop_orders_total 7\n');
      });
      await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
      return app;
    }),
  );
  recorders = await Promise.all([startRecorder(), startRecorder()]);
  trilite = await temporaryServer(configuration(), ['--rules.alert.resend-delay=200ms']);
});
after(async () => {
  await trilite.dispose();
  await api.stop();
  for (const recorder of recorders) recorder.stop();
  for (const app of apps) {
    app.closeAllConnections();
    app.close();
  }
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('a pod of a cluster', { timeout: 60_000 }, () => {
  it('is scraped while it is ready, where it is; then its series end', async () => {
    const web = (app: number, state?: PodState) => pod('shop', 'web', portOf(apps[app]!), state);
    web(0);
    await scraped('shop', `web ${at(0)}`);
    web(0, { ready: 'False' });
    await scraped('shop');
    assert.equal(await dropped('shop'), 1);
    web(0);
    await scraped('shop', `web ${at(0)}`);
    web(1);
    await scraped('shop', `web ${at(1)}`);
    web(1, { phase: 'Failed' });
    await scraped('shop');
    assert.equal(await dropped('shop'), 1);
    remove('shop', 'web');
    await eventually(async () => assert.equal(await dropped('shop'), 0));
  });

  it('is followed over watches that break, versions that expire and tokens that are renewed', async () => {
    pod('lab', 'a', portOf(apps[0]!));
    await scraped('lab', `a ${at(0)}`);
    api.breakWatches('reset');
    pod('lab', 'a', portOf(apps[1]!));
    await scraped('lab', `a ${at(1)}`);
    api.breakWatches();
    remove('lab', 'a');
    pod('lab', 'b', portOf(apps[0]!));
    api.expire();
    await scraped('lab', `b ${at(0)}`);
    api.rotateToken('second');
    api.breakWatches();
    remove('lab', 'b');
    pod('lab', 'c', portOf(apps[1]!));
    const refused = () => trilite.server.stderr().includes('answered 401');
    await eventually(async () => assert.ok(refused()));
    await scraped('lab', `b ${at(0)}`);
    giveToken('second');
    await scraped('lab', `c ${at(1)}`);
    assert.doesNotMatch(trilite.server.stderr(), /first|second/);
  });

  it('stays a target while the API server is away, and is what it has become afterwards', async () => {
    const failures = async () => {
      const text = await (await fetch(`${trilite.server.base}/metrics`)).text();
      return Number(/^prometheus_sd_kubernetes_failures_total (\d+)/m.exec(text)![1]);
    };
    pod('far', 'a', portOf(apps[0]!));
    await scraped('far', `a ${at(0)}`);
    const before = await failures();
    await api.goAway();
    await eventually(async () => assert.ok((await failures()) > before));
    await scraped('far', `a ${at(0)}`);
    pod('far', 'a', portOf(apps[1]!));
    pod('far', 'b', portOf(apps[0]!));
    await api.comeBack();
    await scraped('far', `a ${at(1)}`, `b ${at(0)}`);
  });
});

describe('Alertmanagers of a cluster', { timeout: 60_000 }, () => {
  const alertmanager = (recorder: number) =>
    pod('monitoring', 'alertmanager-0', Number(recorders[recorder]!.address.split(':')[1]));
  const told = (recorder: number) => recorders[recorder]!.from('told');
  const active = async () => {
    const { data } = await getJson<{ data: { activeAlertmanagers: { url: string }[] } }>(
      trilite.server.base,
      '/api/v1/alertmanagers',
    );
    return data.activeAlertmanagers.map(({ url }) => url);
  };

  it('are told of alerts where they are now', async () => {
    assert.deepEqual(await active(), []);
    alertmanager(0);
    await eventually(async () => assert.ok(told(0).length > 0));
    assert.equal(told(0)[0]!.alerts[0]!.labels.alertname, 'Always');
    assert.deepEqual(await active(), [`http://${recorders[0]!.address}/told/api/v2/alerts`]);
    alertmanager(1);
    await eventually(async () => assert.ok(told(1).length > 0));
    assert.deepEqual(await active(), [`http://${recorders[1]!.address}/told/api/v2/alerts`]);
    const [last, lastButMoved] = [told(0).length, told(1).length];
    await eventually(async () => assert.ok(told(1).length > lastButMoved + 1));
    assert.equal(told(0).length, last, 'where it was before nobody is told any more');
    remove('monitoring', 'alertmanager-0');
    await eventually(async () => assert.deepEqual(await active(), []));
  });
});
