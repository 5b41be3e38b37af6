/**
 * Watches that run, each once however many want the same: ten jobs that look for pods in a cluster are one connection and one
 * copy of its pods. A watch ends with the last who wants it.
 */

import type { KubeCluster } from './cluster.ts';
import type { ExecEnvironment } from './exec-credentials.ts';
import { KubeClient } from './kube-client.ts';
import { type KubeObject, objectPath, type Selection } from './kube-object.ts';
import { ObjectWatch, type WatchListener, type WatchOptions } from './object-watch.ts';

/** One who watches. */
export interface WatchHandle<T> {
  /** By `NAMESPACE/NAME`; changes as time goes on. */
  readonly objects: ReadonlyMap<string, T>;
  readonly isSynced: boolean;
  /** Nothing is told any more. */
  end(): void;
}

interface Running {
  readonly watch: ObjectWatch<KubeObject>;
  users: number;
}

interface SharedClient {
  readonly client: KubeClient;
  users: number;
}

export interface WatchPoolOptions extends WatchOptions {
  /** Stands in the server's audit log. */
  readonly userAgent: string;
  /** Of programs that give credentials. */
  readonly environment?: ExecEnvironment;
}

export class WatchPool {
  readonly #options: WatchPoolOptions;
  /** Of each resource, by cluster, path and selectors. */
  readonly #running = new Map<unknown, Map<string, Running>>();
  readonly #clients = new Map<string, SharedClient>();

  constructor(options: WatchPoolOptions) {
    this.#options = options;
  }

  /** What is known already is told before this returns. */
  watch<T extends KubeObject>(
    cluster: KubeCluster,
    selection: Selection<T>,
    listener: WatchListener<T>,
  ): WatchHandle<T> {
    const { resource, namespace, labelSelector, fieldSelector } = selection;
    const server = JSON.stringify(cluster);
    const key = JSON.stringify([server, objectPath(resource, namespace), labelSelector, fieldSelector]);
    const watches = this.#watchesOf(resource);
    let running = watches.get(key);
    if (running === undefined) {
      const watch = new ObjectWatch<T>(this.#enterClient(server, cluster), selection, this.#options);
      running = { watch: watch as unknown as ObjectWatch<KubeObject>, users: 0 };
      watches.set(key, running);
      watch.start();
    }
    running.users++;
    const watch = running.watch as unknown as ObjectWatch<T>;
    const unsubscribe = watch.subscribe(listener);
    let isEnded = false;
    return {
      get objects() {
        return watch.objects;
      },
      get isSynced() {
        return watch.isSynced;
      },
      end: () => {
        if (isEnded) return;
        isEnded = true;
        unsubscribe();
        this.#leave(resource, key, server);
      },
    };
  }

  #watchesOf(resource: unknown): Map<string, Running> {
    const known = this.#running.get(resource);
    if (known) return known;
    const made = new Map<string, Running>();
    this.#running.set(resource, made);
    return made;
  }

  #leave(resource: unknown, key: string, server: string): void {
    const watches = this.#running.get(resource)!;
    const running = watches.get(key)!;
    running.users--;
    if (running.users > 0) return;
    running.watch.stop();
    watches.delete(key);
    if (watches.size === 0) this.#running.delete(resource);
    const shared = this.#clients.get(server)!;
    shared.users--;
    if (shared.users > 0) return;
    shared.client.close();
    this.#clients.delete(server);
  }

  #enterClient(server: string, cluster: KubeCluster): KubeClient {
    const { userAgent, environment } = this.#options;
    const shared = this.#clients.get(server) ?? {
      client: new KubeClient(cluster, userAgent, environment),
      users: 0,
    };
    shared.users++;
    this.#clients.set(server, shared);
    return shared.client;
  }
}
