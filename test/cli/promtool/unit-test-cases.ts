/** Files of unit tests of rules, for promtool and Trilite to run. */

import type { PromtoolCase } from './cases.ts';

const RULES = `groups:
- name: record
  rules:
  - {record: 'job:up:sum', expr: 'sum by (job) (up)'}
- name: alert
  rules:
  - alert: Down
    expr: up == 0
    for: 5m
    labels: {severity: page, job_was: '{{ $labels.job }}'}
    annotations:
      summary: '{{ $labels.instance }} is down: {{ $value }}'
      site: '{{ $externalLabels.site }} at {{ $externalURL }}'
  - alert: Kept
    expr: up == 0
    keep_firing_for: 3m
  - alert: Sum
    expr: job:up:sum < 1
`;

function unit(
  name: string,
  test: string,
  flags: readonly string[] = [],
  rules = RULES,
  isNew = false,
): PromtoolCase {
  return {
    name: `unit test: ${name}`,
    args: ['test', 'rules', ...flags, 't.yml'],
    files: { 'r.yml': rules, 't.yml': test },
    ...(isNew && { isNew }),
  };
}

/** One test over the rules above, with `up` going down after three minutes. */
function down(name: string, checks: string, flags: readonly string[] = [], isNew = false): PromtoolCase {
  const text = `rule_files: [r.yml]
tests:
- interval: 1m
  name: down
  external_labels: {site: here}
  external_url: http://me
  input_series:
  - {series: 'up{job="a", instance="i:1"}', values: '1 1 1 0x20'}
  - {series: 'up{job="b", instance="i:2"}', values: '1x20'}
${checks.replace(/^/gm, '  ')}
`;
  return unit(name, text, flags, RULES, isNew);
}

function expr(name: string, text: string, samples: string, values = '0+10x10', isNew = false): PromtoolCase {
  const test = `tests:
- interval: 1m
  input_series: [{series: 'm{a="b"}', values: '${values}'}]
  promql_expr_test:
  - {expr: '${text}', eval_time: 5m, exp_samples: ${samples}}
`;
  return unit(name, test, [], RULES, isNew);
}

