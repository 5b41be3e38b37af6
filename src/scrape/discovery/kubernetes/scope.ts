/**
 * Targets of one role in one namespace, or in all: made of an object when it changes, or when something changes that was looked at for
 * them. Nothing is made before everything that is watched has been listed once: a pod's endpoint without its pod would be another target.
 */

import type { KubeCluster } from '../../../kube/cluster.ts';
import type { KubeObject, Selection } from '../../../kube/kube-object.ts';
import type { ChangeType, WatchListener } from '../../../kube/object-watch.ts';
import type { WatchHandle, WatchPool } from '../../../kube/watch-pool.ts';
import type { TargetGroup } from '../../target.ts';
import type { KubernetesDiscoveryConfig, KubernetesRole } from '../discovery-config.ts';
import { type NeighbourKind, Neighbours, type Stores } from './neighbours.ts';
import { NEIGHBOURS, ROLES, type Role } from './roles.ts';

export interface ScopeEvents {
  /** There is something to rebuild, or everything has been listed. */
  readonly onWork: () => void;
  /** An object of a role's kind came, changed or went. */
  readonly onEvent: (role: KubernetesRole, type: ChangeType) => void;
  readonly onError: (error: unknown) => void;
}

export class Scope {
  readonly #config: KubernetesDiscoveryConfig;
  readonly #role: Role;
  readonly #events: ScopeEvents;
  readonly #neighbours: Neighbours;
  readonly #objects: WatchHandle<KubeObject>;
  readonly #others = new Map<NeighbourKind, WatchHandle<KubeObject>>();
  readonly #dirty = new Set<string>();
  readonly #groups = new Map<string, readonly TargetGroup[]>();

  /** `namespace` '' is all of them. */
  constructor(
    config: KubernetesDiscoveryConfig,
    namespace: string,
    { watches, cluster }: { readonly watches: WatchPool; readonly cluster: KubeCluster },
    events: ScopeEvents,
  ) {
    this.#config = config;
    this.#role = ROLES[config.role];
    this.#events = events;
    const kinds = this.#role.neighbours(config.attaches);
    const store = (kind: NeighbourKind) => () => this.#others.get(kind)!.objects;
    this.#neighbours = new Neighbours(Object.fromEntries(kinds.map((kind) => [kind, store(kind)])) as Stores);
    for (const kind of kinds) {
      const source = NEIGHBOURS[kind];
      const selection = this.#selection(
        source.resource as unknown as Role['resource'],
        source.role,
        namespace,
      );
      this.#others.set(kind, watches.watch(cluster, selection, this.#neighbourListener(kind)));
    }
    const selection = this.#selection(this.#role.resource, config.role, namespace);
    this.#objects = watches.watch(cluster, selection, this.#objectListener());
  }

  get isSynced(): boolean {
    return this.#objects.isSynced && [...this.#others.values()].every((handle) => handle.isSynced);
  }

  get groups(): Iterable<readonly TargetGroup[]> {
    return this.#groups.values();
  }

  /** One object's targets anew; false where there is none to do. `onChanged` is called where they are others than before. */
  rebuildOne(onChanged: () => void): boolean {
    const [key] = this.#dirty;
    if (key === undefined) return false;
    this.#dirty.delete(key);
    const object = this.#objects.objects.get(key);
    const before = this.#groups.get(key) ?? [];
    const { build } = this.#role;
    if (object === undefined) this.#neighbours.forget(key);
    const made = object
      ? this.#neighbours.noting(key, (look) => build(object, look, this.#config.attaches))
      : [];
    // Most changes of an object are none of its targets.
    if (JSON.stringify(made) === JSON.stringify(before)) return true;
    if (made.length > 0) this.#groups.set(key, made);
    else this.#groups.delete(key);
    onChanged();
    return true;
  }

  end(): void {
    for (const handle of [this.#objects, ...this.#others.values()]) handle.end();
  }

  #selection(
    resource: Role['resource'],
    role: KubernetesRole | undefined,
    namespace: string,
  ): Selection<KubeObject> {
    const { label = '', field = '' } = (role && this.#config.selectors[role]) ?? {};
    const within = resource.isNamespaced ? namespace : '';
    return { resource, namespace: within, labelSelector: label, fieldSelector: field };
  }

  #objectListener(): WatchListener<KubeObject> {
    return {
      onChange: (type, key) => {
        this.#events.onEvent(this.#config.role, type);
        this.#dirty.add(key);
        this.#events.onWork();
      },
      onSync: () => this.#events.onWork(),
      onError: (error) => this.#events.onError(error),
    };
  }

  #neighbourListener(kind: NeighbourKind): WatchListener<KubeObject> {
    return {
      onChange: (type, key) => {
        // As the original counts: pods that change, services that do anything.
        if (kind === 'services') this.#events.onEvent('service', type);
        if (kind === 'pods' && type === 'update') this.#events.onEvent('pod', type);
        for (const looker of this.#neighbours.lookersOf(kind, key)) this.#dirty.add(looker);
        if (this.#dirty.size > 0) this.#events.onWork();
      },
      onSync: () => this.#events.onWork(),
      onError: (error) => this.#events.onError(error),
    };
  }
}
