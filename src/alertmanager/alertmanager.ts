/**
 * The built-in Alertmanager: one for each tenant, or one where tenants are not told apart. They share how many alerts there may
 * be and who is told of what.
 */

import type { Clock, Timer } from '../base/clock.ts';
import type { SilenceStore, StoredSilence } from '../storage/interface.ts';
import type { AlertCounters } from './alert-counters.ts';
import { AlertRoom } from './alert-store.ts';
import { ROUTE_OF_ALL, type Routing } from './routing.ts';
import { readSilence } from './silence.ts';
import { Silences } from './silences.ts';
import { TenantAlerts } from './tenant-alerts.ts';

/** The original's: how long alerts that are over stay … */
const ALERT_SWEEP_MS = 30 * 60_000;
/** … and how often old silences are looked for. */
const SILENCE_SWEEP_MS = 15 * 60_000;

export interface AlertmanagerParts {
  readonly clock: Clock;
  readonly store: SilenceStore;
  readonly counters: AlertCounters;
  /** Told what could not be done beside requests. */
  readonly onProblem: (what: string, error: unknown) => void;
  readonly room?: AlertRoom;
}

export class Alertmanager {
  readonly #parts: AlertmanagerParts;
  readonly room: AlertRoom;
  readonly routing: Routing = ROUTE_OF_ALL;
  readonly #tenants = new Map<string, TenantAlerts>();
  /** Tenants that had nothing at the last sweep, and have brought nothing since. */
  readonly #empty = new Set<string>();
  readonly #timers = new Set<Timer>();

  /** `stored` is what the database has. */
  constructor(parts: AlertmanagerParts, stored: readonly StoredSilence[]) {
    this.#parts = parts;
    this.room = parts.room ?? new AlertRoom();
    const byTenant = Map.groupBy(stored, ({ tenant }) => tenant);
    for (const [tenant, silences] of byTenant) this.#tenants.set(tenant, this.#make(tenant, silences));
    this.#every(ALERT_SWEEP_MS, () => this.#sweepAlerts());
    this.#every(SILENCE_SWEEP_MS, () => this.#sweepSilences());
  }

  #make(tenant: string, stored: readonly StoredSilence[]): TenantAlerts {
    const { clock, store, counters } = this.#parts;
    const silences = new Silences(
      { tenant, clock, store },
      stored.map(({ definition }) => readSilence(definition)),
    );
    return new TenantAlerts(silences, () => this.routing, this.room, counters);
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
    if (!alerts) this.#tenants.set(tenant, (alerts = this.#make(tenant, [])));
    return alerts;
  }

  /** Of all tenants. */
  counts(): {
    readonly alerts: Readonly<Record<'active' | 'suppressed', number>>;
    readonly silences: Readonly<Record<'active' | 'pending' | 'expired', number>>;
  } {
    const alerts = { active: 0, suppressed: 0 };
    const silences = { active: 0, pending: 0, expired: 0 };
    for (const tenant of this.#tenants.values()) {
      addTo(alerts, tenant.counts(this.now));
      addTo(silences, tenant.silences.counts());
    }
    return { alerts, silences };
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
    for (const { silences } of this.#tenants.values()) {
      silences.sweep().catch((error) => this.#parts.onProblem('old silences were not removed', error));
    }
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

function addTo<Key extends string>(sum: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(sum) as Key[]) sum[key] += more[key];
}
