/** Ranks, filters and arithmetic between metrics, and quantiles of power-of-two buckets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterSamples, math, rank } from '../../../../src/query/traces/metrics/combine.ts';
import { quantileOf } from '../../../../src/query/traces/metrics/measure.ts';
import type { Series } from '../../../../src/query/traces/metrics/series.ts';

/** A missing sample is undefined. */
function series(label: string, samples: readonly (number | undefined)[], name?: string): Series {
  return {
    name,
    labels: label === '' ? [] : [['g', { type: 'string', value: label }]],
    values: Float64Array.from(samples, (v) => v ?? 0),
    present: Uint8Array.from(samples, (v) => (v === undefined ? 0 : 1)),
    exemplars: [],
  };
}

function shown(list: readonly Series[]): Record<string, (number | undefined)[]> {
  return Object.fromEntries(
    list.map((s) => {
      const [label] = s.labels;
      const key = label?.[1].type === 'string' ? label[1].value : (s.name ?? '');
      return [key, [...s.values].map((v, i) => (s.present[i] ? v : undefined))];
    }),
  );
}

test('topk and bottomk choose at every step by itself', () => {
  const all = [series('a', [1, 5, 2]), series('b', [3, undefined, 2]), series('c', [2, 4, 2])];
  assert.deepEqual(shown(rank(all, 'topk', 1)), { a: [undefined, 5, 2], b: [3, undefined, undefined] });
  // Of equal samples topk keeps the first by label, bottomk the last.
  assert.deepEqual(shown(rank(all, 'bottomk', 1)), { a: [1, undefined, undefined], c: [undefined, 4, 2] });
  assert.equal(rank(all, 'topk', 10).length, 3);
  assert.deepEqual(rank([], 'topk', 1), []);
});

test('of equal samples with numbers as labels topk keeps the largest', () => {
  const bucket = (value: number): Series => ({
    ...series('', [1]),
    labels: [['__bucket', { type: 'float', value }]],
  });
  const all = [bucket(2), bucket(8), bucket(4)];
  const kept = (op: 'topk' | 'bottomk') =>
    rank(all, op, 2).map(({ labels }) => (labels[0]![1] as { value: number }).value);
  assert.deepEqual(kept('topk'), [8, 4]);
  assert.deepEqual(kept('bottomk'), [4, 2]);
});

test('a filter drops samples, and series that have none left', () => {
  const all = [series('a', [1, 5]), series('b', [3, undefined])];
  assert.deepEqual(shown(filterSamples(all, '>', 3)), { a: [undefined, 5] });
  assert.deepEqual(shown(filterSamples(all, '!=', 5)), { a: [1, undefined], b: [3, undefined] });
});

test('arithmetic joins on labels', () => {
  const left = [series('a', [1, 4]), series('b', [3, undefined])];
  const right = [series('a', [2, 0]), series('c', [1, 1])];
  assert.deepEqual(shown(math('/', left, right)), { a: [0.5, undefined] });
  assert.deepEqual(shown(math('-', 10, left)), { a: [9, 6], b: [7, undefined] });
  // A series without labels goes with every one of the other side.
  const total = [series('', [2, 8], 'rate')];
  assert.deepEqual(shown(math('/', left, total)), { a: [0.5, 0.5], b: [1.5, undefined] });
  assert.deepEqual(shown(math('+', total, total)), { '(rate + rate)': [4, 16] });
  assert.deepEqual(shown(math('*', total, 2)), { rate: [4, 16] });
  assert.deepEqual(math('/', total, 0), []);
});

test('quantiles interpolate between powers of two', () => {
  const counts = new Map([
    [3, 2],
    [5, 4],
  ]);
  const at = (q: number) => quantileOf([3, 5], (exponent) => counts.get(exponent) ?? 0, q);
  assert.equal(at(1 / 3), 8);
  assert.equal(at(1), 32);
  assert.equal(at(0.5), 2 ** (3 + 0.25 * 2));
  assert.equal(at(0), 2 ** 2.5);
  assert.equal(
    quantileOf([], () => 0, 0.5),
    0,
  );
});
