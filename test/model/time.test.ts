/** Times of the APIs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatRfc3339,
  instantToNanos,
  nanosToInstant,
  parseInstant,
  parseRfc3339,
  parseTimeMs,
} from '../../src/model/time.ts';

test('seconds and RFC 3339 to milliseconds', () => {
  for (const [text, ms] of [
    ['1767270600', 1767270600000],
    ['1767270600.123', 1767270600123],
    ['1767270600.1235', 1767270600124],
    ['1.7672706e9', 1767270600000],
    ['-1.5', -1500],
    ['2026-01-01T12:30:00Z', 1767270600000],
    ['2026-01-01T13:30:00+01:00', 1767270600000],
    ['2026-01-01T12:30:00.0005Z', 1767270600001],
  ] as const) {
    assert.equal(parseTimeMs(text), ms, text);
  }
  for (const text of [
    '',
    'abc',
    '2026-01-01',
    '2026-02-30T00:00:00Z',
    '2026-01-01T12:30:00',
    '1e300',
    'NaN',
    '0x10',
  ]) {
    assert.equal(parseTimeMs(text), undefined, text);
  }
});

test('instants keep nanoseconds', () => {
  assert.deepEqual(parseInstant('1767270600'), { ms: 1767270600000, ns: 0 });
  assert.deepEqual(parseInstant('1767270600123456789'), { ms: 1767270600123, ns: 456789 });
  assert.deepEqual(parseInstant('1767270600.123456789'), { ms: 1767270600123, ns: 456789 });
  assert.deepEqual(parseInstant('2026-01-01T12:30:00.123456789Z'), { ms: 1767270600123, ns: 456789 });
  assert.deepEqual(parseInstant('-0.5'), { ms: -500, ns: 0 });
  assert.equal(parseInstant('yesterday'), undefined);
  assert.equal(parseInstant('9'.repeat(40)), undefined);
});

test('nanoseconds and instants are the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), (nanos) => {
      const instant = nanosToInstant(nanos)!;
      assert.ok(instant.ns >= 0 && instant.ns < 1e6);
      assert.equal(instantToNanos(instant), nanos);
    }),
  );
});

test('RFC 3339 reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
      assert.deepEqual(parseRfc3339(formatRfc3339(ms)), { ms, ns: 0 });
    }),
  );
  assert.equal(formatRfc3339(1767270600000), '2026-01-01T12:30:00Z');
  assert.equal(formatRfc3339(1767270600250), '2026-01-01T12:30:00.25Z');
});
