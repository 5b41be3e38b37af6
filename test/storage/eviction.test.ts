/** Idle series leave memory and come back as the same series; what churns does not grow. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SampleColumns } from '../../src/storage/interface.ts';
import { logBatch, metricBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const HOUR_MS = 3_600_000;
const START_MS = 20_000 * 24 * HOUR_MS;
const SERIES = 300;

const labelsOf = (round: number, i: number) => ({ __name__: 'm', id: `r${round}-${i}`, job: 'j' });

describe('eviction', () => {
  test('series that churn stay bounded, and are the same when they come again', {
    timeout: 60_000,
  }, async () => {
    const dir = tempDir();
    let now = START_MS;
    const storage = await openEngine(dir, { now: () => now });
    const append = async (round: number, value: number) => {
      const samples = Array.from({ length: SERIES }, (_, i) => ({
        labels: labelsOf(round, i),
        timestampMs: now,
        value,
      }));
      const outcome = await storage.metrics.append(metricBatch(samples), { mode: 'partial' });
      const entry = {
        stream: { id: `r${round}` },
        timeMs: now,
        timeNs: 0,
        line: `line ${value}`,
        metadata: [],
      };
      await (await storage.logs.append(logBatch([entry]))).durable;
      await outcome.durable;
      return outcome;
    };
    const ROUNDS = 6;
    for (let round = 0; round < ROUNDS; round++) {
      await append(round, 1);
      await storage.flush();
      for (let i = 0; i < 100 && (await storage.stats()).headSeries > 2 * (SERIES + 1); i++) await sleep(10);
      assert.ok((await storage.stats()).headSeries <= 2 * (SERIES + 1), `round ${round}`);
      now += 2 * HOUR_MS;
    }
    assert.ok(storage.headStatistics(10).numSeries <= 2 * SERIES);

    // The first ones come again: at the time they had (the same, another value), and newer.
    const before = now;
    now = START_MS;
    assert.deepEqual((await append(0, 1)).refused, []);
    const refused = (await append(0, 2)).refused;
    assert.equal(refused.length, SERIES);
    assert.equal(refused[0]!.reason, 'duplicate_timestamp');
    now = before;
    assert.deepEqual((await append(0, 3)).refused, []);
    for (let pass = 0; pass < 2; pass++) {
      await withReader(storage, dir, async ({ metrics, logs }) => {
        const all = { minMs: 0, maxMs: 2 * START_MS };
        assert.equal((await metrics.series({ ...all, matcherSets: [] })).length, ROUNDS * SERIES);
        assert.equal((await metrics.labelValues('id', { ...all, matcherSets: [] })).length, ROUNDS * SERIES);
        assert.equal((await logs.series({ ...all, matcherSets: [] })).length, ROUNDS);
        const signal = new AbortController().signal;
        const cursor = await metrics.select({ ...all, matchers: [] }, signal);
        const columns = new SampleColumns();
        const counts = new Map<number, number>();
        while (await cursor.nextBatch()) {
          while (cursor.next()) {
            assert.equal(cursor.labels().size, 3);
            const n = cursor.read(columns);
            counts.set(n, (counts.get(n) ?? 0) + 1);
          }
        }
        assert.deepEqual([...counts].sort(), [
          [1, (ROUNDS - 1) * SERIES],
          [2, SERIES],
        ]);
      });
      await storage.flush();
    }
    await storage.close();
  });
});
