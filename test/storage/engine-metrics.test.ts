/** The local engine as a whole, metrics: what is appended is read back, before and after flush, restart and compaction. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/base/bytes.ts';
import { KEY_SPACE, type MetricBatch } from '../../src/model/batch.ts';
import { Labels } from '../../src/model/labels.ts';
import { Matcher } from '../../src/model/matcher.ts';
import { isStale, setStale, wordsOf } from '../../src/model/sample.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { openEngine as open, tempDir, withReader } from './local-engine.ts';

type Sample = readonly [labels: Record<string, string>, timestampMs: number, value: number | 'stale'];

function batchOf(samples: readonly Sample[]): MetricBatch {
  const labels: Labels[] = [];
  const index = new Map<string, number>();
  const keys = new ByteWriter();
  const starts: number[] = [];
  const ends: number[] = [];
  const values = new Float64Array(samples.length);
  const words = wordsOf(values);
  const series = samples.map(([l, , v], i) => {
    const own = Labels.from(l);
    let at = index.get(own.key());
    if (at === undefined) {
      at = labels.push(own) - 1;
      index.set(own.key(), at);
      starts.push(keys.length);
      own.writeTo(keys);
      ends.push(keys.length);
    }
    if (v === 'stale') setStale(words, i);
    else values[i] = v;
    return at;
  });
  return {
    space: KEY_SPACE.canonical,
    keys: keys.take(),
    seriesCount: labels.length,
    keyStart: Uint32Array.from(starts),
    keyEnd: Uint32Array.from(ends),
    labels: (i) => labels[i],
    sampleCount: samples.length,
    sampleSeries: Uint32Array.from(series),
    timestamps: Float64Array.from(samples, (s) => s[1]),
    values,
    histograms: [],
    exemplars: [],
    metadata: [],
  };
}

/** All samples of the matching series as text, sorted. */
function readAll(storage: LocalStorage, dir: string, matchers: Matcher[] = []): Promise<string[]> {
  return withReader(storage, dir, async (reader) => {
    const signal = new AbortController().signal;
    const cursor = await reader.metrics.select({ matchers, minMs: -8.64e15, maxMs: 8.64e15 }, signal);
    const out: string[] = [];
    const columns = new SampleColumns();
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const n = cursor.read(columns);
        const words = wordsOf(columns.values);
        for (let i = 0; i < n; i++) {
          const value = isStale(words, i) ? 'stale' : String(columns.values[i]);
          out.push(`${JSON.stringify(cursor.labels().toObject())} ${columns.timestamps[i]} ${value}`);
        }
      }
    }
    return out.sort();
  });
}

const DAY = 86_400_000;
const T = 20_000 * DAY;

describe('metrics in the local engine', () => {
  test('the same answer from the head, after a flush, after a restart, after compaction', async () => {
    const dir = tempDir();
    let storage = await open(dir);
    const expected: string[] = [];
    for (let round = 0; round < 5; round++) {
      const samples: Sample[] = [];
      for (let s = 0; s < 40; s++) {
        for (let i = 0; i < 50; i++) {
          const t = T + (round * DAY) / 2 + i * 15_000;
          samples.push([{ __name__: 'm', s: String(s) }, t, i === 7 ? 'stale' : s * 1000 + i + round / 4]);
        }
      }
      for (const [l, t, v] of samples) expected.push(`${JSON.stringify(l)} ${t} ${v}`);
      const outcome = await storage.metrics.append(batchOf(samples), { mode: 'atomic' });
      assert.equal(outcome.accepted, samples.length);
      await outcome.durable;
      assert.deepEqual(await readAll(storage, dir), [...expected].sort(), `round ${round}, head`);
      if (round % 2 === 0) {
        await storage.flush();
        assert.deepEqual(await readAll(storage, dir), [...expected].sort(), `round ${round}, flushed`);
      }
    }
    await storage.close();
    storage = await open(dir);
    assert.deepEqual(await readAll(storage, dir), [...expected].sort(), 'restarted');
    await storage.flush({ compact: true });
    assert.deepEqual(await readAll(storage, dir), [...expected].sort(), 'compacted');
    const { blocks } = await storage.stats();
    assert.equal(blocks.metrics, 3, 'one block per day');
    assert.equal((await readAll(storage, dir, [new Matcher('=', 's', '3')])).length, 250);
    assert.equal((await readAll(storage, dir, [new Matcher('=~', 's', '1.')])).length, 2500);
    assert.equal((await readAll(storage, dir, [new Matcher('!=', 's', '3')])).length, 9750);
    await storage.close();
  });

  test('a repeated sample is a no-op, another value for its time is refused, wherever it lies', async () => {
    const dir = tempDir();
    const storage = await open(dir);
    const series = { __name__: 'm' };
    const append = (samples: Sample[], mode: 'atomic' | 'partial') =>
      storage.metrics.append(batchOf(samples), { mode });
    for (const place of ['head', 'block'] as const) {
      const base = T + (place === 'head' ? 0 : 1000);
      await append(
        [
          [series, base, 1],
          [series, base + 10, 2],
          [series, base + 20, 3],
        ],
        'atomic',
      );
      if (place === 'block') await storage.flush();
      const again = await append(
        [
          [series, base, 1],
          [series, base + 20, 3],
        ],
        'atomic',
      );
      assert.deepEqual([again.accepted, again.refused.length], [2, 0], place);
      const bad = await append(
        [
          [series, base + 5, 9],
          [series, base + 10, 7],
        ],
        'atomic',
      );
      assert.deepEqual(
        bad.refused.map((r) => [r.item, r.reason]),
        [[1, 'duplicate_timestamp']],
        place,
      );
      assert.equal(bad.accepted, 0);
      const partial = await append(
        [
          [series, base + 6, 8],
          [series, base + 10, 7],
        ],
        'partial',
      );
      assert.equal(partial.accepted, 1);
      const all = await readAll(storage, dir);
      assert.ok(all.includes(`{"__name__":"m"} ${base + 6} 8`), place);
      assert.ok(!all.some((line) => line.endsWith(` ${base + 5} 9`)), place);
      assert.ok(all.includes(`{"__name__":"m"} ${base + 10} 2`), place);
    }
    await storage.close();
  });
});
