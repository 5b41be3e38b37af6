/**
 * The Alertmanager of a tenant: its alerts and silences, who is told of them, and what follows from all that when somebody asks. Nothing
 * of an alert's status is kept: it is found anew for every question, as of the moment of the question.
 */

import { slicedSort } from '../base/sliced-sort.ts';
import { SlicedValue } from '../base/sliced-value.ts';
import { inSlices } from '../base/slices.ts';
import { type Alert, checkAlert, isResolved, type PostedAlert, received } from './alert.ts';
import { type AlertGroup, AlertGroups } from './alert-groups.ts';
import { AlertStore, type KeptAlert } from './alert-store.ts';
import { type AlertMatcher, matchesAll } from './matcher.ts';
import type { Policy, Receiver } from './policy.ts';
import type { Route } from './route-tree.ts';
import type { AlertStatus, ShownAlert } from './shown-alert.ts';
import type { Silences } from './silences.ts';
import { isWorthStoring } from './stored-alert.ts';
import { TenantDispatch, type TenantParts } from './tenant-dispatch.ts';

/** Alerts that are looked at between two looks at the clock. */
const PER_STEP = 32;

/** Which alerts are asked for. */
export interface AlertFilter {
  readonly matchers: readonly AlertMatcher[];
  /** Of one of the alert's receivers. */
  readonly receiver: (receiver: Receiver) => boolean;
  /** False leaves such alerts out. */
  readonly active: boolean;
  readonly silenced: boolean;
  readonly inhibited: boolean;
  /** False leaves groups out that are silent by a time interval. */
  readonly muted: boolean;
}

/** What became of alerts that were sent. */
export interface Intake {
  /** What is wrong with those that are none, in their order. */
  readonly invalid: readonly Error[];
  /** Those for which there was no room. */
  readonly refused: number;
}

export class TenantAlerts {
  readonly silences: Silences;
  readonly dispatch: TenantDispatch;
  readonly #parts: TenantParts;
  readonly #store: AlertStore;
  readonly #suppressed = new SlicedValue(0);

  constructor(silences: Silences, parts: TenantParts) {
    this.silences = silences;
    this.#parts = parts;
    this.#store = new AlertStore(parts.room);
    this.dispatch = new TenantDispatch(silences, parts, this.#store);
  }

  get #policy(): Policy {
    return this.dispatch.policy;
  }

  /** Whether there is anything to forget. */
  get isEmpty(): boolean {
    return this.#store.size === 0 && this.silences.size === 0 && this.dispatch.notified.size === 0;
  }

  /** Takes every alert that is one and for which there is room; resolves when what matters is in the database. */
  async receive(posted: Iterable<PostedAlert>, nowMs: number): Promise<Intake> {
    const taking = inSlices(this.take(posted, nowMs));
    const { changed, all, ...intake } = await taking;
    await this.dispatch.taken(changed, all);
    return intake;
  }

  /** The same in steps, of which nobody is told yet: `changed` are those that the database is to know. */
  *take(
    posted: Iterable<PostedAlert>,
    nowMs: number,
  ): Generator<
    void,
    Intake & { readonly changed: readonly KeptAlert[]; readonly all: readonly KeptAlert[] }
  > {
    const { counters } = this.#parts;
    const invalid: Error[] = [];
    const changed: KeptAlert[] = [];
    const all: KeptAlert[] = [];
    let refused = 0;
    let count = 0;
    for (const one of posted) {
      if (++count % PER_STEP === 0) yield;
      const alert = received(one, nowMs, this.#policy.resolveTimeoutMs);
      counters.received(isResolved(alert, nowMs) ? 'resolved' : 'firing');
      const fault = faultOf(alert);
      const put = fault ? undefined : this.#put(alert, nowMs);
      if (fault) invalid.push(fault);
      else if (!put) refused++;
      else {
        this.dispatch.inhibitor.add(put.kept);
        all.push(put.kept);
        if (isWorthStoring(put.before, put.kept.alert, put.kept.isStored, nowMs)) changed.push(put.kept);
      }
    }
    counters.invalid(invalid.length);
    counters.limited(refused);
    return { invalid, refused, changed, all };
  }

  #put(alert: Alert, nowMs: number) {
    const put = this.#store.put(alert, nowMs);
    if (put) return put;
    this.sweepAlerts(nowMs);
    return this.#store.put(alert, nowMs);
  }

  /** One that the database has. */
  restore(alert: Alert, nowMs: number): void {
    const put = this.#store.put(alert, nowMs);
    if (!put) return;
    put.kept.isStored = true;
    this.dispatch.inhibitor.add(put.kept);
  }

