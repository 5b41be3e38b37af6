/**
 * Metrics of rules, by Prometheus' names, which dashboards and alerts about rules go by. A group that is gone takes its own
 * with it.
 */

import type { Summary } from '../base/summary.ts';
import type { HistogramCounter, Telemetry } from '../base/telemetry.ts';
import type { Group } from './group.ts';

const PREFIX = 'prometheus_rule_';
const RULE_QUANTILES: readonly number[] = [0.5, 0.9, 0.99];
const GROUP_QUANTILES: readonly number[] = [0.01, 0.05, 0.5, 0.9, 0.99];
/** Seconds. */
const BUCKETS: readonly number[] = [0.01, 0.1, 1, 10];

interface GroupMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** Undefined: there is none of this group. */
  value(group: Group): number | undefined;
}

const GROUP_METRICS: readonly GroupMetric[] = [
  {
    name: 'evaluations_total',
    help: 'Rules that were evaluated.',
    type: 'counter',
    value: (g) => g.evaluations,
  },
  {
    name: 'evaluation_failures_total',
    help: 'Rules whose evaluation failed.',
    type: 'counter',
    value: (g) => g.failures,
  },
  {
    name: 'group_iterations_total',
    help: 'Moments at which groups were due, those missed included.',
    type: 'counter',
    value: (g) => g.iterations,
  },
  {
    name: 'group_iterations_missed_total',
    help: 'Moments that passed while the evaluation before them took too long.',
    type: 'counter',
    value: (g) => g.missed,
  },
  {
    name: 'group_last_evaluation_timestamp_seconds',
    help: 'When the group was evaluated last.',
    type: 'gauge',
    value: (g) => (g.lastEvaluationMs ?? 0) / 1000,
  },
  {
    name: 'group_last_duration_seconds',
    help: 'How long the last evaluation took.',
    type: 'gauge',
    value: (g) => g.evaluationSeconds,
  },
  {
    name: 'group_last_rule_duration_sum_seconds',
    help: 'How long the rules of the group took at their last evaluation, all together.',
    type: 'gauge',
    value: (g) => g.rules.reduce((sum, rule) => sum + rule.evaluationSeconds, 0),
  },
  {
    name: 'group_last_restore_duration_seconds',
    help: 'How long it took to find what alerts a process before this one had.',
    type: 'gauge',
    value: (g) => g.restoreSeconds,
  },
  {
    name: 'group_last_evaluation_samples',
    help: 'Samples that the last evaluation wrote.',
    type: 'gauge',
    value: (g) => g.lastSamples,
  },
  {
    name: 'group_interval_seconds',
    help: 'Interval of the group.',
    type: 'gauge',
    value: (g) => g.intervalMs / 1000,
  },
  { name: 'group_rules', help: 'Rules of the group.', type: 'gauge', value: (g) => g.rules.length },
];

export class RuleTelemetry {
  readonly #rules: readonly (Summary | HistogramCounter)[];
  readonly #groups: readonly (Summary | HistogramCounter)[];

  constructor(telemetry: Telemetry, groups: () => Iterable<Group>) {
    const durations = (name: string, help: string, quantiles: readonly number[]) => [
      telemetry.summary(`${PREFIX}${name}_seconds`, help, quantiles).with(),
      telemetry.histogram(`${PREFIX}${name}_histogram_seconds`, help, [], BUCKETS).with(),
    ];
    this.#rules = durations('evaluation_duration', 'How long a rule took to evaluate.', RULE_QUANTILES);
    this.#groups = durations('group_duration', 'How long a group took to evaluate.', GROUP_QUANTILES);
    telemetry.onCollect(() => {
      for (const metric of GROUP_METRICS) {
        const family = telemetry[metric.type](PREFIX + metric.name, metric.help, ['rule_group']);
        family.clear();
        for (const group of groups()) {
          const { namespace, name } = group.id;
          const value = metric.value(group);
          if (value !== undefined) family.with(`${namespace};${name}`).add(value);
        }
      }
    });
  }

  evaluated(seconds: number): void {
    for (const metric of this.#rules) metric.observe(seconds);
  }

  groupEvaluated(seconds: number): void {
    for (const metric of this.#groups) metric.observe(seconds);
  }
}
