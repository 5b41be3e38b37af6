/** Discovery in a Docker swarm against a manager of the tests' own; all labels are compared with promtool's elsewhere. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SwarmRole } from '../../../src/scrape/discovery/discovery-config.ts';
import { swarmDiscovery } from '../../../src/scrape/discovery/dockerswarm.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../../src/scrape/scrape-config.ts';
import { NETWORKS } from '../../support/docker-cases.ts';
import { SWARM } from '../../support/swarm-cases.ts';
import { FakeDocker } from '../../tail/docker/fake-docker.ts';
import { settle } from '../manual-clock.ts';
import { Watched } from './watch-harness.ts';

let docker: FakeDocker;
let watched: Watched;

beforeEach(() => {
  docker = new FakeDocker();
  docker.networks = NETWORKS;
  docker.lists = SWARM;
  watched = new Watched();
});

afterEach(async () => {
  watched.stop();
  await docker.close();
  await settle();
  assert.equal(watched.clock.pending, 0, 'nothing is left running');
});

async function follow(role: SwarmRole): Promise<void> {
  const config = {
    host: `tcp://127.0.0.1:${await docker.listenOnPort()}`,
    role,
    port: 80,
    refreshIntervalMs: 60_000,
    filters: [{ name: 'name', values: ['x'] }],
    client: DEFAULT_SCRAPE_CONFIG.client,
  };
  watched.start(swarmDiscovery(config, watched.refreshParts('dockerswarm')));
}

describe('swarm discovery', () => {
  it('has the addresses of services', async () => {
    await follow('services');
    await watched.targetsAre([
      ...['10.0.0.3:8080', '10.0.0.3:9090', '10.0.0.9:80'],
      ...['10.0.1.3:8080', '10.0.1.3:9090', '10.0.2.3:80'],
    ]);
    assert.ok(docker.requests.some((r) => r.startsWith('/services?filters=')));
    assert.ok(docker.requests.includes('/networks'));
  });

  it('has those of tasks, on their nodes and on their networks', async () => {
    await follow('tasks');
    await watched.targetsAre([
      ...['10.0.0.7:8080', '10.0.0.7:9090', '10.0.0.8:8080', '10.0.0.8:9090', '10.0.1.7:80'],
      ...['10.0.2.9:80', '192.168.0.1:31000'],
    ]);
    const onNode = watched.groups.find((g) => g.targets[0] === '192.168.0.1:31000')!.labels;
    assert.equal(onNode.__meta_dockerswarm_node_hostname, 'one');
    assert.equal(onNode.__meta_dockerswarm_service_label_com_example, 'a b');
    assert.equal(onNode.__meta_dockerswarm_container_label_x_y, 'z');
    // Only the role's own list is filtered.
    assert.ok(docker.requests.includes('/services') && docker.requests.includes('/nodes'));
  });

  it('has those of nodes', async () => {
    await follow('nodes');
    await watched.targetsAre(['192.168.0.1:80', '[fd00::2]:80']);
    const manager = watched.groups.find((g) => g.targets[0] === '192.168.0.1:80')!.labels;
    assert.equal(manager.__meta_dockerswarm_node_manager_leader, 'true');
    assert.equal(manager.__meta_dockerswarm_node_label_disk_kind, 'ssd');
  });
});
