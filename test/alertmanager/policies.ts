/** Policies for tests: a configuration as YAML, and receivers that remember what they are told, on a clock that the test holds. */

import type { PostedAlert } from '../../src/alertmanager/alert.ts';
import { alertCounters } from '../../src/alertmanager/alert-counters.ts';
import { Alertmanager } from '../../src/alertmanager/alertmanager.ts';
import {
  type Integration,
  type Notification,
  NotifyError,
} from '../../src/alertmanager/notify/integration.ts';
import { notifyCounters } from '../../src/alertmanager/notify-counters.ts';
import { Policy } from '../../src/alertmanager/policy.ts';
import type { TenantAlerts } from '../../src/alertmanager/tenant-alerts.ts';
import { HeldClock } from '../../src/base/held-clock.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { parseAlertmanagerText } from '../../src/config/alertmanager/alertmanager-file.ts';
import { Labels } from '../../src/model/labels.ts';
import { MemorySilences, START_MS } from './memory-silences.ts';

/** What a receiver was told, as short as it can be compared. */
export interface Told {
  readonly atMs: number;
  readonly receiver: string;
  readonly groupKey: string;
  readonly reason: string;
  /** Names of alerts, `-` before those that are over. */
  readonly alerts: string;
}

export class Scene {
  readonly clock = new HeldClock(START_MS);
  readonly store = new MemorySilences();
  readonly telemetry = new Telemetry();
  readonly told: Told[] = [];
  readonly problems: string[] = [];
  /** Thrown by receivers instead of being told, while there are some. */
  readonly failures: NotifyError[] = [];
  /** What notifications wait for, if for anything. */
  gate: Promise<void> | undefined;
  /** Called when a receiver is about to be told; what it throws is why the receiver is not. */
  onNotify: ((notification: Notification, index: number) => void) | undefined;
  /** Called when it was. */
  onTold: ((notification: Notification, index: number) => void) | undefined;
  am!: Alertmanager;
  #config: string;

  constructor(config: string) {
    this.#config = config;
  }

  async open(config = this.#config): Promise<this> {
    this.#config = config;
    const policy = await this.policy(config);
    const { clock, store, telemetry } = this;
    const state = { silences: await store.silences(), state: await store.alertState() };
    this.am = new Alertmanager(
      {
        ...{ clock, store, log: SILENT, random: () => 0.5 },
        counters: alertCounters(telemetry),
        notifyCounters: notifyCounters(telemetry),
        onProblem: (what, error) => this.problems.push(`${what}: ${(error as Error).message}`),
      },
      state,
      policy,
    );
    return this;
  }

  async policy(text: string): Promise<Policy> {
    const { routing, receivers } = await parseAlertmanagerText('alertmanager.yml', text, {});
    const integrations = new Map<string, readonly Integration[]>();
    for (const { name, integrations: list } of receivers) {
      integrations.set(
        name,
        list.map(({ sendsResolved }, index) => this.#integration(index, sendsResolved)),
      );
    }
    return new Policy({ config: routing, yaml: text, integrations });
  }

  #integration(index: number, sendsResolved: boolean): Integration {
    return {
      name: 'webhook',
      index,
      sendsResolved,
      notify: async (notification) => {
        this.onNotify?.(notification, index);
        await this.gate;
        const failure = this.failures.shift();
        if (failure) throw failure;
        this.told.push(this.#short(notification));
        this.onTold?.(notification, index);
      },
    };
  }

  #short({ receiver, groupKey, reason, alerts }: Notification): Told {
    const names = alerts.map(({ status, labels }) =>
      status === 'firing' ? labels.get('alertname') : `-${labels.get('alertname')}`,
    );
    return { atMs: this.clock.now() - START_MS, receiver, groupKey, reason, alerts: names.join(' ') };
  }

  get alerts(): TenantAlerts {
    return this.am.of('fake');
  }

  /** `END` in seconds from the start; without one they are believed for five minutes. */
  async fire(
    labels: Record<string, string>,
    { startS = 0, endS = undefined as number | undefined } = {},
  ): Promise<void> {
    const posted: PostedAlert = {
      labels: Labels.from(labels),
      annotations: [],
      startsAtMs: START_MS + startS * 1000,
      endsAtMs: endS === undefined ? START_MS + 3_600_000_000 : START_MS + endS * 1000,
      generatorUrl: '',
    };
    await this.alerts.receive([posted], this.clock.now());
  }

  /** The alert is over now. */
  resolve(labels: Record<string, string>): Promise<void> {
    return this.fire(labels, { endS: (this.clock.now() - START_MS) / 1000 });
  }

  seconds(s: number): Promise<void> {
    return this.clock.advance(s * 1000);
  }

  /** What was told since it was asked last: `12s name: alerts`. */
  heard(): string[] {
    const out = this.told.map(({ atMs, receiver, alerts }) => `${atMs / 1000}s ${receiver}: ${alerts}`);
    this.told.length = 0;
    return out;
  }

  /** Starts anew with what the database had while the first notification was under way; returns how many were told. */
  async crash(): Promise<number> {
    let rows = new Map(this.store.state);
    this.onNotify = () => {
      rows = new Map(this.store.state);
    };
    await this.seconds(10);
    const count = this.told.length;
    this.told.length = 0;
    this.onNotify = undefined;
    await this.am.stop(AbortSignal.abort());
    this.store.state.clear();
    for (const [key, row] of rows) this.store.state.set(key, row);
    await this.open();
    return count;
  }

  /** As an end and another start have it. */
  async restart(afterS = 0): Promise<void> {
    await this.am.stop(AbortSignal.abort());
    await this.seconds(afterS);
    await this.open();
  }

  /** As a kill and another start have it: nothing is written any more. */
  async kill(afterS = 0): Promise<void> {
    const rows = new Map(this.store.state);
    await this.am.stop(AbortSignal.abort());
    await this.seconds(afterS);
    this.store.state.clear();
    for (const [key, row] of rows) this.store.state.set(key, row);
    await this.open();
  }

  /** Another configuration, at once. */
  async reload(config: string): Promise<void> {
    this.#config = config;
    void this.am.apply(await this.policy(config));
    await this.seconds(0);
  }
}

export function scene(config: string): Promise<Scene> {
  return new Scene(config).open();
}

export function refusal(mayRetry: boolean): NotifyError {
  return new NotifyError('no', mayRetry, mayRetry ? 'serverError' : 'clientError');
}
