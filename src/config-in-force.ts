/** The configuration that is in force, and how reading another one went, for whoever shows it. */

import type { Config } from './config/settings.ts';

export class ConfigInForce {
  #config: Config;
  /** When the configuration in force was read; milliseconds since the epoch. */
  loadedMs: number;
  /** Whether the last attempt to read one was good. */
  isFresh = true;
  /** Why that attempt was not; undefined: it was. */
  failure: string | undefined;
  readonly #watching: (() => void)[] = [];

  constructor(config: Config, nowMs: number) {
    this.#config = config;
    this.loadedMs = nowMs;
  }

  get config(): Config {
    return this.#config;
  }

  /** Calls `told` after every attempt to read another configuration. */
  onAttempt(told: () => void): void {
    this.#watching.push(told);
  }

  replace(config: Config, nowMs: number): void {
    this.#config = config;
    this.loadedMs = nowMs;
    this.failure = undefined;
    this.#attempted(true);
  }

  /** Another one could not be taken in, and why. */
  keep(failure: string): void {
    this.failure = failure;
    this.#attempted(false);
  }

  #attempted(isFresh: boolean): void {
    this.isFresh = isFresh;
    for (const told of this.#watching) told();
  }
}
