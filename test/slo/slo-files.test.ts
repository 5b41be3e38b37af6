/** Files of objectives: the rules that come of them, Sloth's form and its resource, and what is wrong with one, by line and column. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { sloCommand } from '../../src/cli/slo.ts';
import { parseSloFile } from '../../src/config/slo-file-yaml.ts';
import { TriliteError } from '../../src/model/errors.ts';
import type { GroupDefinition } from '../../src/rules/rule-group.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'trilite-slo-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string): readonly GroupDefinition[] =>
  parseSloFile('slo.yaml', text, { version: 'v' }).groups;

const RATE = (selector: string) => `sum(rate(${selector}[{{.window}}]))`;

const SLOTH = `
version: "prometheus/v1"
service: billing
labels: { owner: money, tier: "1" }
slos:
  - name: invoices
    objective: 99.5
    description: Invoices that are made
    labels: { tier: "2" }
    sli:
      events:
        error_query: ${RATE('invoices_total{result="failed"}')}
        total_query: ${RATE('invoices_total')}
    alerting:
      name: InvoicesFail
      labels: { category: money }
      annotations: { summary: invoices fail }
      page_alert: { labels: { severity: page, category: urgent } }
      ticket_alert: { disable: true }
  - name: balance
    objective: 90
    sli:
      raw:
        error_ratio_query: |
          1 - avg_over_time(balanced{job="a"}[{{ .window }}])
    alerting:
      page_alert: { disable: true }
      ticket_alert: { disable: true }
`;

/** The same as a resource. */
const RESOURCE = `
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: { name: billing, namespace: money }
spec:${SLOTH.replace(/version: .*\n/, '')
  .replaceAll('\n', '\n  ')
  .replaceAll(/(error|total|error_ratio)_query/g, (key) => key.replaceAll(/_(.)/g, (_, c) => c.toUpperCase()))
  .replaceAll(/(page|ticket)_alert/g, '$1Alert')}
`;

describe("Sloth's form", () => {
  it('gives groups, names, labels and expressions as Sloth has them', () => {
    const [sli, budget, alerts, sli2, budget2, ...others] = read(SLOTH);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [sli, budget, alerts, sli2, budget2].map((group) => group!.name),
      [
        'sloth-slo-sli-recordings-billing-invoices',
        'sloth-slo-meta-recordings-billing-invoices',
        'sloth-slo-alerts-billing-invoices',
        'sloth-slo-sli-recordings-billing-balance',
        'sloth-slo-meta-recordings-billing-balance',
      ],
    );
    assert.deepEqual(
      sli!.rules.map(({ record, labels }) => [record, labels.sloth_window]),
      ['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'].map((w) => [`slo:sli_error:ratio_rate${w}`, w]),
    );
    assert.equal(
      sli!.rules[2]!.expr,
      '(sum(rate(invoices_total{result="failed"}[1h])))\n/\n(sum(rate(invoices_total[1h])))\n',
    );
    const id = { sloth_id: 'billing-invoices', sloth_service: 'billing', sloth_slo: 'invoices' };
    const filter = '{sloth_id="billing-invoices", sloth_service="billing", sloth_slo="invoices"}';
    assert.deepEqual(sli!.rules[0]!.labels, { ...id, sloth_window: '5m', owner: 'money', tier: '2' });
    assert.equal(
      sli!.rules[7]!.expr,
      `sum_over_time(slo:sli_error:ratio_rate5m${filter}[30d])\n/ ignoring (sloth_window)\ncount_over_time(slo:sli_error:ratio_rate5m${filter}[30d])\n`,
    );
    assert.deepEqual(
      budget!.rules.map(({ record, expr }) => [record, expr.split('\n')[0]]),
      [
        ['slo:objective:ratio', 'vector(0.995)'],
        ['slo:error_budget:ratio', 'vector(1-0.995)'],
        ['slo:time_period:days', 'vector(30)'],
        ['slo:current_burn_rate:ratio', `slo:sli_error:ratio_rate5m${filter}`],
        ['slo:period_burn_rate:ratio', `slo:sli_error:ratio_rate30d${filter}`],
        ['slo:period_error_budget_remaining:ratio', `1 - slo:period_burn_rate:ratio${filter}`],
        ['sloth_slo_info', 'vector(1)'],
      ],
    );
    assert.deepEqual(alerts!.rules.length, 1);
    const { alert, expr, labels, annotations } = alerts!.rules[0]!;
    assert.equal(alert, 'InvoicesFail');
    assert.deepEqual(labels, { sloth_severity: 'page', category: 'urgent', severity: 'page' });
    assert.equal(annotations.summary, 'invoices fail');
    assert.match(expr, /ratio_rate5m.*> \(14\.4 \* 0\.005\)\) without \(sloth_window\)\n {4}and\n/);
    assert.match(expr, /ratio_rate6h.*> \(6 \* 0\.005\)\) without \(sloth_window\)\n\)\n$/);
    assert.equal(sli2!.rules[0]!.expr, '(1 - avg_over_time(balanced{job="a"}[5m])\n)');
  });

  it('is the same as a resource, and several documents are read', () => {
    const plain = (groups: readonly GroupDefinition[]) =>
      JSON.stringify(groups).replaceAll(/"sloth_(mode|spec)":"[^"]*"/g, '');
    assert.equal(plain(read(RESOURCE)), plain(read(SLOTH)));
    const info = read(RESOURCE)[1]!.rules[6]!.labels;
    assert.deepEqual([info.sloth_mode, info.sloth_spec], ['cli-gen-k8s', 'sloth.slok.dev/v1']);
    const both = read(`${SLOTH}\n---\n${SLOTH.replace('service: billing', 'service: other')}\n---\n`);
    assert.equal(both.length, 10);
  });

  // A Sloth of one's own: go build ./cmd/sloth in a checkout of it.
  const sloth = process.env.TRILITE_TEST_SLOTH;
  it('gives what Sloth gives', { skip: sloth ? false : 'TRILITE_TEST_SLOTH names no Sloth' }, async () => {
    for (const text of [SLOTH, RESOURCE]) {
      for (const window of ['30d', '28d']) {
        const file = write('sloth.yaml', text);
        const args = ['generate', '-i', file, '-l', 'cluster=eu', '--default-slo-period', window];
        const theirs = spawnSync(sloth!, args, { encoding: 'utf8' });
        assert.equal(theirs.status, 0, theirs.stderr);
        const { text: ours } = await command([file, '-l', 'cluster=eu', '--window', window]);
        assert.deepEqual(comparable(ours), comparable(theirs.stdout), window);
      }
    }
  });
});

