/** YAML that nests without measure is known before it is parsed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
import { nestsTooDeeply } from '../../src/config/yaml-nesting.ts';

const DEEP = 100_000;

test('brackets and dashes without measure are too deep, closed or not', () => {
  for (const text of [
    '['.repeat(DEEP),
    '{"a":'.repeat(DEEP),
    '[{a: '.repeat(DEEP),
    '- '.repeat(DEEP),
    '? '.repeat(DEEP),
  ]) {
    assert.equal(nestsTooDeeply(text), true, text.slice(0, 10));
    assert.throws(() => RULE_YAML.parseGroup(text), /nests too deeply/);
  }
});

test('what people write is not, however long it is', () => {
  const rule = '- { record: a, expr: "sum by (x) (rate({a=~\\"b|c\\"}[5m])) - b - c" }\n';
  assert.equal(nestsTooDeeply(`name: g\nrules:\n${rule.repeat(5000)}`), false);
  assert.equal(nestsTooDeeply(`expr: ${'a - '.repeat(1000)}b`), false);
  assert.equal(nestsTooDeeply('['.repeat(150) + ']'.repeat(150)), false);
});
