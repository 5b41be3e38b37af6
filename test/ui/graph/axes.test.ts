/** What stands at a graph's axes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeLabels } from '../../../src/ui/graph/time-axis.ts';
import { valueLabels } from '../../../src/ui/graph/value-axis.ts';

test('values beside each other are told apart', () => {
  assert.deepEqual(valueLabels([0.095, 0.0955, 0.096], 0.0005), ['0.095', '0.0955', '0.096']);
  assert.deepEqual(valueLabels([0, 500, 1000, 1500], 500), ['0', '500', '1k', '1.5k']);
  assert.deepEqual(valueLabels([1_000_000, 1_000_100], 100), ['1M', '1.0001M']);
  assert.deepEqual(valueLabels([-2e9, 0], 1e9), ['-2G', '0']);
  assert.deepEqual(valueLabels([1e-9, 2e-9], 1e-9), ['1e-9', '2e-9']);
});

test('the date stands at the first moment and where it changes', () => {
  const midnight = new Date(2026, 0, 31).getTime();
  const hours = [-2, -1, 0, 1].map((hour) => midnight + hour * 3_600_000);
  assert.deepEqual(timeLabels(undefined, hours, 0, 0, 3_600_000), [
    '22:00\n01-30',
    '23:00',
    '00:00\n01-31',
    '01:00',
  ]);
  assert.deepEqual(timeLabels(undefined, [midnight + 500], 0, 0, 500), ['00:00:00.500\n01-31']);
  assert.deepEqual(timeLabels(undefined, [midnight], 0, 0, 86_400_000), ['01-31']);
});
