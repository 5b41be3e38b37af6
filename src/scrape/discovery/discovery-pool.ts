/**
 * Discoveries that run, each once however many jobs say the same: who comes later gets what is known at once, and it ends
 * with the last one who wants it. So a job that changes while its discovery does not, keeps its targets.
 */

import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import { redacted } from '../../base/url-credentials.ts';
import type { WatchPool } from '../../kube/watch-pool.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { DiscoveryConfig, KubernetesDiscoveryConfig } from './discovery-config.ts';
import { DiscoveryTelemetry, type DiscoveryUser } from './discovery-telemetry.ts';
import { dnsDiscovery } from './dns.ts';
import { DockerDiscovery } from './docker.ts';
import { swarmDiscovery } from './dockerswarm.ts';
import { FileDiscovery, type ParseYaml } from './file.ts';
import { httpDiscovery } from './http.ts';
import { LateDiscovery } from './late-discovery.ts';
import type { RefreshParts } from './refreshed.ts';

/** One entry of one of the lists of a `DiscoveryConfig`. */
export type Mechanism = {
  [Way in keyof DiscoveryConfig]: { readonly way: Way; readonly config: DiscoveryConfig[Way][number] };
}[Exclude<keyof DiscoveryConfig, 'staticConfigs'>];

const MECHANISM_NAMES: Readonly<Record<Mechanism['way'], string>> = {
  fileDiscovery: 'file',
  httpDiscovery: 'http',
  dnsDiscovery: 'dns',
  dockerDiscovery: 'docker',
  swarmDiscovery: 'dockerswarm',
  kubernetesDiscovery: 'kubernetes',
};

const SCRAPE_USE = { listensToEvents: false, includesNetworkless: false };

export interface PoolDeps {
  readonly clock: Clock;
  /** For target files that are not JSON. */
  readonly parseYaml: ParseYaml;
  readonly telemetry: Telemetry;
  readonly user: DiscoveryUser;
  /** Of clusters; others in the process may share them. */
  readonly watches: () => Promise<WatchPool>;
}

export interface Subscriber {
  /** The job's name, for metrics and the log. */
  readonly name: string;
  /** Called at once where something is known already. */
  readonly update: (groups: readonly TargetGroup[]) => void;
  /** One of those who want a discovery is told what could not be read, and why; what was known stays. */
  readonly onError: (source: string, error: unknown) => void;
}

interface Running {
  readonly way: Mechanism['way'];
  /** Of the subscriber who came first: it counts as that one's. */
  readonly name: string;
  readonly discovery: Discovery | undefined;
  readonly subscribers: Set<Subscriber>;
  /** Undefined until the discovery has spoken. */
  groups: readonly TargetGroup[] | undefined;
}

