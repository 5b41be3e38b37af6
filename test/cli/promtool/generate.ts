/** Random cases: files that are mostly good, with a fault here and there; the same for the same seed. */

import { Random } from '../../../src/bench/random.ts';
import type { PromtoolCase } from './cases.ts';

/** Of ten draws, one is bad. */
const BAD_IN = 10;

const NAMES = ['up', 'a:b', 'job:x:sum', 'errors_total'];
const EXPRESSIONS = [
  'up',
  'sum(up)',
  'rate(errors_total[5m])',
  'up == 0',
  'sum by (job) (up) > 1',
  'absent(up)',
];
const BAD_EXPRESSIONS = ['up ==', 'rate(up)', 'sum(', 'up{a}', '1 +* 2', 'foo(up)'];
const DURATIONS = ['1m', '30s', '1h30m', '0s'];
const BAD_DURATIONS = ['soon', '1', '1.5h', '-1m', '1m1h'];
const TEXTS = ['page', '{{ $labels.job }}', '{{ $value | humanize }}', '{{ printf "%.2f" $value }}'];
const BAD_TEXTS = ['{{ $foo }}', '{{ nothing 1 }}', '{{ if }}', '{{ .Labels.x '];
const LABEL_NAMES = ['severity', 'team', 'job'];

class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  below(n: number): number {
    return this.#random.u32() % n;
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  mostly<T>(good: readonly T[], bad: readonly T[]): T {
    return this.of(this.below(BAD_IN) === 0 ? bad : good);
  }

  list<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }
}

function labels(draw: Draw): Record<string, string> {
  const name = () => draw.mostly(LABEL_NAMES, ['__name__', '']);
  return Object.fromEntries(draw.list(2, () => [name(), draw.mostly(TEXTS, BAD_TEXTS)]));
}

function rule(draw: Draw): object {
  const expr = draw.mostly(EXPRESSIONS, BAD_EXPRESSIONS);
  const extra = draw.below(25) === 0 ? { colour: 'red' } : {};
  if (draw.below(2) === 0) {
    const wrong = draw.below(BAD_IN) === 0 ? { for: '5m' } : {};
    return { record: draw.of(NAMES), expr, labels: labels(draw), ...wrong, ...extra };
  }
  const alert = draw.mostly(['Down', 'Slow'], ['']);
  return {
    ...(alert !== '' && { alert }),
    expr,
    ...(draw.below(2) === 0 && { for: draw.mostly(DURATIONS, BAD_DURATIONS) }),
    ...(draw.below(4) === 0 && { keep_firing_for: draw.mostly(DURATIONS, BAD_DURATIONS) }),
    labels: labels(draw),
    annotations: labels(draw),
    ...extra,
  };
}

export function randomRules(seed: number): PromtoolCase {
  const draw = new Draw(seed);
  const groups = draw.list(3, () => ({
    name: draw.mostly(['g', 'h', 'i', 'j', 'k'], ['']),
    ...(draw.below(3) === 0 && { interval: draw.mostly(DURATIONS, BAD_DURATIONS) }),
    rules: draw.list(4, () => rule(draw)),
  }));
  const flags = draw.of([[], ['--lint-fatal'], ['--lint=none'], ['--lint=all', '--lint-fatal']]);
  return {
    name: `random rules ${seed}`,
    args: ['check', 'rules', ...flags, 'r.yml'],
    files: { 'r.yml': JSON.stringify({ groups }, null, 1) },
  };
}

function relabelling(draw: Draw): object {
  const action = draw.mostly(['replace', 'keep', 'drop', 'labelmap', 'lowercase', 'hashmod'], ['wash']);
  return {
    action,
    ...(action !== 'labelmap' && { source_labels: ['job'] }),
    ...(!['keep', 'drop', 'labelmap'].includes(action) && draw.below(8) !== 0 && { target_label: 'x' }),
    ...(action !== 'lowercase' && { regex: draw.mostly(['a.*', '(.+)'], ['(', '*']) }),
    ...(action === 'hashmod' && draw.below(4) !== 0 && { modulus: 4 }),
  };
}

