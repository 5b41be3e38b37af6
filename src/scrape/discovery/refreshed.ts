/** A discovery that asks for all its targets at every refresh interval. An answer that fails changes nothing. */

import type { Clock, Timer } from '../../base/clock.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { RefreshCounts } from './discovery-telemetry.ts';

export interface RefreshParts {
  readonly clock: Clock;
  readonly counts: RefreshCounts;
  readonly onError: (error: unknown) => void;
}

export interface Refresh {
  readonly intervalMs: number;
  /** All groups. The signal ends it: at the next interval at the latest, and when the discovery stops. */
  readonly ask: (signal: AbortSignal) => Promise<readonly TargetGroup[]>;
  /** Lets go of connections. */
  readonly close?: () => void;
}

export class RefreshedDiscovery implements Discovery {
  readonly #refresh: Refresh;
  readonly #parts: RefreshParts;
  #update: (groups: readonly TargetGroup[]) => void = () => {};
  #abort: AbortController | undefined;
  #timer: Timer | undefined;
  #isStopped = false;
  /** When to ask again after the answer that is waited for, if sooner than the interval says. */
  #soonMs: number | undefined;

  constructor(refresh: Refresh, parts: RefreshParts) {
    this.#refresh = refresh;
    this.#parts = parts;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#update = update;
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#abort?.abort();
    this.#refresh.close?.();
  }

  /** Asks again `delayMs` from now, or so long after the answer that is waited for: something has changed. */
  refreshSoon(delayMs: number): void {
    if (this.#isStopped) return;
    if (this.#abort) this.#soonMs = delayMs;
    else this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { clock, counts, onError } = this.#parts;
    const { intervalMs, ask } = this.#refresh;
    this.#soonMs = undefined;
    const abort = new AbortController();
    this.#abort = abort;
    const deadline = clock.after(intervalMs, () => abort.abort());
    const began = clock.elapsed();
    try {
      const groups = await ask(abort.signal);
      if (!this.#isStopped) this.#update(groups);
    } catch (error) {
      if (this.#isStopped) return;
      counts.failures.add();
      onError(error);
    } finally {
      deadline.cancel();
      this.#abort = undefined;
    }
    if (this.#isStopped) return;
    const elapsedMs = clock.elapsed() - began;
    counts.duration.observe(elapsedMs / 1000);
    counts.mechanismDuration.observe(elapsedMs / 1000);
    this.#schedule(this.#soonMs ?? Math.max(0, intervalMs - elapsedMs));
  }
}
