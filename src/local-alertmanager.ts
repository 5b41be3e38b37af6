/**
 * The built-in Alertmanager in the local engine. A start costs a look into two tables; the rest is loaded when there is something in
 * them, with the first alert or the first request. Who is told follows from the configuration; where alerts go to other Alertmanagers,
 * or the file that is shown is not this server's own, this one tells nobody.
 */

import { type AlertCounters, alertCounters } from './alertmanager/alert-counters.ts';
import type { Alertmanager, StoredAlertmanager } from './alertmanager/alertmanager.ts';
import { type NotifyCounters, notifyCounters } from './alertmanager/notify-counters.ts';
import type { Policy } from './alertmanager/policy.ts';
import { watchAlertmanager } from './alertmanager-telemetry.ts';
import type { AlertmanagerView } from './api/alertmanager/routes.ts';
import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { NotifyState } from './doctor/snapshot.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import type { Reloadable } from './reloadable.ts';
import type { Notice } from './rules/notify/notice.ts';
import type { AlertStateStore, SilenceStore } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** The version of Alertmanager whose API this is: some clients decide by it what they may ask for. */
const ALERTMANAGER_API_VERSION = '0.34.0';
/** How long the end of the server waits for notifications that are under way. */
const DRAIN_MAX_MS = 1500;

export interface LocalAlertmanagerOptions {
  readonly config: Config;
  readonly inForce: Pick<ConfigInForce, 'isFresh' | 'loadedMs'>;
  /** A file is shown that other servers wrote: nobody is told of what is in it. */
  readonly isSealed: boolean;
  readonly store: SilenceStore & AlertStateStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

export class LocalAlertmanager implements AlertmanagerView, Reloadable {
  readonly #options: LocalAlertmanagerOptions;
  readonly #counters: AlertCounters;
  readonly #notifyCounters: NotifyCounters;
  #config: Config;
  #policy: Policy | undefined;
  #opening: Promise<Alertmanager> | undefined;
  #running: Alertmanager | undefined;
  #externalUrl = () => '';
  readonly startedMs = Date.now() - Math.round(process.uptime() * 1000);
  readonly version = {
    branch: '',
    buildDate: '',
    buildUser: '',
    goVersion: `node ${process.versions.node}`,
    revision: `trilite ${VERSION}`,
    version: ALERTMANAGER_API_VERSION,
  };

  private constructor(options: LocalAlertmanagerOptions) {
    const { config, inForce, telemetry } = options;
    this.#options = options;
    this.#config = config;
    this.#counters = alertCounters(telemetry);
    this.#notifyCounters = notifyCounters(telemetry);
    watchAlertmanager(telemetry, {
      counts: () => this.#running?.counts(),
      config: () => this.#config.alertmanager,
      inForce,
    });
  }

  /** Rejects with `ConfigError` where the configuration cannot be used. */
  static async open(options: LocalAlertmanagerOptions): Promise<LocalAlertmanager> {
    const alertmanager = new LocalAlertmanager(options);
    const take = await alertmanager.prepare(options.config);
    take();
    return alertmanager;
  }

