/** Loki's limits on streams and rates: whom they refuse, in which words, and what is left of a batch. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../src/base/token-bucket.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { keepEntries } from '../../src/ingest/keep-entries.ts';
import { admitLogs, logAdmission } from '../../src/ingest/log-admission.ts';
import type { LogBatch } from '../../src/model/batch.ts';
import { type LogRateLimits, NO_LOG_RATE_LIMITS } from '../../src/model/limits.ts';
import { entriesOf } from './decode/log-entries.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const HOUR = 3_600_000;

type Value = readonly [ms: number, line: string, metadata?: Readonly<Record<string, string>>];

function batchOf(streams: Readonly<Record<string, readonly Value[]>>): LogBatch {
  const list = Object.entries(streams).map(([a, values]) => ({
    stream: { a, service_name: 's' },
    values: values.map(([ms, line, metadata]) => [`${ms}000001`, line, metadata ?? {}]),
  }));
  return decodeLokiPushJson(Buffer.from(JSON.stringify({ streams: list })), NOW).batch;
}

function admitter(limits: Partial<LogRateLimits>) {
  const admission = logAdmission({ ...NO_LOG_RATE_LIMITS, ...limits })!;
  return (streams: Readonly<Record<string, readonly Value[]>>, nowMs = NOW, tenant = 'fake') => {
    const { batch, refused } = admission.admit(tenant, batchOf(streams), nowMs);
    return {
      lines: entriesOf(batch).map((e) => e.line),
      streams: batch.streams.map((s) => s.get('a')),
      refused,
      statuses: refused.map((r) => r.status),
    };
  };
}

describe('without limits', () => {
  it('all is admitted as it came', () => {
    assert.equal(logAdmission(NO_LOG_RATE_LIMITS), undefined);
    const batch = batchOf({ x: [[NOW, 'a']] });
    assert.equal(admitLogs(batch, 'fake', NOW, {}).batch, batch);
  });
});

describe('order', () => {
  it('refuses what is further behind the newest of its stream than the window', () => {
    const admit = admitter({ outOfOrderMs: HOUR });
    const first = admit({
      x: [
        [NOW - 9 * HOUR, 'first'],
        [NOW, 'new'],
        [NOW - HOUR, 'just'],
        [NOW - HOUR - 1, 'late'],
      ],
    });
    assert.deepEqual(first.lines, ['first', 'new', 'just']);
    assert.deepEqual(first.refused, [
      {
        status: 400,
        reason: 'out_of_order',
        entries: 1,
        message:
          "entry with timestamp 2026-01-02 02:04:04.999000001 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-01-02T02:04:04Z, oldest acceptable timestamp is: 2026-01-02T02:04:05Z',\n" +
          'user \'fake\', total ignored: 1 out of 4 for stream: {a="x", service_name="s"}',
      },
    ]);
    assert.deepEqual(admit({ x: [[NOW - 2 * HOUR, 'late']], y: [[NOW - 2 * HOUR, 'other']] }).lines, [
      'other',
    ]);
    assert.deepEqual(admit({ x: [[NOW - 2 * HOUR, 'of another']] }, NOW, 't').lines, ['of another']);
  });

  it('names ten entries at most', () => {
    const admit = admitter({ outOfOrderMs: HOUR });
    admit({ x: [[NOW, 'new']] });
    const { refused } = admit({
      x: Array.from({ length: 13 }, (_, i): Value => [NOW - 2 * HOUR - i, 'late']),
    });
    assert.equal(refused[0]!.message.split('\n').length, 11);
    assert.match(refused[0]!.message, /total ignored: 13 out of 13/);
  });
});

describe('rates', () => {
  it("of a tenant refuse the whole request, and other tenants' not", () => {
    const admit = admitter({ ingestionRate: 10, ingestionBurst: 20 });
    assert.deepEqual(admit({ x: [[NOW, 'x'.repeat(12)]], y: [[NOW, '', { k: 'value' }]] }).statuses, []);
    const { lines, streams, refused } = admit({ x: [[NOW, 'xxx']], y: [[NOW, 'y']] });
    assert.deepEqual([lines, streams], [[], []]);
    assert.deepEqual(refused, [
      {
        status: 429,
        reason: 'rate_limit',
        entries: 2,
        waitMs: 200,
        message:
          "ingestion rate limit exceeded for user fake (limit: 10 bytes/sec) while attempting to ingest '2' lines totaling '4' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased",
      },
    ]);
    assert.deepEqual(admit({ x: [[NOW, 'xxx']] }, NOW, 'other').statuses, []);
    assert.deepEqual(admit({ x: [[NOW, 'xxx']] }, NOW + 200).statuses, []);
    assert.deepEqual(admit({ x: [[NOW, 'x'.repeat(21)]] }, NOW + HOUR).statuses, [429]);
  });

  it('of a stream refuse what the request has of it', () => {
    const admit = admitter({ streamRate: 1024, streamBurst: 2048 });
    const { lines, streams, refused } = admit({
      x: [
        [NOW, 'x'.repeat(2000)],
        [NOW + 1, 'x'.repeat(1024)],
      ],
      y: [[NOW, 'y']],
    });
    assert.deepEqual([lines, streams], [['y'], ['y']]);
    assert.equal(refused[0]!.status, 429);
    assert.match(
      refused[0]!.message,
      /^entry with timestamp 2026-01-02 03:04:05\.000000001 \+0000 UTC ignored, reason: 'Per stream rate limit exceeded \(limit: 1KB\/sec\) while attempting to ingest for stream '\{a="x", service_name="s"\}' totaling 2000B, consider splitting .*,\n.* totaling 1KB, consider/,
    );
    assert.match(
      refused[0]!.message,
      /\nuser 'fake', total ignored: 2 out of 2 for stream: \{a="x", service_name="s"\}$/,
    );
  });

  it('are a bucket that fills with time', () => {
    const bucket = new TokenBucket(10, 20, 0);
    assert.deepEqual(
      [20, 1].map((n) => bucket.take(n, 0)),
      [true, false],
    );
    assert.deepEqual([bucket.take(5, 400), bucket.take(4, 400), bucket.take(1, 400)], [false, true, false]);
    assert.equal(bucket.take(21, 1e6), false);
    assert.equal(bucket.take(20, 1e6), true);
    assert.equal(bucket.take(1, 0), false, 'a clock that is set back gives nothing');
  });
});

describe('the number of streams', () => {
  it('refuses new ones of a tenant that has as many, until some are idle', () => {
    const admit = admitter({ streamsMax: 2 });
    const { lines, refused } = admit({ x: [[NOW, 'x']], y: [[NOW, 'y']], z: [[NOW, 'z']] });
    assert.deepEqual(lines, ['x', 'y']);
    assert.deepEqual(refused, [
      {
        status: 429,
        reason: 'stream_limit',
        entries: 1,
        message:
          'maximum active stream limit exceeded when trying to create stream {a="z", service_name="s"}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: \'fake\'',
      },
    ]);
    assert.deepEqual(admit({ z: [[NOW, 'z']] }, NOW, 'other').statuses, []);
    assert.deepEqual(admit({ x: [[NOW, 'x']] }, NOW + HOUR).statuses, []);
    assert.deepEqual(admit({ z: [[NOW, 'z']] }, NOW + HOUR + 61_000).lines, ['z']);
  });
});

describe('a batch without some of its entries', () => {
  it('has the others as they were, and no stream that is empty', () => {
    const value = fc.tuple(
      fc.nat(1000),
      fc.string(),
      fc.dictionary(fc.constantFrom('k', 'l', 'm'), fc.string()),
    );
    const streams = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.array(value as fc.Arbitrary<Value>));
    fc.assert(
      fc.property(streams, fc.infiniteStream(fc.boolean()), (of, keeps) => {
        const batch = batchOf(of);
        const all = entriesOf(batch);
        const kept = all.map((_, i) => i).filter(() => keeps.next().value);
        const left = keepEntries(batch, kept);
        assert.deepEqual(
          entriesOf(left),
          kept.map((i) => all[i]),
        );
        assert.equal(left.streams.length, new Set(kept.map((i) => batch.stream[i])).size);
      }),
    );
  });
});
