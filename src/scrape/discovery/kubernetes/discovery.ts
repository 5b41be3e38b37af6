/**
 * Targets of a Kubernetes cluster, by one entry of `kubernetes_sd_configs`. The cluster's objects are watched (`kube/object-watch.ts`);
 * changes come in bursts and are taken together, in slices: a large cluster's first list is thousands of objects.
 */

import type { Clock, Timer } from '../../../base/clock.ts';
import { startSliced } from '../../../base/slices.ts';
import { openCluster, ownNamespace, type ParseYaml } from '../../../kube/cluster.ts';
import type { WatchPool } from '../../../kube/watch-pool.ts';
import type { TargetGroup } from '../../target.ts';
import type { Discovery } from '../discovery.ts';
import type { KubernetesDiscoveryConfig } from '../discovery-config.ts';
import type { KubernetesCounts } from '../discovery-telemetry.ts';
import { Scope, type ScopeEvents } from './scope.ts';

const UPDATE_DELAY_MS = 100;
const ALL = '';

export interface KubernetesDeps {
  readonly clock: Clock;
  /** For a kubeconfig. */
  readonly parseYaml: ParseYaml;
  readonly watches: WatchPool;
  readonly counts: KubernetesCounts;
  /** Told of each request that fails; what was known stays. */
  readonly onError: (error: unknown) => void;
}

export class KubernetesDiscovery implements Discovery {
  readonly #config: KubernetesDiscoveryConfig;
  readonly #deps: KubernetesDeps;
  readonly #cluster;
  readonly #namespaces: readonly string[];
  #scopes: Scope[] = [];
  #timer: Timer | undefined;
  #isWorking = false;
  /** Since work was begun last. */
  #hasWork = false;
  #isStopped = false;
  /** Scopes that had been listed when targets were told last. */
  #syncedScopes = 0;

  /** Throws `bad_data` where the way to the cluster is not to be found. */
  constructor(config: KubernetesDiscoveryConfig, deps: KubernetesDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#cluster = openCluster(config.access, deps.parseYaml);
    this.#namespaces = namespacesOf(config);
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    const { counts, onError, watches } = this.#deps;
    const events: ScopeEvents = {
      onWork: () => this.#schedule(update),
      onEvent: (role, type) => counts.event(role, type),
      onError: (error) => {
        counts.failures.add();
        onError(error);
      },
    };
    const parts = { watches, cluster: this.#cluster };
    this.#scopes = this.#namespaces.map((name) => new Scope(this.#config, name, parts, events));
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const scope of this.#scopes) scope.end();
  }

  #schedule(update: (groups: readonly TargetGroup[]) => void): void {
    if (this.#isStopped) return;
    this.#hasWork = true;
    if (this.#isWorking) return;
    this.#timer ??= this.#deps.clock.after(UPDATE_DELAY_MS, () => {
      this.#timer = undefined;
      void this.#work(update);
    });
  }

  async #work(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const ready = this.#scopes.filter((scope) => scope.isSynced);
    if (ready.length === 0) return;
    this.#isWorking = true;
    this.#hasWork = false;
    const hasChanged = await startSliced(rebuild(ready));
    this.#isWorking = false;
    if (this.#isStopped) return;
    const isNews = hasChanged || ready.length > this.#syncedScopes;
    this.#syncedScopes = ready.length;
    if (this.#hasWork) this.#schedule(update);
    if (isNews) update(ready.flatMap((scope) => [...scope.groups].flat()));
  }
}

/** Whether there are other targets than before. What changes meanwhile is taken as well. */
function* rebuild(scopes: readonly Scope[]): Generator<void, boolean> {
  let hasChanged = false;
  const onChanged = (): void => {
    hasChanged = true;
  };
  for (const scope of scopes) while (scope.rebuildOne(onChanged)) yield;
  return hasChanged;
}

/** Each once; all of them where none is named. */
function namespacesOf({ namespaces, includesOwnNamespace, access }: KubernetesDiscoveryConfig): string[] {
  const isOwn = includesOwnNamespace && access.way === 'in-cluster';
  const named = [...namespaces, ...(isOwn ? [ownNamespace(access.folder)] : [])];
  return named.length === 0 ? [ALL] : [...new Set(named)];
}
