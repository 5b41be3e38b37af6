import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SlicedValue } from '../../src/base/sliced-value.ts';
import { eventually } from '../support/poll.ts';

function* at<T>(value: T): Generator<void, T> {
  yield;
  return value;
}

/** Work that ends when it is let. */
function* later<T>(value: T, gate: { isOpen: boolean }): Generator<void, T> {
  while (!gate.isOpen) yield;
  return value;
}

it('a value in slices is fresh where it is found at once, else the last one until it is found', async () => {
  const value = new SlicedValue(0);
  value.refresh(() => at(1));
  assert.equal(value.value, 1);
  const gate = { isOpen: false };
  value.refresh(() => later(2, gate));
  assert.equal(value.value, 1);
  value.refresh(() => assert.fail('it is under way'));
  gate.isOpen = true;
  await eventually(async () => assert.equal(value.value, 2));
  value.refresh(() => at(3));
  assert.equal(value.value, 3);
});
