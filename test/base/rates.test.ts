/** Token buckets against a model, what is remembered by names, and failed attempts by address. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressGroup, FailedAttempts } from '../../src/base/failed-attempts.ts';
import { RecentMap } from '../../src/base/recent-map.ts';
import { TokenBucket } from '../../src/base/token-bucket.ts';

const step = fc.record({ afterMs: fc.nat(5000), count: fc.nat(50) });

describe('a token bucket', () => {
  it('never gives more than its burst and its rate allow, and refuses nothing that they do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(60), fc.array(step), (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 0);
        // In thousandths, as whole numbers: exact.
        let model = burst * 1000;
        let nowMs = 0;
        for (const { afterMs, count } of steps) {
          nowMs += afterMs;
          model = Math.min(burst * 1000, model + afterMs * rate);
          const wait = bucket.waitMs(count, nowMs);
          const took = bucket.take(count, nowMs);
          // The bucket counts in floats: where the model says that it is just enough, either will do.
          if (model !== count * 1000) assert.equal(took, model > count * 1000);
          if (took) model -= count * 1000;
          if (count > burst) assert.equal(wait, Number.POSITIVE_INFINITY);
          else if (!took) assert.ok(Math.abs(wait - (count * 1000 - model) / rate) < 1e-6);
        }
      }),
    );
  });

  it('has what it says it will have when one has waited', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (rate, burst) => {
        const bucket = new TokenBucket(rate, burst, 0);
        assert.ok(bucket.take(burst, 0));
        const wait = Math.ceil(bucket.waitMs(burst, 0));
        assert.ok(bucket.take(burst, wait));
        bucket.give(2 * burst);
        assert.ok(!bucket.take(burst + 1, wait), 'what is given back does not make it larger');
      }),
    );
  });

  it('gains nothing by a clock that is set back', () => {
    const bucket = new TokenBucket(10, 10, 100_000);
    assert.ok(bucket.take(10, 100_000));
    assert.ok(!bucket.take(1, 0));
    assert.ok(bucket.take(1, 100));
  });
});

describe('a map of what was used lately', () => {
  it('keeps those that were used last', () => {
    const max = 5;
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (keys) => {
        const map = new RecentMap<number, { readonly key: number }>(max);
        const kept: { readonly key: number }[] = [];
        for (const key of keys) {
          const at = kept.findIndex((v) => v.key === key);
          const value = map.use(key, (made) => ({ key: made }));
          if (at >= 0) assert.equal(kept.splice(at, 1)[0], value, 'the same object');
          kept.push(value);
          if (kept.length > max) kept.shift();
          assert.equal(map.size, kept.length);
        }
        for (let key = 0; key < 10; key++)
          assert.equal(
            map.peek(key),
            kept.find((v) => v.key === key),
          );
      }),
    );
  });
});

describe('failed attempts', () => {
  let nowMs = 1000;
  const attempts = () => new FailedAttempts(() => nowMs, 3);

  it('make an address wait, and no other', () => {
    const failed = attempts();
    for (let i = 0; i < 3; i++) {
      assert.equal(failed.waitSeconds('192.0.2.1'), 0);
      failed.failed('192.0.2.1');
    }
    assert.equal(failed.waitSeconds('192.0.2.1'), 20);
    assert.equal(failed.waitSeconds('::ffff:192.0.2.1'), 20);
    assert.equal(failed.waitSeconds('192.0.2.2'), 0);
    nowMs += 19_000;
    assert.equal(failed.waitSeconds('192.0.2.1'), 1);
    nowMs += 1000;
    assert.equal(failed.waitSeconds('192.0.2.1'), 0);
    failed.failed('192.0.2.1');
    assert.equal(failed.waitSeconds('192.0.2.1'), 20);
    nowMs += 3_600_000;
    assert.equal(failed.waitSeconds('192.0.2.1'), 0);
  });

  it('of one network count together', () => {
    const failed = attempts();
    for (const last of ['1', '2', 'dead:beef']) failed.failed(`2001:db8:0:1::${last}`);
    assert.ok(failed.waitSeconds('2001:DB8::1:8000:0:0:7') > 0);
    assert.equal(failed.waitSeconds('2001:db8:0:2::1'), 0);
    assert.deepEqual(
      [
        '::1',
        '::',
        'fe80::1%eth0',
        '1:2:3:4:5:6:7:8',
        '1::8',
        '0001:02::',
        '::ffff:7.8.9.10',
        '10.0.0.1',
      ].map(addressGroup),
      [
        '0:0:0:0::/64',
        '0:0:0:0::/64',
        'fe80:0:0:0::/64',
        '1:2:3:4::/64',
        '1:0:0:0::/64',
        '1:2:0:0::/64',
        '7.8.9.10',
        '10.0.0.1',
      ],
    );
  });

  it('from ever new addresses are not remembered without bound', () => {
    const failed = attempts();
    for (let i = 0; i < 40_000; i++) failed.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    assert.equal(failed.size, 16_384);
  });
});
