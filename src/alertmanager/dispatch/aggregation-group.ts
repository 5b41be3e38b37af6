/**
 * Alerts of one route that are told of together. The group is looked at for the first time when it has waited, and then at intervals
 * until a look leaves nothing in it: alerts that are over go when their receivers have been told. A look that takes longer than the
 * interval is followed by the next one at once.
 */

import type { Clock, Timer } from '../../base/clock.ts';
import { inSlices } from '../../base/slices.ts';
import type { Labels } from '../../model/labels.ts';
import type { KeptAlert } from '../alert-store.ts';
import type { Route } from '../route-tree.ts';
import { lookAt } from './group-look.ts';
import type { LookQueue } from './look-queue.ts';
import type { Pipeline } from './pipeline.ts';

/** However short the interval is, a notification has this long: the original's. */
const DEADLINE_MIN_MS = 10_000;

export interface GroupParts {
  readonly clock: Clock;
  readonly pipeline: Pipeline;
  readonly queue: LookQueue;
  /** Alerts that were over are no longer in the group. */
  readonly onDropped: (dropped: readonly KeptAlert[]) => void;
  /** There is nothing in the group any more. */
  readonly onEmpty: (group: AggregationGroup) => void;
  readonly onProblem: (what: string, error: unknown) => void;
}

export class AggregationGroup {
  readonly route: Route;
  readonly labels: Labels;
  readonly key: string;
  readonly #parts: GroupParts;
  readonly #alerts = new Map<string, KeptAlert>();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** The next look was due during the last one. */
  #isLate = false;
  #hasEnded = false;
  /** Of the look that is under way. */
  #deadline = new AbortController();
  #isCutOff = false;

  constructor(route: Route, labels: Labels, parts: GroupParts) {
    this.route = route;
    this.labels = labels;
    this.key = route.groupKey(labels);
    this.#parts = parts;
  }

  get size(): number {
    return this.#alerts.size;
  }

  /** True where it was not in the group. */
  add(kept: KeptAlert): boolean {
    const known = this.#alerts.get(kept.fingerprint);
    this.#alerts.set(kept.fingerprint, kept);
    return known !== kept;
  }

  /** Has it looked at so much later. */
  lookIn(delayMs: number): void {
    if (this.#hasEnded) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(delayMs, () => this.#due());
  }

  #due(): void {
    if (this.#looking) {
      this.#isLate = true;
      return;
    }
    this.lookIn(this.route.timing.groupIntervalMs);
    this.#looking = this.#parts.queue
      .run(this.route.receiver, () => this.#look())
      .catch((error) => this.#parts.onProblem(`group ${this.key} was not looked at`, error))
      .finally(() => {
        this.#looking = undefined;
        if (!this.#isLate) return;
        this.#isLate = false;
        if (!this.#hasEnded) this.#due();
      });
  }

  async #look(): Promise<void> {
    if (this.#hasEnded) return;
    const { clock, pipeline } = this.#parts;
    const nowMs = clock.now();
    const timeUp = new AbortController();
    this.#deadline = timeUp;
    if (this.#isCutOff) timeUp.abort();
    const deadlineMs = Math.max(DEADLINE_MIN_MS, this.route.timing.groupIntervalMs);
    const timer = clock.after(deadlineMs, () => timeUp.abort());
    const deadline = timeUp.signal;
    try {
      const looking = inSlices(lookAt([...this.#alerts.values()], nowMs));
      clock.during?.(looking);
      const looked = await looking;
      const turn = { route: this.route, groupKey: this.key, groupLabels: this.labels, nowMs, deadline };
      if (!(await pipeline.run(turn, looked))) return;
      if (this.#hasEnded) return;
      this.#drop(
        looked.filter(({ told, kept, alert }) => told.status === 'resolved' && kept.alert === alert),
      );
    } finally {
      timer.cancel();
    }
  }

  #drop(over: readonly { readonly kept: KeptAlert }[]): void {
    // One that has come again meanwhile under the same labels stays.
    const dropped = over
      .map(({ kept }) => kept)
      .filter((kept) => this.#alerts.get(kept.fingerprint) === kept);
    for (const { fingerprint } of dropped) this.#alerts.delete(fingerprint);
    if (dropped.length > 0) this.#parts.onDropped(dropped);
    if (this.#alerts.size > 0) return;
    this.end();
    this.#parts.onEmpty(this);
  }

  alerts(): IterableIterator<KeptAlert> {
    return this.#alerts.values();
  }

  /** It is not looked at any more. A look that is under way may end. */
  end(): void {
    this.#hasEnded = true;
    this.#timer?.cancel();
  }

  /** The look that is under way, if one is. */
  get looking(): Promise<void> | undefined {
    return this.#looking;
  }

  /** Attempts end at once. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#deadline.abort();
  }
}
