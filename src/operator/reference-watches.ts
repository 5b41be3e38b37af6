/**
 * Secrets and ConfigMaps that resources name, each watched by its name: no other is ever read. A watch begins when somebody asks for
 * what is in the object, and ends when nobody names it any more.
 */

import type { KubeCluster } from '../kube/cluster.ts';
import { type KubeObject, type KubeResource, keptMeta } from '../kube/kube-object.ts';
import type { WatchHandle, WatchPool } from '../kube/watch-pool.ts';
import {
  type Reference,
  type ReferencedData,
  type ReferenceKind,
  type ReferenceSource,
  referenceKey,
} from './references.ts';

/** Values of a Secret are Base64, those of a ConfigMap text. */
interface KeyedObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const RESOURCES: Readonly<Record<ReferenceKind, KubeResource<KeyedObject>>> = {
  secret: resource('secrets'),
  configmap: resource('configmaps'),
};

function resource(plural: string): KubeResource<KeyedObject> {
  return {
    base: '/api/v1',
    plural,
    isNamespaced: true,
    keep: ({ metadata, data = {} }) => ({ metadata: keptMeta({ ...metadata, annotations: {} }), data }),
  };
}

interface Watched {
  readonly handle: WatchHandle<KeyedObject>;
  /** Why it is not known, since the last that was. */
  failure: string | undefined;
}

export class ReferenceWatches implements ReferenceSource {
  readonly #pool: WatchPool;
  readonly #cluster: KubeCluster;
  readonly #onChange: (key: string) => void;
  readonly #watched = new Map<string, Watched>();

  /** `onChange` is told that what is known of a reference has changed. */
  constructor(pool: WatchPool, cluster: KubeCluster, onChange: (key: string) => void) {
    this.#pool = pool;
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  dataOf(reference: Reference): ReferencedData {
    const { handle, failure } = this.#watchedOf(reference);
    if (!handle.isSynced) return failure === undefined ? undefined : { failure };
    const object = handle.objects.get(`${reference.namespace}/${reference.name}`);
    if (!object) return 'absent';
    const isSecret = reference.kind === 'secret';
    const text = (value: string) => (isSecret ? Buffer.from(value, 'base64').toString('utf8') : value);
    return new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, text(value)]));
  }

  /** Ends watches of whatever is not among these keys. */
  keep(keys: ReadonlySet<string>): void {
    for (const [key, { handle }] of this.#watched) {
      if (keys.has(key)) continue;
      this.#watched.delete(key);
      handle.end();
    }
  }

  #watchedOf(reference: Reference): Watched {
    const key = referenceKey(reference);
    const known = this.#watched.get(key);
    if (known) return known;
    const { kind, namespace, name } = reference;
    const selection = {
      resource: RESOURCES[kind],
      namespace,
      labelSelector: '',
      fieldSelector: `metadata.name=${name}`,
    };
    const changed = (failure?: string): void => {
      const watched = this.#watched.get(key);
      if (watched) watched.failure = failure;
      this.#onChange(key);
    };
    const handle = this.#pool.watch(this.#cluster, selection, {
      onChange: () => changed(),
      onSync: () => changed(),
      onError: (error) => changed((error as Error).message),
    });
    const watched: Watched = { handle, failure: undefined };
    this.#watched.set(key, watched);
    return watched;
  }
}
