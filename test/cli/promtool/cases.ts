/** Configurations, rule files and unit tests, good, bad and odd: what promtool and Trilite are asked to judge. */

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

const GOOD_RULE = 'groups: [{name: g, rules: [{record: a, expr: up}]}]\n';

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

function config(
  name: string,
  text: string,
  flags: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  isNew = false,
): PromtoolCase {
  return {
    name: `config: ${name}`,
    args: ['check', 'config', ...flags, 'p.yml'],
    files: { 'p.yml': text, ...files },
    ...(isNew && { isNew }),
  };
}

function job(
  name: string,
  lines: string,
  flags: readonly string[] = [],
  files = {},
  isNew = false,
): PromtoolCase {
  return config(name, `scrape_configs:\n- job_name: j\n${lines.replace(/^/gm, '  ')}\n`, flags, files, isNew);
}

export const CONFIG_CASES: readonly PromtoolCase[] = [
  config('an empty file', ''),
  config('an empty global', 'global:\n'),
  config('a list', '- a\n'),
  config('an unknown section', 'globals: {}\n'),
  config('an unknown key', 'global: {foo: 1}\n'),
  config('a key twice', 'global: {}\nglobal: {}\n'),
  config('intervals', 'global: {scrape_interval: 15s, scrape_timeout: 10s, evaluation_interval: 30s}\n'),
  config('a timeout above its interval', 'global: {scrape_interval: 5s, scrape_timeout: 10s}\n'),
  config('an interval that is none', 'global: {scrape_interval: often}\n'),
  config('an interval of zero', 'global: {scrape_interval: 0s}\n'),
  config('external labels', 'global: {external_labels: {a: b}}\n'),
  config('an external label named __name__', 'global: {external_labels: {__name__: b}}\n'),
  config('an external label without a name', "global: {external_labels: {'': b}}\n"),
  config('two jobs of one name', 'scrape_configs: [{job_name: a}, {job_name: a}]\n'),
  config('a job without a name', 'scrape_configs: [{metrics_path: /x}]\n'),
  config('a job with an empty name', "scrape_configs: [{job_name: ''}]\n"),
  config('a job that is null', 'scrape_configs: [null]\n'),
  config('jobs that are a mapping', 'scrape_configs: {a: b}\n'),
  job('targets', "static_configs:\n- targets: [a:1, 'b:2']\n  labels: {x: y}"),
  job('a target that is a URL', "static_configs: [{targets: ['http://a/b']}]"),
  job(
    'a target that is a URL until it is relabelled',
    "static_configs: [{targets: ['http://a/b']}]\nrelabel_configs:\n- {source_labels: [__address__], target_label: __param_target}\n- {target_label: __address__, replacement: 'x:1'}",
  ),
  job(
    'a target that stays a URL',
    "static_configs: [{targets: ['http://a/b']}]\nrelabel_configs:\n- {source_labels: [__address__], target_label: x}",
  ),
  job(
    'a target that is dropped',
    "static_configs: [{targets: ['a:1']}]\nrelabel_configs: [{action: drop, source_labels: [job], regex: j}]",
  ),
  job('a target without an address', "static_configs: [{targets: ['']}]"),
  job(
    'a target whose timeout is relabelled away',
    "static_configs: [{targets: ['a:1']}]\nrelabel_configs: [{target_label: __scrape_timeout__, replacement: 5m}]",
  ),
  job(
    'a target with an interval that is none',
    "static_configs: [{targets: ['a:1'], labels: {__scrape_interval__: x}}]",
    [],
    {},
    true,
  ),
  job('a path that does not begin with a slash', 'metrics_path: x'),
  job('a timeout above the interval', 'scrape_interval: 5s\nscrape_timeout: 6s'),
  job('an interval of zero', 'scrape_interval: 0s'),
  job('an unknown key', 'metric_path: /x'),
  job('parameters', 'params: {module: [http_2xx]}'),
  job('parameters that are strings', 'params: {module: http_2xx}'),
  job('limits', 'sample_limit: 100\nlabel_limit: 10\nbody_size_limit: 10MB'),
  job('a limit that is negative', 'sample_limit: -1'),
  job('a size without a unit', 'body_size_limit: 100'),
  job('protocols', 'scrape_protocols: [OpenMetricsText1.0.0, PrometheusText0.0.4]', [], {}, true),
  job('a protocol that is none', 'scrape_protocols: [HTTP]', [], {}, true),
  job('a protocol twice', 'scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]', [], {}, true),
  job('no protocol', 'scrape_protocols: []', [], {}, true),
  job('basic auth', 'basic_auth: {username: a, password: b}'),
  job('basic auth with a password twice', 'basic_auth: {username: a, password: b, password_file: c}'),
  job('basic auth with a file that is not there', 'basic_auth: {username: a, password_file: missing}'),
  job('two kinds of credentials', 'basic_auth: {username: a, password: b}\nauthorization: {credentials: x}'),
  job('credentials from a file that is not there', 'authorization: {credentials_file: missing}'),
  job(
    'credentials from a file that is not there, syntax only',
    'authorization: {credentials_file: missing}',
    ['--syntax-only'],
  ),
  job('credentials from a file', 'authorization: {credentials_file: secret}', [], { secret: 'x' }),
  job('a bearer token from a file that is not there', 'bearer_token_file: missing'),
  job('credentials of the type basic', 'authorization: {type: Basic, credentials: x}'),
  job('a bearer token twice', 'bearer_token: a\nbearer_token_file: b'),
  job('a certificate without its key', 'tls_config: {cert_file: c}', [], { c: 'x' }),
  job('a certificate that is not there', 'tls_config: {cert_file: c, key_file: k}'),
  job('a certificate and its key', 'tls_config: {cert_file: c, key_file: k}', [], { c: 'x', k: 'y' }),
  job('an authority that is not there', 'tls_config: {ca_file: missing}'),
  job('a TLS version that is none', 'tls_config: {min_version: TLS9}'),
  job(
    'relabelling',
    'relabel_configs:\n- {source_labels: [a], regex: "(.*)", target_label: b, replacement: "$1"}',
  ),
  job(
    'relabelling with a bad expression',
    'relabel_configs: [{source_labels: [a], regex: "(", target_label: b}]',
  ),
  job('relabelling without a target', 'relabel_configs: [{source_labels: [a]}]'),
  job('relabelling that does nothing known', 'relabel_configs: [{action: wash, target_label: b}]'),
  job('relabelling in capitals', 'relabel_configs: [{action: Replace, target_label: b}]'),
  job(
    'hashmod without a modulus',
    'relabel_configs: [{action: hashmod, source_labels: [a], target_label: b}]',
  ),
  job(
    'labeldrop with more than a regex',
    'relabel_configs: [{action: labeldrop, regex: a, target_label: b}]',
  ),
  job('labelmap', 'relabel_configs: [{action: labelmap, regex: "a_(.+)"}]'),
  job(
    'keepequal with a regex',
    'relabel_configs: [{action: keepequal, source_labels: [a], target_label: b, regex: c}]',
  ),
  job(
    'lowercase with a replacement',
    'relabel_configs: [{action: lowercase, source_labels: [a], target_label: b, replacement: c}]',
  ),
  job('a relabelling that is null', 'relabel_configs: [null]'),
  job(
    'a metric relabelling',
    'metric_relabel_configs: [{action: drop, source_labels: [__name__], regex: "go_.*"}]',
  ),
  job('files of targets', 'file_sd_configs: [{files: [t.json, t.yml]}]', [], {
    't.json': '[{"targets": ["a:1"], "labels": {"x": "y"}}]',
    't.yml': '- targets: [b:1]\n',
  }),
  job('a file of targets that is not there', 'file_sd_configs: [{files: [t.json]}]'),
  job('a glob of files of targets', 'file_sd_configs: [{files: ["t*.json"]}]', [], {
    't1.json': '[]',
    't2.json': '[{"targets": []}]',
  }),
  job('a file of targets that is no JSON', 'file_sd_configs: [{files: [t.json]}]', [], { 't.json': '[{' }),
  job('a file of targets that is a mapping', 'file_sd_configs: [{files: [t.yml]}]', [], {
    't.yml': 'targets: [a:1]\n',
  }),
  job('a file of targets with an unknown key', 'file_sd_configs: [{files: [t.yml]}]', [], {
    't.yml': '- {targets: [a:1], label: {}}\n',
  }),
  job(
    'a file of targets with a null in it',
    'file_sd_configs: [{files: [t.yml]}]',
    [],
    { 't.yml': '- targets: [a:1]\n-\n' },
    true,
  ),
  job('a file of targets with a URL', 'file_sd_configs: [{files: [t.yml]}]', [], {
    't.yml': "- targets: ['http://a/b']\n",
  }),
  job('a bad file of targets, syntax only', 'file_sd_configs: [{files: [t.yml]}]', ['--syntax-only'], {
    't.yml': '{\n',
  }),
  job('a file of targets with another ending', 'file_sd_configs: [{files: [t.txt]}]'),
  job('an interval that is too long', 'scrape_interval: 10m', ['--lint=too-long-scrape-interval'], {}, true),
  job(
    'an interval that is too long and fatal',
    'scrape_interval: 5m',
    ['--lint=all', '--lint-fatal'],
    {},
    true,
  ),
  job(
    'an interval that is nearly too long',
    'scrape_interval: 299s',
    ['--lint=all', '--lint-fatal'],
    {},
    true,
  ),
  job('an interval that is too long, which nobody asked', 'scrape_interval: 10m', ['--lint-fatal']),
  job(
    'a lookback of its own',
    'scrape_interval: 2m',
    ['--lint=all', '--query.lookback-delta=1m', '--lint-fatal'],
    {},
    true,
  ),
  config('rule files', 'rule_files: [r.yml]\n', [], { 'r.yml': GOOD_RULE }),
  config('a rule file that is not there', 'rule_files: [r.yml]\n'),
  config('a rule file that is not there, syntax only', 'rule_files: [r.yml]\n', ['--syntax-only']),
  config('a glob of rule files that matches nothing', 'rule_files: ["r*.yml"]\n'),
  config('a glob of rule files', 'rule_files: ["r/*.yml"]\n', [], {
    'r/1.yml': GOOD_RULE,
    'r/2.yml': GOOD_RULE,
  }),
  config('a glob that may not be', 'rule_files: ["*/r.yml"]\n'),
  config('a bad rule file', 'rule_files: [r.yml]\n', [], { 'r.yml': 'groups: [{name: ""}]\n' }),
  config('a rule file with duplicates', 'rule_files: [r.yml]\n', ['--lint-fatal'], {
    'r.yml': 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n',
  }),
  config('a rule file with duplicates, no lint', 'rule_files: [r.yml]\n', ['--lint=none', '--lint-fatal'], {
    'r.yml': 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n',
  }),
  config('rules in agent mode', 'rule_files: [r.yml]\n', ['--agent'], { 'r.yml': GOOD_RULE }),
  config('remote read in agent mode', 'remote_read: [{url: "http://a"}]\n', ['--agent']),
  config('agent mode', 'scrape_configs: [{job_name: a}]\n', ['--agent']),
  config(
    'jobs in files',
    'scrape_config_files: [j.yml]\n',
    [],
    { 'j.yml': 'scrape_configs: [{job_name: a}]\n' },
    true,
  ),
  config(
    'jobs in files that are bad',
    'scrape_config_files: [j.yml]\n',
    [],
    { 'j.yml': 'scrape_configs: [{job: a}]\n' },
    true,
  ),
  config(
    'a job twice, once in a file',
    'scrape_configs: [{job_name: a}]\nscrape_config_files: [j.yml]\n',
    [],
    { 'j.yml': 'scrape_configs: [{job_name: a}]\n' },
    true,
  ),
  config('remote read without a URL', 'remote_read: [{name: a}]\n'),
  config('remote read twice', 'remote_read: [{url: "http://a", name: a}, {url: "http://b", name: a}]\n'),
  config('tracing without an endpoint', 'tracing: {client_type: http}\n'),
  config('tracing', 'tracing: {endpoint: "a:1"}\n'),
  config('out of order', 'storage: {tsdb: {out_of_order_time_window: 1h}}\n'),
  config('an unknown key of storage', 'storage: {tsdb: {foo: 1}}\n'),
  config('exemplars', 'storage: {exemplars: {max_exemplars: 100}}\n'),
  config('otlp', 'otlp: {promote_resource_attributes: [service.name]}\n', [], {}, true),
  config('an attribute twice', 'otlp: {promote_resource_attributes: [a, a]}\n', [], {}, true),
  { name: 'config: no such file', args: ['check', 'config', 'missing.yml'], files: {} },
  { name: 'config: no file', args: ['check', 'config'], files: {} },
  {
    name: 'config: two files',
    args: ['check', 'config', 'a.yml', 'b.yml'],
    files: { 'a.yml': 'global: {}\n', 'b.yml': 'global: {foo: 1}\n' },
  },
];
