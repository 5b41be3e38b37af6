/** All discoveries of one configuration as one: their groups together, again whenever one of them has others. */

import type { Clock } from '../../base/clock.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import { type DiscoveryConfig, NO_DISCOVERY } from './discovery-config.ts';
import { FileDiscovery, type ParseYaml } from './file.ts';
import { StaticDiscovery } from './static.ts';

export interface DiscoveryDeps {
  readonly clock: Clock;
  /** For target files that are not JSON. */
  readonly parseYaml: ParseYaml;
  /** Told what could not be read, and why; what was known stays. `source` is a path, an address, a name. */
  readonly onError: (source: string, error: unknown) => void;
}

export class Discoveries implements Discovery {
  readonly #discoveries: readonly Discovery[];
  /** By discovery. */
  readonly #groups: (readonly TargetGroup[])[] = [];

  constructor(config: DiscoveryConfig, { clock, parseYaml, onError }: DiscoveryDeps) {
    this.#discoveries = [
      new StaticDiscovery(config.staticConfigs),
      ...config.fileDiscovery.map((f) => new FileDiscovery(f, clock, parseYaml, onError)),
    ];
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#discoveries.forEach((discovery, i) => {
      this.#groups[i] = [];
      discovery.start((groups) => {
        this.#groups[i] = groups;
        update(this.#groups.flat());
      });
    });
  }

  stop(): void {
    for (const discovery of this.#discoveries) discovery.stop();
  }
}

/** Whether all targets are known at once. */
export function isStatic(config: DiscoveryConfig): boolean {
  const ways = Object.keys(NO_DISCOVERY) as (keyof DiscoveryConfig)[];
  return ways.every((way) => way === 'staticConfigs' || config[way].length === 0);
}