/** Groups with rules, without the version of what made them. */
function comparable(text: string): unknown {
  return parseAllDocuments(text).flatMap((document) => {
    const content = document.toJS() ?? {};
    const groups = (content.groups ?? content.spec?.groups ?? []) as { rules?: { labels?: object }[] }[];
    return groups
      .filter(({ rules }) => (rules ?? []).length > 0)
      .map((group) => ({
        ...group,
        rules: group.rules!.map((rule) => ({
          ...rule,
          labels: { ...rule.labels, sloth_version: undefined },
        })),
      }));
  });
}

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function command(argv: readonly string[]) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const code = await sloCommand(argv, { out: say, err: say });
  return { code, text: lines.join('\n') };
}

describe('the own form', () => {
  const OWN = `
service: shop
window: 28d
labels: { team: checkout }
alerts:
  name: ShopBudgetBurn
  annotations: { runbook_url: https://example.com/shop }
  page: { labels: { channel: pager } }
slos:
  - name: availability
    objective: 99.9
    description: Requests that do not fail.
    errors: { bad: 'http_requests_total{code=~"5.."}', total: http_requests_total }
  - name: search
    objective: 95
    window: 7d
    labels: { team: search }
    alerts: { name: SearchSlow, ticket: false, labels: { severity: info } }
    latency: { histogram: 'search_seconds{job="search"}', threshold: 2s }
`;

  it('gives alerts that say what is wrong, by severities that can be set', () => {
    const alerts = read(OWN).flatMap(({ rules }) => rules.filter(({ alert }) => alert !== ''));
    assert.deepEqual(
      alerts.map(({ alert, labels, annotations }) => ({ alert, labels, annotations })),
      [
        {
          alert: 'ShopBudgetBurn',
          labels: {
            sloth_severity: 'page',
            severity: 'critical',
            sloth_id: 'shop-availability',
            channel: 'pager',
          },
          annotations: {
            title:
              '(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.',
            summary:
              '{{ $labels.sloth_service }}: {{ $value | humanizePercentage }} of the events fail (availability), where 99.9% shall be good',
            description: 'Requests that do not fail.',
            runbook_url: 'https://example.com/shop',
          },
        },
        {
          alert: 'ShopBudgetBurn',
          labels: { sloth_severity: 'ticket', severity: 'warning', sloth_id: 'shop-availability' },
          annotations: {
            title:
              '(ticket) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.',
            summary:
              '{{ $labels.sloth_service }}: {{ $value | humanizePercentage }} of the events fail (availability), where 99.9% shall be good',
            description: 'Requests that do not fail.',
            runbook_url: 'https://example.com/shop',
          },
        },
        {
          alert: 'SearchSlow',
          labels: { sloth_severity: 'page', severity: 'info', sloth_id: 'shop-search', channel: 'pager' },
          annotations: {
            title:
              '(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.',
            summary:
              '{{ $labels.sloth_service }}: {{ $value | humanizePercentage }} of the events are too slow (search), where 95% shall be good',
            runbook_url: 'https://example.com/shop',
          },
        },
      ],
    );
  });

  it('has windows of its own and of each objective', () => {
    const names = read(OWN).flatMap(({ rules }) => rules.map(({ record }) => record));
    assert.ok(names.includes('slo:sli_error:ratio_rate4w') && names.includes('slo:sli_error:ratio_rate1w'));
    const burn = read(OWN).flatMap(({ rules }) =>
      rules.flatMap(({ expr }) => expr.match(/> \((\d+(\.\d+)?) \*/g) ?? []),
    );
    // 2 % of 28 days in an hour is 13.44 times as fast as planned; 8 % of 7 days as well.
    assert.deepEqual(
      [...new Set(burn.map((text) => Number(text.slice(3, -2)).toFixed(2)))],
      [...['13.44', '5.60', '2.80', '0.93', '3.50']],
    );
  });
});

it('the example and what the page shows are files that can be', async () => {
  const root = path.join(import.meta.dirname, '../..');
  const page = readFileSync(path.join(root, 'docs/slo.md'), 'utf8');
  const [, shown] = /```yaml\n(# shop\.yaml[\s\S]*?)```/.exec(page)!;
  for (const file of [path.join(root, 'deploy/slo/shop.yaml'), write('shown.yaml', shown!)])
    assert.equal((await command([file])).code, 0);
});

describe('what is wrong is told with its place', () => {
  const own = (lines: string) => `service: shop\nslos:\n  - name: a\n    objective: 99\n${lines}`;
  const cases: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    'an empty file': ['', /^slo\.yaml:1:1: the file is empty$/],
    'no YAML': ['a: [', /^slo\.yaml:1:5: /],
    'another resource': [
      'apiVersion: v1\nkind: Pod\n',
      /^slo\.yaml:1:1: a resource of kind PrometheusServiceLevel is expected, not Pod$/,
    ],
    'another version': [
      'version: prometheus/v9\n',
      /^slo\.yaml:1:1: the version "prometheus\/v9" is not known; Sloth's is prometheus\/v1$/,
    ],
    'a key that is misspelt': [
      'service: a\nslo: []\n',
      /^slo\.yaml:2:1: unknown key "slo"; did you mean "slos"\?$/,
    ],
    'no objective': ['service: a\nslos: []\n', /^slo\.yaml:2:7: slos: at least one objective is needed$/],
    'a name that cannot be': [
      'service: a b\nslos: []\n',
      /^slo\.yaml:1:10: service: "a b" must start and end/,
    ],
    'an objective of more than all': [
      own('').replace('99', '999'),
      /^slo\.yaml:4:16: slos\[0\]\.objective: must be above 0 and at most 100 percent, not 999$/,
    ],
    'a window without alerts': [
      own('    window: 3d\n    errors: { bad: a, total: b }\n'),
      /^slo\.yaml:5:13: slos\[0\]\.window: expected one of 7d, 28d, 30d, 90d, got 3d$/,
    ],
    'no kind': [own(''), /^slo\.yaml:3:5: slos\[0\]: one of errors, latency, saturation is needed$/],
    'two kinds': [
      own('    saturation: { ratio: a, below: 1 }\n    errors: { bad: a, total: b }\n'),
      /one of errors, latency, saturation is needed$/,
    ],
    'a query for a selector': [
      own('    errors: { bad: "sum(rate(a[5m]))", total: b }\n'),
      /^slo\.yaml:5:20: slos\[0\]\.errors\.bad: expected a selector/,
    ],
    'the same twice': [
      own('    errors: { bad: a, total: a }\n'),
      /^slo\.yaml:5:30: slos\[0\]\.errors\.total: must not select the same as bad$/,
    ],
    'a part of a histogram': [
      own('    latency: { histogram: a_bucket, threshold: 1s }\n'),
      /without _bucket, _count and _sum$/,
    ],
    'a threshold of nothing': [
      own('    latency: { histogram: a, threshold: 0s }\n'),
      /^slo\.yaml:5:41: .*must be greater than 0$/,
    ],
    'one objective twice': [
      `${own('    errors: { bad: a, total: b }\n')}  - name: a\n    objective: 9\n    errors: { bad: a, total: b }\n`,
      /^slo\.yaml:6:5: slos\[1\]: the objective "shop-a" is there twice, first in line 3$/,
    ],
    "a plugin of Sloth's": [
      SLOTH.replace(/ {6}raw:[\s\S]*?\n {4}alerting/, '      plugin: { id: x }\n    alerting'),
      /sli\.plugin: Sloth's plugins are not supported/,
    ],
    'a chain of plugins': [
      `${SLOTH}slo_plugins: { chain: [{ id: x }] }\n`,
      /slo_plugins\.chain: Sloth's plugins are not supported$/,
    ],
    'a query without a window': [
      SLOTH.replace('[{{ .window }}]', '[5m]'),
      /^slo\.yaml:24:28: .*must contain \{\{\.window\}\}/,
    ],
    'a variable that is none': [
      SLOTH.replace('{{ .window }}', '{{ .window }}:{{ .step }}'),
      /there is no variable but \{\{\.window\}\}$/,
    ],
    'a template that is none': [
      SLOTH.replace('{{ .window }}', '{{ .window }}{{ if }}'),
      /^slo\.yaml:24:28: /,
    ],
    'an alert without a name': [
      SLOTH.replace('      name: InvoicesFail\n', ''),
      /"name" of alerting is missing/,
    ],
  };
  for (const [name, [text, message]] of Object.entries(cases)) {
    it(name, () => {
      assert.throws(() => read(text), { name: 'ConfigError', message });
    });
  }

  it('also where a query is wrong, once for all windows', async () => {
    const file = write('wrong.yaml', own('    saturation: { ratio: "used / (", below: 1 }\n'));
    await assert.rejects(command([file]), (error) => {
      assert.ok(error instanceof TriliteError);
      const lines = error.message.split('\n');
      assert.equal(lines.length, 1, error.message);
      assert.match(
        lines[0]!,
        /wrong\.yaml: 5:17: group "sloth-slo-sli-recordings-shop-a", rule 1, "slo:sli_bad:bool": could not parse expression: /,
      );
      return true;
    });
  });
});

