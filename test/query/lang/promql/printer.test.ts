/** Printers: canonical text and layout read back as an equal tree; exact forms. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Matcher } from '../../../../src/model/matcher.ts';
import type { Expr } from '../../../../src/query/lang/promql/ast.ts';
import { astJson } from '../../../../src/query/lang/promql/ast-json.ts';
import { parsePromql } from '../../../../src/query/lang/promql/parser.ts';
import { prettyPromql, printPromql } from '../../../../src/query/lang/promql/printer.ts';
import { promqlTexts } from './texts.ts';

/** The tree without places; matchers in the printed order. */
function shape(expr: Expr): unknown {
  const plain = JSON.stringify(expr, (key, value) => {
    if (key === 'span' || key === 'opSpan') return undefined;
    if (key === 'matchers') return value.map((m: Matcher) => Matcher.from(m).toString()).sort();
    return typeof value === 'number' ? String(value) : value;
  });
  return JSON.parse(plain);
}

test('what is printed reads back', () => {
  fc.assert(
    fc.property(promqlTexts, (text) => {
      const expr = parsePromql(text);
      for (const print of [printPromql, prettyPromql]) {
        const again = parsePromql(print(expr));
        assert.deepEqual(shape(again), shape(expr), print(expr));
        assert.equal(print(again), print(expr));
      }
      assert.ok(JSON.stringify(astJson(expr)));
    }),
    { numRuns: 1000 },
  );
});

test('canonical text', () => {
  for (const [text, canonical] of [
    ['foo/bar', 'foo / bar'],
    ['SUM(up)by(job,)', 'sum by (job) (up)'],
    ['sum(up) without()', 'sum without () (up)'],
    ['up{b="x",a!=\'y\'}', 'up{a!="y",b="x"}'],
    ['{"my.metric"}', '{__name__="my.metric"}'],
    ['up[90s] offset 3600', 'up[1m30s] offset 1h'],
    ['up @ 1.5 offset -5m', 'up @ 1.500 offset -5m'],
    ['a/ignoring(c)group_right b', 'a / ignoring (c) group_right () b'],
    ['a + fill_right(1) fill_left(2) b', 'a + fill_left (2) fill_right (1) b'],
    ['a + fill(1) b', 'a + fill (1) b'],
    ['x[step()*2:max_of(1m,5)]', 'x[step() * 2:max_of(1m, 5)]'],
    ['-2^2', '-2 ^ 2'],
    ['Inf^up', 'Inf ^ up'],
    ['1e-9 + 0x1f', '0.000000001 + 31'],
    ['sum by ("a.b", c) (up)', 'sum by ("a.b", c) (up)'],
  ] as const) {
    assert.equal(printPromql(parsePromql(text)), canonical);
  }
});

test('layout splits what is longer than a line', () => {
  const long = `${'long_'.repeat(14)}metric`;
  const query = `topk(5, sum by (job) (rate(${long}{job="api"}[5m]))) > (${long} or -${long})`;
  assert.equal(
    prettyPromql(parsePromql(query)),
    [
      '  topk(',
      '    5,',
      '    sum by (job) (',
      `      rate(${long}{job="api"}[5m])`,
      '    )',
      '  )',
      '>',
      '  (',
      `      ${long}`,
      '    or',
      `      -${long}`,
      '  )',
    ].join('\n'),
  );
});
