/** Comparisons and conditions by themselves. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseExpectations } from '../../src/config/expectations-yaml.ts';
import { allHold, comparisonText, parseComparisons } from '../../src/verify/comparison.ts';
import type { Item } from '../../src/verify/item.ts';
import { judge } from '../../src/verify/judge.ts';
import { closest } from '../../src/verify/nearest.ts';

describe('comparisons', () => {
  it('are read as they are printed', () => {
    const one = fc.record(
      {
        operator: fc.constantFrom('>=', '<=', '==', '!=', '>', '<' as const),
        number: fc.double({ noNaN: true }).map((number) => (number === 0 ? 0 : number)),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), (list) => {
        assert.deepEqual(parseComparisons(comparisonText(list)), list);
      }),
    );
  });
  it('hold or do not', () => {
    assert.ok(allHold(3, parseComparisons('3')));
    assert.ok(allHold(3, parseComparisons('>= 1, < 10, != 4')));
    assert.ok(!allHold(Number.NaN, parseComparisons('>= 0')));
    assert.ok(allHold(Number.NaN, parseComparisons('NaN')));
    for (const text of ['', 'many', '=> 1', '>', '1 2', '0x10'])
      assert.throws(() => parseComparisons(text), text);
  });
});

const line = (text: string, labels: Record<string, string> = {}): Item => ({ kind: 'line', text, labels });
const expectation = (yaml: string) =>
  parseExpectations('f.yaml', `expectations:\n  - {logql: '{a="b"}', ${yaml}}`).expectations[0]!;
const judged = (yaml: string, items: Item[]) =>
  judge(expectation(yaml), { count: items.length, spans: 0, items });

describe('judging', () => {
  it('expects one of what is found to be so, or every one', () => {
    const items = [line('a', { level: 'info', ms: '12' }), line('b', { level: 'warn' })];
    assert.equal(judged('line: b', items), undefined);
    assert.equal(judged('labels: {level: {not: error}}', items), undefined);
    assert.equal(judged('any: {labels: {ms: {number: "> 10"}}}', items), undefined);
    assert.equal(judged('every: {labels: {level: {matches: "^(info|warn)$"}}}', items), undefined);
    assert.equal(judged('every: {labels: {trace: {present: false}}}', items), undefined);
    assert.match(
      judged('every: {labels: {ms: {present: true}}}', items)!,
      /1 is not as expected:\n {2}ms is missing, of "b"/,
    );
    assert.match(
      judged('line: {contains: [a, z]}', items)!,
      /none of the 2 found[\s\S]*does not contain "z"/,
    );
    assert.match(judged('count: 3', items)!, /expected == 3 lines, found 2/);
    assert.equal(judged('line: a', []), 'found nothing');
    assert.equal(judged('count: 0', []), undefined);
  });
  it('takes absent with what narrows it', () => {
    assert.equal(judged('absent: true, line: {contains: panic}', [line('fine')]), undefined);
    assert.match(
      judged('absent: true, line: {contains: panic}', [line('panic!'), line('fine')])!,
      /found 1 line/,
    );
  });
});

describe('files', () => {
  const refused = (yaml: string, message: RegExp) => assert.throws(() => expectation(yaml), message);
  it('refuse what contradicts itself', () => {
    refused('promql: up', /f.yaml:2:5: .*this has several/);
    refused('for: 2s', /belongs to absent/);
    refused('absent: true, count: 1', /contradicts absent/);
    refused('attributes: {a: b}', /belongs to no logql query/);
    refused('line: {matches: "("}', /f.yaml:2:/);
    refused('line: {}', /expected one of equals/);
    refused('spans: 1', /traceql only/);
    refused('last: 1h, from: 2026-01-01T00:00:00Z', /contradicts "from"/);
    assert.throws(() => parseExpectations('f.yaml', ''), /the file is empty/);
  });
});

it('names that have more in common come first', () => {
  assert.equal(closest('order_totals', ['up', 'orders_total', 'total'])[0], 'orders_total');
});
