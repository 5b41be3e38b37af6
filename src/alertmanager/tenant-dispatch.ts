/**
 * Who of a tenant is told of what: the policy in force, what follows from it (inhibition, groups), and what outlasts it (what was told,
 * and the alerts in the database). Where the policy tells nobody there are no groups, and nothing is written.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { inSlices } from '../base/slices.ts';
import type { AlertStateStore, StoredAlertState } from '../storage/interface.ts';
import { isResolved } from './alert.ts';
import type { AlertCounters } from './alert-counters.ts';
import type { AlertRoom, AlertStore, KeptAlert } from './alert-store.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { NotificationHistory } from './dispatch/notification-history.ts';
import { NotificationLog } from './dispatch/notification-log.ts';
import { Inhibitor } from './inhibitor.ts';
import type { NotifyCounters } from './notify-counters.ts';
import type { Policy } from './policy.ts';
import { Silencer } from './silencer.ts';
import type { Silences } from './silences.ts';
import { printAlert } from './stored-alert.ts';

/** Alerts that are written in one transaction: printing them takes the front a few ms. */
const STORED_AT_ONCE = 256;

export interface TenantParts {
  readonly tenant: string;
  readonly clock: Clock;
  readonly store: AlertStateStore;
  readonly counters: AlertCounters;
  readonly notifyCounters: NotifyCounters;
  readonly room: AlertRoom;
  readonly log: Logger;
  readonly random: () => number;
  readonly onProblem: (what: string, error: unknown) => void;
  /** In force at first. */
  readonly policy: Policy;
}

export class TenantDispatch {
  readonly silencer: Silencer;
  readonly notified: NotificationLog;
  readonly history = new NotificationHistory();
  inhibitor: Inhibitor;
  policy: Policy;
  readonly #parts: TenantParts;
  readonly #alerts: AlertStore;
  readonly #underWay = new Map<string, Promise<void>>();
  #dispatcher: Dispatcher | undefined;
  /** Of configurations that are no longer in force, with looks that are under way. */
  readonly #ending = new Set<Dispatcher>();
  #begun = false;
  /** Resolves when the inhibitor has all alerts. */
  #ready = Promise.resolve();

  constructor(silences: Silences, parts: TenantParts, alerts: AlertStore) {
    this.#parts = parts;
    this.#alerts = alerts;
    this.silencer = new Silencer(silences);
    this.notified = new NotificationLog(parts.tenant, parts.store);
    this.policy = parts.policy;
    this.inhibitor = new Inhibitor(this.policy.inhibitRules);
  }

  get groupCount(): number {
    return this.#dispatcher?.groupCount ?? 0;
  }

  /** Alerts of the database are there. */
  begin(): void {
    this.#begun = true;
    this.#dispatch();
  }

  /** Another configuration is in force at once. Resolves when no look is under way for the last one. */
  apply(policy: Policy): Promise<void> {
    this.policy = policy;
    this.inhibitor = new Inhibitor(policy.inhibitRules);
    this.#ready = inSlices(this.inhibitor.addAll(this.#alerts.all()));
    const retired = this.#retire();
    if (this.#begun) this.#dispatch();
    return retired;
  }

  async #retire(): Promise<void> {
    const old = this.#dispatcher;
    if (!old) return;
    this.#dispatcher = undefined;
    old.end();
    this.#ending.add(old);
    await old.ended(new AbortController().signal);
    this.#ending.delete(old);
  }

  #dispatch(): void {
    if (!this.policy.notifies) return;
    const { clock, log, random, notifyCounters: counters, onProblem } = this.#parts;
    const { policy, inhibitor, silencer, notified, history } = this;
    const dispatcher = new Dispatcher({
      ...{ policy, inhibitor, silencer, notified, history, counters, clock, log, random, onProblem },
      underWay: this.#underWay,
      ready: this.#ready,
      onForgotten: (alerts) => this.forgotten(alerts),
    });
    this.#dispatcher = dispatcher;
    const all = [...this.#alerts.all()];
    const takingOver = async () => {
      await this.#ready;
      await inSlices(dispatcher.takeOver(all));
      await this.#store(all.filter(({ alert, isStored }) => !isStored && !isResolved(alert, clock.now())));
    };
    this.#during(takingOver(), 'alerts were not taken over');
  }

  /** Alerts have come, of which the database is to know some. */
  async taken(changed: readonly KeptAlert[], all: readonly KeptAlert[]): Promise<void> {
    if (!this.policy.notifies) return;
    try {
      await this.#store(changed);
    } catch (error) {
      // Whoever is to be woken is woken.
      this.#parts.onProblem('alerts were not written down', error);
    }
    if (this.#dispatcher) await inSlices(this.#dispatcher.take(all));
  }

  async #store(alerts: readonly KeptAlert[]): Promise<void> {
    for (let i = 0; i < alerts.length; i += STORED_AT_ONCE) {
      await this.#storeSome(alerts.slice(i, i + STORED_AT_ONCE));
    }
  }

  async #storeSome(alerts: readonly KeptAlert[]): Promise<void> {
    const { store, tenant } = this.#parts;
    const rows = alerts.map(
      ({ fingerprint, alert }): StoredAlertState => ({
        tenant,
        kind: 'alert',
        key: fingerprint,
        definition: printAlert(alert),
      }),
    );
    for (const kept of alerts) kept.isStored = true;
    await store.changeAlertState(rows, []);
  }

  /** Whether somebody is still to be told of it. */
  holds(kept: KeptAlert): boolean {
    return this.#dispatcher?.holds(kept) ?? false;
  }

  /** Alerts that are over and of which everybody knows. */
  forgotten(alerts: readonly KeptAlert[]): void {
    const { clock, store, tenant } = this.#parts;
    const over = alerts.filter(({ alert }) => isResolved(alert, clock.now()));
    for (const kept of over) this.inhibitor.remove(kept);
    this.#remove(over, store, tenant);
  }

  /** All alerts, and what was told of them. */
  forgetAll(alerts: readonly KeptAlert[]): void {
    const { store, tenant } = this.#parts;
    this.#remove(alerts, store, tenant);
    this.#during(this.notified.clear(), 'what was told was not forgotten');
    void this.apply(this.policy);
  }

  #remove(alerts: readonly KeptAlert[], store: AlertStateStore, tenant: string): void {
    const stored = alerts.filter(({ isStored }) => isStored);
    if (stored.length === 0) return;
    for (const kept of stored) kept.isStored = false;
    const keys = stored.map(({ fingerprint: key }) => ({ tenant, kind: 'alert' as const, key }));
    this.#during(store.changeAlertState([], keys), 'alerts that are over were not removed');
  }

  #during(work: Promise<unknown>, what: string): void {
    this.#parts.clock.during?.(work);
    work.catch((error) => this.#parts.onProblem(what, error));
  }

  /** Resolves when nothing is under way; attempts are cut off when `signal` comes. */
  async end(signal: AbortSignal): Promise<void> {
    this.#begun = false;
    this.#dispatcher?.end();
    await this.#dispatcher?.ended(signal);
    await Promise.all([...this.#ending].map((old) => old.ended(signal)));
  }
}
