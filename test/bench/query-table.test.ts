/** The queries' part of the report: means over the queries that all have answered, differences between answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryDifferences, queryTable } from '../../src/bench/query-table.ts';
import { geometricMeanMs, type SystemReport } from '../../src/bench/report.ts';

/** Median and size of the answer by query. */
function system(name: string, queries: Record<string, readonly [number, number]>): SystemReport {
  const latencyByLabel = Object.fromEntries(
    Object.entries(queries).map(([label, [p50Ms, answerSize]]) => {
      return [
        label,
        {
          count: 1,
          meanMs: p50Ms,
          p50Ms,
          p90Ms: p50Ms,
          p99Ms: p50Ms,
          p999Ms: p50Ms,
          maxMs: p50Ms,
          answerSize,
        },
      ];
    }),
  );
  return {
    name,
    urls: {},
    ok: true,
    load: { latencyByLabel } as unknown as NonNullable<SystemReport['load']>,
    notes: [],
  };
}

const A = system('a', { one: [2, 5], two: [8, 1], three: [100, 3] });
const B = system('b', { one: [4, 5], two: [64, 2] });

test('the geometric mean is over the queries that every system answered', () => {
  assert.equal(geometricMeanMs([A, B])?.toFixed(6), '4.000000');
  assert.equal(geometricMeanMs([B, A])?.toFixed(6), '16.000000');
  assert.equal(geometricMeanMs([system('none', {}), A]), undefined);
});

test('the table has a row per query and the mean, with ratios against the baseline', () => {
  const table = queryTable([A, B], 'a')!;
  assert.deepEqual(
    table.rows.map((row) => [row[0], row.at(-1)]),
    [
      ['one', '2.00×'],
      ['two', '8.00×'],
      ['three', '–'],
      ['geometric mean', '4.00×'],
    ],
  );
  assert.ok(table.rows.every((row) => row.length === table.columns.length));
  assert.equal(queryTable([system('none', {})], 'none'), undefined);
});

test('answers of different sizes and missing ones are named', () => {
  assert.deepEqual(queryDifferences([A, B]), [
    'answers differ in size, two: a 1, b 2',
    'answers differ in size, three: a 3, b no answer',
  ]);
  assert.deepEqual(queryDifferences([A]), []);
});
