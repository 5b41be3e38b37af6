/** Templates of alerts: recorded expansions of a real Prometheus, and what becomes of one that fails. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { Labels } from '../../src/model/labels.ts';
import { compileAlertText, parseAlertTemplate } from '../../src/rules/alert-template.ts';

const CASES = new URL('../../../shared/golden/prometheus-templates/cases.open.jsonl', import.meta.url);
/** Not there: querying, and what needs the address that users reach the server at. */
const UNSUPPORTED = /\b(query|first|strvalue|externalURL|pathPrefix)\b/;

interface TemplateCase {
  readonly id: string;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly output?: string;
}

function expand(text: string, labels: Readonly<Record<string, string>>, value: number): string {
  const data = { labels: Labels.from(labels), value, externalLabels: { cluster: 'eu-1' } };
  return compileAlertText(text, 'Test')(data);
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
  for (const { id, text, labels, value, output } of recorded) {
    if (UNSUPPORTED.test(text)) continue;
    it(`${id}: ${JSON.stringify(text)}`, () => {
      if (output !== undefined) assert.equal(expand(text, labels, value), output);
      else {
        const failed = () => {
          const expanded = expand(text, labels, value);
          if (expanded.startsWith('<error expanding template: ')) throw new Error(expanded);
        };
        assert.throws(failed);
      }
    });
  }
});

describe('a template of an alert', () => {
  const labels = { job: 'api', instance: 'a:80' };

  it('knows labels, values and external labels by variable and by field', () => {
    const text =
      '{{ $labels.job }} {{ .Labels.job }} {{ $value }} {{ .Value }} {{ $externalLabels.cluster }}';
    assert.equal(expand(text, labels, 0.5), 'api api 0.5 0.5 eu-1');
  });

  it('has nothing where a label is missing', () => {
    assert.equal(expand('[{{ $labels.nope }}]', labels, 1), '[]');
  });

  it('tells of its failure in the text', () => {
    assert.match(
      expand('{{ humanize "x" }}', labels, 1),
      /^<error expanding template: error executing template __alert_Test: .*invalid syntax>$/,
    );
  });

  it('is refused where it does not parse', () => {
    const what = () => parseAlertTemplate('{{ nope }}', 'A');
    assert.throws(what, { message: 'template: __alert_A:1: function "nope" not defined' });
  });

  it('is left alone without braces, whatever else is in it', () => {
    assert.equal(expand('100 % } of {', labels, 1), '100 % } of {');
  });
});
