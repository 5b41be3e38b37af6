/** What strangers can make the front remember: counts stay right, and memory stays bounded whatever is sent. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Asked } from '../../src/api/asked.ts';
import { StrayRequests } from '../../src/api/stray-requests.ts';
import type { Clock } from '../../src/base/clock.ts';
import { RecentMap } from '../../src/base/recent-map.ts';
import { Arrivals } from '../../src/ingest/receive/arrivals.ts';
import { TriliteError } from '../../src/model/errors.ts';

const MILLION = 1_000_000;

function testClock() {
  let elapsed = 0;
  const clock: Clock = {
    now: () => 1e12 + elapsed,
    elapsed: () => elapsed,
    after: () => ({ cancel: () => {} }),
  };
  return { clock, pass: (ms: number) => (elapsed += ms) };
}

const sender = (name: string) => ({
  peer: name,
  contentType: name,
  header: (header: string) => (header === 'x-scope-orgid' || header === 'user-agent' ? name : undefined),
});

describe('what is remembered of strangers', () => {
  it('is a bounded number of short refusals, after a million different ones', () => {
    const { refusals } = new Arrivals();
    for (let i = 0; i < MILLION; i++) {
      refusals.note('remote_write', 'bad_data', true, 1, { from: sender(`tenant-${i}`), message: `m${i}` });
    }
    const long = 'x'.repeat(100_000);
    refusals.note('remote_write', long.slice(0, 10), false, 1, {
      from: sender(long),
      message: long,
      example: () => long,
    });
    const view = refusals.view();
    assert.equal(view.length, 256);
    assert.equal(refusals.forgotten, MILLION + 1 - 256);
    assert.ok(JSON.stringify(view[0]).length < 2500);
    assert.ok(JSON.stringify(view).length < 256 * 700);
    assert.equal(view[1]!.tenant, `tenant-${MILLION - 1}`, 'the newest stay');
  });

  it('is a bounded number of paths, however many there were', () => {
    const strays = new StrayRequests(Date.now);
    for (let i = 0; i < 100_000; i++) strays.note({ kind: 'no_endpoint', method: 'POST', path: `/p${i}` });
    strays.note(
      { kind: 'no_endpoint', method: 'POST', path: `/${'y'.repeat(100_000)}` },
      sender('z'.repeat(9999)),
    );
    const view = strays.view();
    assert.equal(view.length, 64);
    assert.ok(JSON.stringify(view).length < 64 * 300);
  });

  it('is a bounded number of failed questions, with short texts', () => {
    const asked = new Asked();
    const request = { path: {}, headers: {}, nowMs: 0, params: [['query', 'q'.repeat(100_000)]] as const };
    for (let i = 0; i < 10_000; i++) {
      asked.note('loki', `/path/${i}`, request, 'agent', new TriliteError('bad_data', 'm'.repeat(10_000)));
    }
    assert.equal(asked.failures().length, 64);
    assert.ok(JSON.stringify(asked.failures()).length < 64 * 1200);
    assert.equal(asked.surfaces()[0]!.failed, 10_000);
  });

  it('keeps the newest of each key (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }), (keys) => {
        const map = new RecentMap<string, number>(5);
        for (const key of keys) map.use(String(key), () => key);
        const newest = [...new Set(keys.toReversed())].slice(0, 5);
        assert.deepEqual(map.values(), newest);
      }),
    );
  });
});

describe('arrivals', () => {
  it('are summed over the windows as a list of all of them would be (property)', () => {
    const event = fc.record({
      gapMs: fc.integer({ min: 0, max: 200_000 }),
      count: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (events, restMs) => {
          const { clock, pass } = testClock();
          const arrivals = new Arrivals(clock);
          const all: { slot: number; count: number }[] = [];
          for (const { gapMs, count } of events) {
            pass(gapMs);
            arrivals.accepted('zipkin', count);
            all.push({ slot: Math.floor(clock.elapsed() / 10_000), count });
          }
          pass(restMs);
          const now = Math.floor(clock.elapsed() / 10_000);
          const [view] = arrivals.view();
          for (const minutes of [1, 5, 15] as const) {
            const sum = all
              .filter(({ slot }) => slot >= now - minutes * 6)
              .reduce((n, { count }) => n + count, 0);
            assert.equal(view!.recent[minutes].accepted, sum, `${minutes} minutes`);
          }
          assert.equal(
            view!.total.accepted,
            events.reduce((n, { count }) => n + count, 0),
          );
          assert.equal(view!.deliveries, events.length);
        },
      ),
    );
  });

  it('tell how far times of items lie off, of the last quarter of an hour', () => {
    const { clock, pass } = testClock();
    const arrivals = new Arrivals(clock);
    arrivals.itemTime('zipkin', 5000, 1000);
    arrivals.itemTime('zipkin', Number.NaN, 1000);
    arrivals.itemTime('zipkin', undefined, 1000);
    pass(60_000);
    arrivals.itemTime('zipkin', 1000, 3000);
    assert.deepEqual(arrivals.view()[0]!.skew, { minMs: -2000, maxMs: 4000 });
    pass(14 * 60_000 + 50_000);
    assert.deepEqual(arrivals.view()[0]!.skew, { minMs: -2000, maxMs: -2000 });
    pass(60_000);
    assert.equal(arrivals.view()[0]!.skew, undefined);
  });
});
