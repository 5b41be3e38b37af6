/** Samples out of order and samples for a time that is taken, wherever what was there before lies. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Histogram } from '../../src/model/histogram.ts';
import { wordsOf } from '../../src/model/sample.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { metricBatch, type TestSample } from './batches.ts';
import { copyOfFiles } from './engine-states.ts';
import { EMPTY_HISTOGRAM } from './histograms.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const T = 1_767_268_800_000;
const labels = { __name__: 'm' };

const histogram = (count: number): Histogram => ({
  ...EMPTY_HISTOGRAM,
  count,
  sum: Number.NaN,
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveCounts: [count],
});

/** The same histogram as another decoder would make it. */
const turned = (h: Histogram) => Object.fromEntries(Object.entries(h).reverse()) as unknown as Histogram;

const at = (tick: number, value: TestSample['value'], series = labels): TestSample => ({
  labels: series,
  timestampMs: T + tick * 1000,
  value,
});

async function append(storage: LocalStorage, samples: TestSample[], mode: 'atomic' | 'partial' = 'partial') {
  const outcome = await storage.metrics.append(metricBatch(samples), { mode });
  await outcome.durable;
  return {
    accepted: outcome.accepted,
    refused: outcome.refused.map((r) => [r.item, r.reason]),
  };
}

function read(storage: LocalStorage, dir: string): Promise<string[]> {
  return withReader(storage, dir, async ({ metrics }) => {
    const cursor = await metrics.select(
      { matchers: [], minMs: -8e15, maxMs: 8e15 },
      new AbortController().signal,
    );
    const columns = new SampleColumns();
    const out: string[] = [];
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const n = cursor.read(columns);
        const words = wordsOf(columns.values);
        for (let i = 0; i < n; i++) {
          const h = columns.histograms?.[i];
          const bits = `${words[2 * i + 1]!.toString(16)}:${words[2 * i]!.toString(16)}`;
          out.push(`${(columns.timestamps[i]! - T) / 1000} ${h ? `h${h.count}` : bits}`);
        }
      }
    }
    return out;
  });
}

/** Where the first samples lie when the next ones come. */
const PLACES = [
  'head',
  'sealed',
  'blocks',
  'head after a restart',
  'blocks after a restart',
  'compacted',
] as const;

