/** A held clock: timers fire in order at their own times, and what they begin is done before time goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldClock } from '../../src/base/held-clock.ts';
import { ManualClock } from '../scrape/manual-clock.ts';

test('fires timers in order, at their own times, those that they set too', async () => {
  const clock = new HeldClock(1000);
  const fired: string[] = [];
  clock.after(50, () => fired.push(`b ${clock.now()}`));
  clock.after(20, () => {
    fired.push(`a ${clock.now()}`);
    clock.after(10, () => fired.push(`c ${clock.now()}`));
  });
  clock.after(500, () => fired.push('late'));
  clock.after(30, () => fired.push('cancelled')).cancel();
  await clock.advance(100);
  assert.deepEqual(fired, ['a 1020', 'c 1030', 'b 1050']);
  assert.equal(clock.now(), 1100);
});

test('waits for work that it was told of before it goes on', async () => {
  const clock = new HeldClock(0);
  const seen: number[] = [];
  const every = () => {
    clock.after(10, () => {
      const work = new Promise((resolve) => setTimeout(resolve, 5)).then(() => {
        seen.push(clock.now());
        every();
      });
      clock.during(work);
    });
  };
  every();
  await clock.advance(35);
  assert.deepEqual(seen, [10, 20, 30]);
});

test('advances follow each other, and time goes forward alone', async () => {
  const clock = new HeldClock(0);
  await Promise.all([clock.advance(5), clock.advance(7)]);
  assert.equal(clock.now(), 12);
  await assert.rejects(clock.advance(-1), /forward/);
  clock.release();
  await assert.rejects(clock.advance(1), /not held/);
});

test('timers keep what is left of their delays when time is held and let go', async () => {
  const base = new ManualClock(1_000_000);
  const clock = new HeldClock(undefined, base);
  const fired: string[] = [];
  clock.after(100, () => fired.push('a'));
  clock.after(300, () => fired.push('b'));
  await base.advance(40);
  clock.hold(5);
  await base.advance(1000);
  assert.deepEqual([fired, clock.now()], [[], 5]);
  await clock.advance(59);
  assert.deepEqual(fired, []);
  await clock.advance(1);
  assert.deepEqual(fired, ['a']);
  clock.release();
  assert.equal(clock.now(), base.now());
  await base.advance(199);
  assert.deepEqual(fired, ['a']);
  await base.advance(1);
  assert.deepEqual(fired, ['a', 'b']);
});
