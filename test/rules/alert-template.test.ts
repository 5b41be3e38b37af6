/** Templates of alerts: recorded expansions of a real Prometheus, and what becomes of one that fails. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { TriliteError } from '../../src/model/errors.ts';
import { Labels } from '../../src/model/labels.ts';
import { TextMap } from '../../src/model/template/value.ts';
import { compileAlertText, parseAlertTemplate } from '../../src/rules/alert-template.ts';
import type { RuleVector } from '../../src/rules/languages.ts';
import { TemplateQueries } from '../../src/rules/template-queries.ts';

const CASES = new URL('../../../shared/golden/prometheus-templates/cases.open.jsonl', import.meta.url);
/** What the recordings were made with. */
const EXTERNAL_URL = 'http://prom.example.com:9090/prefix';
const TIME_MS = 1_767_270_600_123;

/** What every query finds there. */
async function found(query: string): Promise<RuleVector> {
  if (query === 'fail') throw new TriliteError('execution', 'query failed');
  if (query === 'empty') return { labels: [], values: new Float64Array(0) };
  const labels = [
    { instance: 'b:9100', n: '2' },
    { instance: 'a:9100', n: '1' },
  ];
  return { labels: labels.map((own) => Labels.from(own)), values: Float64Array.of(21, 11.5) };
}

interface TemplateCase {
  readonly id: string;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly output?: string;
  readonly error?: string;
}

function expand(
  text: string,
  labels: Readonly<Record<string, string>>,
  value: number,
  run = found,
): Promise<string> {
  const data = { labels: Labels.from(labels), value, externalLabels: new TextMap([['cluster', 'eu-1']]) };
  const queries = new TemplateQueries(run);
  const context = { timeMs: TIME_MS, externalUrl: EXTERNAL_URL, query: queries.result };
  return queries.expand(() => compileAlertText(text, 'Test')(data, context));
}

describe('templates as Prometheus expands them', () => {
  const recorded = fs.existsSync(CASES)
    ? fs
        .readFileSync(CASES, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as TemplateCase)
    : [];
  it('has recordings', { skip: recorded.length === 0 && 'they are not here' }, () => {
    assert.ok(recorded.length > 50);
  });
  for (const { id, text, labels, value, output, error } of recorded) {
    it(`${id}: ${JSON.stringify(text)}`, async () => {
      if (output !== undefined) assert.equal(await expand(text, labels, value), output);
      else if (error!.startsWith('error parsing')) {
        await assert.rejects(expand(text, labels, value), (e: Error) => error!.endsWith(e.message));
      } else assert.equal(await expand(text, labels, value), `<error expanding template: ${error}>`);
    });
  }
});

describe('a template of an alert', () => {
  const labels = { job: 'api', instance: 'a:80' };

  it('knows labels, values and external labels by variable and by field', async () => {
    const text =
      '{{ $labels.job }} {{ .Labels.job }} {{ $value }} {{ .Value }} {{ $externalLabels.cluster }}';
    assert.equal(await expand(text, labels, 0.5), 'api api 0.5 0.5 eu-1');
  });

  it('has nothing where a label is missing', async () => {
    assert.equal(await expand('[{{ $labels.nope }}]', labels, 1), '[]');
  });

  it('tells of its failure in the text', async () => {
    assert.match(
      await expand('{{ humanize "x" }}', labels, 1),
      /^<error expanding template: error executing template __alert_Test: .*invalid syntax>$/,
    );
  });

  it('is refused where it does not parse', () => {
    const what = () => parseAlertTemplate('{{ nope }}', 'A');
    assert.throws(what, { message: 'template: __alert_A:1: function "nope" not defined' });
  });

  it('is left alone without braces, whatever else is in it', async () => {
    assert.equal(await expand('100 % } of {', labels, 1), '100 % } of {');
  });

  it('knows when and where it is expanded', async () => {
    assert.equal(
      await expand('{{ now | humanizeTimestamp }}', labels, 1),
      '2026-01-01 12:30:00.123 +0000 UTC',
    );
    assert.equal(
      await expand('{{ $externalURL }}{{ graphLink "up" }}', labels, 1),
      `${EXTERNAL_URL}/graph?g0.expr=up&g0.tab=0`,
    );
  });

  it('runs each query once, also one that another one named', async () => {
    const asked: string[] = [];
    const run = async (query: string) => {
      asked.push(query);
      return found(query);
    };
    const text =
      '{{ range query "up" }}{{ query .Labels.instance | first | value }} {{ end }}{{ query "up" | len }}';
    assert.equal(await expand(text, labels, 1, run), '21 21 2');
    assert.deepEqual(asked, ['up', 'b:9100', 'a:9100']);
  });

  it('sorts what a query found', async () => {
    const text = '{{ range query "up" | sortByLabel "instance" }}{{ .Labels.n }}{{ .Labels.none }}{{ end }}';
    assert.equal(await expand(text, labels, 1), '12');
  });

  it('tells of a query that fails, and gives up on one that asks for ever more', async () => {
    const at = (n: number) =>
      `error executing template __alert_Test: template: __alert_Test:1:${n}: executing "__alert_Test" at`;
    assert.equal(
      await expand('{{ query "fail" }}', labels, 1),
      `<error expanding template: ${at(115)} <query "fail">: error calling query: query failed>`,
    );
    const endless = '{{ range $i, $e := printf "%200d" 1 | len }}{{ query (print "q" $i) }}{{ end }}';
    assert.match(await expand(endless, labels, 1), /error calling query: more than 100 queries/);
  });

  it('fails where the query was cancelled', async () => {
    const run = async () => {
      throw new TriliteError('canceled', 'gone');
    };
    await assert.rejects(expand('{{ query "up" }}', labels, 1, run), { message: 'gone' });
  });
});
