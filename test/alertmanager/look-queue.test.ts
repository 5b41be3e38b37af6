/** Many looks at once: a receiver is not run over, one that hangs holds up no other, and the front has its turns. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LookQueue } from '../../src/alertmanager/dispatch/look-queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

describe('looks that are due', () => {
  it('are under way for one receiver in bounded number, and in their order', async () => {
    const queue = new LookQueue();
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 100 }, (_, i) =>
      queue.run('a', () => {
        begun.push(i);
        return new Promise<void>((resolve) => {
          ends.push(resolve);
        });
      }),
    );
    await turns(20);
    assert.equal(begun.length, 32);
    for (let i = 0; i < 100; i++) {
      ends[i]!();
      await turns(2);
    }
    await Promise.all(all);
    assert.deepEqual(
      begun,
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it('are not held up by another receiver that hangs', async () => {
    const queue = new LookQueue();
    for (let i = 0; i < 100; i++) void queue.run('hangs', () => new Promise(() => {}));
    let done = false;
    await queue.run('b', async () => {
      done = true;
    });
    assert.ok(done);
  });

  it('leave the front to others', async () => {
    const queue = new LookQueue();
    let others = 0;
    let isDone = false;
    const busy = () => {
      const until = performance.now() + 1;
      while (performance.now() < until);
      return Promise.resolve();
    };
    const all = Promise.all(Array.from({ length: 60 }, () => queue.run('a', busy))).then(() => {
      isDone = true;
    });
    while (!isDone) {
      await turn();
      others++;
    }
    await all;
    assert.ok(others >= 5, `the front had ${others} turns`);
  });

  it('go on when one fails', async () => {
    const queue = new LookQueue();
    await assert.rejects(
      queue.run('a', async () => {
        throw new Error('no');
      }),
      /no/,
    );
    await queue.run('a', async () => {});
  });
});
