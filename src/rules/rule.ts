/**
 * One rule at work: evaluating it writes series, and for an alert moves the states of its alerts on. What it was last
 * found to be (well or failing, and why) is kept for whoever asks.
 */

import { inSlices } from '../base/slices.ts';
import type { MetricAppender, Refusal } from '../storage/interface.ts';
import { AlertStates } from './alert-states.ts';
import { type AlertReceiver, dueAlerts } from './due-alerts.ts';
import type { EvaluationRequest } from './reader-services.ts';
import { firesAgainMs } from './restore.ts';
import type { GroupDefinition, RuleDefinition, RuleLanguageName } from './rule-group.ts';
import { rulesLabels } from './rule-group.ts';
import type { RuleRunner } from './rule-runner.ts';
import { RuleSeries } from './rule-series.ts';
import type { RuleSettings } from './rule-settings.ts';

export interface RuleParts {
  readonly runner: RuleRunner;
  readonly appender: MetricAppender;
  /** Whose data it sees; undefined where tenants are not told apart. */
  readonly tenants?: readonly string[] | undefined;
  /** Who is told of alerts; undefined: nobody. */
  readonly receiver?: AlertReceiver | undefined;
  readonly settings: () => RuleSettings;
}

/** When a rule is evaluated. */
export interface EvaluationTime {
  /** The group's moment. */
  readonly timeMs: number;
  /** Where its query looks and its samples stand: the moment, or somewhat before. */
  readonly queryMs: number;
  /** Of the group. */
  readonly intervalMs: number;
}

export interface RuleOutcome {
  readonly samples: number;
  readonly error: Error | undefined;
  /** Samples that storage would not take. */
  readonly refused: readonly Refusal[];
}

export class Rule {
  readonly definition: RuleDefinition;
  /** The expression in canonical form. */
  readonly query: string;
  /** Its own and its group's. */
  readonly labels: Readonly<Record<string, string>>;
  readonly series: RuleSeries;
  /** Undefined for a recording rule. */
  readonly alerts: AlertStates | undefined;
  readonly #language: RuleLanguageName;
  readonly #limit: number;
  readonly #runner: RuleRunner;
  readonly #settings: () => RuleSettings;
  readonly tenants: readonly string[] | undefined;
  readonly #receiver: AlertReceiver | undefined;
  health: 'unknown' | 'ok' | 'err' = 'unknown';
  /** '' where the last evaluation went well. */
  lastError = '';
  evaluationSeconds = 0;
  /** Undefined before the first evaluation. */
  lastEvaluationMs: number | undefined;
  /**
   * Whether alerts may be written: not before what an earlier process knew of them has been looked for, since that is
   * found in the very series that would be written.
   */
  isRestored = true;

  constructor(
    language: RuleLanguageName,
    group: GroupDefinition,
    definition: RuleDefinition,
    query: string,
    { runner, appender, tenants, receiver, settings }: RuleParts,
  ) {
    this.definition = definition;
    this.query = query;
    this.labels = rulesLabels(group, definition);
    this.series = new RuleSeries(appender);
    this.alerts = definition.alert === '' ? undefined : new AlertStates(this.labels);
    this.#language = language;
    this.#limit = group.limit;
    this.#runner = runner;
    this.#settings = settings;
    this.tenants = tenants;
    this.#receiver = receiver;
  }

  get name(): string {
    return this.definition.record || this.definition.alert;
  }

  /** Rules of one name and the same labels are one and the same from a group's definition to its next. */
  get identity(): string {
    return JSON.stringify([this.name, this.alerts !== undefined, Object.entries(this.labels).sort()]);
  }

  /** Never rejects: what goes wrong is the rule's `lastError`. */
  async evaluate(at: EvaluationTime): Promise<RuleOutcome> {
    try {
      const { samples, refused } = await (this.alerts ? this.#alert(this.alerts, at) : this.#record(at));
      this.health = refused.length === 0 ? 'ok' : 'err';
      this.lastError = refused.at(-1)?.message ?? '';
      return { samples, error: undefined, refused };
    } catch (error) {
      this.health = 'err';
      this.lastError = (error as Error).message;
      return { samples: 0, error: error as Error, refused: [] };
    }
  }

  #request(queryMs: number): EvaluationRequest {
    const { query, name, labels } = this;
    const { annotations } = this.definition;
    return { language: this.#language, query, timeMs: queryMs, name, labels, annotations };
  }

  async #record({ queryMs }: EvaluationTime) {
    const result = await this.#runner.evaluate('record', this.#request(queryMs), this.tenants);
    const samples = result.values.length;
    if (this.#limit > 0 && samples > this.#limit) {
      throw new Error(`exceeded limit of ${this.#limit} with ${samples} series`);
    }
    return { samples, refused: await this.series.write(result, queryMs) };
  }

  async #alert(alerts: AlertStates, at: EvaluationTime) {
    const { timeMs, queryMs } = at;
    const { externalUrl, externalLabels } = this.#settings();
    const surroundings = { timeMs, externalUrl, externalLabels };
    const request = { ...this.#request(queryMs), surroundings };
    const result = await this.#runner.evaluate('alert', request, this.tenants);
    const { forMs, keepFiringForMs } = this.definition;
    const times = { forMs, keepFiringForMs, limit: this.#limit };
    const series = await inSlices(alerts.update(result, timeMs, times));
    await this.#tell(alerts, at);
    if (!this.isRestored) return { samples: 0, refused: [] };
    return { samples: series.values.length, refused: await this.series.write(series, queryMs) };
  }

  async #tell(alerts: AlertStates, { timeMs, intervalMs }: EvaluationTime): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver?.listens) return;
    const due = await inSlices(dueAlerts(alerts, timeMs, receiver.resendDelayMs, intervalMs));
    if (due.length === 0) return;
    const { query } = this;
    const again = firesAgainMs(this.definition.forMs, intervalMs, this.#settings().alerts);
    const report = { language: this.#language, tenant: this.tenants?.[0], query, firesAgainMs: again };
    await receiver.send({ ...report, alerts: due });
  }
}
