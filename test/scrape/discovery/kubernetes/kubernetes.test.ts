/** A cluster's life, and the targets that discovery makes of it at each moment. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { systemClock } from '../../../../src/base/clock.ts';
import { Telemetry } from '../../../../src/base/telemetry.ts';
import { WatchPool } from '../../../../src/kube/watch-pool.ts';
import type {
  KubernetesDiscoveryConfig,
  KubernetesRole,
} from '../../../../src/scrape/discovery/discovery-config.ts';
import { DiscoveryPool } from '../../../../src/scrape/discovery/discovery-pool.ts';
import type { TargetGroup } from '../../../../src/scrape/target.ts';
import { FakeApiServer } from '../../../kube/fake-api-server.ts';
import { eventually } from '../../../support/poll.ts';

const NOTHING = { node: false, namespace: false, deployment: false, job: false, cronJob: false };
const META = '__meta_kubernetes_';

let server: FakeApiServer;
let telemetry: Telemetry;
let pool: DiscoveryPool;
let errors: string[];
let groups: readonly TargetGroup[];
let updates: number;
let ends: (() => void)[];

beforeEach(async () => {
  server = await FakeApiServer.start();
  telemetry = new Telemetry();
  const watches = new WatchPool({
    clock: systemClock,
    userAgent: 'test',
    backoff: { firstMs: 5, maxMs: 20 },
  });
  pool = new DiscoveryPool({
    clock: systemClock,
    parseYaml,
    telemetry,
    user: 'scrape',
    watches: async () => watches,
  });
  errors = [];
  groups = [];
  updates = 0;
  ends = [];
});
afterEach(async () => {
  for (const end of ends) end();
  await server.stop();
});

function discover(role: KubernetesRole, more: Partial<KubernetesDiscoveryConfig> = {}): () => void {
  const config: KubernetesDiscoveryConfig = {
    role,
    access: { way: 'api-server', apiServer: server.url, client: { followRedirects: true, httpHeaders: {} } },
    namespaces: [],
    includesOwnNamespace: false,
    selectors: {},
    attaches: NOTHING,
    ...more,
  };
  const end = pool.subscribe(
    { way: 'kubernetesDiscovery', config },
    {
      name: 'job',
      update: (found) => {
        groups = found;
        updates++;
      },
      onError: (source, error) => errors.push(`${source}: ${(error as Error).message}`),
    },
  );
  ends.push(end);
  return end;
}

const addresses = () => groups.flatMap((group) => group.targets).sort();
const finds = (...expected: string[]) => eventually(async () => assert.deepEqual(addresses(), expected));
const label = (name: string) => groups.map((group) => group.labels[META + name]);

interface PodFields {
  readonly ip?: string;
  readonly node?: string;
  readonly ready?: string;
  readonly phase?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
}

const pod = (
  name: string,
  { ip = '10.0.0.1', node = 'a', ready = 'True', phase = 'Running', ...more }: PodFields = {},
) =>
  server.put({
    kind: 'Pod',
    metadata: { name, namespace: more.namespace ?? 'shop', labels: more.labels ?? {} },
    ...{
      spec: {
        nodeName: node,
        containers: [
          { name: 'main', image: 'i', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] },
        ],
      },
      status: { podIP: ip, phase, conditions: [{ type: 'Ready', status: ready }] },
    },
  });
const put = (kind: string, name: string, fields: object = {}, meta: object = {}) =>
  server.put({ kind, metadata: { name, namespace: 'shop', ...meta }, ...fields });

describe('a pod', () => {
  it('appears, moves, becomes unready, fails and goes', async () => {
    discover('pod');
    // Where there is nothing, that is said as well.
    await eventually(async () => assert.equal(updates, 1));
    pod('web', { ip: '' });
    pod('web');
    await finds('10.0.0.1:80', '10.0.0.1:81');
    assert.deepEqual(label('pod_ready'), ['true', 'true']);
    pod('web', { ip: '10.0.9.9', node: 'b', ready: 'False' });
    await finds('10.0.9.9:80', '10.0.9.9:81');
    assert.deepEqual([label('pod_node_name')[0], label('pod_ready')[0]], ['b', 'false']);
    pod('web', { ip: '10.0.9.9', node: 'b', phase: 'Failed' });
    await eventually(async () => assert.equal(label('pod_phase')[0], 'Failed'));
    server.remove({ kind: 'Pod', namespace: 'shop', name: 'web' });
    await finds();
    const counted = (event: string) =>
      Number(
        new RegExp(`kubernetes_events_total{role="pod",event="${event}"} (\\d+)`).exec(telemetry.print())![1],
      );
    assert.deepEqual(['add', 'update', 'delete'].map(counted), [1, 3, 1]);
    assert.deepEqual(errors, []);
  });

  it('stays a target while its server is away; failures are told and counted', async () => {
    pod('web');
    discover('pod');
    await finds('10.0.0.1:80', '10.0.0.1:81');
    await server.goAway();
    await eventually(async () => assert.ok(errors.length >= 2));
    assert.match(errors[0]!, /^kubernetes: GET \/api\/v1\/pods: .*refused/);
    assert.equal(addresses().length, 2);
    server.remove({ kind: 'Pod', namespace: 'shop', name: 'web' });
    await server.comeBack();
    await finds();
    assert.match(telemetry.print(), /prometheus_sd_kubernetes_failures_total [1-9]/);
  });

  it('that changes in nothing that targets are told of brings no news', async () => {
    pod('web');
    discover('pod');
    await finds('10.0.0.1:80', '10.0.0.1:81');
    const [before, known] = [updates, groups];
    server.put({ ...server.object({ kind: 'Pod', namespace: 'shop', name: 'web' })!, kind: 'Pod' });
    pod('api', { ip: '10.0.0.2' });
    await finds('10.0.0.1:80', '10.0.0.1:81', '10.0.0.2:80', '10.0.0.2:81');
    assert.equal(updates, before + 1);
    assert.deepEqual(
      known.map((group) => groups.includes(group)),
      [true, true],
      'what is the same stays the very same',
    );
  });

  it('is looked for in namespaces that are named, and each of them stands alone', async () => {
    pod('web');
    pod('other', { namespace: 'infra', ip: '10.0.0.3' });
    server.failNext(403, { plural: 'pods', times: 3 });
    discover('pod', {
      namespaces: ['shop', 'none', 'shop'],
      selectors: { pod: { label: '', field: 'status.phase=Running' } },
    });
    await finds('10.0.0.1:80', '10.0.0.1:81');
    assert.match(errors[0]!, /a Role in namespace \w+ that allows get, list and watch of "pods"/);
  });
});

describe('endpoints', () => {
  const subset = {
    addresses: [
      { ip: '10.0.0.1', nodeName: 'a', targetRef: { kind: 'Pod', namespace: 'shop', name: 'web' } },
    ],
    ports: [{ port: 80, name: 'http', protocol: 'TCP' }],
  };

  it('are told of pod, service, node and namespace, and follow each of them', async () => {
    discover('endpoints', { attaches: { ...NOTHING, node: true, namespace: true, deployment: true } });
    put('Endpoints', 'web', { subsets: [subset] });
    await finds('10.0.0.1:80');
    assert.equal(label('pod_name')[0], undefined);
    // The pod comes after its endpoint, as does everything else.
    pod('web', { labels: { v: '1' } });
    await finds('10.0.0.1:80', '10.0.0.1:81');
    const first = () => groups.find((group) => group.targets[0] === '10.0.0.1:80')!.labels;
    const follows = (name: string, value: string | undefined) =>
      eventually(async () => assert.equal(first()[META + name], value, name));
    assert.equal(first()[`${META}pod_container_port_name`], 'http');
    put('Service', 'web', {}, { labels: { tier: 'front' } });
    await follows('service_label_tier', 'front');
    server.put({ kind: 'Node', metadata: { name: 'a', labels: { zone: 'x' } } });
    await follows('node_label_zone', 'x');
    server.put({ kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } });
    await follows('namespace_label_team', 'a');
    pod('web', { labels: { v: '2' } });
    await follows('pod_label_v', '2');
    server.remove({ kind: 'Node', name: 'a' });
    await follows('node_label_zone', undefined);
    server.remove({ kind: 'Service', namespace: 'shop', name: 'web' });
    await follows('service_label_tier', undefined);
    server.remove({ kind: 'Pod', namespace: 'shop', name: 'web' });
    await finds('10.0.0.1:80');
    server.remove({ kind: 'Endpoints', namespace: 'shop', name: 'web' });
    await finds();
    assert.deepEqual(errors, []);
  });

  it('may have nothing where there are lists', async () => {
    const of = { labels: { 'kubernetes.io/service-name': 'web' } };
    put('EndpointSlice', 'empty', { addressType: 'IPv4', endpoints: null, ports: null }, of);
    put('Service', 'web', { spec: { ports: null, ipFamilies: null } }, { annotations: null });
    put('Pod', 'web', { spec: { containers: null }, status: { podIP: '10.0.0.1', conditions: null } });
    put(
      'EndpointSlice',
      'one',
      { endpoints: [{ addresses: ['10.0.0.9'], conditions: null, nodeName: null }], ports: [{ port: 9 }] },
      of,
    );
    discover('endpointslice');
    await finds('10.0.0.9:9');
    assert.equal(label('service_name')[0], 'web');
    assert.deepEqual(errors, []);
  });

  it('wait for everything that they are told of', async () => {
    put('Endpoints', 'web', { subsets: [subset] });
    server.failNext(403, { plural: 'nodes', times: 3 });
    discover('endpoints', { attaches: { ...NOTHING, node: true } });
    await eventually(async () => assert.ok(errors.length > 0));
    assert.equal(updates, 0);
    await finds('10.0.0.1:80');
    assert.match(errors[0]!, /a ClusterRole that allows get, list and watch of "nodes" in apiGroup ""/);
  });
});

describe('jobs', () => {
  it('that look at the same objects share one watch, also of different roles', async () => {
    put('Service', 'web', { spec: { ports: [{ port: 80 }] } });
    discover('service');
    discover('endpoints');
    discover('endpointslice');
    await eventually(async () => assert.equal(server.watches(), 4));
    assert.equal(server.watches('services'), 1);
    assert.equal(server.requests.filter(({ verb }) => verb === 'list').length, 4);
  });

  it('whose cluster is not to be found are told, and count as failed', async () => {
    const access = { way: 'in-cluster', host: '', port: '', folder: '/none' } as const;
    const end = discover('pod', { access });
    await eventually(async () => assert.equal(errors.length, 1));
    assert.match(errors[0]!, /^kubernetes: unable to load in-cluster configuration/);
    assert.match(telemetry.print(), /prometheus_sd_failed_configs{name="scrape"} 1/);
    end();
    ends = [];
    assert.match(telemetry.print(), /prometheus_sd_failed_configs{name="scrape"} 0/);
  });
});