describe('trilite slo', () => {
  const file = () =>
    write('own.yaml', 'service: s\nslos: [{ name: a, objective: 9, errors: { bad: x, total: y } }]\n');

  it('writes the rules of several files', async () => {
    const out = path.join(folder, 'out.yml');
    const other = write('other.yaml', SLOTH);
    assert.deepEqual(await command([file(), other, '-o', out, '--label', 'a=b=c']), { code: 0, text: '' });
    const { groups } = parse(readFileSync(out, 'utf8')) as {
      groups: { rules: { labels: { a?: string } }[] }[];
    };
    assert.equal(groups.length, 8);
    assert.equal(groups[0]!.rules[0]!.labels.a, 'b=c');
    await assert.rejects(command([file(), file()]), /"sloth-slo-sli-recordings-s-a" comes of two files/);
  });

  it('says what is wrong with its flags', async () => {
    await assert.rejects(command([]), { name: 'ConfigError', message: /a file of objectives is needed/ });
    await assert.rejects(command([file(), '--window', '3h']), /"3h" is none of 7d, 28d, 30d, 90d/);
    await assert.rejects(command([file(), '--window', 'x']), /"x" is none of/);
    await assert.rejects(command([file(), '--label', 'x']), /"x" is no NAME=VALUE/);
    await assert.rejects(command([file(), '--nothing']), { name: 'ConfigError', message: /Unknown option/ });
    await assert.rejects(command([path.join(folder, 'none.yaml')]), /cannot read/);
    await assert.rejects(command([file(), '-o', path.join(folder, 'none/x.yml')]), /cannot write/);
    assert.match((await command(['--help'])).text, /^Usage: trilite slo /);
  });
});
