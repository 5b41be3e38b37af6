/**
 * The containers that run on a Docker host: asked for every refresh interval and, for whoever follows their logs, at once
 * when the engine announces that one has started or ended.
 */

import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { DockerDiscoveryConfig } from './discovery-config.ts';
import { DockerApi, filterQuery } from './docker-api.ts';
import { type ContainerSummary, containerGroups, type NetworkSummary } from './docker-labels.ts';
import { RefreshedDiscovery, type RefreshParts } from './refreshed.ts';

/** Events come in bursts. */
const ANNOUNCED_REFRESH_MS = 50;
/** Between two attempts to listen to events. */
const EVENTS_RETRY_MS = 5000;

/** Scraping wants neither: it takes its time, and what has no network cannot be scraped. */
export interface DockerUse {
  readonly listensToEvents: boolean;
  readonly includesNetworkless: boolean;
}

export class DockerDiscovery implements Discovery {
  readonly #config: DockerDiscoveryConfig;
  readonly #use: DockerUse;
  readonly #api: DockerApi;
  readonly #parts: RefreshParts;
  readonly #abort = new AbortController();
  readonly #refreshed: RefreshedDiscovery;

  /** Throws `bad_data` where the host is none. */
  constructor(config: DockerDiscoveryConfig, use: DockerUse, parts: RefreshParts) {
    this.#config = config;
    this.#use = use;
    this.#api = new DockerApi(config.host, config.client);
    this.#parts = parts;
    const ask = (signal: AbortSignal) => this.#ask(signal);
    this.#refreshed = new RefreshedDiscovery({ intervalMs: config.refreshIntervalMs, ask }, parts);
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#refreshed.start(update);
    if (this.#use.listensToEvents) void this.#listen();
  }

  stop(): void {
    this.#abort.abort();
    this.#refreshed.stop();
    this.#api.close();
  }

  async #ask(signal: AbortSignal): Promise<TargetGroup[]> {
    const query = filterQuery(this.#config.filters);
    const [containers, networks] = await Promise.all([
      this.#api.get<ContainerSummary[]>(`/containers/json${query}`, signal),
      this.#api.get<NetworkSummary[]>('/networks', signal),
    ]);
    const { includesNetworkless } = this.#use;
    return containerGroups(containers, networks, { ...this.#config, includesNetworkless });
  }

  /** A hint only: what it misses the next refresh sees. */
  async #listen(): Promise<void> {
    const { signal } = this.#abort;
    const query = filterQuery([
      { name: 'type', values: ['container'] },
      { name: 'event', values: ['start', 'die'] },
    ]);
    try {
      const events = await this.#api.stream(`/events${query}`, signal);
      for await (const _ of events) this.#refreshed.refreshSoon(ANNOUNCED_REFRESH_MS);
    } catch (error) {
      // Told where asking for the containers fails too.
      if (signal.aborted || !(error instanceof Error)) return;
    }
    if (!signal.aborted) this.#parts.clock.after(EVENTS_RETRY_MS, () => void this.#listen());
  }
}
