/**
 * The manifests for Kubernetes: that they fit together, that the flags and the configuration in them are ones that the program takes, and that
 * the rights in them are those that it makes use of.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { parseCommandLine } from '../../src/config/flags.ts';
import { FakeApiServer } from '../kube/fake-api-server.ts';
import { getJson } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const FOLDER = path.join(import.meta.dirname, '../../deploy/kubernetes');
const NAMESPACE = 'monitoring';

// biome-ignore lint/suspicious/noExplicitAny: manifests are of many shapes, and each test names the fields it looks at
type Manifest = Record<string, any>;

const read = (file: string) => fs.readFileSync(path.join(FOLDER, file), 'utf8');
const kustomization = parse(read('kustomization.yaml')) as { resources: string[]; namespace: string };
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file), { prettyErrors: true }).map((document): Manifest => {
    assert.deepEqual(document.errors, [], file);
    return document.toJS();
  }),
);

function one(kind: string): Manifest {
  const [found, ...others] = manifests.filter((manifest) => manifest.kind === kind);
  assert.ok(found && others.length === 0, `one ${kind}`);
  return found;
}

const pod = one('Deployment').spec.template;
const [container] = pod.spec.containers as Manifest[];
const configuration = (one('ConfigMap').data as Record<string, string>)['trilite.yaml']!;

describe('manifests', () => {
  it('are all in the kustomization, in its namespace', () => {
    const files = fs
      .readdirSync(FOLDER)
      .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
    assert.deepEqual([...kustomization.resources].sort(), files.sort());
    assert.equal(kustomization.namespace, NAMESPACE);
    const clusterWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];
    for (const { kind, metadata, apiVersion } of manifests) {
      assert.match(apiVersion, /^([a-z0-9.]+\/)?v1$/);
      assert.match(metadata.name, /^[a-z][-a-z0-9]*$/);
      assert.equal(metadata.namespace, clusterWide.includes(kind) ? undefined : NAMESPACE, kind);
    }
    assert.equal(one('Namespace').metadata.name, NAMESPACE);
  });

  it('name each other rightly', () => {
    const { selector, strategy, replicas } = one('Deployment').spec;
    assert.deepEqual(selector.matchLabels, pod.metadata.labels);
    assert.deepEqual(one('Service').spec.selector, pod.metadata.labels);
    assert.deepEqual([strategy.type, replicas], ['Recreate', 1], 'one process owns the database');
    const account = one('ServiceAccount').metadata.name;
    assert.equal(pod.spec.serviceAccountName, account);
    const { roleRef, subjects } = one('ClusterRoleBinding');
    assert.equal(roleRef.name, one('ClusterRole').metadata.name);
    assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }]);
    const volumes = new Map((pod.spec.volumes as Manifest[]).map((volume) => [volume.name, volume]));
    assert.equal(
      volumes.get('data')!.persistentVolumeClaim.claimName,
      one('PersistentVolumeClaim').metadata.name,
    );
    assert.equal(volumes.get('config')!.configMap.name, one('ConfigMap').metadata.name);
    for (const mount of container!.volumeMounts as Manifest[]) assert.ok(volumes.has(mount.name), mount.name);
  });

  it('give the program flags that it takes, and ports that it listens at', () => {
    const { command, configFile, flags, warnings } = parseCommandLine(container!.args as string[]);
    assert.deepEqual([command, configFile, warnings], ['serve', '/etc/trilite/trilite.yaml', []]);
    const mounts = (container!.volumeMounts as Manifest[]).map(({ mountPath }) => mountPath);
    for (const used of [path.dirname(configFile!), flags.dataDir!]) assert.ok(mounts.includes(used), used);
    const listens = [...flags.http!, flags.otlpGrpc!].map(({ port }) => port).sort();
    const ports = container!.ports as { name: string; containerPort: number }[];
    assert.deepEqual(ports.map(({ containerPort }) => containerPort).sort(), listens);
    const names = ports.map(({ name }) => name);
    const served = one('Service').spec.ports as { port: number; targetPort: string }[];
    assert.deepEqual(served.map(({ targetPort }) => targetPort).sort(), [...names].sort());
    for (const { port, targetPort } of served) {
      assert.equal(ports.find(({ name }) => name === targetPort)?.containerPort, port, targetPort);
    }
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const { port, path: asked } = container![probe].httpGet;
      assert.ok(names.includes(port), probe);
      assert.match(asked, /^\/-\/(ready|healthy)$/);
    }
  });

  it('run it as its image does, with no more rights than the restricted level of pod security allows', () => {
    const dockerfile = fs.readFileSync(path.join(FOLDER, '../../Dockerfile'), 'utf8');
    const user = Number(/^USER (\d+):/m.exec(dockerfile)![1]);
    const { runAsUser, fsGroup, runAsNonRoot, seccompProfile } = pod.spec.securityContext;
    assert.deepEqual(
      [runAsUser, fsGroup, runAsNonRoot, seccompProfile.type],
      [user, user, true, 'RuntimeDefault'],
    );
    assert.deepEqual(container!.securityContext, {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    assert.ok(container!.resources.requests.memory && container!.resources.limits.memory);
  });
});

describe('the configuration in them, and the rights', { timeout: 60_000 }, () => {
  let api: FakeApiServer;
  let trilite: TemporaryServer;

  before(async () => {
    api = await FakeApiServer.start();
    putCluster(api);
    // As in the pod, but for the cluster that is asked, and with a choice of namespaces, as a user may add one.
    const here = configuration
      .replaceAll('kubernetes_sd_configs: [{', `kubernetes_sd_configs: [{ api_server: '${api.url}',`)
      .replace(/^( *)operator:/m, `$1api_server: ${api.url}\n$1operator:`)
      .replace('enabled: true', 'enabled: true\n      rule_namespace_selector: { matchLabels: { team: a } }');
    assert.notEqual(here, configuration);
    trilite = await temporaryServer(here);
  });
  after(async () => {
    await trilite.dispose();
    await api.stop();
  });

  it('finds what it is for, and what it is told of is all that it may see', async () => {
    interface Targets {
      readonly data: { readonly activeTargets: { scrapePool: string; scrapeUrl: string }[] };
    }
    await eventually(async () => {
      const { data } = await getJson<Targets>(trilite.server.base, '/api/v1/targets');
      const found = data.activeTargets.map(({ scrapePool, scrapeUrl }) => `${scrapePool} ${scrapeUrl}`);
      assert.deepEqual(found.sort(), [
        'apiserver https://10.0.0.1:6443/metrics',
        'cadvisor https://10.0.0.9:10250/metrics/cadvisor',
        'kubelet https://10.0.0.9:10250/metrics',
        'kubernetes-pods http://10.1.0.1:8080/stats',
        'kubernetes-service-endpoints http://10.1.0.2:9102/metrics',
        'podMonitor/shop/batch/0 http://10.1.0.1:8081/metrics',
        'serviceMonitor/shop/api/0 http://10.1.0.1:8080/metrics',
        'trilite http://localhost:9090/metrics',
      ]);
    });
    const rules = (one('ClusterRole').rules as Manifest[]).filter((rule) => rule.resources);
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      (apiGroups as string[]).flatMap((group) =>
        (resources as string[]).flatMap((plural) =>
          (verbs as string[]).map((verb) => `${verb} ${group}/${plural}`),
        ),
      ),
    );
    // Of a kubelet, and not of the API server.
    const ofKubelets = ['get /nodes/metrics'];
    const rights = granted.filter((right) => !ofKubelets.includes(right)).sort();
    await eventually(async () => {
      const used = new Set(api.requests.map(({ verb, group, plural }) => `${verb} ${group}/${plural}`));
      assert.deepEqual(rights, [...used].sort());
    });
  });
});

/** One of everything that something is asked of. */
function putCluster(api: FakeApiServer): void {
  const put = (kind: string, namespace: string, name: string, fields: object, meta: object = {}) =>
    api.put({ kind, metadata: { name, namespace, ...meta }, ...fields } as never);
  const addresses = [{ type: 'InternalIP', address: '10.0.0.9' }];
  const daemonEndpoints = { kubeletEndpoint: { Port: 10250 } };
  put('Node', '', 'node-1', { status: { addresses, daemonEndpoints } });
  put('Namespace', '', 'shop', {});
  const slice = (namespace: string, service: string, address: object, port: object) =>
    put(
      'EndpointSlice',
      namespace,
      `${service}-x`,
      {
        addressType: 'IPv4',
        endpoints: [{ conditions: { ready: true }, ...address }],
        ports: [{ protocol: 'TCP', ...port }],
      },
      { labels: { 'kubernetes.io/service-name': service } },
    );
  put('Service', 'default', 'kubernetes', { spec: {} });
  slice('default', 'kubernetes', { addresses: ['10.0.0.1'] }, { name: 'https', port: 6443 });
  const annotations = (more: object) => ({ 'prometheus.io/scrape': 'true', ...more });
  const ports = [
    { name: 'web', containerPort: 8080, protocol: 'TCP' },
    { name: 'batch', containerPort: 8081, protocol: 'TCP' },
  ];
  put(
    'Pod',
    'shop',
    'api-1',
    {
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'x', ports }] },
      status: { phase: 'Running', podIP: '10.1.0.1' },
    },
    {
      labels: { app: 'api' },
      annotations: annotations({ 'prometheus.io/port': '8080', 'prometheus.io/path': '/stats' }),
    },
  );
  const labelled = { labels: { app: 'db' }, annotations: annotations({ 'prometheus.io/port': '9102' }) };
  put('Service', 'shop', 'db', { spec: {} }, labelled);
  slice('shop', 'db', { addresses: ['10.1.0.2'] }, { name: 'sql', port: 5432 });
  put('Service', 'shop', 'api', { spec: {} }, { labels: { app: 'api' } });
  const targetRef = { kind: 'Pod', namespace: 'shop', name: 'api-1' };
  put('Endpoints', 'shop', 'api', {
    subsets: [
      { addresses: [{ ip: '10.1.0.1', targetRef }], ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] },
    ],
  });
  const selector = { matchLabels: { app: 'api' } };
  const of = (kind: 'secret' | 'configMap') => ({ [kind]: { name: 'login', key: 'id' } });
  put('Secret', 'shop', 'login', { data: { id: 'eA==' } });
  put('ConfigMap', 'shop', 'login', { data: { id: 'x' } });
  const oauth2 = {
    clientId: of('configMap'),
    clientSecret: { name: 'login', key: 'id' },
    tokenUrl: 'http://127.0.0.1:1/',
  };
  const monitor = { selector, serviceDiscoveryRole: 'Endpoints', endpoints: [{ port: 'web', oauth2 }] };
  put('ServiceMonitor', 'shop', 'api', { spec: { ...monitor, attachMetadata: { node: true } } });
  put('Probe', 'shop', 'site', { spec: { prober: { url: 'prober' }, targets: { ingress: {} } } });
  put('PodMonitor', 'shop', 'batch', { spec: { selector, podMetricsEndpoints: [{ port: 'batch' }] } });
}