  async prepare(config: Config): Promise<() => void> {
    const before = this.#config;
    const isSame =
      this.#policy !== undefined &&
      JSON.stringify([before.alertmanager, this.#why(before)]) ===
        JSON.stringify([config.alertmanager, this.#why(config)]);
    const policy = isSame ? this.#policy : await this.#makePolicy(config);
    return () => {
      this.#config = config;
      if (isSame || !policy) return;
      const last = this.#policy;
      this.#policy = policy;
      const retired = this.#running?.apply(policy) ?? Promise.resolve();
      void retired.then(() => last?.close());
    };
  }

  /** Undefined: nothing is configured, and nothing need be loaded. */
  async #makePolicy(config: Config): Promise<Policy | undefined> {
    const { alertmanager } = config;
    if (!alertmanager && !this.#policy) return undefined;
    const { Policy: Made, SHOWN_ONLY_POLICY } = await import('./alertmanager/policy.ts');
    if (!alertmanager) return SHOWN_ONLY_POLICY;
    const { clock, log } = this.#options;
    const { makeReceivers } = await import('./local-receivers.ts');
    try {
      const externalUrl = () => this.#externalUrl();
      const integrations = makeReceivers(alertmanager, { clock, log, externalUrl });
      for (const { name } of [...integrations.values()].flat()) this.#notifyCounters.introduce(name);
      return new Made({
        config: alertmanager.routing,
        yaml: alertmanager.text,
        integrations: this.#why(config) === '' ? integrations : new Map(),
      });
    } catch (error) {
      throw new ConfigError(`${alertmanager.file ?? config.file}: ${(error as Error).message}`);
    }
  }

  /** Why nobody is told of anything, in a sentence; '' where somebody may be. */
  #why({ alertmanager, alerting }: Config): string {
    if (this.#options.isSealed) return 'a file is shown that is not changed';
    if (alerting.alertmanagers.length > 0) {
      return 'alerts are sent to other Alertmanagers, by "alerting.alertmanagers"';
    }
    return alertmanager ? '' : 'no configuration says who is to be told: see --alertmanager.config';
  }

  get whyNobody(): string {
    const why = this.#why(this.#config);
    if (why !== '') return why;
    const isAnybody = this.#config.alertmanager!.receivers.some(
      ({ integrations }) => integrations.length > 0,
    );
    return isAnybody ? '' : 'no receiver has a way to be told';
  }

  /** What is to be known of notifications. Where alerts go elsewhere, or nobody would be told of any, nothing is missing. */
  get notifying(): NotifyState {
    const isElsewhere = this.#options.isSealed || this.#config.alerting.alertmanagers.length > 0;
    return {
      whyNobody: isElsewhere ? '' : this.whyNobody,
      failing: this.#running?.failingReceivers() ?? [],
    };
  }

  /** The server is ready. `externalUrl` tells where it is reached, without a slash at its end. */
  begin(externalUrl: () => string): void {
    this.#externalUrl = externalUrl;
    this.#read()
      .then(({ silences, state }) =>
        silences.length + state.length > 0 ? this.#openWith(async () => ({ silences, state })) : undefined,
      )
      .catch((error) => this.#options.log.error('alerts and silences were not read', { error }));
  }

  async #read(): Promise<StoredAlertmanager> {
    const { store } = this.#options;
    const [silences, state] = await Promise.all([store.silences(), store.alertState()]);
    return { silences, state };
  }

  readonly open = (): Promise<Alertmanager> => this.#openWith(() => this.#read());

  #openWith(read: () => Promise<StoredAlertmanager>): Promise<Alertmanager> {
    const opening = (this.#opening ??= this.#load(read));
    // What failed is tried again with the next request.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #load(read: () => Promise<StoredAlertmanager>): Promise<Alertmanager> {
    const { Alertmanager: Made } = await import('./alertmanager/alertmanager.ts');
    const { SHOWN_ONLY_POLICY } = await import('./alertmanager/policy.ts');
    const { clock, store, log } = this.#options;
    const parts = {
      ...{ clock, store, log, counters: this.#counters, notifyCounters: this.#notifyCounters },
      onProblem: (what: string, error: unknown) => log.error(what, { error }),
    };
    const stored = await read();
    this.#running = new Made(parts, stored, this.#policy ?? SHOWN_ONLY_POLICY);
    return this.#running;
  }

  /** Forgets alerts; silences stay. */
  forgetAlerts(): void {
    this.#running?.forgetAlerts();
  }

  /** Alerts of this server's rules. */
  async take(notices: readonly Notice[]): Promise<void> {
    const { log } = this.#options;
    try {
      const alertmanager = await this.open();
      const byTenant = Map.groupBy(notices, ({ tenant }) => tenant ?? DEFAULT_TENANT);
      for (const [tenant, own] of byTenant) {
        const { refused } = await alertmanager.of(tenant).receive(told(own), alertmanager.now);
        if (refused === 0) continue;
        const room = String(alertmanager.room);
        log.warn('alerts do not fit into the built-in Alertmanager', { refused, room });
      }
    } catch (error) {
      log.error('alerts did not reach the built-in Alertmanager', { error });
    }
  }

  async end(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#running?.stop(AbortSignal.timeout(DRAIN_MAX_MS));
    this.#policy?.close();
  }
}

function* told(notices: readonly Notice[]) {
  for (const notice of notices) {
    const { annotations, ...alert } = notice.told();
    yield { ...alert, annotations: annotations.pairs };
  }
}
