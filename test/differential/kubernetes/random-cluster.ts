/** A cluster that changes by chance: objects of all kinds that refer to each other, or to nothing. One seed is one history. */

import type { KubeObject } from '../../../src/kube/kube-object.ts';
import { Random } from '../../hostile/random.ts';
import type { FakeApiServer } from '../../kube/fake-api-server.ts';

type Written = KubeObject & { readonly kind: string; readonly [field: string]: unknown };

const NAMESPACES = ['shop', 'infra', 'default'];
const NODES = ['node-a', 'node-b', 'node-c'];
const NAMES = ['web', 'api', 'db', 'cache', 'queue'];
const PORTS = [80, 443, 8080, 9090, 9100];
const KEYS = ['app', 'app.kubernetes.io/name', 'team-x', 'prometheus.io/scrape', 'a/b.c-d_e', 'zone'];
/** Are not removed: a Prometheus 3.14 that learns of it by a list ends with a panic. */
const OWNER_KINDS = ['ReplicaSet', 'Job'];
/** Their targets follow from others, which the original does not always look at again. */
const TARGET_KINDS = ['Pod', 'Service', 'Endpoints', 'EndpointSlice', 'Ingress'];

export class RandomCluster {
  readonly #server: FakeApiServer;
  readonly #random: Random;

  constructor(server: FakeApiServer, seed: number) {
    this.#server = server;
    this.#random = new Random(seed);
  }

  /** Namespaces, nodes, and some of everything. */
  fill(): void {
    for (const name of NAMESPACES) this.#put('Namespace', name, {}, undefined);
    for (const name of NODES) this.#put('Node', name, this.#node(), undefined);
    for (let i = 0; i < 30; i++) this.change();
  }

