/**
 * Other objects that targets are told of: the pod behind an endpoint, the node under a pod. Whoever looks for one is noted, found or
 * not: when that object comes, changes or goes, what was made by looking at it is made anew.
 */

import type { KubeObject } from '../../../kube/kube-object.ts';
import type { Node, Pod, Service } from './objects.ts';

/** By what each is found: `NAMESPACE/NAME`, a name alone of nodes and namespaces. */
export interface NeighbourKinds {
  readonly pods: Pod;
  readonly services: Service;
  readonly nodes: Node;
  readonly namespaces: KubeObject;
  readonly replicaSets: KubeObject;
  readonly jobs: KubeObject;
}

export type NeighbourKind = keyof NeighbourKinds;

export type Stores = { readonly [Kind in NeighbourKind]?: () => ReadonlyMap<string, NeighbourKinds[Kind]> };

/** Looking for an object of a kind that is not watched finds nothing. */
export type Look = <Kind extends NeighbourKind>(kind: Kind, key: string) => NeighbourKinds[Kind] | undefined;

export class Neighbours {
  readonly #stores: Stores;
  /** Who looked, by what was looked for. */
  readonly #lookers = new Map<string, Set<string>>();
  readonly #looked = new Map<string, readonly string[]>();

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  /** Runs `build` for `looker` and notes what it looks for, in place of what was noted before. */
  noting<T>(looker: string, build: (look: Look) => T): T {
    this.forget(looker);
    const looked = new Set<string>();
    const look: Look = (kind, key) => {
      const store = this.#stores[kind];
      if (store === undefined) return undefined;
      looked.add(`${kind} ${key}`);
      return store().get(key) as NeighbourKinds[typeof kind] | undefined;
    };
    const built = build(look);
    for (const what of looked) {
      const lookers = this.#lookers.get(what);
      if (lookers) lookers.add(looker);
      else this.#lookers.set(what, new Set([looker]));
    }
    if (looked.size > 0) this.#looked.set(looker, [...looked]);
    return built;
  }

  forget(looker: string): void {
    for (const what of this.#looked.get(looker) ?? []) {
      const lookers = this.#lookers.get(what)!;
      lookers.delete(looker);
      if (lookers.size === 0) this.#lookers.delete(what);
    }
    this.#looked.delete(looker);
  }

  lookersOf(kind: NeighbourKind, key: string): Iterable<string> {
    return this.#lookers.get(`${kind} ${key}`) ?? [];
  }
}
