/** In a pod: the service account's token, authority and namespace lead to the cluster, over TLS; so does kubectl's file outside. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { systemClock } from '../../../../src/base/clock.ts';
import { Telemetry } from '../../../../src/base/telemetry.ts';
import type { ClusterAccess } from '../../../../src/kube/cluster.ts';
import { WatchPool } from '../../../../src/kube/watch-pool.ts';
import { DiscoveryTelemetry } from '../../../../src/scrape/discovery/discovery-telemetry.ts';
import { KubernetesDiscovery } from '../../../../src/scrape/discovery/kubernetes/discovery.ts';
import { FakeApiServer } from '../../../kube/fake-api-server.ts';
import { Authority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/poll.ts';

let authority: Authority;
let server: FakeApiServer;

before(async () => {
  authority = new Authority();
  server = await FakeApiServer.start({
    tls: authority.issue('server', { names: 'IP:127.0.0.1' }),
    token: 'first',
  });
  for (const namespace of ['monitoring', 'other']) {
    server.put({
      kind: 'Service',
      metadata: { name: 'web', namespace },
      ...{ spec: { ports: [{ port: 80 }] } },
    });
  }
});
after(async () => {
  await server.stop();
  authority.remove();
});

function discover(access: ClusterAccess, includesOwnNamespace: boolean) {
  const out = { found: [] as string[], errors: [] as string[], stop: () => {} };
  const discovery = new KubernetesDiscovery(
    {
      role: 'service',
      access,
      namespaces: [],
      includesOwnNamespace,
      selectors: {},
      attaches: { node: false, namespace: false, deployment: false, job: false, cronJob: false },
    },
    {
      clock: systemClock,
      parseYaml,
      watches: new WatchPool({
        clock: systemClock,
        userAgent: 'Trilite/test',
        backoff: { firstMs: 5, maxMs: 20 },
      }),
      counts: new DiscoveryTelemetry(new Telemetry()).kubernetes(),
      onError: (error) => out.errors.push((error as Error).message),
    },
  );
  discovery.start((groups) => {
    out.found = groups.flatMap((group) => group.targets).sort();
  });
  out.stop = () => discovery.stop();
  return out;
}

it('a service account leads to the pod’s own cluster and namespace, also once its token is another', async () => {
  const folder = authority.folder;
  assert.ok(authority.pair.certFile.endsWith('/ca.crt'));
  writeFileSync(join(folder, 'token'), 'first');
  writeFileSync(join(folder, 'namespace'), 'monitoring');
  const access = { way: 'in-cluster', host: '127.0.0.1', port: String(server.port), folder } as const;
  const out = discover(access, true);
  try {
    await eventually(async () => assert.deepEqual(out.found, ['web.monitoring.svc:80']));
    assert.equal(server.requests[0]!.headers['user-agent'], 'Trilite/test');
    server.rotateToken('second');
    server.remove({ kind: 'Service', namespace: 'monitoring', name: 'web' });
    server.breakWatches('reset');
    await eventually(async () => assert.match(out.errors.join(), /answered 401/));
    assert.doesNotMatch(out.errors.join(), /first/);
    writeFileSync(join(folder, 'token'), 'second');
    server.put({
      kind: 'Service',
      metadata: { name: 'api', namespace: 'monitoring' },
      ...{ spec: { ports: [{ port: 1 }] } },
    });
    await eventually(async () => assert.deepEqual(out.found, ['api.monitoring.svc:1']));
  } finally {
    out.stop();
  }
});

it('a kubeconfig leads to a cluster; a server of another authority is not believed', async () => {
  server.rotateToken('third');
  const file = join(authority.folder, 'config');
  const write = (ca: object) =>
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
        clusters: [{ name: 'k', cluster: { server: server.url, ...ca } }],
        users: [{ name: 'u', user: { token: 'third' } }],
      }),
    );
  write({ 'certificate-authority': 'ca.crt' });
  const out = discover({ way: 'kubeconfig', file }, false);
  await eventually(async () => assert.ok(out.found.includes('web.other.svc:80')));
  out.stop();
  write({});
  const distrusting = discover({ way: 'kubeconfig', file }, false);
  await eventually(async () => assert.match(distrusting.errors[0] ?? '', /certificate/));
  assert.deepEqual(distrusting.found, []);
  distrusting.stop();
});
