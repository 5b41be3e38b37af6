/** Resources of a cluster as they come, change, go wrong and go: what jobs and rules there are at each moment. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { KubeCluster } from '../../src/kube/cluster.ts';
import { WatchPool } from '../../src/kube/watch-pool.ts';
import type { YamlFields } from '../../src/operator/client-fields.ts';
import { Operator } from '../../src/operator/operator.ts';
import { DEFAULT_OPERATOR, type OperatorSettings } from '../../src/operator/operator-settings.ts';
import { showOperator } from '../../src/operator/operator-telemetry.ts';
import { FakeApiServer } from '../kube/fake-api-server.ts';
import { eventually } from '../support/poll.ts';

const QUICK = { firstMs: 10, maxMs: 50 };

let server: FakeApiServer;
let cluster: KubeCluster;
before(async () => {
  server = await FakeApiServer.start();
  cluster = { apiServer: server.url, client: { followRedirects: true, httpHeaders: {} } };
});
after(() => server.stop());

/** An operator whose jobs are their fields, and whose rules are texts; `wrong` in a text is a fault. */
class Bench {
  jobs: readonly YamlFields[] = [];
  readonly rules = new Map<string, string>();
  readonly log: string[] = [];
  /** Jobs that were read, rules that were checked: by name, each time. */
  readonly read: string[] = [];
  readonly operator: Operator<YamlFields, string>;

  constructor(settings: Partial<OperatorSettings> = {}) {
    const note = (message: string, fields?: object) =>
      void this.log.push(`${message} ${JSON.stringify(fields)}`);
    const log: Logger = { debug: note, info: note, warn: note, error: note, child: () => log };
    this.operator = new Operator({
      settings: { ...DEFAULT_OPERATOR, enabled: true, ...settings },
      cluster,
      pool: new WatchPool({ clock: systemClock, userAgent: 'test', backoff: QUICK }),
      clock: systemClock,
      log,
      mayReadFiles: () => false,
      outlets: {
        readJob: (fields) => {
          this.read.push(String(fields.job_name));
          if (fields.metrics_path === '/wrong') throw new Error('metrics_path: is wrong');
          return fields;
        },
        takeJobs: (jobs) => {
          this.jobs = jobs;
        },
        checkRules: async (file, text) => {
          this.read.push(file);
          if (text.includes('wrong'))
            throw new Error(`${file}: 1:17: 1:20: group "g", rule 1, "r": it is wrong`);
          return text;
        },
        putRules: async (namespace, groups) => {
          if (groups === undefined) this.rules.delete(namespace);
          else this.rules.set(namespace, groups);
        },
      },
    });
  }

  names(): string[] {
    return this.jobs.map((job) => String(job.job_name));
  }

  errors(): Record<string, string> {
    const { resources } = this.operator.view();
    const faulty = resources.filter(({ state }) => state !== 'applied');
    return Object.fromEntries(faulty.map(({ name, state, error }) => [name, `${state}: ${error}`]));
  }
}

const serviceMonitor = (name: string, endpoint: object = { port: 'web' }, namespace = 'shop', labels = {}) =>
  server.put({
    kind: 'ServiceMonitor',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: { app: name } }, endpoints: [endpoint] },
  } as never);

const podMonitor = (name: string, namespace = 'shop') =>
  server.put({
    kind: 'PodMonitor',
    metadata: { name, namespace },
    spec: { selector: {}, podMetricsEndpoints: [{ port: 'a' }, { port: 'b' }] },
  } as never);

const prometheusRule = (name: string, expr: string, namespace = 'shop') =>
  server.put({
    kind: 'PrometheusRule',
    metadata: { name, namespace },
    spec: {
      groups: [{ name: 'g', rules: [{ record: 'r', expr, for: '' }], partial_response_strategy: 'warn' }],
    },
  } as never);

const secret = (password: string) =>
  server.put({
    kind: 'Secret',
    metadata: { name: 'login', namespace: 'shop' },
    data: {
      username: Buffer.from('me').toString('base64'),
      password: Buffer.from(password).toString('base64'),
    },
  } as never);

const LOGIN = {
  basicAuth: { username: { name: 'login', key: 'username' }, password: { name: 'login', key: 'password' } },
};

async function withBench(
  settings: Partial<OperatorSettings>,
  use: (bench: Bench) => Promise<void>,
): Promise<void> {
  const bench = new Bench(settings);
  bench.operator.start();
  try {
    await use(bench);
  } finally {
    await bench.operator.stop();
  }
  await eventually(async () => assert.equal(server.watches(), 0, 'no watch is left'));
}

