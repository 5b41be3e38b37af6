/** The script runner itself: what it reads, and that it notices wrong answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TriliteError } from '../../../src/model/errors.ts';
import { parseScript } from '../../../src/query/script/parse-script.ts';
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

test('malformed scripts are refused with the line', () => {
  for (const text of ['lod 5m', 'load 5m\n  m{a=b} 1', 'load 5m\n  m 1..2', 'eval at 5m m']) {
    assert.throws(
      () => parseScript(text),
      (error) => error instanceof TriliteError && /^\d+: /.test(error.message),
      text,
    );
  }
});
