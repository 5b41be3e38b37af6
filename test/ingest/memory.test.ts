/** Memory in flight, and what storage holds, are counted against the limit; what cannot be is refused in time. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MemoryLimiter, type MemoryParts, type Reservation, sharedBytes } from '../../src/ingest/memory.ts';

const OVERLOADED = { kind: 'overloaded' };
const MIB = 1024 ** 2;
const limiterOf = (parts: MemoryParts) => new MemoryLimiter(1000, parts);

describe('the memory limiter', () => {
  it('charges a body fourfold, and refuses what does not fit beside others', () => {
    const limiter = new MemoryLimiter(1000);
    const one = limiter.reserve(100);
    const other = limiter.reserve(100);
    assert.equal(limiter.inFlightBytes, 800);
    assert.throws(() => limiter.reserve(51), OVERLOADED);
    limiter.reserve(50).release();
    one.release();
    one.release();
    assert.equal(limiter.inFlightBytes, 400, 'giving back twice counts once');
    other.release();
    assert.equal(limiter.inFlightBytes, 0);
  });

  it('charges more as a body turns out to be larger', () => {
    const limiter = new MemoryLimiter(1000);
    const one = limiter.reserve(10);
    const other = limiter.reserve(10);
    one.grow({ decoded: 200 });
    assert.equal(limiter.inFlightBytes, 10 + 600 + 40);
    assert.throws(() => other.grow({ decoded: 200 }), OVERLOADED);
    other.grow({ wire: 45 });
    assert.equal(limiter.inFlightBytes, 10 + 600 + 180);
    one.grow({ decoded: 100 });
    assert.equal(limiter.inFlightBytes, 10 + 600 + 180, 'never less');
    one.release();
    one.grow({ decoded: 1 });
    other.release();
    assert.equal(limiter.inFlightBytes, 0);
  });

  it('refuses for good what never fits', () => {
    const limiter = new MemoryLimiter(1000);
    assert.throws(() => limiter.reserve(251), { kind: 'too_large' });
    const bomb = limiter.reserve(10);
    assert.throws(() => bomb.grow({ decoded: 1_000_000 }), { kind: 'too_large' });
    bomb.release();
    assert.equal(limiter.inFlightBytes, 0);
  });

  it('counts a body of unknown length', () => {
    const limiter = new MemoryLimiter(10 * MIB);
    const one = limiter.reserve(undefined);
    assert.ok(limiter.inFlightBytes > 0);
    one.grow({ wire: 2 * MIB });
    assert.equal(limiter.inFlightBytes, 8 * MIB);
  });

  it('counts what storage holds, asks it to write out, and lets one request pass all the same', () => {
    let held = 900;
    let relieved = 0;
    const limiter = new MemoryLimiter(1000, { heldBytes: () => held, relieve: () => relieved++ });
    const alone = limiter.reserve(100);
    assert.throws(() => limiter.reserve(10), OVERLOADED);
    assert.equal(relieved, 1);
    held = 0;
    limiter.reserve(10).release();
    alone.release();
    held = 900;
    assert.throws(() => limiter.reserve(150), OVERLOADED, 'even alone not more than half');
  });

  it('does not spend its time on collecting garbage where that takes long', () => {
    let collected = 0;
    const limiter = new MemoryLimiter(1_000_000, {
      processBytes: () => 1000,
      processLimitBytes: 100,
      collect: () => {
        collected++;
        const until = performance.now() + 300;
        while (performance.now() < until);
      },
    });
    const other = limiter.reserve(1);
    const until = performance.now() + 1300;
    while (performance.now() < until) assert.throws(() => limiter.reserve(1), OVERLOADED);
    assert.equal(collected, 1, 'after 300 ms of work not within six seconds again');
    other.release();
  });

  it('takes one request at a time while the process is above its limit', () => {
    let garbage = 0;
    let collected = 0;
    const collect = () => {
      collected++;
      garbage = 0;
    };
    const parts = { processBytes: () => 1600 + garbage, processLimitBytes: 2200, collect };
    const tidy = limiterOf(parts);
    tidy.reserve(10);
    tidy.reserve(10);
    assert.equal(collected, 0, 'what is below the limit is left alone');
    garbage = 500;
    const freed = limiterOf(parts);
    freed.reserve(10);
    freed.reserve(10);
    assert.equal(collected, 1, 'garbage goes first');
    const limiter = limiterOf({ ...parts, processBytes: () => 2000 });
    const one = limiter.reserve(10);
    assert.throws(() => limiter.reserve(10), OVERLOADED);
    one.release();
    limiter.reserve(10);
  });

  it('sets an idle process aside', () => {
    assert.equal(sharedBytes(328 * MIB), 100 * MIB);
    assert.equal(sharedBytes(10 * MIB), 32 * MIB, 'however small the limit is');
  });

  it('never has more in flight than the limit, and nothing in the end', () => {
    const step = fc.record({
      which: fc.nat(9),
      act: fc.constantFrom('reserve', 'wire', 'decoded', 'release'),
      bytes: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limiter = new MemoryLimiter(1000);
        const open = new Map<number, Reservation>();
        for (const { which, act, bytes } of steps) {
          try {
            if (act === 'reserve') {
              const before = open.get(which);
              open.set(which, limiter.reserve(bytes));
              before?.release();
            } else if (act === 'release') open.get(which)?.release();
            else open.get(which)?.grow({ [act]: bytes });
          } catch (error) {
            assert.match((error as { kind: string }).kind, /overloaded|too_large/);
          }
          assert.ok(limiter.inFlightBytes <= 1000);
        }
        for (const r of open.values()) r.release();
        assert.equal(limiter.inFlightBytes, 0);
      }),
    );
  });
});
