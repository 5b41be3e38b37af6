/** Docker discovery against an engine of the tests' own, on a socket and on TCP. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DockerDiscoveryConfig } from '../../../src/scrape/discovery/discovery-config.ts';
import { DockerDiscovery } from '../../../src/scrape/discovery/docker.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../../src/scrape/scrape-config.ts';
import { CONTAINERS, NETWORKS } from '../../support/docker-cases.ts';
import { FakeContainer, FakeDocker } from '../../tail/docker/fake-docker.ts';
import { settle } from '../manual-clock.ts';
import { Watched } from './watch-harness.ts';

const REFRESH_MS = 60_000;

let dir: string;
let docker: FakeDocker;
let watched: Watched;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trilite-docker-sd-'));
  docker = new FakeDocker();
  docker.networks = NETWORKS;
  for (const summary of CONTAINERS) docker.add(new FakeContainer(summary));
  watched = new Watched();
});

afterEach(async () => {
  watched.stop();
  await docker.close();
  rmSync(dir, { recursive: true, force: true });
  await settle();
  assert.equal(watched.clock.pending, 0, 'nothing is left running');
});

async function follow(changes: Partial<DockerDiscoveryConfig> = {}): Promise<void> {
  const socket = join(dir, 'docker.sock');
  if (changes.host === undefined) await docker.listen(socket);
  const config = {
    host: `unix://${socket}`,
    refreshIntervalMs: REFRESH_MS,
    filters: [],
    port: 80,
    hostNetworkingHost: 'localhost',
    matchesFirstNetwork: true,
    client: DEFAULT_SCRAPE_CONFIG.client,
    ...changes,
  };
  const use = { listensToEvents: false, includesNetworkless: false };
  watched.start(new DockerDiscovery(config, use, watched.refreshParts('docker')));
}

const named = (name: string) =>
  watched.groups.filter((g) => g.labels.__meta_docker_container_name === `/${name}`);
const addressesOf = (name: string) => named(name).flatMap((g) => g.targets);

describe('Docker discovery', () => {
  it('has a target for each TCP port of a container', async () => {
    await follow();
    await watched.until(() => watched.updates.length > 0, 'containers');
    const common = {
      __meta_docker_container_id: 'id-web',
      __meta_docker_container_name: '/web',
      __meta_docker_container_network_mode: 'bridge',
      __meta_docker_container_image: 'registry/web:1',
      __meta_docker_container_image_id: 'sha256:web',
      __meta_docker_container_label_com_docker_compose_service: 'web',
      __meta_docker_network_id: 'n1',
      __meta_docker_network_name: 'bridge',
      __meta_docker_network_scope: 'local',
      __meta_docker_network_internal: 'false',
      __meta_docker_network_ingress: 'false',
      __meta_docker_network_ip: '172.17.0.2',
    };
    assert.deepEqual(named('web'), [
      {
        targets: ['172.17.0.2:80'],
        labels: {
          ...common,
          __meta_docker_port_private: '80',
          __meta_docker_port_public: '8080',
          __meta_docker_port_public_ip: '0.0.0.0',
        },
      },
      { targets: ['172.17.0.2:443'], labels: { ...common, __meta_docker_port_private: '443' } },
    ]);
  });

  it('has addresses for every kind of network', async () => {
    await follow({ port: 8000, hostNetworkingHost: 'me' });
    await watched.until(() => watched.updates.length > 0, 'containers');
    assert.deepEqual(addressesOf('portless'), ['172.17.0.3:8000']);
    assert.deepEqual(addressesOf('udp-only'), ['172.17.0.4:8000']);
    assert.deepEqual(addressesOf('on-host'), ['me']);
    assert.deepEqual(addressesOf('two-networks'), ['10.2.0.2:9100']);
    assert.equal(named('two-networks')[0]!.labels.__meta_docker_network_label_team_name, 'x');
    assert.deepEqual(addressesOf('sidecar'), ['10.2.0.2:7000']);
    assert.deepEqual(addressesOf('second-sidecar'), ['10.2.0.2:8000']);
    assert.deepEqual(addressesOf('v6'), ['[2001:db8::2]:80']);
    for (const name of ['of-gone', 'none', 'nameless']) assert.deepEqual(addressesOf(name), [], name);
  });

  it('has every network where the first is not enough', async () => {
    await follow({ matchesFirstNetwork: false });
    await watched.until(() => watched.updates.length > 0, 'containers');
    assert.deepEqual(addressesOf('two-networks').sort(), ['10.2.0.2:9100', '10.9.0.2:9100']);
    assert.deepEqual(addressesOf('sidecar').sort(), ['10.2.0.2:7000', '10.9.0.2:7000']);
  });

  it('passes filters on, and sees changes at the interval', async () => {
    const filters = [
      { name: 'label', values: ['a=b'] },
      { name: 'status', values: ['running'] },
      { name: 'label', values: ['c'] },
    ];
    await follow({ filters });
    await watched.until(() => watched.updates.length > 0, 'containers');
    const asked = docker.requests.find((r) => r.startsWith('/containers/json'))!;
    const query = new URL(asked, 'http://d').searchParams.get('filters')!;
    assert.deepEqual(JSON.parse(query), { label: ['a=b', 'c'], status: ['running'] });
    assert.ok(!docker.requests.some((r) => r.startsWith('/events')));
    docker.containers.delete('id-web');
    await watched.clock.advance(REFRESH_MS);
    await watched.until(() => addressesOf('web').length === 0, 'the container to go');
  });

  it('keeps what it knows while the engine cannot be reached, and takes up with another version of it', async () => {
    const port = await docker.listenOnPort();
    await follow({ host: `tcp://127.0.0.1:${port}` });
    await watched.until(() => watched.updates.length > 0, 'containers');
    docker.apiVersion = '1.41';
    await watched.clock.advance(REFRESH_MS);
    await watched.until(() => watched.errors.length > 0, 'a refusal');
    assert.match(watched.errors[0]!, /^GET \/v1\.44\/[a-z/]+: Docker answered 400: /);
    assert.deepEqual(addressesOf('portless'), ['172.17.0.3:80']);
    assert.equal(watched.metric('prometheus_sd_refresh_failures_total{mechanism="docker",config="j"}'), 1);
    docker.containers.delete('id-portless');
    await watched.clock.advance(REFRESH_MS);
    await watched.until(() => addressesOf('portless').length === 0, 'the change');
  });

  it('speaks the newest version that it knows, or none', async () => {
    docker.apiVersion = undefined;
    await follow();
    await watched.until(() => watched.updates.length > 0, 'containers');
    assert.deepEqual([...docker.prefixes], ['']);
    watched.stop();
    await docker.close();
    docker = new FakeDocker();
    docker.apiVersion = '1.99';
    const port = await docker.listenOnPort();
    await follow({ host: `http://127.0.0.1:${port}/` });
    await watched.until(() => watched.updates.length > 1, 'containers');
    assert.deepEqual([...docker.prefixes], ['/v1.51']);
  });

  it('tells where there is no engine', async () => {
    await follow({ host: `unix://${join(dir, 'gone.sock')}` });
    await watched.until(() => watched.errors.length > 0, 'an error');
    assert.match(watched.errors[0]!, /^GET \/_ping: unix:.*gone\.sock: .*no such file or directory/);
    assert.throws(
      () =>
        new DockerDiscovery(
          { host: 'nonsense' } as DockerDiscoveryConfig,
          { listensToEvents: false, includesNetworkless: false },
          watched.refreshParts('docker'),
        ),
      /unable to parse docker host "nonsense"/,
    );
  });
});
