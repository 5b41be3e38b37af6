/**
 * The Operator's resources of a cluster as they are at present: those that the settings choose, by the labels of
 * themselves and of their namespaces.
 */

import type { KubeCluster } from '../kube/cluster.ts';
import { everything, type KubeObject, type KubeResource, keptMeta } from '../kube/kube-object.ts';
import type { ChangeType } from '../kube/object-watch.ts';
import type { WatchHandle, WatchPool } from '../kube/watch-pool.ts';
import { isEmptySelector, meetsSelector, selectorText } from './label-selector.ts';
import type { OperatorSettings, ResourceSelection } from './operator-settings.ts';
import type { MonitoringObject } from './resources.ts';

export type ResourceKind = 'ServiceMonitor' | 'PodMonitor' | 'Probe' | 'ScrapeConfig' | 'PrometheusRule';

/** In this order they are shown. */
export const RESOURCE_KINDS: readonly ResourceKind[] = [
  ...(['ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule'] as const),
];

const GROUP = '/apis/monitoring.coreos.com';

const RESOURCES: Readonly<Record<ResourceKind, KubeResource<MonitoringObject<unknown>>>> = {
  ServiceMonitor: resource('servicemonitors'),
  PodMonitor: resource('podmonitors'),
  Probe: resource('probes'),
  ScrapeConfig: resource('scrapeconfigs', 'v1alpha1'),
  PrometheusRule: resource('prometheusrules'),
};

const SELECTIONS = {
  ServiceMonitor: 'serviceMonitors',
  PodMonitor: 'podMonitors',
  Probe: 'probes',
  ScrapeConfig: 'scrapeConfigs',
  PrometheusRule: 'rules',
} as const satisfies Readonly<Record<ResourceKind, keyof OperatorSettings>>;

const NAMESPACES: KubeResource<KubeObject> = {
  base: '/api/v1',
  plural: 'namespaces',
  isNamespaced: false,
  keep: ({ metadata }) => ({ metadata: keptMeta({ ...metadata, annotations: {} }) }),
};

function resource(plural: string, version = 'v1'): KubeResource<MonitoringObject<unknown>> {
  return {
    base: `${GROUP}/${version}`,
    plural,
    isNamespaced: true,
    keep: ({ metadata, spec }) => ({
      metadata: { ...metadata, ...keptMeta(metadata), annotations: {} },
      spec,
    }),
  };
}

export interface ResourceListener {
  /** A resource was changed, or went: `undefined`. */
  onResource(kind: ResourceKind, key: string, object: MonitoringObject<unknown> | undefined): void;
  /** Which of them are chosen may be different now. */
  onNamespaces(): void;
  /** What cannot be read, and why; undefined: it can. */
  readonly onState: (what: string, error: string | undefined) => void;
}

export class ResourceWatches {
  readonly #settings: OperatorSettings;
  readonly #handles: WatchHandle<KubeObject>[] = [];
  #namespaces: WatchHandle<KubeObject> | undefined;

  constructor(settings: OperatorSettings) {
    this.#settings = settings;
  }

  start(pool: WatchPool, cluster: KubeCluster, listener: ResourceListener): void {
    if (RESOURCE_KINDS.some((kind) => !isEmptySelector(this.#selection(kind).namespaceSelector))) {
      this.#namespaces = pool.watch(cluster, everything(NAMESPACES), {
        onChange: () => listener.onNamespaces(),
        onSync: () => listener.onNamespaces(),
        ...stateOf('namespaces', listener),
      });
    }
    const { namespaces } = this.#settings;
    for (const kind of RESOURCE_KINDS) {
      for (const namespace of namespaces.length > 0 ? namespaces : ['']) {
        this.#handles.push(this.#watch(pool, cluster, kind, namespace, listener));
      }
    }
  }

  #watch(
    pool: WatchPool,
    cluster: KubeCluster,
    kind: ResourceKind,
    namespace: string,
    listener: ResourceListener,
  ): WatchHandle<KubeObject> {
    const what = namespace === '' ? RESOURCES[kind].plural : `${RESOURCES[kind].plural} of ${namespace}`;
    const labelSelector = selectorText(this.#selection(kind).selector);
    return pool.watch(
      cluster,
      { resource: RESOURCES[kind], namespace, labelSelector, fieldSelector: '' },
      {
        onChange: (type: ChangeType, key, object) =>
          listener.onResource(kind, key, type === 'delete' ? undefined : object),
        onSync: () => {},
        ...stateOf(what, listener),
      },
    );
  }

  /** Whether resources of the kind in the namespace are meant. */
  isChosen(kind: ResourceKind, namespace: string): boolean {
    const { namespaceSelector } = this.#selection(kind);
    if (isEmptySelector(namespaceSelector)) return true;
    const found = this.#namespaces?.objects.get(namespace);
    return found !== undefined && meetsSelector(found.metadata.labels ?? {}, namespaceSelector);
  }

  #selection(kind: ResourceKind): ResourceSelection {
    return this.#settings[SELECTIONS[kind]];
  }

  stop(): void {
    this.#namespaces?.end();
    for (const handle of this.#handles) handle.end();
  }
}

function stateOf(what: string, { onState }: ResourceListener) {
  return {
    onError: (error: unknown) => onState(what, (error as Error).message),
    onRecovered: () => onState(what, undefined),
  };
}