describe('a time that is taken', () => {
  for (const place of PLACES) {
    test(`by a sample in the ${place}`, TIMEOUT, async () => {
      let dir = tempDir();
      let storage = await openEngine(dir);
      await append(storage, [at(0, 1), at(10, 0), at(20, 'stale'), at(30, Number.NaN), at(40, 4)]);
      await append(storage, [at(4, histogram(1)), at(14, histogram(2))]);
      let flushing: Promise<void> | undefined;
      if (place === 'sealed') flushing = storage.flush();
      if (place === 'compacted') {
        await storage.flush();
        await append(storage, [at(50, 5)]);
      }
      if (place.startsWith('blocks')) await storage.flush();
      if (place === 'compacted') await storage.flush({ compact: true });
      if (place.endsWith('restart')) {
        const killed = storage;
        dir = copyOfFiles(dir);
        storage = await openEngine(dir);
        await killed.close();
      }
      const again = [at(0, 1), at(10, 0), at(20, 'stale'), at(30, Number.NaN), at(40, 4)];
      assert.deepEqual(await append(storage, again, 'atomic'), { accepted: 5, refused: [] }, 'sent again');
      const histograms = [at(4, turned(histogram(1))), at(14, turned(histogram(2)))];
      assert.deepEqual(
        await append(storage, histograms, 'atomic'),
        { accepted: 2, refused: [] },
        'sent again',
      );
      assert.deepEqual(
        await append(storage, [at(4, histogram(9)), at(10, histogram(1)), at(14, 0), at(0, histogram(3))]),
        { accepted: 0, refused: [0, 1, 2, 3].map((i) => [i, 'duplicate_timestamp']) },
        'another histogram, a histogram over a float, a float over a histogram',
      );
      const other = [at(0, 2), at(10, -0), at(20, Number.NaN), at(30, 'stale'), at(40, 4), at(45, 9)];
      const refused = [0, 1, 2, 3].map((i) => [i, 'duplicate_timestamp']);
      assert.deepEqual(await append(storage, other, 'atomic'), { accepted: 0, refused });
      assert.deepEqual(await append(storage, other, 'partial'), { accepted: 2, refused });
      assert.deepEqual(
        await append(storage, [at(25, 7), at(5, 3), at(8, histogram(5))]),
        { accepted: 3, refused: [] },
        'out of order',
      );
      assert.deepEqual(await append(storage, [at(8, turned(histogram(5))), at(8, histogram(6))]), {
        accepted: 1,
        refused: [[1, 'duplicate_timestamp']],
      });
      assert.deepEqual(await append(storage, [at(5, 3), at(25, 8)]), {
        accepted: 1,
        refused: [[1, 'duplicate_timestamp']],
      });
      await flushing;
      const wanted = [
        '0 3ff00000:0',
        '4 h1',
        '5 40080000:0',
        '8 h5',
        '10 0:0',
        '14 h2',
        '20 7ff00000:2',
        '25 401c0000:0',
        '30 7ff80000:1',
        '40 40100000:0',
        '45 40220000:0',
        ...(place === 'compacted' ? ['50 40140000:0'] : []),
      ];
      assert.deepEqual(await read(storage, dir), wanted);
      await storage.flush({ compact: true });
      assert.deepEqual(await read(storage, dir), wanted, 'compacted');
      await storage.close();
    });
  }

  test('by a histogram, and by a float', TIMEOUT, async () => {
    let dir = tempDir();
    let storage = await openEngine(dir);
    const first = [at(0, histogram(1)), at(10, 5), at(20, histogram(2))];
    assert.deepEqual(await append(storage, first), { accepted: 3, refused: [] });
    for (const place of ['head', 'head after a restart']) {
      if (place !== 'head') {
        const killed = storage;
        dir = copyOfFiles(dir);
        storage = await openEngine(dir);
        await killed.close();
      }
      const same = [at(0, turned(histogram(1))), at(20, turned(histogram(2)))];
      assert.deepEqual(await append(storage, same, 'atomic'), { accepted: 2, refused: [] }, place);
      assert.equal((await append(storage, [at(0, histogram(9))])).refused.length, 1, 'another histogram');
      assert.equal((await append(storage, [at(0, 0)])).refused.length, 1, 'a float over a histogram');
      assert.equal(
        (await append(storage, [at(10, histogram(1))])).refused.length,
        1,
        'a histogram over a float',
      );
    }
    const within = [
      at(30, histogram(1)),
      at(30, histogram(1)),
      at(30, histogram(2)),
      at(40, 1),
      at(40, histogram(3)),
    ];
    // Floats are numbered first.
    const refused = [
      [3, 'duplicate_timestamp'],
      [4, 'duplicate_timestamp'],
    ];
    assert.deepEqual(await append(storage, within), { accepted: 3, refused });
    const wanted = ['0 h1', '10 40140000:0', '20 h2', '30 h1', '40 3ff00000:0'];
    assert.deepEqual(await read(storage, dir), wanted);
    await storage.flush({ compact: true });
    assert.deepEqual(await read(storage, dir), wanted);
    await storage.close();
  });

  test('within one batch, in whatever order its samples stand', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const b = { __name__: 'm', b: '1' } as const;
    const mixed = [at(0, 1), at(0, 1, b), at(0, 2), at(1, 3), at(0, 1), at(0, 5, b)];
    const refused = [
      [2, 'duplicate_timestamp'],
      [5, 'duplicate_timestamp'],
    ];
    assert.deepEqual(await append(storage, mixed, 'atomic'), { accepted: 0, refused });
    assert.deepEqual(await read(storage, dir), []);
    assert.deepEqual(await append(storage, mixed), { accepted: 4, refused });
    // Two wire forms of one series.
    const batch = metricBatch([at(7, 1), at(7, 2, b)]);
    const twice = { ...batch, space: 3, labels: () => batch.labels(0) };
    const outcome = await storage.metrics.append(twice, { mode: 'partial' });
    assert.deepEqual([outcome.accepted, outcome.refused.map((r) => r.item)], [1, [1]]);
    await storage.close();
  });

  test('times that the encodings do not hold are refused, and the WAL stays readable', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const strange = (timestampMs: number, value: TestSample['value']) => ({ labels, timestampMs, value });
    const times = [-(2 ** 63), 2 ** 63, Number.NaN, 2 ** 51];
    for (const t of times) {
      assert.deepEqual(await append(storage, [strange(t, 1)]), {
        accepted: 0,
        refused: [[0, 'invalid_sample']],
      });
      assert.equal((await append(storage, [strange(t, histogram(1))])).refused.length, 1);
      const exemplar = { series: labels, labels: { trace_id: 'x' }, timestampMs: t, value: 1 };
      await (await storage.metrics.append(metricBatch([], [exemplar]), { mode: 'partial' })).durable;
    }
    const edge = [strange(-(2 ** 50), 1), strange(2 ** 50, 2)];
    assert.equal((await append(storage, edge)).accepted, 2);
    const copy = copyOfFiles(dir);
    const again = await openEngine(copy);
    assert.equal((await read(again, copy)).length, 2);
    await again.flush({ compact: true });
    assert.equal((await read(again, copy)).length, 2);
    await again.close();
    await storage.close();
  });
});

test('stale markers of one who is late', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  const other = { __name__: 'other' };
  await append(storage, [at(5, 1), at(1, 1, other)]);
  const samples = [at(3, 'stale'), at(5, 'stale'), at(4, 2), at(2, 'stale', other), at(2, 'stale', other)];
  const options = { mode: 'partial', skipLateMarkers: true } as const;
  const outcome = await storage.metrics.append(metricBatch(samples), options);
  await outcome.durable;
  // What is no marker may be late, and a marker may end what it is the newest of.
  assert.deepEqual([outcome.accepted, outcome.refused], [2, []]);
  const rows = await read(storage, dir);
  assert.deepEqual(
    rows.map((row) => row.split(' ')[0]),
    ['4', '5', '1', '2'],
  );
  await storage.close();
});
