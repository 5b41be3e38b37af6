/** The same traces as the collector keeps: vectors made by its processor (v0.160.0), limits by its arithmetic in Go. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashLimit, ProbabilisticPolicy } from '../../../src/ingest/sampling/policy/probabilistic.ts';
import { TraceSpans } from '../../../src/ingest/sampling/trace-spans.ts';

const KEYS = Array.from({ length: 64 }, (_, i) =>
  createHash('sha256').update(String(i)).digest().toString('latin1', 0, 16),
);
const ALL = KEYS.map((_, i) => i);

const KEPT: readonly (readonly [percentage: number, salt: string, kept: readonly number[]])[] = [
  [10, '', [4, 11, 15, 19, 31, 34, 38, 40, 46, 60]],
  [0.1, 'x', []],
  [
    50,
    'custom-salt',
    [
      0, 3, 6, 11, 13, 14, 17, 18, 21, 23, 24, 25, 30, 31, 34, 35, 37, 38, 39, 40, 43, 45, 46, 49, 50, 51, 52,
      53, 56, 57, 58, 60, 61, 63,
    ],
  ],
  [33.3, 'ü', [2, 5, 6, 7, 8, 14, 16, 18, 25, 26, 28, 29, 32, 37, 39, 44, 45, 46, 52, 59, 60, 61]],
  [99.99, '', ALL],
];

const LIMITS: readonly (readonly [percentage: number, limit: bigint])[] = [
  [0, 0n],
  [1e-300, 0n],
  [0.0001, 18446744073709n],
  [0.1, 18446744073709551n],
  [1, 184467440737095519n],
  [10, 1844674407370955263n],
  [33.3, 6142765776545279999n],
  [50, 9223372036854775807n],
  [66.66666666666667, 12297829382473035775n],
  [99.99, 18444899399302178815n],
  [99.99999999999999, 18446744073709549567n],
  [100, 18446744073709551615n],
  [250, 18446744073709551615n],
];

const trace = new TraceSpans();
const isKept = (policy: ProbabilisticPolicy, key: string) => policy.evaluate(trace, key) === 'sampled';

test('keeps the traces that the collector keeps', () => {
  for (const [percentage, salt, kept] of KEPT) {
    const policy = new ProbabilisticPolicy(percentage, salt);
    assert.deepEqual(
      ALL.filter((i) => isKept(policy, KEYS[i]!)),
      kept,
      `${percentage} % salted ${JSON.stringify(salt)}`,
    );
  }
});

test('limits are those of Go', () => {
  for (const [percentage, limit] of LIMITS)
    assert.equal(hashLimit(percentage / 100), limit, `${percentage} %`);
});

test('the hash is FNV-1a of 64 bits over salt and id', () => {
  const naive = (bytes: Buffer) => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    return hash;
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.string({ minLength: 1 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (id, salt, percentage) => {
        const key = Buffer.from(id).toString('latin1');
        const hash = naive(Buffer.concat([Buffer.from(salt), id]));
        const policy = new ProbabilisticPolicy(percentage, salt);
        assert.equal(isKept(policy, key), hash <= hashLimit(percentage / 100));
        assert.equal(isKept(policy, `tenant/${key}`), isKept(policy, key), 'a tenant changes nothing');
      },
    ),
  );
});

test('a larger share keeps what a smaller one keeps', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((p) => new ProbabilisticPolicy(p, 's'));
        for (const key of KEYS) assert.ok(!isKept(less!, key) || isKept(more!, key));
      },
    ),
  );
});
