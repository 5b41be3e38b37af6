/** Metrics of rules: Prometheus' names with our prefix. A group that is gone takes its own with it. */

import type { HistogramCounter, Telemetry } from '../base/telemetry.ts';
import type { Group } from './group.ts';

const PREFIX = 'trilite_rule_';

interface GroupMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  value(group: Group): number;
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
  readonly #durations: HistogramCounter;

  constructor(telemetry: Telemetry, groups: () => Iterable<Group>) {
    const help = 'How long a rule took to evaluate.';
    this.#durations = telemetry.histogram(`${PREFIX}evaluation_duration_seconds`, help).with();
    telemetry.onCollect(() => {
      for (const metric of GROUP_METRICS) {
        const family = telemetry[metric.type](PREFIX + metric.name, metric.help, ['rule_group']);
        family.clear();
        for (const group of groups()) {
          const { namespace, name } = group.id;
          family.with(`${namespace};${name}`).add(metric.value(group));
        }
      }
    });
  }

  evaluated(seconds: number): void {
    this.#durations.observe(seconds);
  }
}
