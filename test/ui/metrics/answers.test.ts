/** What is made of the server's answers: columns, names, heatmaps, tables, exemplars, faults, trees. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exemplarsOf, thinned } from '../../../src/ui/views/metrics/exemplars.ts';
import { explained } from '../../../src/ui/views/metrics/explain-tree.ts';
import { graphData, gridOf } from '../../../src/ui/views/metrics/graph-data.ts';
import { heatCells } from '../../../src/ui/views/metrics/heat-cells.ts';
import { familiesOf, familyOf, sensibleQuery } from '../../../src/ui/views/metrics/metric-family.ts';
import { markedFault } from '../../../src/ui/views/metrics/query-fault.ts';
import { seriesNames } from '../../../src/ui/views/metrics/series-names.ts';
import { formatStep, parseStep } from '../../../src/ui/views/metrics/step-text.ts';
import {
  BY_SERIES,
  BY_VALUE,
  sorted,
  tableRows,
  tableText,
} from '../../../src/ui/views/metrics/table-rows.ts';

const GRID = { startMs: 60_000, endMs: 120_000, stepMs: 30_000 };

test('steps are whole multiples of their width', () => {
  assert.deepEqual(gridOf({ startMs: 61_234, endMs: 121_000 }, 30_000), GRID);
});

test('series become columns over the grid; gaps, NaN and what is infinite are null', () => {
  const values = [
    [60, '1'],
    [120, 'NaN'],
  ] as const;
  const data = graphData(
    [
      { metric: { a: 'b' }, values },
      { metric: {}, values: [[90, '+Inf']] },
    ],
    GRID,
  );
  assert.deepEqual(data.timesMs, [60_000, 90_000, 120_000]);
  assert.deepEqual(data.columns[0]!.values, [1, null, null]);
  assert.deepEqual(data.columns[1]!.values, [null, null, null]);
});

test('what all series share is said once', () => {
  const { common, names } = seriesNames([
    { __name__: 'up', job: 'a', instance: 'x' },
    { __name__: 'up', job: 'a', instance: 'y', zone: 'z' },
  ]);
  assert.deepEqual(common, { __name__: 'up', job: 'a' });
  assert.deepEqual(names, ['{instance="x"}', '{instance="y", zone="z"}']);
  assert.deepEqual(seriesNames([{ __name__: 'up', job: 'a' }]).names, ['up{job="a"}']);
});

test('classic buckets become counts between bounds', () => {
  const bucket = (le: string, value: string) => ({ metric: { le }, values: [[60, value]] as const });
  const cells = heatCells(
    graphData([bucket('+Inf', '9'), bucket('0.5', '2'), bucket('1', '6'), bucket('1', '1')], GRID),
  )!;
  assert.deepEqual(
    cells.rows.map(({ lower, upper, counts }) => [lower, upper, counts[0]]),
    [
      [Number.NEGATIVE_INFINITY, 0.5, 2],
      [0.5, 1, 5],
      [1, Number.POSITIVE_INFINITY, 2],
    ],
  );
  assert.equal(cells.max, 5);
  assert.equal(heatCells(graphData([{ metric: {}, values: [[60, '1']] }], GRID)), undefined);
});

test('buckets of native histograms are put together by their bounds', () => {
  const histogram = (buckets: [number, string, string, string][]) => ({ count: '3', sum: '3', buckets });
  const cells = heatCells(
    graphData(
      [
        { metric: { a: '1' }, histograms: [[60, histogram([[0, '1', '2', '3']])]] },
        {
          metric: { a: '2' },
          histograms: [
            [
              60,
              histogram([
                [0, '0.5', '1', '1'],
                [0, '1', '2', '2'],
              ]),
            ],
          ],
        },
      ],
      GRID,
    ),
  )!;
  assert.deepEqual(
    cells.rows.map(({ upper, counts }) => [upper, counts[0]]),
    [
      [1, 1],
      [2, 5],
    ],
  );
});

test('tables are sorted by numbers, and by labels as people count', () => {
  const rows = tableRows({
    resultType: 'vector',
    result: [
      { metric: { n: '10' }, value: [1, 'NaN'] },
      { metric: { n: '9' }, value: [1, '20'] },
      { metric: { n: '2', more: 'a\tb' }, value: [1, '+Inf'] },
    ],
  });
  const order = (by: string, isDescending: boolean) =>
    sorted(rows, { by, isDescending }).map(({ labels }) => labels.n);
  assert.deepEqual(order(BY_VALUE, true), ['10', '2', '9']);
  assert.deepEqual(order(BY_VALUE, false), ['9', '2', '10']);
  assert.deepEqual(order('n', false), ['2', '9', '10']);
  assert.deepEqual(order(BY_SERIES, true), ['10', '9', '2']);
  assert.equal(tableText(rows.slice(1)), 'more\tn\tvalue\n\t9\t20\na b\t2\t+Inf');
});

test('an exemplar that several buckets have is one, and leads to its trace', () => {
  const exemplar = {
    labels: { trace_id: '0af7651916cd43dd8448eb211c80319c' },
    value: '0.5',
    timestamp: 10.5,
  };
  const found = exemplarsOf([
    {
      seriesLabels: { le: '1' },
      exemplars: [exemplar, { ...exemplar, labels: { user: 'x' }, timestamp: 5 }],
    },
    { seriesLabels: { le: '2' }, exemplars: [exemplar] },
  ]);
  assert.deepEqual(
    found.map(({ atMs, traceId }) => [atMs, traceId]),
    [
      [5000, undefined],
      [10_500, '0af7651916cd43dd8448eb211c80319c'],
    ],
  );
});

test('of very many exemplars the largest of each stretch are kept', () => {
  const all = Array.from({ length: 1000 }, (_, i) => ({
    atMs: i,
    value: i % 10,
    labels: {},
    seriesLabels: {},
    traceId: undefined,
  }));
  const kept = thinned(all, { startMs: 0, endMs: 1000 }, 100);
  assert.equal(kept.length, 100);
  assert.ok(kept.every(({ value }) => value === 9));
});

test('a fault is marked where the server says it is', () => {
  const found = markedFault('invalid parameter "query": 2:3: parse error: unexpected <by>', 'sum(\n  by (a)');
  assert.deepEqual(found, {
    message: 'parse error: unexpected <by>',
    before: '  ',
    word: 'by',
    behind: ' (a)',
  });
  assert.equal(markedFault('1:5: parse error: unclosed left parenthesis', 'sum(')?.word, '');
  assert.equal(markedFault('query timed out', 'up'), undefined);
  assert.equal(markedFault('9:1: parse error: x', 'up'), undefined);
});

test('a metric is asked for in the way of its type', () => {
  const families = familiesOf({
    a_seconds: [{ type: 'histogram', help: 'How long', unit: 's' }],
    b: [{ type: 'gauge' }],
    c_total: [{ type: 'unknown', help: 'said' }],
  });
  const ask = (name: string) => sensibleQuery(name, familyOf(name, families));
  assert.equal(ask('a_seconds_bucket'), 'histogram_quantile(0.95, sum by (le) (rate(a_seconds_bucket[5m])))');
  assert.equal(ask('a_seconds_count'), 'sum(rate(a_seconds_count[5m]))');
  assert.equal(ask('a_seconds'), 'histogram_quantile(0.95, sum(rate(a_seconds[5m])))');
  assert.equal(ask('b'), 'b');
  assert.equal(ask('c_total'), 'sum(rate(c_total[5m]))');
  assert.equal(ask('my.metric'), '{"my.metric"}');
  assert.deepEqual(familyOf('a_seconds_sum', families).help, 'How long');
  assert.equal(familyOf('c_total', families).help, 'said');
});

test('steps are typed as durations or seconds', () => {
  assert.equal(parseStep('1m30s'), 90_000);
  assert.equal(parseStep('0.5'), 500);
  assert.equal(parseStep('0'), undefined);
  assert.equal(parseStep('soon'), undefined);
  assert.equal(formatStep(90_000), '1m30s');
});

test('a parsed query is told as a tree', () => {
  const tree = explained({
    type: 'binaryExpr',
    op: '/',
    matching: { card: 'many-to-one', labels: ['job'], on: true, include: ['my.label'] },
    lhs: {
      type: 'aggregation',
      op: 'sum',
      grouping: ['job'],
      expr: {
        type: 'call',
        func: { name: 'rate' },
        args: [
          {
            type: 'matrixSelector',
            name: 'up',
            range: 300_000,
            offset: 60_000,
            matchers: [
              { name: 'job', type: '=~', value: 'a"b' },
              { name: '__name__', type: '=', value: 'up' },
            ],
          },
        ],
      },
    },
    rhs: { type: 'parenExpr', expr: { type: 'numberLiteral', val: '2' } },
  });
  assert.equal(tree.text, '/ on (job) group_left ("my.label")');
  assert.deepEqual(
    tree.children.map(({ kind, text }) => [kind, text]),
    [
      ['aggregation', 'sum by (job)'],
      ['number', '2'],
    ],
  );
  assert.equal(tree.children[0]!.children[0]!.children[0]!.text, 'up{job=~"a\\"b"}[5m] offset 1m');
});
