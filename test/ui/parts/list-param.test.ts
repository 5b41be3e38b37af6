/** Lists in one parameter of an address. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readList, writeList } from '../../../src/ui/parts/list-param.ts';

test('any texts come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' })), (items) => {
      assert.deepEqual(readList(writeList(items) ?? null), items);
    }),
  );
});

test('plain words stay legible, and none is no parameter', () => {
  assert.equal(writeList(['up', 'down']), 'up,down');
  assert.equal(writeList(['group/My alert']), 'group/My alert');
  assert.equal(writeList([]), undefined);
  assert.deepEqual(readList('up,,down'), ['up', 'down']);
});
