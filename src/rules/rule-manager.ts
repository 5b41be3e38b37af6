/** All rule groups at work: adding, replacing and removing them while they run, and what they show of themselves. */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { ServiceRunner } from '../query/service.ts';
import type { MetricAppender } from '../storage/interface.ts';
import type { AlertReceiver } from './due-alerts.ts';
import { Group, type GroupParts } from './group.ts';
import { type CheckedGroup, type GroupId, groupKey, type RuleLanguageName } from './rule-group.ts';
import { RuleRunner } from './rule-runner.ts';
import { markStale } from './rule-series.ts';
import type { RuleSettings } from './rule-settings.ts';
import { RuleTelemetry } from './rule-telemetry.ts';
import { type GroupView, groupView } from './rule-view.ts';

/** What groups that are gone wrote ends after so many intervals: the same series may come from elsewhere by then. */
const STALE_AFTER_INTERVALS = 2;

export interface RuleManagerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly runner: ServiceRunner;
  readonly appender: MetricAppender;
  /** Where a tenant's results go; undefined where tenants are not told apart. */
  readonly appenderOf?: ((tenant: string) => MetricAppender) | undefined;
  /** Who is told of alerts; undefined: nobody. */
  readonly receiver?: AlertReceiver | undefined;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** As they are; `apply` brings others. */
  readonly settings: RuleSettings;
}

export interface NamedGroup {
  readonly id: GroupId;
  readonly checked: CheckedGroup;
}

export interface RuleStatus {
  /** In the order in which they are shown: by namespace, then by name. */
  views(tenant: string, language: RuleLanguageName): GroupView[];
}

export class RuleManager implements RuleStatus {
  readonly #parts: GroupParts;
  readonly #appenderOf: RuleManagerOptions['appenderOf'];
  readonly #groups = new Map<string, Group>();
  readonly #changes = new Map<string, Promise<void>>();
  readonly #ending = new Set<{ cancel(): void }>();
  #settings: RuleSettings;

  constructor(options: RuleManagerOptions) {
    this.#appenderOf = options.appenderOf;
    this.#settings = options.settings;
    this.#parts = {
      ...options,
      settings: () => this.#settings,
      runner: new RuleRunner(options),
      telemetry: new RuleTelemetry(options.telemetry, () => this.#groups.values()),
    };
  }

  /**
   * Adds the group, or puts it in the place of the one of its name, whose rules go on where the new one has them too.
   * `restore`: alerts go on from what an earlier process left.
   */
  async put(id: GroupId, checked: CheckedGroup, restore = false): Promise<void> {
    const key = groupKey(id);
    const before = this.#groups.get(key);
    const group = new Group(id, checked, this.#partsOf(id.tenant));
    if (before && isSame(before, group)) return;
    // Before waiting for the old one, so that whoever asks sees what is stored.
    this.#groups.set(key, group);
    await this.#inOrder(key, async () => {
      if (before) {
        await before.stop();
        group.adopt(before);
      }
      if (this.#groups.get(key) === group) group.start(restore);
    });
  }

  /**
   * Other settings and other groups in place of `before`: what both have goes on undisturbed. At once; the promise is for
   * groups that have to end an evaluation first.
   */
  async apply(
    settings: RuleSettings,
    before: readonly NamedGroup[],
    now: readonly NamedGroup[],
  ): Promise<void> {
    const intervalChanged = settings.intervalMs !== this.#settings.intervalMs;
    this.#settings = settings;
    const kept = new Set(now.map(({ id }) => groupKey(id)));
    const changes = before.filter(({ id }) => !kept.has(groupKey(id))).map(({ id }) => this.remove(id));
    // Posted groups, too, may have no interval of their own.
    const others = intervalChanged ? [...this.#groups.values()].filter((g) => !kept.has(groupKey(g.id))) : [];
    for (const { id, checked } of [...now, ...others]) changes.push(this.put(id, checked));
    await Promise.all(changes);
  }

  async remove(id: GroupId): Promise<void> {
    const key = groupKey(id);
    const group = this.#groups.get(key);
    if (!group) return;
    this.#groups.delete(key);
    await this.#inOrder(key, async () => {
      await group.stop();
      this.#end(group);
    });
  }

  /** Changes of one group follow each other: a rule that still runs may hold the first of them up. */
  async #inOrder(key: string, change: () => Promise<void>): Promise<void> {
    const mine = (this.#changes.get(key) ?? Promise.resolve()).then(change);
    this.#changes.set(key, mine);
    await mine;
    if (this.#changes.get(key) === mine) this.#changes.delete(key);
  }

  /** A tenant's rules see its own data and write for it. */
  #partsOf(tenant: string): GroupParts {
    if (!this.#appenderOf) return this.#parts;
    return { ...this.#parts, appender: this.#appenderOf(tenant), tenants: [tenant] };
  }

  /** Marks what the group wrote as ended, as of now, but for what other groups write by then. */
  #end(group: Group): void {
    const { tenant } = group.id;
    const { clock, appender, log } = this.#partsOf(tenant);
    const endMs = clock.now();
    const timer = clock.after(STALE_AFTER_INTERVALS * group.intervalMs, () => {
      this.#ending.delete(timer);
      const groups = [...this.#groups.values()].filter(({ id }) => id.tenant === tenant);
      const keys = group.allSeries().filter((key) => !groups.some((g) => g.writes(key)));
      markStale(appender, keys, endMs).catch((error) =>
        log.warn('series of a removed rule group were not ended', { group: group.id.name, error }),
      );
    });
    this.#ending.add(timer);
  }

  /** Stops all groups, and has them begin as new ones when `meanwhile` is done: alerts and what rules wrote are forgotten. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    const before = [...this.#groups];
    for (const timer of this.#ending) timer.cancel();
    this.#ending.clear();
    const stopped = Promise.all(before.map(([, group]) => group.stop()));
    const done = stopped.then(meanwhile);
    const changes = before.map(([key, { id, checked }]) => {
      const group = new Group(id, checked, this.#partsOf(id.tenant));
      this.#groups.set(key, group);
      return this.#inOrder(key, async () => {
        await done.catch(() => {});
        if (this.#groups.get(key) === group) group.start(false);
      });
    });
    await Promise.all([done, ...changes]);
  }

  views(tenant: string, language: RuleLanguageName): GroupView[] {
    const groups = [...this.#groups.values()].filter(
      ({ id }) => id.tenant === tenant && id.language === language,
    );
    groups.sort((a, b) => compare(a.id.namespace, b.id.namespace) || compare(a.id.name, b.id.name));
    return groups.map(groupView);
  }

  /** Breaks off what runs. Series are left as they are: the next process goes on with them. */
  async stop(): Promise<void> {
    for (const timer of this.#ending) timer.cancel();
    this.#parts.runner.stop();
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }
}

/** Whether there is nothing to change. */
function isSame(a: Group, b: Group): boolean {
  return a.intervalMs === b.intervalMs && JSON.stringify(a.checked) === JSON.stringify(b.checked);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
