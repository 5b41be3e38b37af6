/** Memory that a query used is given back to the system. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import { returnMemory } from '../../src/base/memory-return.ts';

const MIB = 1024 * 1024;
const committed = () => v8.getHeapStatistics().total_heap_size;

test('a heap that has grown shrinks when what it grew for is not used any more', () => {
  returnMemory();
  const before = committed();
  let held: unknown[] | undefined = Array.from({ length: 2_000_000 }, (_, i) => ({ i, text: `${i}` }));
  const grown = committed();
  assert.ok(grown > before + 100 * MIB, `${grown - before} bytes more`);
  assert.equal(held.length, 2_000_000);
  held = undefined;
  returnMemory();
  assert.ok(committed() < before + 64 * MIB, `${committed() - before} bytes are left`);
});

test('what is in use stays', () => {
  const held = Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: `${i}` }));
  returnMemory();
  assert.equal(held[999_999]!.text, '999999');
});