  /** Ascending by fingerprint. */
  *alerts(filter: AlertFilter, nowMs: number): Generator<void, ShownAlert[]> {
    const out: ShownAlert[] = [];
    const chosen = this.#receivers(filter);
    for (const [kept, status] of yield* this.#passing(filter, nowMs)) {
      const receivers = this.#policy.match(kept.alert.labels).map((route) => route.receiver);
      if (receivers.some((name) => chosen.has(name))) out.push(shown(kept, status, receivers));
    }
    return yield* slicedSort(out, (a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  }

  *groups(filter: AlertFilter, nowMs: number): Generator<void, AlertGroup[]> {
    const groups = new AlertGroups();
    const chosen = this.#receivers(filter);
    const mutes = new Map<Route, readonly string[]>();
    for (const route of this.#policy.tree.walk()) {
      mutes.set(route, this.#policy.mute(route, nowMs)?.intervals ?? []);
    }
    let count = 0;
    for (const [kept, status] of yield* this.#passing(filter, nowMs)) {
      if (++count % PER_STEP === 0) yield;
      const routes = this.#policy.match(kept.alert.labels).filter(({ receiver }) => chosen.has(receiver));
      const receivers = routes.map(receiverOf).sort();
      for (const route of routes) {
        const mutedBy = mutes.get(route)!;
        if (mutedBy.length > 0 && !filter.muted) continue;
        groups.add(shown(kept, muted(status, mutedBy), receivers), route);
      }
    }
    return yield* groups.sorted();
  }

  #receivers({ receiver }: AlertFilter): ReadonlySet<string> {
    return new Set(this.#policy.receivers.filter(receiver).map(({ name }) => name));
  }

  *#passing(
    { matchers, active, silenced, inhibited }: AlertFilter,
    nowMs: number,
  ): Generator<void, [KeptAlert, AlertStatus][]> {
    const out: [KeptAlert, AlertStatus][] = [];
    let count = 0;
    for (const kept of this.#store.all()) {
      if (++count % PER_STEP === 0) yield;
      if (isResolved(kept.alert, nowMs) || !matchesAll(matchers, kept.alert.labels)) continue;
      const status = this.#statusOf(kept, nowMs);
      if (status.state === 'active' && !active) continue;
      if (status.silencedBy.length > 0 && !silenced) continue;
      if (status.inhibitedBy.length > 0 && !inhibited) continue;
      out.push([kept, status]);
    }
    return out;
  }

  #statusOf(kept: KeptAlert, nowMs: number): AlertStatus {
    const silencedBy = this.dispatch.silencer.silencedBy(kept, nowMs);
    const inhibition = this.dispatch.inhibitor.inhibition(kept.alert.labels, nowMs);
    const inhibitedBy = inhibition ? [inhibition.fingerprint] : [];
    const state = silencedBy.length + inhibitedBy.length > 0 ? 'suppressed' : 'active';
    return { state, silencedBy, inhibitedBy, mutedBy: [] };
  }

  /** Alerts that are not over, by state. Of very many, which are suppressed is as of the time when somebody asked last. */
  counts(nowMs: number): Record<AlertStatus['state'], number> {
    let all = 0;
    for (const { alert } of this.#store.all()) if (!isResolved(alert, nowMs)) all++;
    this.#suppressed.refresh(() => this.#countSuppressed(nowMs));
    const suppressed = Math.min(all, this.#suppressed.value);
    return { active: all - suppressed, suppressed };
  }

  *#countSuppressed(nowMs: number): Generator<void, number> {
    let suppressed = 0;
    let count = 0;
    for (const kept of this.#store.all()) {
      if (++count % PER_STEP === 0) yield;
      if (!isResolved(kept.alert, nowMs) && this.#statusOf(kept, nowMs).state === 'suppressed') suppressed++;
    }
    return suppressed;
  }

  /** Forgets all alerts and what was told of them; silences stay. */
  forgetAlerts(): void {
    const all = [...this.#store.all()];
    this.#store.clear();
    this.dispatch.forgetAll(all);
  }

  /** Forgets alerts that are over. */
  sweepAlerts(nowMs: number): void {
    this.dispatch.forgotten(this.#store.sweep(nowMs, (kept) => this.dispatch.holds(kept)));
  }
}

function receiverOf({ receiver }: Route): string {
  return receiver;
}

function shown(
  { fingerprint, alert }: KeptAlert,
  status: AlertStatus,
  receivers: readonly string[],
): ShownAlert {
  return { fingerprint, alert, status, receivers };
}

function muted(status: AlertStatus, mutedBy: readonly string[]): AlertStatus {
  return mutedBy.length === 0 ? status : { ...status, state: 'suppressed', mutedBy };
}

function faultOf(alert: Alert): Error | undefined {
  try {
    checkAlert(alert);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
