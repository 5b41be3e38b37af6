/**
 * The built-in Alertmanager: one for each tenant, or one where tenants are not told apart. They share how many alerts there may
 * be and who is told of what.
 */

import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { AlertStateStore, SilenceStore, StoredAlertState, StoredSilence } from '../storage/interface.ts';
import type { AlertCounters } from './alert-counters.ts';
import { AlertRoom } from './alert-store.ts';
import { type FailingReceiver, failingReceivers } from './failing-receivers.ts';
import type { NotifyCounters } from './notify-counters.ts';
import type { Policy } from './policy.ts';
import { readSilence } from './silence.ts';
import { Silences } from './silences.ts';
import { readAlert } from './stored-alert.ts';
import { TenantAlerts } from './tenant-alerts.ts';

/** The original's: how long alerts that are over stay … */
const ALERT_SWEEP_MS = 30 * 60_000;
/** … and how often old silences, and what was told long ago, are looked for. */
const SILENCE_SWEEP_MS = 15 * 60_000;

export interface AlertmanagerParts {
  readonly clock: Clock;
  readonly store: SilenceStore & AlertStateStore;
  readonly counters: AlertCounters;
  readonly notifyCounters: NotifyCounters;
  readonly log: Logger;
  /** Told what could not be done beside requests. */
  readonly onProblem: (what: string, error: unknown) => void;
  readonly room?: AlertRoom;
  /** From 0 to 1, by chance. */
  readonly random?: () => number;
}

/** What the database has. */
export interface StoredAlertmanager {
  readonly silences: readonly StoredSilence[];
  readonly state: readonly StoredAlertState[];
}

export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly room: AlertRoom;
  #policy: Policy;
  readonly #tenants = new Map<string, TenantAlerts>();
  /** Tenants that had nothing at the last sweep, and have brought nothing since. */
  readonly #empty = new Set<string>();
  readonly #timers = new Set<Timer>();

  constructor(parts: AlertmanagerParts, { silences, state }: StoredAlertmanager, policy: Policy) {
    this.#parts = parts;
    this.#policy = policy;
    this.room = parts.room ?? new AlertRoom();
    const byTenant = Map.groupBy(silences, ({ tenant }) => tenant);
    const stateByTenant = Map.groupBy(state, ({ tenant }) => tenant);
    for (const tenant of new Set([...byTenant.keys(), ...stateByTenant.keys()])) {
      const alerts = this.#make(tenant, byTenant.get(tenant) ?? []);
      this.#tenants.set(tenant, alerts);
      for (const one of stateByTenant.get(tenant) ?? []) this.#restore(alerts, one);
    }
    for (const { dispatch } of this.#tenants.values()) dispatch.begin();
    this.#every(ALERT_SWEEP_MS, () => this.#sweepAlerts());
    this.#every(SILENCE_SWEEP_MS, () => this.#sweepSilences());
  }

  #restore(alerts: TenantAlerts, { kind, key, definition }: StoredAlertState): void {
    if (kind === 'notified') alerts.dispatch.notified.restore(key, definition);
    else alerts.restore(readAlert(definition, this.now), this.now);
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Another configuration is in force at once. Resolves when nothing is under way for the last one. */
  async apply(policy: Policy): Promise<void> {
    this.#policy = policy;
    await Promise.all([...this.#tenants.values()].map(({ dispatch }) => dispatch.apply(policy)));
  }

  #make(tenant: string, stored: readonly StoredSilence[]): TenantAlerts {
    const { clock, store } = this.#parts;
    const silences = new Silences(
      { tenant, clock, store },
      stored.map(({ definition }) => readSilence(definition)),
    );
    const { random = Math.random } = this.#parts;
    const { room } = this;
    return new TenantAlerts(silences, { ...this.#parts, tenant, room, random, policy: this.#policy });
  }

  get now(): number {
    return this.#parts.clock.now();
  }

  /** To look at; a tenant that has brought nothing is not kept for that. */
  look(tenant: string): TenantAlerts {
    return this.#tenants.get(tenant) ?? this.#make(tenant, []);
  }

  /** To bring something. */
  of(tenant: string): TenantAlerts {
    this.#empty.delete(tenant);
    let alerts = this.#tenants.get(tenant);
    if (!alerts) {
      this.#tenants.set(tenant, (alerts = this.#make(tenant, [])));
      alerts.dispatch.begin();
    }
    return alerts;
  }

  /** Of all tenants. */
  counts(): {
    readonly alerts: Readonly<Record<'active' | 'suppressed', number>>;
    readonly silences: Readonly<Record<'active' | 'pending' | 'expired', number>>;
    readonly groups: number;
  } {
    const alerts = { active: 0, suppressed: 0 };
    const silences = { active: 0, pending: 0, expired: 0 };
    let groups = 0;
    for (const tenant of this.#tenants.values()) {
      addTo(alerts, tenant.counts(this.now));
      addTo(silences, tenant.silences.counts());
      groups += tenant.dispatch.groupCount;
    }
    return { alerts, silences, groups };
  }

  /** Of all tenants, those that the configuration in force has. */
  failingReceivers(): FailingReceiver[] {
    const all = [...this.#tenants.values()].flatMap(({ dispatch }) =>
      failingReceivers(dispatch.history.entries()),
    );
    return all.filter(({ receiver, integration }) =>
      this.#policy.integrations(receiver).some(({ name, index }) => `${name}[${index}]` === integration),
    );
  }

  #every(intervalMs: number, work: () => void): void {
    const timer = this.#parts.clock.after(intervalMs, () => {
      this.#timers.delete(timer);
      work();
      this.#every(intervalMs, work);
    });
    this.#timers.add(timer);
  }

  /** Forgets the alerts of all tenants; silences stay. */
  forgetAlerts(): void {
    for (const alerts of this.#tenants.values()) alerts.forgetAlerts();
  }

  #sweepAlerts(): void {
    for (const [tenant, alerts] of this.#tenants) {
      alerts.sweepAlerts(this.now);
      if (!alerts.isEmpty) continue;
      // Not at once: something of its may be on its way into the database.
      if (this.#empty.delete(tenant)) this.#tenants.delete(tenant);
      else this.#empty.add(tenant);
    }
  }

  #sweepSilences(): void {
    const { onProblem } = this.#parts;
    for (const { silences, dispatch } of this.#tenants.values()) {
      silences.sweep().catch((error) => onProblem('old silences were not removed', error));
      dispatch.notified
        .sweep(this.now)
        .catch((error) => onProblem('what was told long ago was not removed', error));
    }
  }

  /** Nobody is told of anything any more; resolves when nothing is under way. Attempts are cut off when `signal` comes. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await Promise.all([...this.#tenants.values()].map(({ dispatch }) => dispatch.end(signal)));
  }
}

function addTo<Key extends string>(sum: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(sum) as Key[]) sum[key] += more[key];
}
