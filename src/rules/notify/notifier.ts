/**
 * From alerts that are due to the queues of all Alertmanagers: external labels are added where an alert does not have them,
 * alerts are relabelled, and the Alertmanager of this process and each set of others get what is left.
 */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { startSliced } from '../../base/slices.ts';
import type { Labels } from '../../model/labels.ts';
import { compileRelabel, type RelabelRule, relabel } from '../../model/relabel.ts';
import type { AlertReport } from '../due-alerts.ts';
import {
  type AlertingSettings,
  type AlertmanagerConfig,
  type AlertmanagerDiscovery,
  DEFAULT_ALERTING,
} from './alertmanager-config.ts';
import { AlertmanagerSet } from './alertmanager-set.ts';
import { generatorUrl, Notice } from './notice.ts';
import type { NotifyTelemetry } from './notify-telemetry.ts';
import type { Post } from './send-loop.ts';

/** Alerts that are relabelled between two looks at the clock. */
const PER_STEP = 32;

export interface NotifierParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: NotifyTelemetry;
  readonly userAgent: string;
  /** Under which the server is reached from outside, without a slash at its end. */
  readonly externalUrl: () => string;
  /** An Alertmanager in this process, which is told before all others. Never rejects. */
  readonly own?: ((notices: readonly Notice[]) => Promise<void>) | undefined;
  /** In place of HTTP. */
  readonly post?: Post | undefined;
}

/** A discovery that has not been started yet. */
export type Discover<Set> = (set: Set) => AlertmanagerDiscovery;

interface RunningSet {
  /** Equal for equal configurations. */
  readonly key: string;
  readonly set: AlertmanagerSet;
}

export class Notifier<Set extends AlertmanagerConfig = AlertmanagerConfig> {
  readonly #parts: NotifierParts;
  #settings: AlertingSettings<Set> = DEFAULT_ALERTING;
  #externalLabels: readonly (readonly [string, string])[] = [];
  #relabel: readonly RelabelRule[] = [];
  #sets: readonly RunningSet[] = [];
  /** Of configurations before this one, until they have sent what they had. */
  readonly #ending = new Set<{ readonly set: AlertmanagerSet; readonly ended: Promise<void> }>();

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Takes a configuration in force; call again with another one to change it. Sets that are in both go on undisturbed. */
  apply(
    settings: AlertingSettings<Set>,
    externalLabels: Readonly<Record<string, string>>,
    discover: Discover<Set>,
  ): void {
    this.#settings = settings;
    this.#externalLabels = Object.entries(externalLabels);
    this.#relabel = compileRelabel(settings.alertRelabelConfigs);
    const before = [...this.#sets];
    const added: RunningSet[] = [];
    this.#sets = settings.alertmanagers.map((config) => {
      const key = JSON.stringify([config, settings.nameValidation]);
      const at = before.findIndex((b) => b.key === key);
      if (at >= 0) return before.splice(at, 1)[0]!;
      const running = { key, set: this.#newSet(config, discover(config)) };
      added.push(running);
      return running;
    });
    for (const { set } of before) this.#end(set);
    for (const { set } of added) set.start();
  }

  #newSet(config: Set, discovery: AlertmanagerDiscovery): AlertmanagerSet {
    const { clock, log, telemetry, userAgent, post } = this.#parts;
    const { nameValidation } = this.#settings;
    return new AlertmanagerSet(config, discovery, {
      ...{ clock, log, telemetry, userAgent, post, nameValidation },
      limits: () => this.#settings,
    });
  }

  #end(set: AlertmanagerSet): void {
    const ending = { set, ended: set.stop(true).finally(() => this.#ending.delete(ending)) };
    this.#ending.add(ending);
  }

  /** Resolves when the alerts are queued. */
  async send(report: AlertReport): Promise<void> {
    const notices = await startSliced(this.#notices(report));
    if (notices.length === 0) return;
    await this.#parts.own?.(notices);
    for (const { set } of this.#sets) await set.send(notices);
  }

  *#notices({ language, query, alerts, ...of }: AlertReport): Generator<void, Notice[]> {
    const origin = { ...of, generatorUrl: generatorUrl(this.#parts.externalUrl(), language, query) };
    const rules = this.#relabel;
    const out: Notice[] = [];
    for (let i = 0; i < alerts.length; i++) {
      if (i % PER_STEP === PER_STEP - 1) yield;
      const labels = relabel(this.#withExternal(alerts[i]!.labels), rules, this.#settings.nameValidation);
      if (labels) out.push(new Notice(labels, alerts[i]!, origin));
    }
    return out;
  }

  #withExternal(labels: Labels): Labels {
    let out = labels;
    for (const [name, value] of this.#externalLabels) if (!out.has(name)) out = out.with(name, value);
    return out;
  }

  active(): string[] {
    return this.#sets.flatMap(({ set }) => set.active());
  }

  dropped(): string[] {
    return this.#sets.flatMap(({ set }) => set.dropped());
  }

  *queueLengths(): Generator<readonly [string, number]> {
    for (const { set } of this.#sets) for (const loop of set.loops()) yield [loop.url, loop.length];
  }

  /** Sends what waits, where that is wanted, until `cutOff`. */
  async stop(cutOff: AbortSignal): Promise<void> {
    const { drainsOnShutdown } = this.#settings;
    const sets = [...this.#sets.map(({ set }) => set), ...[...this.#ending].map(({ set }) => set)];
    this.#sets = [];
    await Promise.all(sets.map((set) => set.stop(drainsOnShutdown, cutOff)));
  }
}
