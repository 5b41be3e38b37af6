/** Matchers typed on the page mean what the server takes them for; labels are read in every form that people paste. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMatcher } from '../../../src/alertmanager/matcher-text.ts';
import { parseLabels } from '../../../src/ui/views/alerting/labels-text.ts';
import { matchersOf, matcherText, parseMatchers } from '../../../src/ui/views/alerting/matchers.ts';

const name = fc.oneof(
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/),
  fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
);
const matcher = fc.record(
  { name, value: fc.string({ unit: 'grapheme' }), isRegex: fc.boolean(), isEqual: fc.boolean() },
  { noNullPrototype: true },
);

test('printed matchers are read back, by the page and by the server', () => {
  fc.assert(
    fc.property(fc.array(matcher, { minLength: 1, maxLength: 4 }), (matchers) => {
      const texts = matchers.map(matcherText);
      assert.deepEqual(parseMatchers(texts.join(', ')), matchers);
      assert.deepEqual(parseMatchers(`{${texts.join('\n')}}`), matchers);
      for (const [i, { isRegex, ...own }] of matchers.entries()) {
        if (isRegex) continue;
        const read = parseMatcher(texts[i]!);
        assert.deepEqual([read.name, read.value, read.type], [own.name, own.value, own.isEqual ? '=' : '!=']);
      }
    }),
  );
});

test('matchers may stand without quotes and braces, and say what is none', () => {
  const read = (text: string) => parseMatchers(text).map(matcherText);
  assert.deepEqual(read('{a=b,c=~"x|y",}'), ['a="b"', 'c=~"x|y"']);
  assert.deepEqual(read('a!=b c\n"d e"!~f\n'), ['a!="b c"', '"d e"!~"f"']);
  assert.deepEqual(read('a="x}"'), ['a="x}"']);
  assert.deepEqual(read(''), []);
  assert.deepEqual(read('{}'), []);
  for (const bad of ['a', 'a="b', 'a="b" c="d"', '="b"', 'a,b'])
    assert.throws(() => parseMatchers(bad), /is no matcher/, bad);
});

test('labels make matchers of just themselves', () => {
  assert.equal(matchersOf({ a: 'b"c', 'd.e': '\\' }), 'a="b\\"c", d.e="\\\\"');
});

const LABELS = { alertname: 'Disk full', severity: 'page' };
const PASTED: readonly string[] = [
  '{alertname="Disk full", severity="page"}',
  'ALERTS{alertname="Disk full",severity="page"}',
  '{"alertname"="Disk full", severity=page}',
  '{"alertname": "Disk full", "severity": "page"}',
  '[{"labels": {"alertname": "Disk full", "severity": "page"}, "startsAt": "2026-01-01T00:00:00Z"}]',
  'alertname=Disk full\nseverity=page\n',
  'alertname=Disk full severity=page',
  'alertname="Disk full" severity="page"',
  'alertname: Disk full\nseverity: page',
  'labels:\n  alertname: \'Disk full\'\n  severity: "page"\n',
  '- alertname=Disk full\n- severity=page',
];

test('labels are read in every form that people paste', () => {
  for (const text of PASTED) assert.deepEqual(parseLabels(text), LABELS, text);
  assert.deepEqual(parseLabels(''), {});
  assert.deepEqual(parseLabels('url: http://a:9090/x'), { url: 'http://a:9090/x' });
});

test('what is pasted and has no labels is told', () => {
  assert.throws(() => parseLabels('nothing here'), /is no label/);
  assert.throws(() => parseLabels('{a=~"b"}'), /labels have values: only a="…"/);
  assert.throws(() => parseLabels('[{"labels": {"a": {}}}]'), /the label a is no text/);
});
