/** The bars of lines over time: on whole steps, one stack of levels each, nothing lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { volumeBars, volumeQuestion } from '../../../src/ui/views/logs/volume-query.ts';

const MINUTE = 60_000;

test('asks as Grafana does, at the ends of whole steps that cover the range', () => {
  const question = volumeQuestion('{a="b"} |= "x"', { startMs: 90_500, endMs: 90_500 + 60 * MINUTE });
  assert.equal(
    question.query,
    'sum by (level, detected_level) (count_over_time({a="b"} |= "x" | drop __error__ [30s]))',
  );
  assert.deepEqual(
    [question.startMs, question.endMs, question.stepMs],
    [120_000, 120_000 + 60 * MINUTE, 30_000],
  );
});

test('bars begin where their step begins; names of one level are one bar, the gravest last', () => {
  const question = { query: '', startMs: MINUTE, endMs: 3 * MINUTE, stepMs: MINUTE };
  const bars = volumeBars(question, [
    {
      metric: { detected_level: 'error' },
      values: [
        [60, '1'],
        [180, '5'],
      ],
    },
    { metric: { detected_level: 'info', level: 'x' }, values: [[120, '2']] },
    { metric: { level: 'INFO' }, values: [[120, '3']] },
    { metric: {}, values: [[180, '7']] },
  ]);
  assert.deepEqual(bars.timesMs, [0, MINUTE, 2 * MINUTE]);
  assert.deepEqual(
    bars.levels.map(({ level, values, names, total }) => [level, values, names, total]),
    [
      ['unknown', [null, null, 7], [], 7],
      ['info', [null, 5, null], ['info', 'INFO'], 5],
      ['error', [1, null, 5], ['error'], 6],
    ],
  );
  assert.equal(bars.total, 18);
});
