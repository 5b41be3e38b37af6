/** Numbers for people. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatNanoseconds, formatNumber } from '../../../src/ui/format/number.ts';
import { formatAgo } from '../../../src/ui/format/time.ts';

test('numbers have the digits that count', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'],
    [0.5, '0.5'],
    [0.00012, '1.2e-4'],
    [12.345, '12.35'],
    [0.09554, '0.09554'],
    [999.96, '1000'],
    [1234, '1.234k'],
    [-2_500_000, '-2.5M'],
    [3e9, '3G'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test('bytes, durations and counts have their units', () => {
  assert.equal(formatBytes(512), '512 B');
  assert.equal(formatBytes(1.5 * 1024 ** 2), '1.5 MiB');
  assert.equal(formatNanoseconds(250), '250ns');
  assert.equal(formatNanoseconds(1500), '1.5µs');
  assert.equal(formatNanoseconds(12.3e6), '12.3ms');
  assert.equal(formatNanoseconds(1.25e9), '1.25s');
  assert.equal(formatNanoseconds(125e9), '2m 5s');
  assert.equal(formatNanoseconds(3 * 3600e9), '3h 0m');
  assert.equal(formatCount(1234567), '1 234 567');
});

test('how long ago', () => {
  assert.equal(formatAgo(0, 1500), '1.5 s ago');
  assert.equal(formatAgo(0, 90_000), '2 min ago');
  assert.equal(formatAgo(600_000, 0), 'in 10 min');
});
