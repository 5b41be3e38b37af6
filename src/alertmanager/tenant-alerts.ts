/**
 * The Alertmanager of a tenant: its alerts and silences, and what follows from both when somebody asks. Nothing of an alert's status is
 * kept: it is found anew for every question, as of the moment of the question.
 */

import { slicedSort } from '../base/sliced-sort.ts';
import { type Alert, checkAlert, isResolved, type PostedAlert, received } from './alert.ts';
import type { AlertCounters } from './alert-counters.ts';
import { type AlertGroup, AlertGroups } from './alert-groups.ts';
import { type AlertRoom, AlertStore, type KeptAlert } from './alert-store.ts';
import { type AlertMatcher, matchesAll } from './matcher.ts';
import type { Receiver, Route, Routing } from './routing.ts';
import { Silencer } from './silencer.ts';
import type { Silences } from './silences.ts';

/** Alerts that are looked at between two looks at the clock. */
const PER_STEP = 32;

export interface AlertStatus {
  readonly state: 'active' | 'suppressed';
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
}

export interface ShownAlert {
  readonly fingerprint: string;
  readonly alert: Alert;
  readonly status: AlertStatus;
  /** Names, of the routes that it takes. */
  readonly receivers: readonly string[];
}

/** Which alerts are asked for. */
export interface AlertFilter {
  readonly matchers: readonly AlertMatcher[];
  /** Of one of the alert's receivers. */
  readonly receiver: (receiver: Receiver) => boolean;
  /** False leaves such alerts out. */
  readonly active: boolean;
  readonly silenced: boolean;
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
  readonly #store: AlertStore;
  readonly #silencer: Silencer;
  readonly #routing: () => Routing;
  readonly #counters: AlertCounters;

  constructor(silences: Silences, routing: () => Routing, room: AlertRoom, counters: AlertCounters) {
    this.silences = silences;
    this.#store = new AlertStore(room);
    this.#silencer = new Silencer(silences);
    this.#routing = routing;
    this.#counters = counters;
  }

  /** Whether there is anything to forget. */
  get isEmpty(): boolean {
    return this.#store.size === 0 && this.silences.size === 0;
  }

  /** Takes every alert that is one and for which there is room. */
  *take(posted: Iterable<PostedAlert>, nowMs: number): Generator<void, Intake> {
    const invalid: Error[] = [];
    let refused = 0;
    let count = 0;
    for (const one of posted) {
      if (++count % PER_STEP === 0) yield;
      const alert = received(one, nowMs);
      this.#counters.received(isResolved(alert, nowMs) ? 'resolved' : 'firing');
      const fault = faultOf(alert);
      if (fault) invalid.push(fault);
      else if (!this.#put(alert, nowMs)) refused++;
    }
    this.#counters.invalid(invalid.length);
    this.#counters.limited(refused);
    return { invalid, refused };
  }

  #put(alert: Alert, nowMs: number): boolean {
    if (this.#store.put(alert, nowMs)) return true;
    this.#store.sweep(nowMs);
    return this.#store.put(alert, nowMs);
  }

  /** Ascending by fingerprint. */
  *alerts(filter: AlertFilter, nowMs: number): Generator<void, ShownAlert[]> {
    const out: ShownAlert[] = [];
    const chosen = this.#receivers(filter);
    for (const [kept, status] of yield* this.#passing(filter, nowMs)) {
      const receivers = this.#routing()
        .match(kept.alert.labels)
        .map((route) => route.receiver);
      if (receivers.some((name) => chosen.has(name))) out.push(shown(kept, status, receivers));
    }
    return yield* slicedSort(out, (a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  }

  *groups(filter: AlertFilter, nowMs: number): Generator<void, AlertGroup[]> {
    const groups = new AlertGroups();
    const chosen = this.#receivers(filter);
    let count = 0;
    for (const [kept, status] of yield* this.#passing(filter, nowMs)) {
      if (++count % PER_STEP === 0) yield;
      const routes = this.#routing()
        .match(kept.alert.labels)
        .filter(({ receiver }) => chosen.has(receiver));
      const alert = shown(kept, status, routes.map(receiverOf).sort());
      for (const route of routes) groups.add(alert, route);
    }
    return yield* groups.sorted();
  }

  #receivers({ receiver }: AlertFilter): ReadonlySet<string> {
    return new Set(
      this.#routing()
        .receivers.filter(receiver)
        .map(({ name }) => name),
    );
  }

  *#passing(
    { matchers, active, silenced }: AlertFilter,
    nowMs: number,
  ): Generator<void, [KeptAlert, AlertStatus][]> {
    const out: [KeptAlert, AlertStatus][] = [];
    let count = 0;
    for (const kept of this.#store.all()) {
      if (++count % PER_STEP === 0) yield;
      if (isResolved(kept.alert, nowMs) || !matchesAll(matchers, kept.alert.labels)) continue;
      const status = this.#statusOf(kept, nowMs);
      const isSilenced = status.silencedBy.length > 0;
      if (isSilenced ? silenced : active) out.push([kept, status]);
    }
    return out;
  }

  #statusOf(kept: KeptAlert, nowMs: number): AlertStatus {
    const silencedBy = this.#silencer.silencedBy(kept, nowMs);
    return { state: silencedBy.length > 0 ? 'suppressed' : 'active', silencedBy };
  }

  /** Alerts that are not over, by state. */
  counts(nowMs: number): Record<AlertStatus['state'], number> {
    const out = { active: 0, suppressed: 0 };
    for (const kept of this.#store.all()) {
      if (!isResolved(kept.alert, nowMs)) out[this.#statusOf(kept, nowMs).state]++;
    }
    return out;
  }

  /** Forgets all alerts; silences stay. */
  forgetAlerts(): void {
    this.#store.clear();
  }

  /** Forgets alerts that are over. */
  sweepAlerts(nowMs: number): void {
    this.#store.sweep(nowMs);
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

function faultOf(alert: Alert): Error | undefined {
  try {
    checkAlert(alert);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
