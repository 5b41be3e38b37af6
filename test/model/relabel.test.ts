import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TriliteError } from '../../src/model/errors.ts';
import { Labels } from '../../src/model/labels.ts';
import {
  compileRelabel,
  DEFAULT_RELABEL_CONFIG,
  type RelabelConfig,
  relabel,
} from '../../src/model/relabel.ts';

const LABELS = { __name__: 'm', a: 'foo', b: 'bar', c: 'baz', 'd.e': 'x' };

function apply(rules: Partial<RelabelConfig>[], labels: Record<string, string> = LABELS) {
  const compiled = compileRelabel(rules.map((r) => ({ ...DEFAULT_RELABEL_CONFIG, ...r })));
  return relabel(Labels.from(labels), compiled)?.toObject();
}

/** A reference in braces. */
const ref = (name: string) => `$\{${name}}`;

test('replace', () => {
  const row = (rule: Partial<RelabelConfig>, want: Record<string, string>) =>
    assert.deepEqual(apply([rule]), Labels.from({ ...LABELS, ...want }).toObject());
  row(
    { sourceLabels: ['a'], regex: 'f(.*)', targetLabel: 'd', replacement: `ch${ref('1')}-ch${ref('1')}` },
    { d: 'choo-choo' },
  );
  row({ sourceLabels: ['a', 'b'], regex: 'foo;(.*)', targetLabel: 'a', replacement: '$1' }, { a: 'bar' });
  row({ sourceLabels: ['a', 'b'], separator: '-', targetLabel: 'z' }, { z: 'foo-bar' });
  row({ sourceLabels: ['a'], regex: 'nope', targetLabel: 'a', replacement: 'q' }, {});
  row({ sourceLabels: ['a'], targetLabel: 'a', replacement: '' }, { a: '' });
  row(
    { sourceLabels: ['a'], regex: '(?P<first>.)(.*)', targetLabel: `${ref('first')}_x`, replacement: '$2' },
    { f_x: 'oo' },
  );
  row(
    { sourceLabels: ['a'], regex: '(.).*', targetLabel: 'x', replacement: `$1x$$2$9${ref('nope')}` },
    { x: '$2' },
  );
  row({ sourceLabels: ['missing'], targetLabel: 'y' }, {});
  row({ sourceLabels: ['missing'], regex: '(a)?', targetLabel: '$1', replacement: 'v' }, {});
});

test('keep and drop, by expression and by equality', () => {
  assert.equal(apply([{ action: 'drop', sourceLabels: ['a'], regex: '.*o.*' }]), undefined);
  assert.deepEqual(apply([{ action: 'drop', sourceLabels: ['a'], regex: 'f' }]), LABELS);
  assert.equal(apply([{ action: 'keep', sourceLabels: ['a'], regex: 'no' }]), undefined);
  assert.deepEqual(apply([{ action: 'keep', sourceLabels: ['a', 'b'], regex: 'foo;b.r' }]), LABELS);
  assert.equal(apply([{ action: 'keepequal', sourceLabels: ['a'], targetLabel: 'b' }]), undefined);
  assert.equal(apply([{ action: 'dropequal', sourceLabels: ['a'], targetLabel: 'a' }]), undefined);
  assert.deepEqual(apply([{ action: 'dropequal', sourceLabels: ['a'], targetLabel: 'b' }]), LABELS);
});

test('names: labelmap, labeldrop, labelkeep', () => {
  assert.deepEqual(apply([{ action: 'labelmap', regex: '(b|c)', replacement: `bar_${ref('1')}` }]), {
    ...LABELS,
    bar_b: 'bar',
    bar_c: 'baz',
  });
  assert.deepEqual(apply([{ action: 'labeldrop', regex: 'd.*|b|c' }]), { __name__: 'm', a: 'foo' });
  assert.deepEqual(apply([{ action: 'labelkeep', regex: 'a' }]), { a: 'foo' });
});

test('hashmod takes the last eight bytes of the MD5', () => {
  const rule = { action: 'hashmod', sourceLabels: ['c'], targetLabel: 'd', modulus: 1000 } as const;
  assert.equal(apply([rule])?.d, '976');
  assert.equal(apply([{ ...rule, sourceLabels: ['a', 'b'] }])?.d, '750');
});

test('case', () => {
  const row = (action: 'lowercase' | 'uppercase', from: string, want: string) =>
    assert.equal(apply([{ action, sourceLabels: ['s'], targetLabel: 't' }], { s: from })?.t, want);
  row('lowercase', 'AbÉ', 'abé');
  row('uppercase', 'abéß', 'ABÉß');
});

test('rules that contradict themselves are refused', () => {
  for (const rule of [
    { action: 'hashmod', targetLabel: 'x' },
    { action: 'replace' },
    { action: 'keepequal', sourceLabels: ['a'], targetLabel: 'b', regex: 'x' },
    { action: 'labeldrop', regex: 'a', sourceLabels: ['b'] },
    { targetLabel: 'a', regex: '(' },
  ] as Partial<RelabelConfig>[]) {
    assert.throws(() => apply([rule]), TriliteError, JSON.stringify(rule));
  }
});
