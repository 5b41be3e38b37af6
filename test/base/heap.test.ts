import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HeapEntry, MaxHeap } from '../../src/base/heap.ts';

test('entries come off in descending order, also when the top is lowered in between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.nat(20), fc.boolean())), (steps) => {
      const heap = new MaxHeap<HeapEntry>();
      let model: HeapEntry[] = [];
      const sort = () => model.sort((a, b) => b.rank - a.rank);
      for (const [rank, less, isPush] of steps) {
        const top = heap.top;
        if (isPush || top === undefined) {
          const entry = { rank };
          heap.push(entry);
          model.push(entry);
        } else if (less === 0) {
          assert.equal(heap.pop(), top);
          model = model.filter((entry) => entry !== top);
        } else {
          top.rank -= less;
          heap.sink();
        }
        sort();
        assert.equal(heap.top?.rank, model[0]?.rank);
      }
      const left: number[] = [];
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) left.push(entry.rank);
      assert.deepEqual(
        left,
        model.map((entry) => entry.rank),
      );
    }),
  );
});
