/** Retention: blocks that ended before the limit vanish with their rows, newer ones stay, each signal by itself. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signal } from '../../src/storage/interface.ts';
import { openForReading } from '../../src/storage/sqlite/database.ts';
import { logBatch, metricBatch, spanBatch, traceIdOf } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const DAY_MS = 86_400_000;
const NOW = 20_000 * DAY_MS;
const SIGNALS: readonly Signal[] = ['metrics', 'logs', 'traces'];
/** Ages in days of what is stored. */
const AGES = [1, 4, 9, 20];

async function fill(dir: string): Promise<void> {
  const storage = await openEngine(dir, { now: () => NOW });
  for (const age of AGES) {
    const timeMs = NOW - age * DAY_MS;
    const labels = { __name__: 'm', age: String(age) };
    const exemplar = { series: labels, labels: { trace_id: 't' }, timestampMs: timeMs, value: 1 };
    await storage.metrics.append(metricBatch([{ labels, timestampMs: timeMs, value: age }], [exemplar]), {
      mode: 'atomic',
    });
    const entry = { stream: { age: String(age) }, timeMs, timeNs: 0, line: 'x', metadata: [] };
    await storage.logs.append(logBatch([entry]));
    const span = { service: 's', trace: age, span: 1, name: 'op', startMs: timeMs, durationMs: 1 };
    await (await storage.traces.append(spanBatch([span]))).durable;
  }
  await storage.close();
}

function count(dir: string, table: string): number {
  const db = openForReading(path.join(dir, 'trilite.db'));
  const n = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  db.close();
  return n;
}

describe('retention', () => {
  test('that is changed while the storage is open holds from the next pass on', {
    timeout: 60_000,
  }, async () => {
    const dir = tempDir();
    await fill(dir);
    const storage = await openEngine(dir, { now: () => NOW });
    const blocks = async () => (await storage.stats()).blocks;
    await storage.applyRetention();
    assert.deepEqual(await blocks(), { metrics: 4, logs: 4, traces: 4 });
    storage.change({ retentionMs: { logs: 5 * DAY_MS } });
    await storage.applyRetention();
    assert.deepEqual(await blocks(), { metrics: 4, logs: 2, traces: 4 });
    const selector = [{ type: '=', name: 'age', value: '1' }] as const;
    const rules = [{ signal: 'metrics', matchers: selector, keepMs: DAY_MS / 2, priority: 0 }] as const;
    storage.change({ retentionMs: { traces: 2 * DAY_MS }, retention: { rules } });
    await storage.applyRetention();
    assert.deepEqual(await blocks(), { metrics: 3, logs: 2, traces: 1 });
    storage.change({ retentionMs: {} });
    await storage.applyRetention();
    assert.deepEqual(await blocks(), { metrics: 3, logs: 2, traces: 1 });
    await storage.close();
  });

  for (const [keepDays, left] of [
    [{ metrics: 5 }, { metrics: 2, logs: 4, traces: 4 }],
    [
      { logs: 10, traces: 2 },
      { metrics: 4, logs: 3, traces: 1 },
    ],
    [
      { metrics: 0, logs: 1 / 24, traces: 30 },
      { metrics: 4, logs: 0, traces: 4 },
    ],
  ] as const) {
    test(`keeping days ${JSON.stringify(keepDays)}`, { timeout: 60_000 }, async () => {
      const dir = tempDir();
      await fill(dir);
      const retentionMs = Object.fromEntries(Object.entries(keepDays).map(([s, days]) => [s, days * DAY_MS]));
      const storage = await openEngine(dir, { now: () => NOW, retentionMs });
      // It is looked after soon after the start; `before` waits for what is under way.
      for (let i = 0; i < 200; i++) {
        const { blocks } = await storage.stats();
        const swept = count(dir, 'block') === left.metrics + left.logs + left.traces;
        if (SIGNALS.every((s) => blocks[s] === left[s]) && swept) break;
        await sleep(50);
      }
      assert.deepEqual((await storage.stats()).blocks, left);
      assert.equal(count(dir, 'block'), left.metrics + left.logs + left.traces);
      assert.equal(count(dir, 'page'), left.metrics + left.logs, 'pages are removed');
      assert.equal(count(dir, 'span_group'), left.traces, 'and span groups');
      assert.equal(
        count(dir, '(SELECT DISTINCT span_group FROM span_column)'),
        left.traces,
        'and their pieces',
      );
      assert.equal(count(dir, 'exemplar'), left.metrics, 'and exemplars');
      await withReader(storage, dir, async ({ metrics, logs, traces }) => {
        const query = { minMs: 0, maxMs: NOW, matcherSets: [] };
        const newest = (n: number) => AGES.slice(0, n).map(String).sort();
        assert.deepEqual(await metrics.labelValues('age', query), newest(left.metrics));
        assert.deepEqual(await logs.labelValues('age', query), newest(left.logs));
        for (const [i, age] of AGES.entries()) {
          const id = Buffer.from(traceIdOf(age), 'hex');
          const cursor = await traces.trace(id, new AbortController().signal);
          assert.equal(await cursor.nextBatch(), i < left.traces, `trace of ${age} days`);
        }
      });
      await storage.close();
    });
  }
});
