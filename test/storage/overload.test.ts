/** When nothing more can be taken: a head that is full, a writer that is gone, an engine that is closed. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setWorkerSources } from '../../src/base/worker-pool.ts';
import type { StorageStats } from '../../src/storage/interface.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const T = 1_767_268_800_000;
const OVERLOADED = { kind: 'overloaded' };

const sample = (i: number) => metricBatch([{ labels: { __name__: 'm' }, timestampMs: T + i, value: i }]);
const span = () => spanBatch([{ service: 's', trace: 1, span: 1, name: 'op', startMs: T, durationMs: 1 }]);
/** Entries of 100 KB. */
const lines = (i: number) => {
  const entry = { stream: { a: '1' }, timeMs: T + i, timeNs: 0, line: `${i}`.padEnd(100_000), metadata: [] };
  return logBatch([entry]);
};

describe('overload', () => {
  test(
    'a full head refuses every signal until a flush is done; what was acknowledged stays',
    TIMEOUT,
    async () => {
      const dir = tempDir();
      const storage = await openEngine(dir, { headBytesHard: 4 << 20 });
      let taken = 0;
      for (; taken < 1000; taken++) {
        try {
          await (await storage.logs.append(lines(taken))).durable;
        } catch (error) {
          assert.equal((error as { kind?: string }).kind, 'overloaded');
          break;
        }
      }
      assert.ok(taken > 10 && taken < 60, `${taken} entries fit`);
      await assert.rejects(storage.metrics.append(sample(1), { mode: 'partial' }), OVERLOADED);
      await assert.rejects(storage.traces.append(span()), OVERLOADED);
      await storage.flush();
      for (const append of [
        storage.logs.append(lines(taken)),
        storage.metrics.append(sample(1), { mode: 'partial' }),
        storage.traces.append(span()),
      ]) {
        const outcome = await append;
        await outcome.durable;
        assert.equal(outcome.accepted, 1);
      }
      const read = await withReader(storage, dir, async ({ logs }) => {
        const query = { matchers: [], minMs: 0, maxMs: 8e15, direction: 'forward' } as const;
        const cursor = await logs.select(query, new AbortController().signal);
        let n = 0;
        while (await cursor.nextBatch()) while (cursor.next()) n += cursor.chunk().count;
        return n;
      });
      assert.equal(read, taken + 1);
      await storage.close();
    },
  );

  test('the head is flushed early when it passes the soft limit', TIMEOUT, async () => {
    const storage = await openEngine(tempDir(), { headBytesSoft: 1 << 20 });
    for (let i = 0; i < 30; i++) await (await storage.logs.append(lines(i))).durable;
    const deadline = Date.now() + 20_000;
    // What was flushed leaves memory when its generation is retired, a moment after its blocks are visible.
    const isFlushed = ({ blocks, headBytes }: StorageStats) => blocks.logs > 0 && headBytes < 30 * 100_000;
    while (!isFlushed(await storage.stats()) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stats = await storage.stats();
    assert.ok(isFlushed(stats), `${stats.headBytes} bytes are left in the head`);
    await storage.close();
  });

  test('a closed engine refuses, and closing again does nothing', TIMEOUT, async () => {
    const storage = await openEngine(tempDir());
    await storage.close();
    await storage.close();
    await assert.rejects(storage.metrics.append(sample(1), { mode: 'partial' }), OVERLOADED);
    await assert.rejects(storage.logs.append(lines(1)), OVERLOADED);
    await assert.rejects(storage.traces.append(span()), OVERLOADED);
  });

  test('a writer that breaks down is told of once; nothing is acknowledged any more', TIMEOUT, async () => {
    setWorkerSources(() => ({ path: new URL('./crashing-writer.ts', import.meta.url) }));
    const crashes: Error[] = [];
    const storage = await openEngine(tempDir(), { onCrash: (error) => crashes.push(error) });
    await (await storage.metrics.append(sample(1), { mode: 'partial' })).durable;
    // The first may be answered before the thread is gone.
    await storage.stats().catch(() => {});
    await assert.rejects(storage.stats(), /breaks down/);
    assert.equal(crashes.length, 1);
    assert.match(crashes[0]!.message, /breaks down/);
    for (const append of [
      storage.metrics.append(sample(2), { mode: 'partial' }),
      storage.logs.append(lines(2)),
      storage.traces.append(span()),
    ]) {
      const { durable } = await append;
      await assert.rejects(durable, /breaks down/);
    }
    await assert.rejects(storage.flush(), /breaks down/);
    await assert.rejects(storage.close(), /breaks down/);
    assert.equal(crashes.length, 1);
  });
});
