/** Forgetting everything: a store that was reset answers as an empty one, takes the same data anew, and does so after a restart. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Matcher } from '../../src/model/matcher.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const T = 1_767_268_800_000;
const ALL = { minMs: -8e15, maxMs: 8e15 };
const never = new AbortController().signal;
const SERIES = { __name__: 'm', s: '1' };

async function fill(storage: LocalStorage, value: number): Promise<void> {
  const exemplar = { series: SERIES, labels: { id: '1' }, timestampMs: T, value: 1 };
  const said = { family: 'm', type: 'gauge' as const, help: `help ${value}`, unit: '' };
  const batch = metricBatch([{ labels: SERIES, timestampMs: T, value }], [exemplar], [said]);
  const outcome = await storage.metrics.append(batch, { mode: 'atomic' });
  assert.deepEqual(outcome.refused, []);
  await outcome.durable;
  const entry = { stream: { app: 'a' }, timeMs: T, timeNs: 0, line: `line ${value}`, metadata: [] };
  await (await storage.logs.append(logBatch([entry]))).durable;
  const span = { service: 's', trace: 1, span: 1, startMs: T, durationMs: 5, name: `op ${value}` };
  await (await storage.traces.append(spanBatch([span]))).durable;
}

function seen(storage: LocalStorage, dir: string) {
  return withReader(
    storage,
    dir,
    async ({ metrics, logs, traces }) => {
      const out: unknown[] = [];
      const columns = new SampleColumns();
      const cursor = await metrics.select({ matchers: [new Matcher('=', '__name__', 'm')], ...ALL }, never);
      while (await cursor.nextBatch()) {
        while (cursor.next())
          if (cursor.read(columns) > 0) out.push(...columns.values.subarray(0, columns.count));
      }
      const query = { matcherSets: [], ...ALL };
      out.push(...(await metrics.labelNames(query)), ...(await logs.labelNames(query)));
      out.push((await metrics.exemplars(query)).length);
      out.push(...[...(await metrics.metadata()).values()].flat().map(({ help }) => help));
      const found = await logs.select({ matchers: [], direction: 'forward', ...ALL }, never);
      while (await found.nextBatch())
        while (found.next()) out.push(Buffer.from(found.chunk().lines).toString());
      const spans = await traces.select(ALL, never);
      while (await spans.nextBatch()) while (spans.next()) out.push(...spans.group().names().strings);
      return out;
    },
    storage.floor,
  );
}

const EMPTY = [0];
const filled = (n: number) => [n, '__name__', 's', 'app', 1, `help ${n}`, `line ${n}`, `op ${n}`];

describe('a reset', () => {
  for (const flushed of [false, true]) {
    test(`leaves nothing, of what was ${flushed ? 'in blocks' : 'in the head'}, and the same comes anew`, async () => {
      const dir = tempDir();
      let storage = await openEngine(dir);
      await fill(storage, 1);
      if (flushed) await storage.flush();
      assert.deepEqual(await seen(storage, dir), filled(1));
      const mark = storage.mark();
      await storage.reset();
      assert.deepEqual(await seen(storage, dir), EMPTY);
      assert.equal((await storage.stats()).headSeries, 0);
      assert.equal(storage.headStatistics(10).numSeries, 0);
      // Of the same times, which is a duplicate of nothing.
      await fill(storage, 2);
      assert.deepEqual(await seen(storage, dir), filled(2));
      assert.ok(storage.marks.generationOf(mark) <= storage.floor);
      await storage.flush({ compact: true });
      assert.deepEqual(await seen(storage, dir), filled(2));
      await storage.close();
      storage = await openEngine(dir);
      assert.deepEqual(await seen(storage, dir), filled(2));
      await storage.close();
    });
  }

  test('is durable, and takes nothing of what came after it', async () => {
    const dir = tempDir();
    let storage = await openEngine(dir);
    await fill(storage, 1);
    const emptied = storage.reset();
    await fill(storage, 2);
    await emptied;
    assert.deepEqual(await seen(storage, dir), filled(2));
    await storage.reset();
    await storage.close();
    storage = await openEngine(dir);
    assert.deepEqual(await seen(storage, dir), EMPTY);
    await storage.close();
  });
});