export class DiscoveryPool {
  readonly #deps: PoolDeps;
  readonly #telemetry: DiscoveryTelemetry;
  readonly counts;
  readonly #running = new Map<string, Running>();
  /** How many have that name. */
  readonly #users = new Map<string, number>();

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.#telemetry = new DiscoveryTelemetry(deps.telemetry);
    this.counts = this.#telemetry.user(deps.user);
  }

  /** Returns what ends the subscription. */
  subscribe(mechanism: Mechanism, subscriber: Subscriber): () => void {
    const key = JSON.stringify(mechanism);
    const known = this.#running.get(key);
    if (known) {
      known.subscribers.add(subscriber);
      if (known.groups) subscriber.update(known.groups);
    } else this.#begin(key, mechanism, subscriber);
    return () => this.#leave(key, subscriber);
  }

  #begin(key: string, mechanism: Mechanism, first: Subscriber): void {
    const subscribers = new Set([first]);
    const onError = (source: string, error: unknown): void => {
      const [one] = subscribers;
      one?.onError(source, error);
    };
    let discovery: Discovery | undefined;
    try {
      discovery = this.#create(mechanism, first.name, onError);
    } catch (error) {
      this.counts.failedConfigs.add(1);
      onError(MECHANISM_NAMES[mechanism.way], error);
    }
    const { way } = mechanism;
    const running: Running = { way, name: first.name, discovery, subscribers, groups: undefined };
    this.#running.set(key, running);
    discovery?.start((groups) => {
      this.counts.received.add();
      const told = withKnown(groups, running.groups);
      if (told === running.groups) return;
      running.groups = told;
      for (const { update } of [...subscribers]) update(told);
    });
  }

  #leave(key: string, subscriber: Subscriber): void {
    const running = this.#running.get(key);
    if (!running?.subscribers.delete(subscriber) || running.subscribers.size > 0) return;
    this.#running.delete(key);
    if (running.discovery) running.discovery.stop();
    else this.counts.failedConfigs.add(-1);
    const { way, name } = running;
    const isLast = ![...this.#running.values()].some((other) => other.way === way && other.name === name);
    if (isLast) this.#telemetry.forgetRefresh(MECHANISM_NAMES[way], name);
  }

  /** A job that changes is there twice for a moment: what is told of it is forgotten with the last. */
  enter(name: string): void {
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
  }

  exit(name: string): void {
    const left = (this.#users.get(name) ?? 0) - 1;
    this.#users.set(name, left);
    if (left > 0) return;
    this.#users.delete(name);
    this.counts.forget(name);
  }

  /** Throws `TriliteError` where it cannot be set up. */
  #create(
    { way, config }: Mechanism,
    name: string,
    onError: (source: string, error: unknown) => void,
  ): Discovery {
    const { clock, parseYaml } = this.#deps;
    const telemetry = this.#telemetry;
    const parts = (source: string): RefreshParts => ({
      clock,
      counts: telemetry.refresh(MECHANISM_NAMES[way], name),
      onError: (error) => onError(source, error),
    });
    switch (way) {
      case 'fileDiscovery':
        return new FileDiscovery(config, { clock, parseYaml, telemetry, onError });
      case 'httpDiscovery':
        return httpDiscovery(config, parts(redacted(config.url)), telemetry);
      case 'dnsDiscovery':
        return dnsDiscovery(config, parts('dns'), telemetry);
      case 'dockerDiscovery':
        return new DockerDiscovery(config, SCRAPE_USE, parts(redacted(config.host)));
      case 'swarmDiscovery':
        return swarmDiscovery(config, parts(redacted(config.host)));
      case 'kubernetesDiscovery':
        return this.#kubernetes(config, (error) => onError(MECHANISM_NAMES[way], error));
    }
  }

  #kubernetes(config: KubernetesDiscoveryConfig, onError: (error: unknown) => void): Discovery {
    const { clock, parseYaml, watches } = this.#deps;
    const load = async (): Promise<Discovery> => {
      const { KubernetesDiscovery } = await import('./kubernetes/discovery.ts');
      const deps = {
        clock,
        parseYaml,
        watches: await watches(),
        counts: this.#telemetry.kubernetes(),
        onError,
      };
      return new KubernetesDiscovery(config, deps);
    };
    return new LateDiscovery(load, (error) => {
      this.counts.failedConfigs.add(1);
      onError(error);
      return () => this.counts.failedConfigs.add(-1);
    });
  }
}

/**
 * The groups, in whose place those stand that were known and say the same; the known list itself where nothing but their order is
 * different. Most refreshes bring no news, and making targets of groups costs far more than comparing them. Those that are the very same are not
 * compared: a large cluster has thousands, of which one has changed.
 */
function withKnown(
  groups: readonly TargetGroup[],
  known: readonly TargetGroup[] | undefined,
): readonly TargetGroup[] {
  if (known === undefined || groups === known) return groups;
  const before = new Set(known);
  const same = new Set(groups.filter((group) => before.has(group)));
  const gone = known.filter((group) => !same.has(group));
  const byText = new Map(gone.map((group) => [JSON.stringify(group), group]));
  const out = groups.map((group) => (same.has(group) ? group : (byText.get(JSON.stringify(group)) ?? group)));
  const isSame = out.length === known.length && new Set(out).size === before.size;
  return isSame && out.every((group) => before.has(group)) ? known : out;
}