beforeEach(() => {
  for (const kind of [
    'ServiceMonitor',
    'PodMonitor',
    'Probe',
    'ScrapeConfig',
    'PrometheusRule',
    'Secret',
    'Namespace',
  ]) {
    for (const { metadata } of server.objects(kind)) {
      server.remove({ kind, namespace: metadata.namespace ?? '', name: metadata.name! });
    }
  }
});

describe('monitors of a cluster', { timeout: 30_000 }, () => {
  it('are jobs as long as they are there; only what changes is read again', async () => {
    serviceMonitor('web');
    podMonitor('batch', 'jobs');
    await withBench({}, async (bench) => {
      const all = ['serviceMonitor/shop/web/0', 'podMonitor/jobs/batch/0', 'podMonitor/jobs/batch/1'];
      await eventually(async () => assert.deepEqual(bench.names(), all));
      bench.read.length = 0;
      serviceMonitor('api');
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/api/0', ...all]));
      assert.deepEqual(bench.read, ['serviceMonitor/shop/api/0']);
      server.remove({ kind: 'ServiceMonitor', namespace: 'shop', name: 'web' });
      server.remove({ kind: 'PodMonitor', namespace: 'jobs', name: 'batch' });
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/api/0']));
    });
  });

  it('so are Probes and ScrapeConfigs', async () => {
    const metadata = { namespace: 'shop', name: 'x' };
    server.put({
      kind: 'Probe',
      metadata,
      ...{ spec: { prober: { url: 'a' }, targets: { staticConfig: { static: ['b'] } } } },
    });
    server.put({ kind: 'ScrapeConfig', metadata, ...{ spec: { staticConfigs: [{ targets: ['c'] }] } } });
    await withBench({}, async (bench) => {
      const both = ['probe/shop/x', 'scrapeConfig/shop/x'];
      await eventually(async () => assert.deepEqual(bench.names(), both));
      server.put({ kind: 'ScrapeConfig', metadata, ...{ spec: { ec2SDConfigs: [{}] } } });
      await eventually(async () => assert.deepEqual(bench.names(), ['probe/shop/x']));
      assert.deepEqual(bench.errors(), { x: 'rejected: ec2SDConfigs: not supported here' });
    });
  });

  it('that are wrong are left out and told, the others go on', async () => {
    serviceMonitor('good');
    serviceMonitor('bad', { path: '/wrong' });
    serviceMonitor('files', { bearerTokenFile: '/token' });
    await withBench({}, async (bench) => {
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/good/0']));
      const files = 'endpoints[0]: it names the file /token, and resources of namespace shop may name none';
      assert.deepEqual(bench.errors(), {
        bad: 'rejected: metrics_path: is wrong',
        files: `rejected: ${files}: file_access_namespaces`,
      });
      assert.match(bench.log.join('\n'), /a ServiceMonitor is wrong and is left out {"resource":"shop\/bad"/);
      const telemetry = new Telemetry();
      showOperator(telemetry, () => bench.operator.view().resources);
      const text = telemetry.print();
      assert.match(text, /managed_resources{resource="ServiceMonitor",state="selected"} 3\n/);
      assert.match(text, /managed_resources{resource="ServiceMonitor",state="rejected"} 2\n/);
      serviceMonitor('bad');
      const mended = ['serviceMonitor/shop/bad/0', 'serviceMonitor/shop/good/0'];
      await eventually(async () => assert.deepEqual(bench.names(), mended));
    });
  });

  it('have what is in their Secrets, also when that is rotated; no other Secret is read', async () => {
    server.put({ kind: 'Secret', metadata: { name: 'other', namespace: 'shop' }, data: {} } as never);
    serviceMonitor('web', LOGIN);
    await withBench({}, async (bench) => {
      const error = 'rejected: endpoints[0]: basicAuth.username: secret shop/login not found';
      await eventually(async () => assert.deepEqual(bench.errors(), { web: error }));
      secret('first');
      const login = (password: string) => ({ username: 'me', password });
      await eventually(async () => assert.deepEqual(bench.jobs[0]?.basic_auth, login('first')));
      secret('second');
      await eventually(async () => assert.deepEqual(bench.jobs[0]?.basic_auth, login('second')));
      const asked = server.requests.filter(({ plural }) => plural === 'secrets');
      const selectors = new Set(
        asked.map(({ query, namespace }) => `${namespace} ${query.get('fieldSelector')}`),
      );
      assert.deepEqual([...selectors], ['shop metadata.name=login']);
      assert.equal(server.watches('secrets'), 1);
      serviceMonitor('web');
      await eventually(async () => assert.equal(server.watches('secrets'), 0));
    });
    assert.doesNotMatch(JSON.stringify(server.objects('ServiceMonitor')), /first|second/);
  });

  it('say which right is missing where a Secret may not be read', async () => {
    secret('x');
    serviceMonitor('web', LOGIN);
    server.failNext(403, { plural: 'secrets', times: 1000 });
    await withBench({}, async (bench) => {
      await eventually(async () =>
        assert.match(bench.errors().web ?? '', /rejected: .*"secrets" in apiGroup ""/),
      );
    });
  });

  it('of chosen namespaces and labels', async () => {
    const put = (name: string, labels: object) =>
      server.put({ kind: 'Namespace', metadata: { name, labels } } as never);
    put('shop', { team: 'a' });
    put('lab', {});
    serviceMonitor('web', {}, 'shop', { release: 'x' });
    serviceMonitor('plain', {}, 'shop');
    serviceMonitor('test', {}, 'lab', { release: 'x' });
    const serviceMonitors = {
      selector: { matchExpressions: [{ key: 'release', operator: 'In', values: ['x', 'y'] }] },
      namespaceSelector: { matchLabels: { team: 'a' } },
    };
    server.failNext(403, { plural: 'namespaces', times: 2 });
    await withBench({ serviceMonitors }, async (bench) => {
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/web/0']));
      assert.match(bench.log.join('\n'), /cannot be read {"what":"namespaces",.*forbidden/);
      await eventually(async () => assert.deepEqual(bench.operator.view().unreadable, {}));
      put('lab', { team: 'a' });
      put('shop', {});
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/lab/test/0']));
      serviceMonitor('test', {}, 'lab', {});
      await eventually(async () => assert.deepEqual(bench.names(), []));
    });
  });

  it('stay where the API server is away, and go on with it', async () => {
    serviceMonitor('web');
    await withBench({ namespaces: ['shop'] }, async (bench) => {
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/web/0']));
      await server.goAway();
      await eventually(async () =>
        assert.match(JSON.stringify(bench.operator.view().unreadable), /servicemonitors of shop/),
      );
      assert.deepEqual(bench.names(), ['serviceMonitor/shop/web/0']);
      await server.comeBack();
      await eventually(async () => assert.deepEqual(bench.operator.view().unreadable, {}));
      serviceMonitor('api');
      const both = ['serviceMonitor/shop/api/0', 'serviceMonitor/shop/web/0'];
      await eventually(async () => assert.deepEqual(bench.names(), both));
      server.expire();
      server.breakWatches('reset');
      server.remove({ kind: 'ServiceMonitor', namespace: 'shop', name: 'web' });
      await eventually(async () => assert.deepEqual(bench.names(), ['serviceMonitor/shop/api/0']));
    });
  });
});

describe('rules of a cluster', { timeout: 30_000 }, () => {
  const text = (expr: string) => JSON.stringify({ groups: [{ name: 'g', rules: [{ record: 'r', expr }] }] });

  it('are groups under the name of their resource; a wrong one keeps the last that was right', async () => {
    prometheusRule('alerts', 'up');
    await withBench({}, async (bench) => {
      const of = (namespace = 'shop', name = 'alerts') =>
        bench.rules.get(`prometheusRule/${namespace}/${name}`);
      await eventually(async () => assert.equal(of(), text('up')));
      prometheusRule('alerts', 'wrong');
      prometheusRule('alerts', 'up + 1', 'lab');
      await eventually(async () => assert.equal(of('lab'), text('up + 1')));
      const wrong = { alerts: 'rejected: group "g", rule 1, "r": it is wrong' };
      await eventually(async () => assert.deepEqual(bench.errors(), wrong));
      assert.equal(of(), text('up'));
      assert.match(bench.log.join('\n'), /a PrometheusRule is wrong and keeps the rules it had/);
      prometheusRule('alerts', 'up + 2');
      await eventually(async () => assert.equal(of(), text('up + 2')));
      server.remove({ kind: 'PrometheusRule', namespace: 'shop', name: 'alerts' });
      await eventually(async () => assert.deepEqual([...bench.rules.keys()], ['prometheusRule/lab/alerts']));
      await bench.operator.stop();
      await bench.operator.withdraw();
      assert.deepEqual([...bench.rules.keys()], []);
    });
  });

  it('end with the choice of their namespace', async () => {
    server.put({ kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } } as never);
    prometheusRule('alerts', 'up');
    const rules = { selector: {}, namespaceSelector: { matchLabels: { team: 'a' } } };
    await withBench({ rules }, async (bench) => {
      await eventually(async () => assert.equal(bench.rules.size, 1));
      server.put({ kind: 'Namespace', metadata: { name: 'shop', labels: {} } } as never);
      await eventually(async () => assert.equal(bench.rules.size, 0));
      server.put({ kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } } as never);
      await eventually(async () => assert.equal(bench.rules.size, 1));
    });
  });
});
