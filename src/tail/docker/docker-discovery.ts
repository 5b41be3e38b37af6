/**
 * The containers that run on a Docker host: asked for every refresh interval, and at once when the engine announces that
 * one has started or ended.
 */

import type { Clock, Timer } from '../../base/clock.ts';
import type { Discovery } from '../tail.ts';
import type { DockerDiscoveryConfig } from '../tail-config.ts';
import type { TargetGroup } from '../target-labels.ts';
import { DockerApi } from './docker-api.ts';
import { type ContainerSummary, containerGroups, type NetworkSummary } from './docker-labels.ts';

/** Events come in bursts. */
const ANNOUNCED_REFRESH_MS = 50;
/** Between two attempts to listen to events. */
const EVENTS_RETRY_MS = 5000;

export class DockerDiscovery implements Discovery {
  readonly #config: DockerDiscoveryConfig;
  readonly #api: DockerApi;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #isRefreshing = false;
  #isAnnounced = false;

  constructor(config: DockerDiscoveryConfig, clock: Clock, onError: (error: unknown) => void) {
    this.#config = config;
    this.#api = new DockerApi(config.host, config.client);
    this.#clock = clock;
    this.#onError = onError;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    void this.#refresh(update);
    void this.#listen(update);
  }

  stop(): void {
    this.#abort.abort();
    this.#timer?.cancel();
    this.#api.close();
  }

  async #refresh(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    if (this.#isRefreshing) {
      this.#isAnnounced = true;
      return;
    }
    this.#isRefreshing = true;
    this.#isAnnounced = false;
    this.#timer?.cancel();
    try {
      const filters = Object.fromEntries(this.#config.filters.map((f) => [f.name, f.values]));
      const query = this.#config.filters.length > 0 ? `?filters=${encoded(filters)}` : '';
      const [containers, networks] = await Promise.all([
        this.#api.get<ContainerSummary[]>(`/containers/json${query}`),
        this.#api.get<NetworkSummary[]>('/networks'),
      ]);
      if (!this.#abort.signal.aborted) update(containerGroups(containers, networks, this.#config));
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#onError(error);
    }
    this.#isRefreshing = false;
    if (this.#abort.signal.aborted) return;
    const delay = this.#isAnnounced ? ANNOUNCED_REFRESH_MS : this.#config.refreshIntervalMs;
    this.#timer = this.#clock.after(delay, () => void this.#refresh(update));
  }

  /** A hint only: what it misses the next refresh sees. */
  async #listen(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const { signal } = this.#abort;
    const filters = encoded({ type: ['container'], event: ['start', 'die'] });
    try {
      const events = await this.#api.stream(`/events?filters=${filters}`, signal);
      for await (const _ of events) {
        this.#timer?.cancel();
        this.#timer = this.#clock.after(ANNOUNCED_REFRESH_MS, () => void this.#refresh(update));
      }
    } catch (error) {
      // Told where asking for the containers fails too.
      if (signal.aborted || !(error instanceof Error)) return;
    }
    if (!signal.aborted) this.#clock.after(EVENTS_RETRY_MS, () => void this.#listen(update));
  }
}

function encoded(filters: Readonly<Record<string, readonly string[]>>): string {
  return encodeURIComponent(JSON.stringify(filters));
}