export function randomConfig(seed: number): PromtoolCase {
  const draw = new Draw(seed);
  const interval = () => draw.mostly(['15s', '1m', '30s'], ['0s', 'often', '5']);
  const jobs = draw.list(3, () => ({
    job_name: draw.mostly(['a', 'b', 'c', 'd'], ['']),
    ...(draw.below(2) === 0 && { scrape_interval: interval() }),
    ...(draw.below(4) === 0 && { scrape_timeout: draw.of(['5s', '20s']) }),
    ...(draw.below(3) === 0 && { metrics_path: '/m', scheme: draw.of(['http', 'https']) }),
    static_configs: draw.list(2, () => ({
      targets: draw.list(2, () => draw.mostly(['a:1', 'b:2', '[::1]:3'], ['http://a', 'a/b'])),
      ...(draw.below(3) === 0 && { labels: { x: 'y' } }),
    })),
    relabel_configs: draw.list(2, () => relabelling(draw)),
    ...(draw.below(15) === 0 && { colour: 'red' }),
  }));
  const text = {
    global: { scrape_interval: interval(), ...(draw.below(4) === 0 && { external_labels: { a: 'b' } }) },
    scrape_configs: jobs,
    ...(draw.below(3) === 0 && { rule_files: [draw.mostly(['r.yml', 'r*.yml', 'x*.yml'], ['missing.yml'])] }),
  };
  return {
    name: `random configuration ${seed}`,
    args: ['check', 'config', ...draw.of([[], ['--syntax-only'], ['--agent']]), 'p.yml'],
    files: {
      'p.yml': JSON.stringify(text, null, 1),
      'r.yml': JSON.stringify({ groups: [{ name: 'g', rules: [rule(draw)] }] }),
    },
  };
}

/** What is expected is right in most: samples that follow from the series as they are written. */
export function randomUnitTest(seed: number): PromtoolCase {
  const draw = new Draw(seed);
  const tests = Array.from({ length: 1 + draw.below(2) }, (_, i) => {
    const [first, step, minutes] = [draw.below(5), draw.below(4), draw.below(9)];
    const value = first + step * minutes;
    const got = draw.below(6) === 0 ? value + 1 : value;
    const samples = [
      { expr: 'm', labels: 'm{job="a"}', value: got },
      { expr: 'r', labels: 'r{job="a"}', value: got * 2 },
      { expr: 'm * 0.1', labels: '{job="a"}', value: got * 0.1 },
      { expr: 'sum(m)', labels: '{}', value: got },
      { expr: 'count_over_time(m[150s])', labels: '{job="a"}', value: Math.min(3, minutes + 1) },
    ];
    const evalTime = `${minutes}m`;
    const fires = value > 5;
    const alert = { exp_labels: { job: 'a', sev: 'x' }, exp_annotations: { v: `${value} of a` } };
    const isExpected = draw.below(6) === 0 ? !fires : fires;
    return {
      interval: '1m',
      ...(draw.below(2) === 0 && { name: `test ${i}` }),
      input_series: [{ series: 'm{job="a"}', values: `${first}+${step}x10` }],
      alert_rule_test: [
        { eval_time: evalTime, alertname: 'High', ...(isExpected && { exp_alerts: [alert] }) },
      ],
      promql_expr_test: draw.list(3, () => {
        const { expr, ...sample } = draw.of(samples);
        return { expr: draw.mostly([expr], BAD_EXPRESSIONS), eval_time: evalTime, exp_samples: [sample] };
      }),
    };
  });
  const rules = [
    { record: 'r', expr: 'm * 2' },
    {
      alert: 'High',
      expr: 'm > 5',
      labels: { sev: 'x' },
      annotations: { v: '{{ $value }} of {{ $labels.job }}' },
    },
  ];
  return {
    name: `random unit test ${seed}`,
    args: ['test', 'rules', 't.yml'],
    files: {
      't.yml': JSON.stringify({ rule_files: ['r.yml'], tests }, null, 1),
      'r.yml': JSON.stringify({ groups: [{ name: 'g', rules }] }),
    },
  };
}
