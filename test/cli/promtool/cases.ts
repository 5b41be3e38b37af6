/** Rule files, good, bad and odd: what promtool and Trilite are asked to judge. */

export interface PromtoolCase {
  readonly name: string;
  /** From the subcommand on. */
  readonly args: readonly string[];
  /** By their paths, which are relative. */
  readonly files: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** What a promtool of version 2 does not know is in it. */
  readonly isNew?: true;
}

export const GOOD_RULE = 'groups: [{name: g, rules: [{record: a, expr: up}]}]\n';

function rules(name: string, text: string, flags: readonly string[] = [], isNew = false): PromtoolCase {
  return {
    name: `rules: ${name}`,
    args: ['check', 'rules', ...flags, 'r.yml'],
    files: { 'r.yml': text },
    ...(isNew && { isNew }),
  };
}

/** Rules of one group, as flow mappings. */
function ruleLines(name: string, lines: readonly string[], flags: readonly string[] = [], isNew = false) {
  const text = ['groups:', '- name: g', '  rules:', ...lines.map((line) => `  - ${line}`), ''].join('\n');
  return rules(name, text, flags, isNew);
}

export const RULE_CASES: readonly PromtoolCase[] = [
  rules('an empty file', ''),
  rules('no groups', 'groups: []\n'),
  rules('groups that are null', 'groups:\n'),
  rules('a group without rules', 'groups:\n- name: g\n'),
  rules('a comment alone', '# nothing\n'),
  rules('a scalar', 'hello\n'),
  rules('a list', '- a\n'),
  rules('no YAML', 'groups: [\n'),
  rules('a tab', 'groups:\n\t- name: g\n'),
  rules(
    'unknown keys',
    'groups:\n- name: g\n  colour: red\n  rules:\n  - record: a\n    expr: up\n    foo: 1\nx: 1\n',
  ),
  rules(
    'unknown keys that are passed over',
    'groups:\n- name: g\n  colour: red\n  rules:\n  - record: a\n    expr: up\n    foo: 1\n',
    ['--ignore-unknown-fields'],
    true,
  ),
  rules('a name that is not there', 'groups:\n- rules: []\n'),
  rules('a name that is empty', "groups:\n- name: ''\n  rules: []\n"),
  rules('a name twice', 'groups:\n- name: g\n- name: h\n- name: g\n'),
  rules('a key twice', 'groups:\n- name: g\n  name: h\n'),
  rules('rules that are a mapping', 'groups:\n- name: g\n  rules: {a: b}\n'),
  rules('an expression that is a list', 'groups:\n- name: g\n  rules:\n  - record: a\n    expr: [up]\n'),
  rules('an expression that is a number', 'groups:\n- name: g\n  rules:\n  - record: a\n    expr: 1.0\n'),
  rules(
    'an expression over lines',
    'groups:\n- name: g\n  rules:\n  - record: a\n    expr: |\n      sum(\n        up\n      )\n',
  ),
  rules(
    'a fault over lines',
    'groups:\n- name: g\n  rules:\n  - record: a\n    expr: |\n      sum(\n        up[\n      )\n',
  ),
  rules('two documents', `${GOOD_RULE}---\nx: 1\n`),
  rules('an alias', 'groups:\n- name: g\n  rules:\n  - &r {record: a, expr: up}\n  - *r\n', ['--lint=none']),
  rules('a merge', 'groups:\n- name: g\n  rules:\n  - &r {record: a, expr: up}\n  - {<<: *r, record: b}\n'),
  rules('interval 0', 'groups:\n- name: g\n  interval: 0s\n'),
  rules('an interval that is none', 'groups:\n- name: g\n  interval: soon\n'),
  rules('an interval without a unit', 'groups:\n- name: g\n  interval: 10\n'),
  rules('an interval with a fraction', 'groups:\n- name: g\n  interval: 1.5m\n'),
  rules('a limit', 'groups:\n- name: g\n  limit: 10\n'),
  rules('a limit that is negative', 'groups:\n- name: g\n  limit: -1\n'),
  rules('a limit that is none', 'groups:\n- name: g\n  limit: many\n'),
  rules('a query offset', 'groups:\n- name: g\n  query_offset: 1m\n', [], true),
  rules('labels of a group', 'groups:\n- name: g\n  labels: {a: b}\n', [], true),
  rules('labels of a group with a bad name', 'groups:\n- name: g\n  labels: {__name__: b}\n', [], true),
  ruleLines('a recording rule', ['{record: a, expr: up}']),
  ruleLines('neither record nor alert', ['{expr: up}']),
  ruleLines('both record and alert', ['{record: a, alert: b, expr: up}']),
  ruleLines('no expression', ['{record: a}']),
  ruleLines('a recording rule with for', ['{record: a, expr: up, for: 1m}']),
  ruleLines('a recording rule with keep_firing_for', ['{record: a, expr: up, keep_firing_for: 1m}']),
  ruleLines('a recording rule with annotations', ['{record: a, expr: up, annotations: {x: y}}']),
  ruleLines('a recording rule with all that it must not have', [
    '{record: a, expr: up, for: 1m, keep_firing_for: 1m, annotations: {x: y}}',
  ]),
  ruleLines('a recorded name with spaces', ['{record: "a b", expr: up}'], [], true),
  ruleLines('a recorded name with braces', [`{record: 'a{b="c"}', expr: up}`], [], true),
  ruleLines('a recorded name with dots', ['{record: a.b, expr: up}'], [], true),
  ruleLines('a label named __name__', ['{record: a, expr: up, labels: {__name__: b}}']),
  ruleLines('a label named by a space', ['{record: a, expr: up, labels: {"a b": c}}'], [], true),
  ruleLines('a label without a name', ['{record: a, expr: up, labels: {"": c}}']),
  ruleLines('a label that is a number', ['{record: a, expr: up, labels: {x: 5}}']),
  ruleLines('a label that is a list', ['{record: a, expr: up, labels: {x: [5]}}']),
  ruleLines('labels that are a list', ['{record: a, expr: up, labels: [x]}']),
  ruleLines('an annotation without a name', ['{alert: a, expr: up, annotations: {"": c}}']),
  ruleLines('an alert with all there is', [
    '{alert: a, expr: up == 0, for: 5m, keep_firing_for: 5m, labels: {s: p}, annotations: {t: "{{ $value }}"}}',
  ]),
  ruleLines('a template of a variable that is not there', [
    '{alert: a, expr: up, annotations: {t: "{{ $foo }}"}}',
  ]),
  ruleLines('a template of a function that is not there', [
    '{alert: a, expr: up, labels: {t: "{{ foo 1 }}"}}',
  ]),
  ruleLines('a template that does not end', ['{alert: a, expr: up, annotations: {t: "{{ .Labels.x "}}']),
  ruleLines('a template without its end', ['{alert: a, expr: up, annotations: {t: "{{ if true }}x"}}']),
  ruleLines('a template with queries', [
    `{alert: a, expr: up, annotations: {t: '{{ with query "up" }}{{ . | first | value }}{{ end }}'}}`,
  ]),
  ruleLines('a template in a recording rule', ['{record: a, expr: up, labels: {t: "{{ $foo }}"}}']),
  ruleLines('duplicates', ['{record: a, expr: up}', '{record: a, expr: down}']),
  ruleLines(
    'duplicates that are fatal',
    ['{record: a, expr: up}', '{record: a, expr: down}'],
    ['--lint-fatal'],
  ),
  ruleLines(
    'duplicates that do not matter',
    ['{record: a, expr: up}', '{record: a, expr: down}'],
    ['--lint=none', '--lint-fatal'],
  ),
  ruleLines('duplicates with labels', [
    '{record: a, expr: up, labels: {x: y, b: c}}',
    '{record: a, expr: down, labels: {b: c, x: y}}',
    '{record: a, expr: down, labels: {b: c, x: y}}',
    '{alert: b, expr: down}',
    '{alert: b, expr: up}',
  ]),
  ruleLines('the same name with other labels', [
    '{record: a, expr: up, labels: {x: y}}',
    '{record: a, expr: up}',
  ]),
  ruleLines('a lint that is not known', ['{record: a, expr: up}'], ['--lint=foo,all']),
  ruleLines('every lint', ['{record: a, expr: up}', '{record: a, expr: up}'], ['--lint=all', '--lint-fatal']),
  {
    name: 'rules: several files, the second bad',
    args: ['check', 'rules', 'a.yml', 'b.yml', 'c.yml'],
    files: { 'a.yml': GOOD_RULE, 'b.yml': 'groups: [{name: ""}]\n', 'c.yml': GOOD_RULE },
  },
  {
    name: 'rules: a bad file and one with duplicates',
    args: ['check', 'rules', '--lint-fatal', 'a.yml', 'b.yml'],
    files: {
      'a.yml': 'groups: [{name: ""}]\n',
      'b.yml': 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n',
    },
  },
  { name: 'rules: no such file', args: ['check', 'rules', 'missing.yml'], files: {} },
  { name: 'rules: a directory', args: ['check', 'rules', '.'], files: {} },
  {
    name: 'rules: an unknown flag',
    args: ['check', 'rules', '--bogus', 'r.yml'],
    files: { 'r.yml': GOOD_RULE },
  },
];

const FAULTY_EXPRESSIONS = [
  ...[
    'up ==',
    'sum(up',
    'sum(up))',
    'rate(up)',
    'rate(up[5m]) by (a)',
    'up{a=b}',
    'up{a="b}',
    '1 + "a"',
    'foo(up)',
  ],
  ...[
    'up[5m]',
    'sum by (a',
    'up offset',
    'up offset 5',
    'up @ foo',
    'topk(up)',
    'histogram_quantile(up)',
    '{}',
    '',
  ],
  ...[
    'up and 1',
    'up == bool up',
    'up bool up',
    'a + on(x) group_left b',
    'up[5m:',
    'up{a=~"("}',
    'label_replace(up)',
  ],
];

export const EXPRESSION_CASES: readonly PromtoolCase[] = FAULTY_EXPRESSIONS.map((expr) =>
  ruleLines(`the expression ${expr}`, [`{record: a, expr: ${JSON.stringify(expr)}}`], [], true),
);
