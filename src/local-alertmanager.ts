/**
 * The built-in Alertmanager in the local engine. A start costs a look into the table of silences; the rest is loaded when there is a
 * silence, with the first alert, or with the first request.
 */

import { type AlertCounters, alertCounters } from './alertmanager/alert-counters.ts';
import type { Alertmanager } from './alertmanager/alertmanager.ts';
import type { AlertmanagerView } from './api/alertmanager/routes.ts';
import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import { inSlices } from './base/slices.ts';
import type { Telemetry } from './base/telemetry.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import type { Notice } from './rules/notify/notice.ts';
import type { SilenceStore, StoredSilence } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** The version of Alertmanager whose API this is: some clients decide by it what they may ask for. */
const ALERTMANAGER_API_VERSION = '0.34.0';

const NO_COUNTS: ReturnType<Alertmanager['counts']> = {
  alerts: { active: 0, suppressed: 0 },
  silences: { active: 0, pending: 0, expired: 0 },
};

export interface LocalAlertmanagerOptions {
  readonly store: SilenceStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

export class LocalAlertmanager implements AlertmanagerView {
  readonly #store: SilenceStore;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counters: AlertCounters;
  #opening: Promise<Alertmanager> | undefined;
  #running: Alertmanager | undefined;
  readonly startedMs = Date.now() - Math.round(process.uptime() * 1000);
  readonly version = {
    branch: '',
    buildDate: '',
    buildUser: '',
    goVersion: `node ${process.versions.node}`,
    revision: `trilite ${VERSION}`,
    version: ALERTMANAGER_API_VERSION,
  };

  constructor({ store, clock, telemetry, log }: LocalAlertmanagerOptions) {
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
    this.#counters = alertCounters(telemetry);
    const alerts = telemetry.gauge('alertmanager_alerts', 'How many alerts by state.', ['state']);
    const silences = telemetry.gauge('alertmanager_silences', 'How many silences by state.', ['state']);
    telemetry.onCollect(() => {
      const counts = this.#running?.counts() ?? NO_COUNTS;
      for (const [state, count] of Object.entries(counts.alerts)) alerts.with(state).set(count);
      // As soon as an alert is there it is one or the other.
      alerts.with('unprocessed').set(0);
      for (const [state, count] of Object.entries(counts.silences)) silences.with(state).set(count);
    });
  }

  /** The server is ready. */
  begin(): void {
    this.#store
      .silences()
      .then((stored) => (stored.length > 0 ? this.#openWith(async () => stored) : undefined))
      .catch((error) => this.#log.error('silences were not read', { error }));
  }

  readonly open = (): Promise<Alertmanager> => this.#openWith(() => this.#store.silences());

  #openWith(read: () => Promise<readonly StoredSilence[]>): Promise<Alertmanager> {
    const opening = (this.#opening ??= this.#load(read));
    // What failed is tried again with the next request.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #load(read: () => Promise<readonly StoredSilence[]>): Promise<Alertmanager> {
    const { Alertmanager: Made } = await import('./alertmanager/alertmanager.ts');
    const parts = {
      clock: this.#clock,
      store: this.#store,
      counters: this.#counters,
      onProblem: (what: string, error: unknown) => this.#log.error(what, { error }),
    };
    this.#running = new Made(parts, await read());
    return this.#running;
  }

  /** Forgets alerts; silences stay. */
  forgetAlerts(): void {
    this.#running?.forgetAlerts();
  }

  /** Alerts of this server's rules. */
  async take(notices: readonly Notice[]): Promise<void> {
    try {
      const alertmanager = await this.open();
      const byTenant = Map.groupBy(notices, ({ tenant }) => tenant ?? DEFAULT_TENANT);
      for (const [tenant, own] of byTenant) {
        const { refused } = await inSlices(alertmanager.of(tenant).take(told(own), alertmanager.now));
        if (refused === 0) continue;
        const room = String(alertmanager.room);
        this.#log.warn('alerts do not fit into the built-in Alertmanager', { refused, room });
      }
    } catch (error) {
      this.#log.error('alerts did not reach the built-in Alertmanager', { error });
    }
  }

  async end(): Promise<void> {
    await this.#opening?.catch(() => {});
    this.#running?.stop();
  }
}

function* told(notices: readonly Notice[]) {
  for (const notice of notices) {
    const { annotations, ...alert } = notice.told();
    yield { ...alert, annotations: annotations.pairs };
  }
}
