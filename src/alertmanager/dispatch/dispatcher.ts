/**
 * Puts alerts into the groups of the routes that they take. A group begins with its first alert: it is looked at when it has waited,
 * or at once where the alert is older than that. After a restart, or with another configuration, a group goes on where the
 * notification log says that it was.
 */

import type { KeptAlert } from '../alert-store.ts';
import type { Policy } from '../policy.ts';
import type { Route } from '../route-tree.ts';
import { AggregationGroup, type GroupParts } from './aggregation-group.ts';
import { LookQueue } from './look-queue.ts';
import { logKey } from './notification-log.ts';
import { Pipeline, type PipelineParts } from './pipeline.ts';

/** Alerts that are put into groups between two looks at the clock. */
const PER_STEP = 32;

export interface DispatcherParts extends PipelineParts {
  /** Nobody is to be told of these any more. */
  readonly onForgotten: (alerts: readonly KeptAlert[]) => void;
  readonly onProblem: (what: string, error: unknown) => void;
}

export class Dispatcher {
  readonly #policy: Policy;
  readonly #parts: DispatcherParts;
  readonly #pipeline: Pipeline;
  /** By route, and by the key of the group's labels. */
  readonly #groups = new Map<Route, Map<string, AggregationGroup>>();
  /** In how many groups an alert is. */
  readonly #holders = new Map<KeptAlert, number>();
  readonly #groupParts: GroupParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#policy = parts.policy;
    this.#pipeline = new Pipeline(parts);
    this.#groupParts = {
      clock: parts.clock,
      pipeline: this.#pipeline,
      queue: new LookQueue(),
      onDropped: (dropped) => this.#dropped(dropped),
      onEmpty: (group) => this.#forget(group),
      onProblem: parts.onProblem,
    };
  }

  get groupCount(): number {
    let count = 0;
    for (const groups of this.#groups.values()) count += groups.size;
    return count;
  }

  /** Whether somebody is still to be told of it. */
  holds(kept: KeptAlert): boolean {
    return this.#holders.has(kept);
  }

  /** Alerts that were there before this dispatcher: all are in their groups before the first of these is looked at. */
  *takeOver(all: Iterable<KeptAlert>): Generator<void, void> {
    const begun = new Map<AggregationGroup, number>();
    let count = 0;
    for (const kept of all) {
      for (const route of this.#policy.match(kept.alert.labels)) {
        const { group, isNew } = this.#put(kept, route);
        const dueMs = this.#dueMs(group, kept);
        begun.set(group, isNew ? dueMs : Math.min(begun.get(group) ?? dueMs, dueMs));
      }
      if (++count % PER_STEP === 0) yield;
    }
    const nowMs = this.#parts.clock.now();
    for (const [group, dueMs] of begun) {
      group.lookIn(Math.max(0, dueMs - nowMs));
      if (++count % PER_STEP === 0) yield;
    }
  }

  /** When the group would be looked at, had nothing happened to the server. */
  #dueMs({ route, key }: AggregationGroup, { alert }: KeptAlert): number {
    const { groupWaitMs, groupIntervalMs } = route.timing;
    const told = this.#policy
      .integrations(route.receiver)
      .map((integration) => this.#parts.notified.get(logKey(key, route.receiver, integration))?.atMs ?? 0);
    const lastMs = Math.max(0, ...told);
    return lastMs > 0 ? lastMs + groupIntervalMs : alert.startsAtMs + groupWaitMs;
  }

  /** Alerts have come, or have come again. */
  *take(alerts: Iterable<KeptAlert>): Generator<void, void> {
    let count = 0;
    for (const kept of alerts) {
      this.#take(kept);
      if (++count % PER_STEP === 0) yield;
    }
  }

  #take(kept: KeptAlert): void {
    const nowMs = this.#parts.clock.now();
    for (const route of this.#policy.match(kept.alert.labels)) {
      const { group, isNew } = this.#put(kept, route);
      if (!isNew) continue;
      const { groupWaitMs } = route.timing;
      group.lookIn(kept.alert.startsAtMs + groupWaitMs < nowMs ? 0 : groupWaitMs);
    }
  }

  #put(kept: KeptAlert, route: Route): { group: AggregationGroup; isNew: boolean } {
    const labels = route.groupLabels(kept.alert.labels);
    const id = labels.key();
    let groups = this.#groups.get(route);
    if (!groups) this.#groups.set(route, (groups = new Map()));
    const known = groups.get(id);
    const group = known ?? new AggregationGroup(route, labels, this.#groupParts);
    if (!known) groups.set(id, group);
    if (group.add(kept)) this.#holders.set(kept, (this.#holders.get(kept) ?? 0) + 1);
    return { group, isNew: known === undefined };
  }

  #dropped(dropped: readonly KeptAlert[]): void {
    const free: KeptAlert[] = [];
    for (const kept of dropped) {
      const holders = (this.#holders.get(kept) ?? 1) - 1;
      if (holders > 0) this.#holders.set(kept, holders);
      else {
        this.#holders.delete(kept);
        free.push(kept);
      }
    }
    if (free.length > 0) this.#parts.onForgotten(free);
  }

  #forget(group: AggregationGroup): void {
    const groups = this.#groups.get(group.route);
    const id = group.labels.key();
    if (groups?.get(id) === group) groups.delete(id);
    this.#parts.history.unmuted(group.route.receiver, group.key);
  }

  /** No group is looked at any more, no further attempt begins; what is under way may end. */
  end(): void {
    this.#pipeline.end();
    for (const group of this.#all()) group.end();
  }

  /** Resolves when nothing is under way; attempts are cut off when `signal` comes. */
  async ended(signal: AbortSignal): Promise<void> {
    const looking = [...this.#all()].filter((group) => group.looking);
    const cut = () => {
      for (const group of looking) group.cutOff();
    };
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
    await Promise.all(looking.map((group) => group.looking));
    signal.removeEventListener('abort', cut);
  }

  *#all(): Generator<AggregationGroup> {
    for (const groups of this.#groups.values()) yield* groups.values();
  }
}
