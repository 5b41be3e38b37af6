/** Deleting samples: gone from every answer at once and for good, and nothing else with them. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Histogram } from '../../src/model/histogram.ts';
import { Matcher } from '../../src/model/matcher.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import { tombstoneTable } from '../../src/storage/sqlite/tombstone-table.ts';
import { metricBatch, type TestSample } from './batches.ts';
import { EMPTY_HISTOGRAM } from './histograms.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const ALL = { minMs: -8e15, maxMs: 8e15 };
const never = new AbortController().signal;
const series = (n: number) => ({ __name__: 'm', s: String(n), kind: n % 2 ? 'odd' : 'even' });

async function append(storage: LocalStorage, ...samples: TestSample[]): Promise<number> {
  const outcome = await storage.metrics.append(metricBatch(samples), { mode: 'partial' });
  await outcome.durable;
  return outcome.refused.length;
}

/** `s@time` → value. */
function readAll(storage: LocalStorage, dir: string, range = ALL): Promise<Record<string, number | string>> {
  return withReader(storage, dir, async ({ metrics }) => {
    const out: Record<string, number | string> = {};
    const cursor = await metrics.select({ matchers: [], ...range }, never);
    const columns = new SampleColumns();
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        cursor.read(columns);
        for (let i = 0; i < columns.count; i++) {
          const t = columns.timestamps[i]!;
          if (t < range.minMs || t > range.maxMs) continue;
          const histogram = columns.histograms?.[i];
          out[`${cursor.labels().get('s')}@${t}`] = histogram ? `h${histogram.count}` : columns.values[i]!;
        }
      }
    }
    return out;
  });
}

const seriesIn = (storage: LocalStorage, dir: string, range = ALL) =>
  withReader(storage, dir, async ({ metrics }) => {
    const query = { matcherSets: [], ...range };
    const labels = await metrics.series(query);
    const names = labels.map((l) => l.get('s')).sort();
    assert.deepEqual(await metrics.labelValues('s', query), names);
    return names;
  });

const odd = [new Matcher('=', 'kind', 'odd')];

const histogram = (count: number): Histogram => ({ ...EMPTY_HISTOGRAM, zeroCount: count, count, sum: 1 });

const sample = (n: number, timestampMs: number, value: TestSample['value']): TestSample => ({
  labels: series(n),
  timestampMs,
  value,
});

type Op =
  | { readonly do: 'append'; readonly s: number; readonly tick: number; readonly histogram: boolean }
  | {
      readonly do: 'delete';
      readonly sets: readonly (readonly Matcher[])[];
      readonly from: number;
      readonly to: number;
    }
  | { readonly do: 'flush' | 'compact' | 'clean' | 'reopen' };

const SELECTORS = [
  [],
  odd,
  [new Matcher('=', 's', '2')],
  [new Matcher('!=', 's', '0')],
  [new Matcher('=~', 's', '1|3')],
  [new Matcher('=', 's', 'none')],
];
/** Over the end of a day, so that there are two partitions. */
const timeOf = (tick: number) => 20_000 * 86_400_000 + (tick - 10) * 3_600_000;

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      s: fc.nat(4),
      tick: fc.nat(20),
      histogram: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      sets: fc.array(fc.constantFrom(...SELECTORS), { minLength: 1, maxLength: 2 }),
      from: fc.integer({ min: -1, max: 20 }),
      to: fc.integer({ min: -1, max: 21 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom<'flush' | 'compact' | 'clean' | 'reopen'>(
        ...(['flush', 'flush', 'compact', 'clean', 'reopen'] as const),
      ),
    }),
  },
);

test('whatever comes in which order, what is there is what was not deleted after it came', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 30 }), async (ops) => {
      const dir = tempDir();
      let storage = await openEngine(dir);
      const there = new Map<string, number | string>();
      for (const [i, o] of ops.entries()) {
        if (o.do === 'append') {
          const t = timeOf(o.tick);
          const key = `${o.s}@${t}`;
          const value = o.histogram ? histogram(i) : i;
          // A second histogram for a time is refused only while the head has the first.
          if (there.has(key) && o.histogram) continue;
          const refused = await append(storage, sample(o.s, t, value));
          assert.equal(refused, there.has(key) ? 1 : 0, key);
          if (refused === 0) there.set(key, o.histogram ? `h${i}` : i);
        } else if (o.do === 'delete') {
          const [minMs, maxMs] = [timeOf(o.from), timeOf(o.to)];
          await storage.deleteSeries({ matcherSets: o.sets, minMs, maxMs });
          for (const key of [...there.keys()]) {
            const [s, t] = key.split('@').map(Number) as [number, number];
            const labels: Record<string, string> = series(s);
            const matches = o.sets.some((set) => set.every((m) => m.matches(labels[m.name] ?? '')));
            if (matches && t >= minMs && t <= maxMs) there.delete(key);
          }
        } else if (o.do === 'reopen') {
          await storage.close();
          storage = await openEngine(dir);
        } else if (o.do === 'clean') await storage.cleanTombstones();
        else await storage.flush({ compact: o.do === 'compact' });
        assert.deepEqual(await readAll(storage, dir), Object.fromEntries(there), `after ${o.do} at ${i}`);
      }
      const present = [...new Set([...there.keys()].map((key) => key.split('@')[0]!))].sort();
      assert.deepEqual(await seriesIn(storage, dir), present);
      await storage.close();
    }),
    { numRuns: 25 },
  );
});

