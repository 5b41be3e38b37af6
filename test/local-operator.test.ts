/** The Prometheus Operator's resources in the whole program: what is scraped and evaluated, and what a reload changes of it. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FakeApiServer } from './kube/fake-api-server.ts';
import { getJson } from './support/http-api.ts';
import { eventually } from './support/poll.ts';
import { type TemporaryServer, temporaryServer } from './support/temporary-server.ts';

const PASSWORD = 'a-password-that-nobody-sees';

let api: FakeApiServer;
let app: Server;
let appPort: number;
/** `Authorization` of the requests to the target, the newest last. */
const asked: (string | undefined)[] = [];
let trilite: TemporaryServer;

interface ActiveTarget {
  readonly scrapePool: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly scrapeInterval: string;
}

const put = (kind: string, name: string, fields: object, labels = {}) =>
  api.put({ kind, metadata: { name, namespace: 'shop', labels }, ...fields } as never);

const targets = async (): Promise<readonly ActiveTarget[]> => {
  const { data } = await getJson<{ data: { activeTargets: ActiveTarget[] } }>(
    trilite.server.base,
    '/api/v1/targets',
  );
  return data.activeTargets;
};

interface Rules {
  readonly data: {
    readonly groups: readonly { file: string; name: string; rules: { state?: string; name: string }[] }[];
  };
}
const ruleGroups = async () => (await getJson<Rules>(trilite.server.base, '/api/v1/rules')).data.groups;

const configuration = (more = '') => `scrape_configs: []
trilite:
  kubernetes:
    api_server: ${api.url}
    operator: {scrape_interval: 1s}
${more}`;

/** A service of one pod, whose port `web` is the target's. */
function putService(): void {
  const port = { name: 'web', port: appPort, protocol: 'TCP' };
  put('Service', 'api', { spec: { ports: [port] } }, { app: 'api', tier: 'front' });
  const pod = {
    containers: [
      { name: 'main', image: 'x', ports: [{ name: 'web', containerPort: appPort, protocol: 'TCP' }] },
    ],
  };
  put('Pod', 'api-1', { spec: pod, status: { phase: 'Running', podIP: '127.0.0.1' } }, { app: 'api' });
  const targetRef = { kind: 'Pod', name: 'api-1', namespace: 'shop' };
  put('Endpoints', 'api', { subsets: [{ addresses: [{ ip: '127.0.0.1', targetRef }], ports: [port] }] });
}

const rule = (expr: string) => ({
  spec: { groups: [{ name: 'shop', interval: '200ms', rules: [{ alert: 'Down', expr }] }] },
});

before(async () => {
  api = await FakeApiServer.start();
  app = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end('shop_orders_total 7\n');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  appPort = (app.address() as AddressInfo).port;
  trilite = await temporaryServer(configuration());
});
after(async () => {
  await trilite.dispose();
  await api.stop();
  app.closeAllConnections();
  app.close();
});

