/**
 * Sending of alerts, put into the local engine: to the Alertmanager in this process, and to those of the configuration. Where none are
 * configured nothing of it is loaded before the first alert is due; where there are, discovery begins when the server is ready, so that no
 * rule is evaluated before somebody listens.
 */

import { BugError } from './base/assert.ts';
import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { AlertingConfig, Config } from './config/settings.ts';
import { parseTargetYaml } from './config/target-yaml.ts';
import { kubeWatches } from './kube-watches.ts';
import type { Reloadable } from './reloadable.ts';
import type { AlertReceiver, AlertReport } from './rules/due-alerts.ts';
import type { AlertmanagerDiscovery } from './rules/notify/alertmanager-config.ts';
import type { Notice } from './rules/notify/notice.ts';
import type { Notifier } from './rules/notify/notifier.ts';
import { NotifyTelemetry } from './rules/notify/notify-telemetry.ts';
import type { DiscoveryPool } from './scrape/discovery/discovery-pool.ts';
import { VERSION } from './version.ts';

/** How long the end of the server waits for alerts that are under way. */
const DRAIN_MAX_MS = 1500;

type Set = AlertingConfig['alertmanagers'][number];
type Discover = (set: Set) => AlertmanagerDiscovery;

export interface LocalNotifyOptions {
  /** The Alertmanager in this process. Never rejects. */
  readonly own?: ((notices: readonly Notice[]) => Promise<void>) | undefined;
  readonly config: Config;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

export class LocalNotify implements Reloadable, AlertReceiver {
  readonly #log: Logger;
  readonly #telemetry: NotifyTelemetry;
  readonly #clock: Clock;
  /** For what discovery tells of itself. */
  readonly #discovered: Telemetry;
  #pool: DiscoveryPool | undefined;
  readonly #own: LocalNotifyOptions['own'];
  #alerting: AlertingConfig;
  #externalLabels: Config['externalLabels'];
  resendDelayMs: number;
  #externalUrl = () => '';
  #notifier: Notifier<Set> | undefined;
  #loading: Promise<void> | undefined;
  #begin: (() => void) | undefined;

  private constructor({ config, clock, telemetry, log, own }: LocalNotifyOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#own = own;
    this.#alerting = config.alerting;
    this.#externalLabels = config.externalLabels;
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
    return (
      this.#own !== undefined || (this.#notifier !== undefined && this.#alerting.alertmanagers.length > 0)
    );
  }

  async send(report: AlertReport): Promise<void> {
    if (!this.#notifier && this.#own) await (this.#loading ??= this.#loadForOwn());
    await this.#notifier?.send(report);
  }

  /** For the Alertmanager in this process alone: nothing is discovered. */
  async #loadForOwn(): Promise<void> {
    const { Notifier: Made } = await import('./rules/notify/notifier.ts');
    // A configuration with others may have come meanwhile.
    if (this.#notifier) return;
    this.#notifier = this.#make(Made);
    const none = { ...this.#alerting, alertmanagers: [] };
    this.#notifier.apply(none, this.#externalLabels, noDiscovery);
  }

  #make(Made: typeof Notifier): Notifier<Set> {
    return new Made<Set>({
      clock: this.#clock,
      log: this.#log,
      telemetry: this.#telemetry,
      userAgent: `Trilite/${VERSION}`,
      externalUrl: () => this.#externalUrl(),
      own: this.#own,
    });
  }

  async prepare({ alerting, externalLabels, ruleAlerts }: Config): Promise<() => void> {
    // None is told but the one in this process, and none was.
    if (alerting.alertmanagers.length === 0 && this.#notifier === undefined) {
      return () => {
        this.#alerting = alerting;
        this.#externalLabels = externalLabels;
        this.resendDelayMs = ruleAlerts.resendDelayMs;
      };
    }
    const { Notifier: Made } = await import('./rules/notify/notifier.ts');
    const discover = alerting.alertmanagers.length > 0 ? await this.#loadDiscovery() : noDiscovery;
    return () => {
      this.#alerting = alerting;
      this.#externalLabels = externalLabels;
      this.resendDelayMs = ruleAlerts.resendDelayMs;
      this.#notifier ??= this.#make(Made);
      this.#notifier.apply(alerting, externalLabels, discover);
    };
  }

  async #loadDiscovery(): Promise<Discover> {
    const { Discoveries } = await import('./scrape/discovery/discoveries.ts');
    const { DiscoveryPool } = await import('./scrape/discovery/discovery-pool.ts');
    const shared = { clock: this.#clock, parseYaml: parseTargetYaml };
    this.#pool ??= new DiscoveryPool({
      ...shared,
      telemetry: this.#discovered,
      user: 'notify',
      watches: kubeWatches,
    });
    const deps = {
      ...shared,
      pool: this.#pool,
      onError: (source: string, error: unknown): void =>
        this.#log.warn('Alertmanagers not found', { source, error }),
    };
    return (set) =>
      new Discoveries(set, { ...deps, name: `config-${this.#alerting.alertmanagers.indexOf(set)}` });
  }

  /** URLs of other Alertmanagers, as Prometheus' API shows them. */
  view(): { readonly active: readonly string[]; readonly dropped: readonly string[] } {
    return { active: this.#notifier?.active() ?? [], dropped: this.#notifier?.dropped() ?? [] };
  }

  /** Nothing is sent any more; what waits is, where that is wanted, for as long as there is time. */
  async end(): Promise<void> {
    await this.#notifier?.stop(AbortSignal.timeout(DRAIN_MAX_MS));
  }
}

function noDiscovery(): never {
  throw new BugError('BUG: Alertmanagers are looked for where none are configured');
}
