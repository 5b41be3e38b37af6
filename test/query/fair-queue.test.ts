/** The queue of readers: everybody in turn, whoever asks how much. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FairQueue } from '../../src/query/fair-queue.ts';

const anybody = () => true;

describe('a fair queue', () => {
  it('lets nobody be passed twice, and keeps the order of each', () => {
    const adds = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 });
    fc.assert(
      fc.property(adds, (order) => {
        const queue = new FairQueue<string>();
        order.forEach((whose, i) => {
          queue.add(whose, `${whose}${i}`);
        });
        assert.equal(queue.size, order.length);
        const taken: string[] = [];
        for (let item = queue.take(anybody); item !== undefined; item = queue.take(anybody)) taken.push(item);
        assert.equal(queue.size, 0);
        assert.deepEqual([...taken].sort(), order.map((whose, i) => `${whose}${i}`).sort());
        for (const whose of ['a', 'b', 'c']) {
          const own = taken.filter((item) => item.startsWith(whose)).map((item) => Number(item.slice(1)));
          assert.deepEqual(
            own,
            [...own].sort((x, y) => x - y),
          );
          // Between two of one's own at most one of each other is taken, as long as one waits.
          let at = -1;
          for (const i of own) {
            const next = taken.indexOf(`${whose}${i}`);
            const between = taken.slice(at + 1, next).map((item) => item[0]);
            assert.equal(new Set(between).size, between.length, taken.join(' '));
            at = next;
          }
        }
      }),
    );
  });

  it('passes over who may not, and takes him when he may', () => {
    const queue = new FairQueue<number>();
    for (const i of [1, 2]) queue.add('a', i);
    queue.add('b', 3);
    assert.equal(
      queue.take((whose) => whose !== 'a'),
      3,
    );
    assert.equal(
      queue.take((whose) => whose !== 'a'),
      undefined,
    );
    assert.deepEqual([queue.take(anybody), queue.take(anybody), queue.size], [1, 2, 0]);
  });

  it('gives up the newest of whoever has most', () => {
    const queue = new FairQueue<number>();
    for (const i of [1, 2, 3]) queue.add('a', i);
    queue.add('b', 4);
    assert.equal(queue.takeFromLongest(3), undefined);
    assert.equal(queue.takeFromLongest(2), 3);
    assert.ok(!queue.remove('a', 3));
    assert.ok(queue.remove('a', 1));
    assert.deepEqual([queue.waiting('a'), queue.waiting('b'), queue.size], [1, 1, 2]);
    assert.deepEqual(queue.clear(), [2, 4]);
  });
});