describe('resources of the Prometheus Operator', { timeout: 60_000 }, () => {
  it('a ServiceMonitor makes targets with the labels that its users know', async () => {
    putService();
    const selector = { matchLabels: { app: 'api' } };
    const spec = { selector, targetLabels: ['tier'], endpoints: [{ port: 'web' }] };
    put('ServiceMonitor', 'api', { spec });
    await eventually(async () => {
      const [target] = await targets();
      assert.deepEqual([target?.scrapePool, target?.health], ['serviceMonitor/shop/api/0', 'up']);
      assert.equal(target!.scrapeInterval, '1s');
      assert.deepEqual(target!.labels, {
        container: 'main',
        endpoint: 'web',
        instance: `127.0.0.1:${appPort}`,
        job: 'api',
        namespace: 'shop',
        pod: 'api-1',
        service: 'api',
        tier: 'front',
      });
    });
  });

  it('credentials come from a Secret, follow it, and are shown nowhere', async () => {
    const data = (password: string) => ({ data: { password: Buffer.from(password).toString('base64') } });
    put('Secret', 'login', data('old'));
    const credentials = { name: 'login', key: 'password' };
    const spec = { selector: {}, endpoints: [{ port: 'web', authorization: { credentials } }] };
    put('ServiceMonitor', 'api', { spec });
    await eventually(async () => assert.equal(asked.at(-1), 'Bearer old'));
    put('Secret', 'login', data(PASSWORD));
    await eventually(async () => assert.equal(asked.at(-1), `Bearer ${PASSWORD}`));
    const pool = '/api/v1/scrape_pools/config?scrapePool=serviceMonitor%2Fshop%2Fapi%2F0';
    assert.match(await (await fetch(trilite.server.base + pool)).text(), /serviceMonitor\/shop\/api\/0/);
    const paths = [pool, '/api/v1/status/config', '/api/v1/targets', '/metrics', '/api/v1/trilite/operator'];
    for (const each of [...paths, '/api/v1/status/doctor']) {
      const text = await (await fetch(trilite.server.base + each)).text();
      assert.ok(!text.includes(PASSWORD), each);
    }
    assert.ok(!trilite.server.stderr().includes(PASSWORD));
  });

  it('a PrometheusRule makes groups, beside which a wrong one is told and nothing more', async () => {
    put('PrometheusRule', 'alerts', rule('up{job="api"} == 1'));
    put('PrometheusRule', 'broken', rule('up{'));
    put('PodMonitor', 'broken', {
      spec: { selector: {}, podMetricsEndpoints: [{ relabelings: [{ regex: '(' }] }] },
    });
    await eventually(async () => {
      const [group, ...others] = await ruleGroups();
      assert.deepEqual([group?.file, others], ['prometheusRule/shop/alerts', []]);
      assert.equal(group!.rules[0]!.state, 'firing');
      const { data } = await getJson<{ data: { resources: Record<string, string>[] } }>(
        trilite.server.base,
        '/api/v1/trilite/operator',
      );
      const shown = data.resources.map(({ kind, name, state }) => `${kind} ${name} ${state}`);
      assert.deepEqual(shown, [
        'ServiceMonitor api applied',
        'PodMonitor broken rejected',
        'PrometheusRule alerts applied',
        'PrometheusRule broken rejected',
      ]);
      assert.match(data.resources[1]!.error!, /^relabel_configs\[\d+\](\.regex)?: /);
      assert.match(data.resources[3]!.error!, /^group "shop", rule 1, "Down": could not parse expression/);
    });
  });

  it('a monitor does not get at sockets of this machine', async () => {
    const relabelings = [{ targetLabel: '__unix_socket__', replacement: '/var/run/docker.sock' }];
    put('PodMonitor', 'broken', {
      spec: { selector: {}, podMetricsEndpoints: [{ port: 'web', relabelings }] },
    });
    await eventually(async () => assert.match(trilite.server.stderr(), /may not be sockets of this machine/));
    assert.equal((await targets()).length, 1);
    api.remove({ kind: 'PodMonitor', namespace: 'shop', name: 'broken' });
  });

  it('a reload keeps them, and switches them off and on', async () => {
    const file = path.join(trilite.dir, 'config.yml');
    const reload = (text: string) => {
      fs.writeFileSync(file, text);
      trilite.server.process.kill('SIGHUP');
    };
    const pools = async () => (await targets()).map(({ scrapePool }) => scrapePool).sort();
    const job = `{job_name: own, static_configs: [{targets: ['127.0.0.1:${appPort}']}]}`;
    const both = configuration().replace('scrape_configs: []', `scrape_configs: [${job}]`);
    reload(both);
    await eventually(async () => assert.deepEqual(await pools(), ['own', 'serviceMonitor/shop/api/0']));
    assert.equal((await ruleGroups())[0]?.rules[0]?.state, 'firing', 'alerts go on');
    reload(both.replace('operator: {', 'operator: {enabled: false, '));
    await eventually(async () => assert.deepEqual(await pools(), ['own']));
    await eventually(async () => assert.deepEqual(await ruleGroups(), []));
    reload(both);
    await eventually(async () => assert.deepEqual(await pools(), ['own', 'serviceMonitor/shop/api/0']));
    await eventually(async () => assert.equal((await ruleGroups()).length, 1));
  });

  it('what is removed ends', async () => {
    api.remove({ kind: 'ServiceMonitor', namespace: 'shop', name: 'api' });
    api.remove({ kind: 'PrometheusRule', namespace: 'shop', name: 'alerts' });
    await eventually(async () => assert.deepEqual(await ruleGroups(), []));
    await eventually(async () => assert.equal((await targets()).length, 1));
  });
});
