/** What the page makes of search results, of numbers over time, and of messages. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultPlace, foundTraces, ordered } from '../../../src/ui/views/traces/found-traces.ts';
import { comparison, traceGraph } from '../../../src/ui/views/traces/trace-series.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

describe('traces that were found', () => {
  const found = foundTraces([
    {
      traceID: 'ab',
      rootServiceName: 'shop',
      rootTraceName: 'GET /',
      startTimeUnixNano: '2000000000',
      durationMs: 7,
      spanSets: [
        {
          spans: [{ spanID: '01', durationNanos: '5', attributes: [text('status', 'error')] }],
          matched: 4,
          attributes: [text('by(name)', 'x')],
        },
      ],
      serviceStats: { a: { spanCount: 1, errorCount: 1 }, shop: { spanCount: 4 } },
    },
    {
      traceID: 'cd',
      rootServiceName: '<root span not yet received>',
      startTimeUnixNano: '3000000000',
      durationMs: 1,
    },
  ]);

  test('have their sums, their services by size and the attributes of their spans', () => {
    const [first, second] = found;
    assert.deepEqual([first!.spanCount, first!.errorCount, first!.matchedCount], [5, 1, 4]);
    assert.deepEqual(
      first!.services.map(({ service }) => service),
      ['shop', 'a'],
    );
    assert.deepEqual(first!.spans[0]!.attributes, { 'by(name)': 'x', status: 'error' });
    assert.equal(second!.service, '');
  });

  test('are in the order that is wanted', () => {
    const ids = (order: 'newest' | 'longest' | 'errors') => ordered(found, order).map(({ id }) => id);
    assert.deepEqual(
      [ids('newest'), ids('longest'), ids('errors')],
      [
        ['cd', 'ab'],
        ['ab', 'cd'],
        ['ab', 'cd'],
      ],
    );
  });
});

test('the place of a fault is read from the message', () => {
  assert.deepEqual(faultPlace('invalid TraceQL query: parse error at line 2, col 8: syntax error'), {
    line: 2,
    column: 8,
  });
  assert.equal(faultPlace('too many'), undefined);
});

describe('numbers over time', () => {
  test('stand on one grid; what is left out is zero where there is a sample, else nothing', () => {
    const graph = traceGraph({
      series: [
        {
          labels: [text('name', 'a')],
          samples: [{ timestampMs: '1000' }, { timestampMs: '2000', value: 2 }],
        },
        {
          labels: [text('name', 'b'), { key: 'p', value: { doubleValue: 0.9 } }],
          samples: [{ timestampMs: '3000', value: 1 }],
          exemplars: [
            { labels: [text('trace:id', 'ab')], value: 4, timestampMs: '2500' },
            { labels: [], value: 4, timestampMs: '2500' },
          ],
        },
      ],
    });
    assert.deepEqual(graph.timesMs, [1000, 2000, 3000]);
    assert.deepEqual(graph.series, [
      { name: 'a', values: [0, 2, null] },
      { name: 'name=b, p=0.9', values: [null, null, 1] },
    ]);
    assert.deepEqual(graph.examples, [{ traceId: 'ab', atMs: 2500, value: 4 }]);
  });

  test('compared: shares of the spans that have the attribute, the greatest difference first', () => {
    const series = (type: string, key: string, value: string, ...counts: number[]) => ({
      labels: [text('__meta_type', type), text(key, value)],
      samples: counts.map((count, i) => ({ timestampMs: String(i), value: count })),
    });
    const { differences, selectedCount, othersCount } = comparison({
      series: [
        series('selection', 'host', 'a', 2, 1),
        series('baseline', 'host', 'a', 10),
        series('baseline', 'host', 'b', 30),
        series('selection', 'method', 'GET', 4),
        series('baseline', 'method', 'GET', 39),
        series('selection_total', 'host', 'nil', 4),
        series('baseline_total', 'host', 'nil', 40),
        series('selection_total', 'method', 'nil', 4),
        series('baseline_total', 'method', 'nil', 40),
      ],
    });
    assert.deepEqual([selectedCount, othersCount], [4, 40]);
    assert.deepEqual(
      differences.map(({ attribute, value, selected, others }) => [attribute, value, selected, others]),
      [
        ['host', 'b', 0, 0.75],
        ['host', 'a', 0.75, 0.25],
        ['method', 'GET', 1, 0.975],
      ],
    );
  });
});
