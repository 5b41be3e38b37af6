/** What is refused of a rule group, in the words that a real Loki answered the same definitions with. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
import { ruleLanguage } from '../../src/rules/languages.ts';
import { checkGroup } from '../../src/rules/validate.ts';

async function check(yaml: string): Promise<string> {
  const { faults } = checkGroup(RULE_YAML.parseGroup(yaml), await ruleLanguage('logql'));
  return faults.map((f) => f.message).join(', ');
}

const METRIC = 'expr: "sum(rate({a=\\"b\\"}[1m]))"';

const REFUSED: readonly (readonly [yaml: string, message: string])[] = [
  ['', 'group 0: Groupname must not be empty'],
  ['rules: []', 'group 0: Groupname must not be empty'],
  ['{name: g, rules: [{alert: A}]}', "field 'expr' must be set in rule"],
  ['{name: g, rules: [{alert: A, record: b, expr: x}]}', "only one of 'record' and 'alert' must be set"],
  ['{name: g, rules: [{expr: x}]}', "one of 'record' or 'alert' must be set"],
  [
    '{name: g3, rules: [{alert: A, expr: x}]}',
    "could not parse expression for alert 'A' in group 'g3': parse error at line 1, col 1: syntax error: unexpected IDENTIFIER",
  ],
  [
    `{name: g3, rules: [{record: A, expr: x}, {alert: B, ${METRIC}, labels: {"a-b": c}}]}`,
    "could not parse expression for record 'A' in group 'g3': parse error at line 1, col 1: syntax error: unexpected IDENTIFIER, invalid label name: a-b",
  ],
  [`{name: g, rules: [{record: A, for: 1m, ${METRIC}}]}`, "invalid field 'for' in recording rule"],
  [`{name: g, rules: [{record: A-b, ${METRIC}}]}`, 'invalid recording rule name: A-b'],
  [
    `{name: g, rules: [{record: A, annotations: {a: b}, ${METRIC}}]}`,
    "invalid field 'annotations' in recording rule",
  ],
  [`{name: g, rules: [{record: A, labels: {__name__: b}, ${METRIC}}]}`, 'invalid label name: __name__'],
  [`{name: g, rules: [{alert: A, annotations: {a-b: b}, ${METRIC}}]}`, 'invalid annotation name: a-b'],
  [
    `{name: g, rules: [{alert: A, annotations: {a: "{{ $x }}"}, labels: {q: "{{ foo }}"}, ${METRIC}}]}`,
    'label "q": template: __alert_A:1: function "foo" not defined',
  ],
  [
    `{name: g, rules: [{alert: A, annotations: {a: "{{ .Foo }} {{ if }}"}, ${METRIC}}]}`,
    'annotation "a": template: __alert_A:1: missing value for if',
  ],
];

describe('a rule group', () => {
  for (const [yaml, message] of REFUSED) {
    it(`is refused: ${yaml}`, async () => {
      assert.equal(await check(yaml), message);
    });
  }

  it('needs metric queries', async () => {
    assert.match(
      await check('{name: g, rules: [{alert: A, expr: "{a=\\"b\\"}"}]}'),
      /metric query is expected/,
    );
  });

  it('may be empty, and comes back with its expressions in canonical form', async () => {
    assert.equal(await check('name: g'), '');
    const text = `{name: g, limit: -1, rules: [{record: a:b, expr: "sum by (a) (rate({a=\\"b\\"}[1m]))>0"}]}`;
    const { checked } = checkGroup(RULE_YAML.parseGroup(text), await ruleLanguage('logql'));
    assert.deepEqual(checked.queries, ['(sum by (a)(rate({a="b"}[1m])) > 0)']);
    assert.equal(checked.definition.limit, -1);
  });

  it('may be of PromQL', async () => {
    const text = '{name: g, rules: [{record: ä.b, expr: "sum(rate(x[5m]))by(y)"}, {alert: B, expr: "("}]}';
    const { faults, checked } = checkGroup(RULE_YAML.parseGroup(text), await ruleLanguage('promql'));
    assert.deepEqual(checked.queries, ['sum by (y) (rate(x[5m]))']);
    assert.deepEqual(
      faults.map(({ rule, key }) => [rule, key]),
      [[1, 'expr']],
    );
  });
});
