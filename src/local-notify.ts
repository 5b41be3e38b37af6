/**
 * Sending of alerts, put into the local engine. Where no Alertmanagers are configured nothing of it is loaded; where there
 * are, discovery begins when the server is ready, so that no rule is evaluated before somebody listens.
 */

import { systemClock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { AlertingConfig, Config } from './config/settings.ts';
import { parseTargetYaml } from './config/target-yaml.ts';
import type { Reloadable } from './reloadable.ts';
import type { AlertReceiver, AlertReport } from './rules/due-alerts.ts';
import type { AlertmanagerDiscovery } from './rules/notify/alertmanager-config.ts';
import type { Notifier } from './rules/notify/notifier.ts';
import { NotifyTelemetry } from './rules/notify/notify-telemetry.ts';
import type { DiscoveryPool } from './scrape/discovery/discovery-pool.ts';
import { VERSION } from './version.ts';

/** How long the end of the server waits for alerts that are under way. */
const DRAIN_MAX_MS = 1500;

type Set = AlertingConfig['alertmanagers'][number];
type Discover = (set: Set) => AlertmanagerDiscovery;

export interface LocalNotifyOptions {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

export class LocalNotify implements Reloadable, AlertReceiver {
  readonly #log: Logger;
  readonly #telemetry: NotifyTelemetry;
  /** For what discovery tells of itself. */
  readonly #discovered: Telemetry;
  #pool: DiscoveryPool | undefined;
  #alerting: AlertingConfig;
  resendDelayMs: number;
  #externalUrl = () => '';
  #notifier: Notifier<Set> | undefined;
  #begin: (() => void) | undefined;

  private constructor({ config, telemetry, log }: LocalNotifyOptions) {
    this.#log = log;
    this.#alerting = config.alerting;
    this.resendDelayMs = config.ruleAlerts.resendDelayMs;
    this.#discovered = telemetry;
    this.#telemetry = new NotifyTelemetry(telemetry, {
      active: () => this.view().active,
      queueLengths: () => this.#notifier?.queueLengths() ?? [],
      queueCapacity: () => this.#alerting.queueCapacity,
    });
  }

  static async open(options: LocalNotifyOptions): Promise<LocalNotify> {
    const notify = new LocalNotify(options);
    notify.#begin = await notify.prepare(options.config);
    return notify;
  }

  /** `externalUrl` tells what links in alerts lead to, without a slash at its end. */
  begin(externalUrl: () => string): void {
    this.#externalUrl = externalUrl;
    this.#begin?.();
  }

  get listens(): boolean {
    return this.#notifier !== undefined && this.#alerting.alertmanagers.length > 0;
  }

  async send(report: AlertReport): Promise<void> {
    await this.#notifier?.send(report);
  }

  async prepare({ alerting, externalLabels, ruleAlerts }: Config): Promise<() => void> {
    // Nobody is told, and nobody was.
    if (alerting.alertmanagers.length === 0 && this.#notifier === undefined) {
      return () => {
        this.#alerting = alerting;
        this.resendDelayMs = ruleAlerts.resendDelayMs;
      };
    }
    const { Notifier: Made } = await import('./rules/notify/notifier.ts');
    const discover = await this.#loadDiscovery();
    return () => {
      this.#alerting = alerting;
      this.resendDelayMs = ruleAlerts.resendDelayMs;
      this.#notifier ??= new Made<Set>({
        clock: systemClock,
        log: this.#log,
        telemetry: this.#telemetry,
        userAgent: `Trilite/${VERSION}`,
        externalUrl: this.#externalUrl,
      });
      this.#notifier.apply(alerting, externalLabels, discover);
    };
  }

  async #loadDiscovery(): Promise<Discover> {
    const { Discoveries } = await import('./scrape/discovery/discoveries.ts');
    const { DiscoveryPool } = await import('./scrape/discovery/discovery-pool.ts');
    const shared = { clock: systemClock, parseYaml: parseTargetYaml };
    this.#pool ??= new DiscoveryPool({ ...shared, telemetry: this.#discovered, user: 'notify' });
    const deps = {
      ...shared,
      pool: this.#pool,
      onError: (source: string, error: unknown): void =>
        this.#log.warn('Alertmanagers not found', { source, error }),
    };
    return (set) =>
      new Discoveries(set, { ...deps, name: `config-${this.#alerting.alertmanagers.indexOf(set)}` });
  }

  /** URLs of Alertmanagers, as Prometheus' API shows them. */
  view(): { readonly active: readonly string[]; readonly dropped: readonly string[] } {
    return { active: this.#notifier?.active() ?? [], dropped: this.#notifier?.dropped() ?? [] };
  }

  /** Nothing is sent any more; what waits is, where that is wanted, for as long as there is time. */
  async end(): Promise<void> {
    await this.#notifier?.stop(AbortSignal.timeout(DRAIN_MAX_MS));
  }
}
