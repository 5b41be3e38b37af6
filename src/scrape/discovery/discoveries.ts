/** All discoveries of one configuration as one: their groups together, again whenever one of them has others. */

import { type Clock, systemClock } from '../../base/clock.ts';
import { Telemetry } from '../../base/telemetry.ts';
import type { WatchPool } from '../../kube/watch-pool.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import { type DiscoveryConfig, NO_DISCOVERY } from './discovery-config.ts';
import { DiscoveryPool, type Mechanism } from './discovery-pool.ts';
import type { ParseYaml } from './file.ts';
import { UpdateThrottle } from './update-throttle.ts';

export interface DiscoveryDeps {
  readonly clock: Clock;
  /** For target files that are not JSON. */
  readonly parseYaml: ParseYaml;
  /** Told what could not be read, and why; what was known stays. `source` is a path, an address, a name. */
  readonly onError: (source: string, error: unknown) => void;
  /** Whose discoveries are shared; without, they run for this one alone and are not counted. */
  readonly pool?: DiscoveryPool;
  /** Of whom the metrics tell: the job's name. */
  readonly name?: string;
}

export class Discoveries implements Discovery {
  readonly #config: DiscoveryConfig;
  readonly #deps: DiscoveryDeps;
  readonly #name: string;
  readonly #pool: DiscoveryPool;
  readonly #throttle: UpdateThrottle;
  /** By mechanism, in the order of the configuration; undefined until it has spoken. */
  readonly #groups: (readonly TargetGroup[] | undefined)[] = [];
  #ends: (() => void)[] = [];
  #isStarted = false;
  #update: (groups: readonly TargetGroup[]) => void = () => {};

  constructor(config: DiscoveryConfig, deps: DiscoveryDeps) {
    const { clock, parseYaml, name = '' } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#name = name;
    this.#pool =
      deps.pool ??
      new DiscoveryPool({
        clock,
        parseYaml,
        telemetry: new Telemetry(),
        user: 'scrape',
        watches: ownWatches,
      });
    this.#throttle = new UpdateThrottle(
      clock,
      () => this.#tell(),
      () => this.#pool.counts.delayed.add(),
    );
  }

  /** What is known at once is told before this returns; what comes soon after each other is told together. */
  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#update = update;
    this.#isStarted = true;
    this.#pool.enter(this.#name);
    let isStarting = true;
    const mechanisms = mechanismsOf(this.#config);
    this.#groups.push(...mechanisms.map(() => undefined));
    this.#ends = mechanisms.map((mechanism, i) =>
      this.#pool.subscribe(mechanism, {
        name: this.#name,
        update: (groups) => {
          this.#groups[i] = groups;
          if (!isStarting) this.#throttle.trigger();
        },
        onError: this.#deps.onError,
      }),
    );
    isStarting = false;
    this.#tell();
  }

  stop(): void {
    this.#throttle.cancel();
    for (const end of this.#ends) end();
    if (this.#isStarted) this.#pool.exit(this.#name);
    this.#isStarted = false;
  }

  /** Whether every mechanism has said what there is. */
  get isComplete(): boolean {
    return !this.#groups.includes(undefined);
  }

  #tell(): void {
    const { counts } = this.#pool;
    const groups = [...this.#config.staticConfigs, ...this.#groups.flatMap((known) => known ?? [])];
    counts.sent.add();
    counts.discovered(
      this.#name,
      groups.reduce((sum, group) => sum + group.targets.length, 0),
      this.#deps.clock.now(),
    );
    this.#update(groups);
  }
}

/** Shared by nobody. */
async function ownWatches(): Promise<WatchPool> {
  const { WatchPool: Pool } = await import('../../kube/watch-pool.ts');
  return new Pool({ clock: systemClock, userAgent: 'Trilite' });
}

function mechanismsOf(config: DiscoveryConfig): Mechanism[] {
  const ways = (Object.keys(NO_DISCOVERY) as (keyof DiscoveryConfig)[]).filter((w) => w !== 'staticConfigs');
  return ways.flatMap((way) => config[way].map((one) => ({ way, config: one }) as Mechanism));
}
