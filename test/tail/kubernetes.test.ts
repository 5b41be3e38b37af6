/** Pods are listed, watched and relabelled to the files of their containers. */

import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { KubernetesDiscovery } from '../../src/scrape/discovery/kubernetes.ts';
import { type Pod, podGroups } from '../../src/scrape/discovery/kubernetes-pods.ts';
import type { TargetGroup } from '../../src/scrape/target.ts';
import { eventually } from '../support/poll.ts';
import { TailFolder } from './tail-harness.ts';

const pod = (name: string, uid: string, node = 'here'): Pod => ({
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

/** An API server with pods: lists in pages of one, watches that tests write to. */
class FakeApiServer {
  readonly pods = new Map<string, Pod>();
  readonly requests: URL[] = [];
  readonly headers: (string | undefined)[] = [];
  readonly #watches = new Set<ServerResponse>();
  #server: Server | undefined;
  #version = 1;
  /** The next watch is answered with this status. */
  watchStatus = 200;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url!, 'http://k8s');
      this.requests.push(url);
      this.headers.push(request.headers.authorization);
      if (url.searchParams.get('watch') === '1') return this.#watch(response);
      const all = [...this.pods.values()];
      const from = Number(url.searchParams.get('continue') ?? 0);
      const next = from + 1 < all.length ? { continue: String(from + 1) } : {};
      const metadata = { resourceVersion: String(this.#version), ...next };
      response.end(JSON.stringify({ metadata, items: all.slice(from, from + 1) }));
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
  }

  #watch(response: ServerResponse): void {
    response.statusCode = this.watchStatus;
    this.watchStatus = 200;
    if (response.statusCode !== 200) return void response.end('{}');
    response.flushHeaders();
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
  }

  get watches(): number {
    return this.#watches.size;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  tell(type: string, object: object): void {
    const text = JSON.stringify({ type, object: { ...object } });
    // In two pieces, as networks do.
    for (const watch of this.#watches) {
      watch.write(text.slice(0, 20));
      watch.write(`${text.slice(20)}\n`);
    }
  }

  change(type: 'ADDED' | 'MODIFIED' | 'DELETED', changed: Pod): void {
    const version = String(++this.#version);
    if (type === 'DELETED') this.pods.delete(changed.metadata.name!);
    else this.pods.set(changed.metadata.name!, changed);
    this.tell(type, { ...changed, metadata: { ...changed.metadata, resourceVersion: version } });
  }

  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  async stop(): Promise<void> {
    this.#server!.closeAllConnections();
    await new Promise((resolve) => this.#server!.close(resolve));
  }
}

let server: FakeApiServer;
let folder: TailFolder;
beforeEach(async () => {
  folder = new TailFolder();
  server = new FakeApiServer();
  await server.start();
});
afterEach(async () => {
  await folder.remove();
  await server.stop();
});

describe('a pod', () => {
  it('is a target for each port of each container', () => {
    const groups = podGroups(pod('web', 'u1'));
    assert.deepEqual(
      groups.map((g) => g.targets[0]),
      ['10.0.0.1:80', '10.0.0.1:81', '10.0.0.1'],
    );
    assert.deepEqual(groups[0]!.labels, {
      __meta_kubernetes_namespace: 'shop',
      __meta_kubernetes_pod_annotation_team: 'a',
      __meta_kubernetes_pod_annotationpresent_team: 'true',
      __meta_kubernetes_pod_container_id: 'containerd://c1',
      __meta_kubernetes_pod_container_image: 'img:1',
      __meta_kubernetes_pod_container_init: 'false',
      __meta_kubernetes_pod_container_name: 'app',
      __meta_kubernetes_pod_container_port_name: 'http',
      __meta_kubernetes_pod_container_port_number: '80',
      __meta_kubernetes_pod_container_port_protocol: 'TCP',
      __meta_kubernetes_pod_controller_kind: 'ReplicaSet',
      __meta_kubernetes_pod_controller_name: 'web-rs',
      __meta_kubernetes_pod_host_ip: '192.168.0.1',
      __meta_kubernetes_pod_ip: '10.0.0.1',
      __meta_kubernetes_pod_label_app_kubernetes_io_name: 'web',
      __meta_kubernetes_pod_labelpresent_app_kubernetes_io_name: 'true',
      __meta_kubernetes_pod_name: 'web',
      __meta_kubernetes_pod_node_name: 'here',
      __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_ready: 'true',
      __meta_kubernetes_pod_uid: 'u1',
    });
    assert.equal(groups[2]!.labels.__meta_kubernetes_pod_container_init, 'true');
    assert.deepEqual(podGroups({ metadata: { name: 'x' }, status: {} }), []);
  });
});

describe('discovery', () => {
  it('lists, watches, goes on after an end and lists anew after a 410', async () => {
    server.pods.set('a', pod('a', 'u1'));
    server.pods.set('b', pod('b', 'u2'));
    const discovery = new KubernetesDiscovery(
      {
        apiServer: server.url,
        namespaces: ['shop'],
        labelSelector: 'x=y',
        fieldSelector: '',
        client: {
          followRedirects: true,
          httpHeaders: {},
          authorization: { type: 'Bearer', credentials: { value: 'token' } },
        },
      },
      systemClock,
      (error) => assert.fail(String(error)),
    );
    let groups: readonly TargetGroup[] = [];
    discovery.start((update) => {
      groups = update;
    });
    const names = () => [...new Set(groups.map((g) => g.labels.__meta_kubernetes_pod_name))].sort().join();
    const sees = (expected: string) => eventually(async () => assert.equal(names(), expected));
    await sees('a,b');
    const first = server.requests[0]!;
    assert.equal(first.pathname, '/api/v1/namespaces/shop/pods');
    assert.equal(first.searchParams.get('labelSelector'), 'x=y');
    assert.ok(server.headers.every((h) => h === 'Bearer token'));
    await eventually(async () => assert.equal(server.watches, 1));
    server.change('ADDED', pod('c', 'u3'));
    await sees('a,b,c');
    server.change('DELETED', pod('a', 'u1'));
    server.tell('BOOKMARK', { metadata: { resourceVersion: '77' } });
    await sees('b,c');
    server.endWatches();
    await eventually(async () =>
      assert.equal(server.requests.at(-1)!.searchParams.get('resourceVersion'), '77'),
    );
    server.pods.set('d', pod('d', 'u4'));
    server.watchStatus = 410;
    server.endWatches();
    await sees('b,c,d');
    await eventually(async () => assert.equal(server.watches, 1));
    server.pods.delete('d');
    server.tell('ERROR', { code: 410 });
    await sees('b,c');
    discovery.stop();
  });

  it('leads to the files of the containers of this node', async () => {
    server.pods.set('web', pod('web', 'u1'));
    server.pods.set('away', pod('away', 'u2', 'elsewhere'));
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
    server.change('ADDED', pod('late', 'u3'));
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