describe('a deletion', () => {
  test('is of what was there: what comes later is stored, be it of a deleted time and the very same', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const same = sample(1, 1000, 5);
    await append(storage, same, sample(1, 2000, 6));
    // A query that began before keeps what is flushed in the head.
    const job = storage.jobStarted();
    await storage.deleteSeries({ matcherSets: [odd], ...ALL });
    assert.deepEqual(await readAll(storage, dir), {});
    assert.equal(await append(storage, same), 0);
    assert.equal(await append(storage, sample(1, 2000, histogram(3))), 0);
    assert.deepEqual(await readAll(storage, dir), { '1@1000': 5, '1@2000': 'h3' });
    storage.jobEnded(job);
    await storage.flush({ compact: true });
    assert.deepEqual(await readAll(storage, dir), { '1@1000': 5, '1@2000': 'h3' });
    assert.equal(await append(storage, sample(1, 1000, 7)), 1, 'now another value is a duplicate');
    await storage.close();
  });

  test('does not change what a query sees that began before', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, sample(1, 1000, 5), sample(2, 1000, 6));
    await withReader(storage, dir, async ({ metrics }) => {
      const job = storage.jobStarted();
      await storage.deleteSeries({ matcherSets: [odd], ...ALL });
      const found = await metrics.series({ matcherSets: [], ...ALL });
      assert.deepEqual(found.map((l) => l.get('s')).sort(), ['1', '2']);
      storage.jobEnded(job);
    });
    assert.deepEqual(await seriesIn(storage, dir), ['2']);
    await storage.close();
  });

  test('takes series and labels away where all of the asked range is deleted; exemplars and metadata stay', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const batch = metricBatch(
      [1, 2, 3].map((n) => sample(1, 1000 * n, n)),
      [{ series: series(1), labels: { trace_id: 'x' }, timestampMs: 1000, value: 1 }],
      [{ family: 'm', type: 'gauge', help: 'h', unit: '' }],
    );
    await (await storage.metrics.append(batch, { mode: 'atomic' })).durable;
    await storage.deleteSeries({ matcherSets: [odd], minMs: 0, maxMs: 2500 });
    assert.deepEqual(await seriesIn(storage, dir), ['1']);
    assert.deepEqual(await seriesIn(storage, dir, { minMs: 0, maxMs: 2400 }), []);
    await storage.deleteSeries({ matcherSets: [odd], minMs: 2501, maxMs: 8e15 });
    assert.deepEqual(await seriesIn(storage, dir), [], 'the two together are all of it');
    await withReader(storage, dir, async ({ metrics }) => {
      assert.equal((await metrics.exemplars({ matcherSets: [odd], ...ALL })).length, 1);
      assert.equal((await metrics.metadata()).size, 1);
    });
    await storage.close();
  });

  test('leaves nothing behind once it is cleaned up: no block, no tombstone', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, ...Array.from({ length: 3000 }, (_, i) => sample(i % 4, 1000 * i, i)));
    await storage.flush();
    const before = await storage.stats();
    await storage.deleteSeries({ matcherSets: [odd], ...ALL });
    assert.equal((await storage.stats()).blockBytes.metrics, before.blockBytes.metrics);
    await storage.cleanTombstones();
    const half = await storage.stats();
    assert.ok(half.blockBytes.metrics < 0.7 * before.blockBytes.metrics);
    assert.equal(Object.keys(await readAll(storage, dir)).length, 1500);
    await storage.deleteSeries({ matcherSets: [[new Matcher('=', '__name__', 'm')]], ...ALL });
    await storage.cleanTombstones();
    assert.equal((await storage.stats()).blocks.metrics, 0);
    await storage.close();
    assert.deepEqual(stonesOf(dir), []);
  });

  test('goes with the last block that it is about', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir, {
      retentionMs: { metrics: 86_400_000 },
      now: () => 10 * 86_400_000,
    });
    await append(storage, sample(1, 1000, 1));
    await storage.deleteSeries({ matcherSets: [odd], ...ALL });
    await storage.applyRetention();
    await storage.close();
    assert.deepEqual(stonesOf(dir), []);
  });
});

function stonesOf(dir: string) {
  const db = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
  try {
    return tombstoneTable(db).all();
  } finally {
    db.close();
  }
}

test('a damaged tombstone deletes nothing and is told of', async () => {
  const dir = tempDir();
  const first = await openEngine(dir);
  await append(first, sample(1, 1000, 1), sample(2, 1000, 2));
  await first.deleteSeries({ matcherSets: [odd], ...ALL });
  await first.close();
  const db = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
  db.exec(`UPDATE tombstone SET selector = replace(selector, 'odd', 'eve')`);
  db.close();
  const told: string[] = [];
  const second = await openEngine(dir, { onDamage: (what) => told.push(what) });
  assert.deepEqual(await readAll(second, dir), { '1@1000': 1, '2@1000': 2 });
  await second.flush({ compact: true });
  await second.cleanTombstones();
  assert.match(told.join(), /tombstone 1 is damaged/);
  await second.close();
});
