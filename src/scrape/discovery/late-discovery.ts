/** A discovery whose code is loaded when it is needed, and which may turn out not to be possible then. */

import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';

export class LateDiscovery implements Discovery {
  readonly #load: () => Promise<Discovery>;
  readonly #onFailed: (error: unknown) => () => void;
  #discovery: Discovery | undefined;
  #isStopped = false;
  /** Called once one that could not be set up is not wanted any more. */
  #afterFailure: (() => void) | undefined;

  /** `onFailed` is told why it could not be set up, and gives back what is called when it is stopped. */
  constructor(load: () => Promise<Discovery>, onFailed: (error: unknown) => () => void) {
    this.#load = load;
    this.#onFailed = onFailed;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    void this.#begin(update);
  }

  async #begin(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    try {
      const discovery = await this.#load();
      if (this.#isStopped) return;
      this.#discovery = discovery;
      discovery.start(update);
    } catch (error) {
      if (!this.#isStopped) this.#afterFailure = this.#onFailed(error);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#discovery?.stop();
    this.#afterFailure?.();
  }
}
