/** The script runner itself: what it reads, and that it notices wrong answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TriliteError } from '../../../src/model/errors.ts';
import { parsePromql } from '../../../src/query/lang/promql/parser.ts';
import { printPromql } from '../../../src/query/lang/promql/printer.ts';
import { parseScript } from '../../../src/query/script/parse-script.ts';
import { pinned } from '../../../src/query/script/pinned.ts';
import { runScript } from '../../../src/query/script/run-script.ts';
import { parseValues } from '../../../src/query/script/series-line.ts';

test('values repeat, go on and leave gaps', () => {
  assert.deepEqual(parseValues('1 _ 2x2 0+10x2 5-1x1 stale _x2'), [
    1,
    undefined,
    2,
    2,
    2,
    0,
    10,
    20,
    5,
    4,
    'stale',
    undefined,
    undefined,
  ]);
});

test('histograms grow by what is added', () => {
  const values = parseValues('{{schema:0 count:1 sum:2 buckets:[1]}}+{{count:2 sum:1 buckets:[0 2]}}x1');
  const last = values[1];
  assert.ok(typeof last === 'object');
  assert.equal(last.histogram.count, 3);
  assert.equal(last.histogram.sum, 3);
  assert.deepEqual(last.histogram.positiveCounts, [1, 2]);
});

test('a right script passes, a wrong answer, a missing and an extra series are failures with their line', async () => {
  const outcome = await runScript(`
load 1m
  m{a="x"} 0+1x10
  m{a="y"} 0+2x10

eval instant at 5m sum(m)
  {} 15

eval instant at 5m sum(m)
  {} 16

eval instant at 5m m
  m{a="x"} 5

eval instant at 5m m{a="x"}
  m{a="x"} 5
  m{a="z"} 5

eval range from 0 to 2m step 1m m{a="y"}
  m{a="y"} 0 2 4
`);
  assert.equal(outcome.passed, 2);
  assert.deepEqual(
    outcome.failures.map((f) => f.line),
    [9, 12, 15],
  );
});

test('expected errors and annotations are held against the real ones', async () => {
  const outcome = await runScript(`
load 1m
  m 0+1x10

eval instant at 5m rate(m[2m])
  expect info
  {} 0.016666666

eval instant at 5m rate(m[2m])
  expect no_info
  {} 0.016666666

eval instant at 5m quantile(2, m)
  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)
  {} +Inf

eval instant at 5m m * on() group_left m
  expect fail

eval instant at 5m topk(NaN, m)
  expect fail msg: Parameter value is NaN
`);
  assert.deepEqual(
    outcome.failures.map((f) => f.line),
    [9, 17],
  );
});

test('malformed scripts are refused with the line that is wrong', () => {
  for (const [text, line, message] of [
    ['lod 5m', 1, /expected load, load_with_nhcb, eval or clear/],
    ['\nload five', 2, /expected a duration such as 5m, got "five"/],
    ['load 0s', 1, /above 0/],
    ['load 5m\n  m{a=b} 1', 2, /expected a series/],
    ['load 5m\n  m 1\n  m 1..2', 3, /cannot read the values "1..2"/],
    ['load 5m\n  m@st _\n  n 1', 3, /for another series/],
    ['load 5m\n  m@st _\n  m 1 2', 3, /for 1 samples, not 2/],
    ['load 5m\n  m@st _\n', 2, /no samples follow/],
    ['eval at 5m m', 1, /eval instant at TIME QUERY/],
    ['eval instant at 5m', 1, /eval instant at TIME QUERY/],
    ['eval instant at x m\n  m 1', 1, /expected a duration/],
    ['eval range from 5m to 1m step 1m m\n  m 1', 1, /is before the start/],
    ['eval instant at 5m m\n  m 1\n  expect fial', 3, /expected fail, warn/],
    ['eval instant at 5m m\n  expect fail regex: (', 2, /missing closing/],
    ['eval instant at 5m m\n  expect fail\n  expect fail', 3, /there is an "expect fail" already/],
  ] as const) {
    assert.throws(
      () => parseScript(text),
      (error) => {
        assert.ok(error instanceof TriliteError, String(error));
        assert.match(error.message, new RegExp(`^${line}: `), text);
        assert.match(error.message, message, text);
        return true;
      },
    );
  }
});

test('an answer of another kind than the one expected says which', async () => {
  const { failures } = await runScript(`
load 1m
  m 1 2

eval instant at 1m "x"
  m 3

eval instant at 1m 5

eval instant at 1m m
  expect string "a"

eval instant at 1m m
  7

eval instant at 1m m[2m]
  m 1
`);
  assert.deepEqual(
    failures.map((f) => f.message),
    [
      'expected a vector of 1 elements, got string "x"',
      'expected an empty vector, got scalar 5',
      'expected string "a", got a vector of 1 elements',
      'expected scalar 7, got a vector of 1 elements',
      'got a range vector: say "expect range vector from A to B step S"',
    ],
  );
});

test('a query held to a time has it at every selector, but for those that have one and those in subqueries', () => {
  const held = (text: string) => {
    const expr = pinned(parsePromql(text), 60_000);
    return expr && printPromql(expr);
  };
  for (const [text, want] of [
    ['a + b offset 1m', 'a @ 60.000 + b @ 60.000 offset 1m'],
    ['rate(a[5m] @ 10)', 'rate(a[5m] @ 10.000)'],
    ['sum by (x) (max_over_time(a[5m:1m]))', 'sum by (x) (max_over_time(a[5m:1m] @ 60.000))'],
    ['topk(scalar(k), -(a @ end()))', 'topk(scalar(k @ 60.000), -(a @ 60.000))'],
    ['time() - a', undefined],
    ['timestamp(a)', undefined],
  ] as const) {
    assert.equal(held(text), want, text);
  }
});
