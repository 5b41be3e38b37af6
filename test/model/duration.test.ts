/** Durations: both forms read back what they write. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatDuration,
  formatGoDuration,
  parseDuration,
  parseGoDuration,
} from '../../src/model/duration.ts';
import { TriliteError } from '../../src/model/errors.ts';

test('the Prometheus form', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1y2w3d4h5m6s7ms', 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_706_007],
    ['90s', 90_000],
  ] as const) {
    assert.equal(parseDuration(text), ms);
  }
  for (const [ms, text] of [
    [0, '0s'],
    [90_000, '1m30s'],
    [604_800_000, '1w'],
    [691_200_000, '8d'],
    [31_536_000_000, '1y'],
    [-300_000, '-5m'],
  ] as const) {
    assert.equal(formatDuration(ms), text);
  }
});

test('what is no Prometheus duration', () => {
  for (const [text, message] of [
    ['', 'empty duration string'],
    ['1.5h', 'unknown unit "." in duration "1.5h"'],
    ['1m5m', 'not a valid duration string: "1m5m"'],
    ['1s1m', 'not a valid duration string: "1s1m"'],
    ['5', 'not a valid duration string: "5"'],
    ['-5m', 'not a valid duration string: "-5m"'],
    ['1x', 'unknown unit "x" in duration "1x"'],
    ['300y', 'duration out of range'],
  ] as const) {
    assert.throws(() => parseDuration(text), { kind: 'bad_data', message });
  }
});

test('the Prometheus form reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000_000_000_000 }), (ms) => {
      assert.equal(parseDuration(formatDuration(ms)), ms);
    }),
  );
});

test('Go’s form', () => {
  for (const [text, ns] of [
    ['1.5h', 5.4e12],
    ['-2m3.5s', -123.5e9],
    ['10µs', 10_000],
    ['10us', 10_000],
    ['1.1s', 1_100_000_000],
    ['.5ms', 500_000],
    ['1h0m15s', 3.615e12],
    ['100ns', 100],
    ['0', 0],
  ] as const) {
    assert.equal(parseGoDuration(text), ns);
  }
  for (const text of ['', '5', '1x', '1d', 's', '-', '1m-5s', '9999999h']) {
    assert.throws(() => parseGoDuration(text), TriliteError);
  }
  assert.equal(formatGoDuration(5.4e12), '1h30m0s');
  assert.equal(formatGoDuration(1_500_000_000), '1.5s');
  assert.equal(formatGoDuration(90e9), '1m30s');
  assert.equal(formatGoDuration(1_500), '1.5µs');
});

test('Go’s form reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 }), (ns) => {
      assert.equal(parseGoDuration(formatGoDuration(ns)), ns);
    }),
  );
});

test('any text is a duration or a clean error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0159.-+yhmsdwnµu ') }), (text) => {
      for (const parse of [parseDuration, parseGoDuration]) {
        try {
          assert.ok(Number.isFinite(parse(text)));
        } catch (error) {
          assert.ok(error instanceof TriliteError, String(error));
        }
      }
    }),
  );
});
