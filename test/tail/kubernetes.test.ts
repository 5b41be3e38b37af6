/** Pods of a cluster lead to the files of their containers, files of targets to the files that they name. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Pod } from '../../src/scrape/discovery/kubernetes/objects.ts';
import { FakeApiServer } from '../kube/fake-api-server.ts';
import { eventually } from '../support/poll.ts';
import { TailFolder } from './tail-harness.ts';

const pod = (name: string, uid: string, node = 'here'): Pod & { readonly kind: string } => ({
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    uid,
    labels: { 'app.kubernetes.io/name': name },
    annotations: { team: 'a' },
    ownerReferences: [{ kind: 'ReplicaSet', name: `${name}-rs`, controller: true }],
  },
  spec: {
    nodeName: node,
    containers: [
      {
        name: 'app',
        image: 'img:1',
        ports: [
          { containerPort: 80, name: 'http', protocol: 'TCP' },
          { containerPort: 81, protocol: 'TCP' },
        ],
      },
    ],
    initContainers: [{ name: 'init', image: 'img:2' }],
  },
  status: {
    phase: 'Running',
    podIP: '10.0.0.1',
    hostIP: '192.168.0.1',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'app', containerID: 'containerd://c1' }],
  },
});

let server: FakeApiServer;
let folder: TailFolder;
beforeEach(async () => {
  folder = new TailFolder();
  server = await FakeApiServer.start();
});
afterEach(async () => {
  await folder.remove();
  await server.stop();
});

describe('discovery of pods', () => {
  it('leads to the files of the containers of this node', async () => {
    server.put(pod('web', 'u1'));
    server.put(pod('away', 'u2', 'elsewhere'));
    const line = (text: string) => `2026-03-04T05:06:07.000000001Z stdout F ${text}\n`;
    folder.write('pods/shop_web_u1/app/0.log', line('hello'));
    folder.write('pods/shop_away_u2/app/0.log', line('no'));
    await folder.start(`
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs: [{role: pod, api_server: "${server.url}"}]
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_node_name], target_label: __host__}
      - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
      - {source_labels: [__meta_kubernetes_pod_container_name], target_label: container}
      - source_labels: [__meta_kubernetes_pod_uid, __meta_kubernetes_pod_container_name]
        separator: /
        target_label: __path__
        replacement: 'PATH/pods/*$1/*.log'
`);
    await eventually(async () => assert.equal(folder.recorder.entries.length, 1));
    const [entry] = folder.recorder.entries;
    assert.equal(entry!.line, line('hello').trimEnd());
    assert.deepEqual(entry!.labels, {
      container: 'app',
      filename: folder.at('pods/shop_web_u1/app/0.log'),
      namespace: 'shop',
      pod: 'web',
      service_name: 'app',
    });
    server.put(pod('late', 'u3'));
    folder.write('pods/shop_late_u3/app/0.log', line('late'));
    await eventually(async () => assert.equal(folder.recorder.entries.length, 2));
  });
});

describe('files of targets', () => {
  it('are followed as they change', async () => {
    folder.write('a.log', 'a\n');
    folder.write('b.log', 'b\n');
    folder.write('sd.yml', `- targets: [localhost]\n  labels: {job: sd, __path__: ${folder.at('a.log')}}\n`);
    await folder.start(`
scrape_configs:
  - job_name: sd
    file_sd_configs: [{files: [PATH/sd.yml], refresh_interval: 50ms}]
`);
    await eventually(async () => assert.deepEqual(folder.recorder.lines(), ['a']));
    folder.write(
      'sd.yml',
      `- targets: [localhost]\n  labels: {job: sd, __path__: '${folder.at('*.log')}'}\n`,
    );
    await eventually(async () => assert.deepEqual(folder.recorder.lines(), ['a', 'b']));
  });
});
