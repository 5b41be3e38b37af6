/** Copies of columns: equal to what was copied, apart from it and from each other. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createColumn } from '../../../src/query/exec/column.ts';
import { ColumnCopies } from '../../../src/query/exec/column-copies.ts';

test('copies stay as they are, whatever is copied after them', () => {
  const columns = fc.array(fc.array(fc.tuple(fc.double(), fc.boolean()), { maxLength: 700 }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(columns, (all) => {
      const copies = new ColumnCopies();
      const made = all.map((steps) => {
        const column = createColumn(steps.length);
        steps.forEach(([value, present], i) => {
          column.values[i] = value;
          column.present[i] = present ? 1 : 0;
        });
        const copy = copies.copy(column);
        column.values.fill(-1);
        column.present.fill(1);
        const times = copies.floats(3);
        assert.deepEqual([...times], [0, 0, 0]);
        times.fill(7);
        return { copy, steps };
      });
      for (const { copy, steps } of made) {
        assert.deepEqual(
          [...copy.values],
          steps.map(([value]) => value),
        );
        assert.deepEqual(
          [...copy.present],
          steps.map(([, present]) => (present ? 1 : 0)),
        );
      }
    }),
  );
});