export const UNIT_TEST_CASES: readonly PromtoolCase[] = [
  unit('an empty file', ''),
  unit('no tests', 'rule_files: [r.yml]\n'),
  unit('an unknown key', 'tests: [{foo: 1}]\n'),
  unit('no YAML', 'tests: [\n'),
  unit('a rule file that is not there', 'rule_files: [missing.yml]\ntests: [{interval: 1m}]\n'),
  unit(
    'a rule file that is bad',
    'rule_files: [r.yml]\ntests: [{interval: 1m}]\n',
    [],
    'groups: [{name: ""}]\n',
  ),
  unit(
    'rules with unknown keys',
    'rule_files: [r.yml]\ntests: [{interval: 1m}]\n',
    [],
    'groups: [{name: g, x: 1}]\n',
  ),
  unit(
    'rules with unknown keys that are passed over',
    'rule_files: [r.yml]\ntests: [{interval: 1m}]\n',
    ['--ignore-unknown-fields'],
    'groups: [{name: g, x: 1}]\n',
    true,
  ),
  unit('an order that repeats a group', 'group_eval_order: [a, a]\ntests: [{interval: 1m}]\n'),
  unit('an interval that is none', 'tests: [{interval: soon}]\n'),
  unit('a time that is none', 'tests: [{start_timestamp: noon}]\n', [], RULES, true),
  unit('a series that is none', "tests: [{interval: 1m, input_series: [{series: 'm{', values: '1'}]}]\n"),
  unit('values that are none', "tests: [{interval: 1m, input_series: [{series: 'm', values: '1 x 2'}]}]\n"),
  unit('no values', "tests: [{interval: 1m, input_series: [{series: 'm'}]}]\n"),
  unit(
    'the same series twice',
    "tests: [{interval: 1m, input_series: [{series: 'm', values: '1 2'}, {series: 'm', values: '1 2'}]}]\n",
  ),
  down(
    'nothing fires yet',
    `alert_rule_test:
- {eval_time: 7m, alertname: Down}`,
  ),
  down(
    'fires',
    `alert_rule_test:
- eval_time: 8m
  alertname: Down
  exp_alerts:
  - exp_labels: {severity: page, job_was: a, job: a, instance: 'i:1'}
    exp_annotations: {summary: 'i:1 is down: 0', site: here at http://me}`,
  ),
  down(
    'fires with other annotations',
    `alert_rule_test:
- eval_time: 8m
  alertname: Down
  exp_alerts:
  - exp_labels: {severity: page, job_was: a, job: a, instance: 'i:1'}
    exp_annotations: {summary: 'i:1 is down'}`,
  ),
  down(
    'fires and was not expected',
    `alert_rule_test:
- {eval_time: 8m, alertname: Down}`,
  ),
  down(
    'is expected and does not fire',
    `alert_rule_test:
- eval_time: 2m
  alertname: Down
  exp_alerts: [{exp_labels: {job: a}}, {exp_labels: {job: b}, exp_annotations: {x: y}}]`,
  ),
  down(
    'between two evaluations',
    `alert_rule_test:
- {eval_time: 7m59s, alertname: Down}`,
  ),
  down(
    'an alert without a name',
    `alert_rule_test:
- {eval_time: 8m}`,
  ),
  down(
    'an alert that no rule has',
    `alert_rule_test:
- {eval_time: 8m, alertname: Nobody}
- {eval_time: 8m, alertname: Nobody, exp_alerts: [{}]}`,
  ),
  down(
    'several at one time',
    `alert_rule_test:
- {eval_time: 3m, alertname: Kept}
- {eval_time: 3m, alertname: Down}
- {eval_time: 1m, alertname: Sum, exp_alerts: [{exp_labels: {job: a}}]}`,
  ),
  down(
    'a recorded series',
    `promql_expr_test:
- expr: job:up:sum
  eval_time: 5m
  exp_samples:
  - {labels: 'job:up:sum{job="a"}', value: 0}
  - {labels: 'job:up:sum{job="b"}', value: 1}`,
  ),
  down(
    'a recorded series that is not as expected',
    `promql_expr_test:
- expr: job:up:sum
  eval_time: 5m
  exp_samples:
  - {labels: 'job:up:sum{job="a"}', value: 1}`,
  ),
  down(
    'the series of alerts',
    `promql_expr_test:
- expr: ALERTS{alertname="Down"}
  eval_time: 8m
  exp_samples:
  - {labels: 'ALERTS{alertname="Down", alertstate="firing", instance="i:1", job="a", job_was="a", severity="page"}', value: 1}
- expr: ALERTS_FOR_STATE{alertname="Down"}
  eval_time: 8m
  exp_samples:
  - {labels: 'ALERTS_FOR_STATE{alertname="Down", instance="i:1", job="a", job_was="a", severity="page"}', value: 180}`,
  ),
  down(
    'only tests of another name',
    `alert_rule_test:
- {eval_time: 8m, alertname: Down}`,
    ['--run=up'],
    true,
  ),
  down(
    'tests of the name',
    `alert_rule_test:
- {eval_time: 8m, alertname: Down}`,
    ['--run=^do', '--run=x'],
    true,
  ),
  expr('a query', 'm', `[{labels: 'm{a="b"}', value: 50}]`),
  expr('a query that gives something else', 'm', `[{labels: 'm{a="b"}', value: 51}]`),
  expr('a query that gives nothing', 'n', '[]'),
  expr('a query that should give something', 'n', '[{value: 1}]'),
  expr('a query that should give nothing', 'm', '[]'),
  expr('a scalar', '1 + 1', '[{value: 2}]'),
  expr('a scalar with labels', '1 + 1', `[{labels: '{}', value: 2}]`),
  expr('a string', '"a"', '[]'),
  expr('a range', 'm[1m]', '[]'),
  expr('a query that is none', 'm +', '[]'),
  expr('a query that fails', 'label_replace(m, "a", "b", "c", "(")', '[]'),
  expr('labels that are none', 'm', "[{labels: 'm{', value: 1}]"),
  expr('a value that is none', 'm', "[{labels: 'm', value: many}]"),
  expr('a value in quotes', 'm', `[{labels: 'm{a="b"}', value: "50"}]`),
  expr('infinity', 'm * Inf', `[{labels: '{a="b"}', value: .inf}]`),
  expr('no number', 'm * NaN', `[{labels: '{a="b"}', value: .nan}]`),
  expr('large and small numbers', 'm * 1e21 or m * 1e-9 or vector(-0.5)', `[{value: -0.5}]`),
  expr('a rate', 'rate(m[5m])', `[{labels: '{a="b"}', value: 0.16666666666666666}]`, '0+10x10', true),
  expr('a subquery', 'max_over_time(m[4m:])', `[{labels: '{a="b"}', value: 50}]`),
  expr('what comes later', 'm offset -2m', `[{labels: 'm{a="b"}', value: 70}]`),
  expr('a stale series', 'm', '[]', '1 1 stale'),
  expr('a gap', 'm', `[{labels: 'm{a="b"}', value: 3}]`, '3 _x4', true),
  expr(
    'a histogram',
    'm',
    `[{labels: 'm{a="b"}', histogram: '{{schema:1 count:4 sum:5 buckets:[1 2 1]}}'}]`,
    '{{schema:1 count:4 sum:5 buckets:[1 2 1]}}',
    true,
  ),
  expr(
    'another histogram',
    'm',
    `[{labels: 'm{a="b"}', histogram: '{{schema:1 count:4 sum:6 buckets:[1 2 1]}}'}]`,
    '{{schema:1 count:4 sum:5 buckets:[1 2 1]}}',
    true,
  ),
  expr(
    'a histogram with all there is',
    'm',
    '[]',
    '{{schema:2 count:14 sum:5.5 z_bucket:3 z_bucket_w:0.001 buckets:[1 0 2 1] offset:-2 n_buckets:[4 3] n_offset:1}}',
    true,
  ),
  expr(
    'a histogram with own bounds',
    'm',
    '[]',
    '{{schema:-53 count:4 sum:5 custom_values:[1 2.5] buckets:[1 2 1]}}',
    true,
  ),
  expr('a histogram that is none', 'm', `[{labels: 'm{a="b"}', histogram: '1'}]`, '1x9', true),
  unit(
    'a rule that fails',
    `rule_files: [r.yml]
tests:
- interval: 1m
  input_series:
  - {series: 'a{x="1", y="1"}', values: '1x5'}
  - {series: 'a{x="1", y="2"}', values: '1x5'}
  promql_expr_test: [{expr: a, eval_time: 3m}]
`,
    [],
    "groups: [{name: g, rules: [{record: r, expr: 'a + on (x) a'}]}]\n",
  ),
  unit(
    'a rule that writes what was brought',
    `rule_files: [r.yml]
tests:
- interval: 1m
  input_series: [{series: 'r', values: '5x5'}]
  promql_expr_test: [{expr: r, eval_time: 3m, exp_samples: [{labels: r, value: 5}]}]
`,
    [],
    "groups: [{name: g, rules: [{record: r, expr: 'vector(1)'}]}]\n",
    true,
  ),
  unit(
    'groups in an order',
    `rule_files: [r.yml]
group_eval_order: [first, second]
tests:
- interval: 1m
  input_series: [{series: 'a', values: '0+1x5'}]
  promql_expr_test: [{expr: c, eval_time: 3m, exp_samples: [{labels: c, value: 3}]}]
`,
    [],
    `groups:
- {name: second, rules: [{record: c, expr: b}]}
- {name: first, rules: [{record: b, expr: a}]}
`,
  ),
  unit(
    'a native histogram that is recorded',
    `rule_files: [r.yml]
tests:
- interval: 1m
  input_series: [{series: 'h', values: '{{schema:0 count:3 sum:4 buckets:[1 2]}}+{{schema:0 count:3 sum:4 buckets:[1 2]}}x9'}]
  promql_expr_test:
  - {expr: r, eval_time: 5m, exp_samples: [{labels: r, histogram: '{{count:18 sum:24 counter_reset_hint:gauge buckets:[6 12]}}'}]}
`,
    [],
    "groups: [{name: g, rules: [{record: r, expr: 'sum(h)'}]}]\n",
    true,
  ),
  unit(
    'a template that asks',
    `rule_files: [r.yml]
tests:
- interval: 1m
  input_series: [{series: 'a{x="1"}', values: '1x5'}, {series: 'b{x="1"}', values: '7+1x5'}]
  alert_rule_test:
  - {eval_time: 2m, alertname: A, exp_alerts: [{exp_labels: {x: '1'}, exp_annotations: {t: 'b is 9'}}]}
`,
    [],
    `groups: [{name: g, rules: [{alert: A, expr: a, annotations: {t: 'b is {{ with query "b" }}{{ . | first | value }}{{ end }}'}}]}]\n`,
  ),
  unit(
    'a start',
    `tests:
- start_timestamp: '2026-01-01T00:00:00Z'
  interval: 1m
  input_series: [{series: a, values: '0+1x5'}]
  promql_expr_test:
  - {expr: 'timestamp(a)', eval_time: 3m, exp_samples: [{value: 1767225780}]}
`,
    [],
    RULES,
    true,
  ),
  ...[true, false].map((isFuzzy) =>
    unit(
      `numbers that are neighbours, ${isFuzzy ? 'which' : 'none of which'} count as equal`,
      `fuzzy_compare: ${isFuzzy}
tests:
- interval: 1m
  input_series: [{series: a, values: '0.1'}, {series: b, values: '0.2'}]
  promql_expr_test: [{expr: a + b, exp_samples: [{labels: '{}', value: 0.3}]}]
`,
      [],
      RULES,
      true,
    ),
  ),
  unit(
    'an interval that is told for the evaluation alone',
    `evaluation_interval: 2m
tests:
- input_series: [{series: a, values: '0+1x5'}]
  promql_expr_test: [{expr: a, eval_time: 4m, exp_samples: [{labels: a, value: 2}]}]
`,
    [],
    RULES,
    true,
  ),
  { name: 'unit test: no such file', args: ['test', 'rules', 'missing.yml'], files: {} },
  { name: 'unit test: no file', args: ['test', 'rules'], files: {} },
  { name: 'unit test: an unknown flag', args: ['test', 'rules', '--bogus', 't.yml'], files: { 't.yml': '' } },
];
