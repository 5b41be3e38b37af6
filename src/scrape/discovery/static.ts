/** Targets that the configuration itself lists. */

import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { StaticConfig } from './discovery-config.ts';

export class StaticDiscovery implements Discovery {
  readonly #groups: readonly TargetGroup[];

  constructor(configs: readonly StaticConfig[]) {
    this.#groups = configs;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    update(this.#groups);
  }

  stop(): void {}
}
