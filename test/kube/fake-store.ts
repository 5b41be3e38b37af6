/** What a fake API server has: objects by kind, and the history of their changes that watches are told. */

import type { KubeObject } from '../../src/kube/kube-object.ts';
import { matchesFields, matchesLabels } from './selectors.ts';

export interface FakeKind {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

export interface FakeObject extends KubeObject {
  readonly [field: string]: unknown;
}

export interface View {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

export interface Change {
  readonly version: number;
  readonly before: FakeObject | undefined;
  readonly after: FakeObject | undefined;
}

export class FakeStore {
  readonly kind: FakeKind;
  readonly #objects = new Map<string, FakeObject>();
  #history: Change[] = [];
  readonly watchers = new Set<(change: Change) => void>();

  constructor(kind: FakeKind) {
    this.kind = kind;
  }

  get(namespace: string, name: string): FakeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  set(version: number, object: FakeObject | undefined, namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const change = { version, before: this.#objects.get(key), after: object };
    if (object) this.#objects.set(key, object);
    else this.#objects.delete(key);
    this.#history.push(change);
    for (const tell of [...this.watchers]) tell(change);
  }

  /** In the order of their keys, as a real server answers. */
  list(view: View): FakeObject[] {
    const keys = [...this.#objects.keys()].sort();
    return keys.map((key) => this.#objects.get(key)!).filter((object) => isInView(object, view));
  }

  since(version: number): readonly Change[] {
    return this.#history.filter((change) => change.version > version);
  }

  forget(): void {
    this.#history = [];
  }
}

export function isInView(object: FakeObject, view: View): boolean {
  return (
    (view.namespace === '' || object.metadata.namespace === view.namespace) &&
    matchesLabels(object, view.labelSelector) &&
    matchesFields(object, view.fieldSelector)
  );
}

/** What a watch with that view is told of a change; undefined where it is nothing to it. */
export function eventFor({ version, before, after }: Change, view: View): object | undefined {
  const was = before !== undefined && isInView(before, view);
  const is = after !== undefined && isInView(after, view);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: after };
  if (!was) return undefined;
  const metadata = { ...before.metadata, resourceVersion: String(version) };
  return { type: 'DELETED', object: { ...before, metadata } };
}

const core = (plural: string, kind: string, isNamespaced = true): FakeKind => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  isNamespaced,
});
const of = (group: string, version: string, plural: string, kind: string): FakeKind => ({
  group,
  version,
  plural,
  kind,
  isNamespaced: true,
});

export const KINDS: readonly FakeKind[] = [
  core('pods', 'Pod'),
  core('services', 'Service'),
  core('endpoints', 'Endpoints'),
  core('secrets', 'Secret'),
  core('configmaps', 'ConfigMap'),
  core('nodes', 'Node', false),
  core('namespaces', 'Namespace', false),
  of('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  of('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  of('apps', 'v1', 'replicasets', 'ReplicaSet'),
  of('batch', 'v1', 'jobs', 'Job'),
  of('monitoring.coreos.com', 'v1', 'servicemonitors', 'ServiceMonitor'),
  of('monitoring.coreos.com', 'v1', 'podmonitors', 'PodMonitor'),
  of('monitoring.coreos.com', 'v1', 'probes', 'Probe'),
  of('monitoring.coreos.com', 'v1', 'prometheusrules', 'PrometheusRule'),
  of('monitoring.coreos.com', 'v1alpha1', 'scrapeconfigs', 'ScrapeConfig'),
];