  /** Makes, replaces or removes one object. */
  change(): void {
    const kind = this.#one([
      'Pod',
      'Pod',
      'Pod',
      'Service',
      'Endpoints',
      'EndpointSlice',
      'Ingress',
      'ReplicaSet',
      'Job',
      'Node',
      'Namespace',
    ]);
    if (kind === 'Namespace') return void this.#put(kind, this.#one(NAMESPACES), {}, undefined);
    if (kind === 'Node') return void this.#put(kind, this.#one(NODES), this.#node(), undefined);
    const namespace = this.#one(NAMESPACES);
    const name = this.#one(NAMES);
    const isThere = this.#server.object({ kind, namespace, name }) !== undefined;
    if (isThere && !OWNER_KINDS.includes(kind) && this.#chance(0.25))
      return void this.#server.remove({ kind, namespace, name });
    const fields = {
      Pod: () => this.#pod(),
      Service: () => this.#service(),
      Endpoints: () => ({ subsets: this.#some(2, () => this.#subset(namespace)) }),
      EndpointSlice: () => this.#slice(namespace),
      Ingress: () => this.#ingress(),
      ReplicaSet: () => ({}),
      Job: () => ({}),
    }[kind]!();
    const serviceName = kind === 'EndpointSlice' && this.#chance(0.8) ? this.#one(NAMES) : undefined;
    this.#put(kind, name, fields, namespace, serviceName);
  }

  /** Everything that targets are made of changes, and stays as it is. */
  touch(): void {
    for (const kind of TARGET_KINDS) {
      for (const object of this.#server.objects(kind)) this.#server.put({ ...object, kind });
    }
  }

  #put(kind: string, name: string, fields: object, namespace: string | undefined, service?: string): void {
    const owner = {
      Pod: ['ReplicaSet', 'Job', 'DaemonSet'],
      ReplicaSet: ['Deployment', 'Rollout'],
      Job: ['CronJob'],
    }[kind];
    const labels = {
      ...this.#strings(),
      ...(service !== undefined && { 'kubernetes.io/service-name': service }),
    };
    const object: Written = {
      kind,
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        uid: `${kind}-${namespace}-${name}`,
        labels,
        ...(this.#chance(0.5) && { annotations: this.#strings() }),
        ...(owner && {
          ownerReferences: this.#some(2, () => ({
            apiVersion: 'v1',
            kind: this.#one(owner),
            name: this.#one(NAMES),
            ...(this.#chance(0.8) && { controller: this.#chance(0.8) }),
          })),
        }),
      },
      ...fields,
    };
    this.#server.put(object);
  }

  #node(): object {
    const types = ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'InternalIP'];
    return {
      spec: this.#chance(0.5) ? { providerID: `cloud://${this.#below(9)}` } : {},
      status: {
        addresses: [
          ...this.#some(3, () => ({ type: this.#one(types), address: this.#ip() })),
          { type: 'Hostname', address: 'host.example' },
        ],
        conditions: this.#some(2, () => ({
          type: this.#one(['Ready', 'DiskPressure']),
          status: this.#truth(),
        })),
        ...(this.#chance(0.8) && { daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } }),
      },
    };
  }

  #pod(): object {
    const statuses = () =>
      this.#some(2, () => ({
        name: this.#one(['main', 'side', 'init']),
        containerID: `containerd://${this.#below(1000)}`,
        ready: true,
        restartCount: 0,
        image: 'x',
        imageID: 'y',
      }));
    return {
      spec: {
        ...(this.#chance(0.9) && { nodeName: this.#one([...NODES, 'node-gone']) }),
        containers: ['main', ...(this.#chance(0.5) ? ['side'] : [])].map((name) => this.#container(name)),
        ...(this.#chance(0.3) && { initContainers: [this.#container('init')] }),
      },
      status: {
        phase: this.#one(['Pending', 'Running', 'Running', 'Succeeded', 'Failed', 'Unknown']),
        ...(this.#chance(0.9) && { podIP: this.#ip() }),
        ...(this.#chance(0.9) && { hostIP: this.#ip() }),
        conditions: this.#some(2, () => ({
          type: this.#one(['Ready', 'Initialized']),
          status: this.#truth(),
        })),
        ...(this.#chance(0.8) && { containerStatuses: statuses() }),
        ...(this.#chance(0.3) && { initContainerStatuses: statuses() }),
      },
    };
  }

  #container(name: string): object {
    return {
      name,
      image: `registry/${name}:${this.#below(5)}`,
      ...(this.#chance(0.8) && {
        ports: this.#some(2, () => ({
          containerPort: this.#one(PORTS),
          ...(this.#chance(0.7) && { name: this.#one(['http', 'metrics']) }),
          ...(this.#chance(0.8) && { protocol: this.#one(['TCP', 'UDP']) }),
        })),
      }),
    };
  }

  #service(): object {
    const type = this.#one(['ClusterIP', 'LoadBalancer', 'ExternalName', 'NodePort']);
    return {
      spec: {
        type,
        clusterIP: this.#one(['None', this.#ip()]),
        ...(type === 'ExternalName' && { externalName: 'outside.example' }),
        ...(this.#chance(0.5) && { loadBalancerIP: this.#ip() }),
        ...(this.#chance(0.4) && { ipFamilyPolicy: this.#one(['PreferDualStack', 'SingleStack']) }),
        ...(this.#chance(0.8) && { ipFamilies: [this.#one(['IPv4', 'IPv6'])] }),
        ports: this.#ports(),
      },
      ...(this.#chance(0.5) && {
        status: { loadBalancer: { ingress: this.#some(2, () => ({ ip: this.#ip() })) } },
      }),
    };
  }

  #subset(namespace: string): object {
    const address = () => ({
      ip: this.#ip(),
      ...(this.#chance(0.5) && { nodeName: this.#one(NODES) }),
      ...(this.#chance(0.2) && { hostname: 'h' }),
      ...this.#reference(namespace),
    });
    return {
      addresses: this.#some(2, address),
      ...(this.#chance(0.4) && { notReadyAddresses: this.#some(1, address) }),
      ...(this.#chance(0.9) && { ports: this.#ports() }),
    };
  }

  #slice(namespace: string): object {
    return {
      addressType: this.#one(['IPv4', 'IPv6', 'FQDN']),
      endpoints: this.#some(3, () => ({
        addresses: this.#some(2, () => this.#ip()),
        conditions: {
          ...(this.#chance(0.8) && { ready: this.#chance(0.5) }),
          ...(this.#chance(0.5) && { serving: this.#chance(0.5) }),
          ...(this.#chance(0.5) && { terminating: this.#chance(0.5) }),
        },
        ...(this.#chance(0.3) && { hostname: 'h' }),
        ...(this.#chance(0.5) && { nodeName: this.#one(NODES) }),
        ...(this.#chance(0.5) && { zone: 'z1' }),
        ...(this.#chance(0.2) && { deprecatedTopology: { 'a.b/c': 'd' } }),
        ...this.#reference(namespace),
      })),
      ports: this.#some(2, () => ({
        ...(this.#chance(0.8) && { port: this.#one(PORTS) }),
        ...(this.#chance(0.8) && { name: this.#one(['http', '']) }),
        ...(this.#chance(0.8) && { protocol: 'TCP' }),
        ...(this.#chance(0.3) && { appProtocol: 'h2c' }),
      })),
    };
  }

  #reference(namespace: string): object {
    if (this.#chance(0.2)) return {};
    if (this.#chance(0.2)) return { targetRef: { kind: 'Node', name: this.#one(NODES) } };
    return { targetRef: { kind: 'Pod', namespace, name: this.#one(NAMES) } };
  }

  #ports(): object[] {
    return this.#some(2, () => ({
      port: this.#one(PORTS),
      ...(this.#chance(0.7) && { name: this.#one(['http', 'metrics']) }),
      ...(this.#chance(0.8) && { protocol: 'TCP' }),
    }));
  }

  #ingress(): object {
    const hosts = ['a.example', 'b.example', '*.example', 'x.y.example', 'example'];
    return {
      spec: {
        ...(this.#chance(0.5) && { ingressClassName: 'nginx' }),
        rules: this.#some(2, () => ({
          ...(this.#chance(0.9) && { host: this.#one(hosts) }),
          ...(this.#chance(0.8) && {
            http: {
              paths: this.#some(2, () => ({
                ...(this.#chance(0.8) && { path: this.#one(['/', '/a', '']) }),
                pathType: 'Prefix',
                backend: { service: { name: 'web', port: { number: 80 } } },
              })),
            },
          }),
        })),
        ...(this.#chance(0.5) && { tls: [{ hosts: [this.#one(hosts)] }] }),
      },
    };
  }

  #strings(): Record<string, string> {
    return Object.fromEntries(this.#some(3, () => [this.#one(KEYS), this.#one(['', 'x', 'true', 'ü "y"'])]));
  }

  #ip(): string {
    return this.#chance(0.15) ? `fd00::${this.#below(99)}` : `10.0.${this.#below(3)}.${this.#below(250)}`;
  }

  #truth(): string {
    return this.#one(['True', 'False', 'Unknown']);
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#below(most + 1) }, make);
  }

  #one<T>(of: readonly T[]): T {
    return this.#random.pick(of);
  }

  #chance(p: number): boolean {
    return this.#below(1000) < p * 1000;
  }

  #below(n: number): number {
    return this.#random.int(0, n - 1);
  }
}
