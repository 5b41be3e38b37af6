import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareBytes } from '../../../src/base/bytes.ts';
import { KEY_SPACE } from '../../../src/model/batch.ts';
import { Labels } from '../../../src/model/labels.ts';
import { SeriesIndex } from '../../../src/storage/head/series-index.ts';
import { metricBatch } from '../batches.ts';
import { keyOf, labelRecord, matcherSet, matchesNaively, toMatchers } from '../conformance.ts';
import { openEngine, tempDir, withReader } from '../local-engine.ts';

function counter(): () => number {
  let next = 100;
  return () => next++;
}

describe('series index', () => {
  test('selects what matches, ascending, also while series are added', () => {
    const records = fc.uniqueArray(labelRecord, { selector: keyOf, minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(records, fc.array(matcherSet, { maxLength: 20 }), (series, sets) => {
        const index = new SeriesIndex(counter());
        const half = series.length >> 1;
        series.slice(0, half).forEach((s) => {
          index.resolveLabels(Labels.from(s), 1);
        });
        sets.forEach((set, k) => {
          if (k === 1) for (const s of series) index.resolveLabels(Labels.from(s), 2);
          const slots = [...index.select(toMatchers(set))].sort((a, b) => a - b);
          const wanted = [...Array(index.size).keys()].filter((slot) =>
            matchesNaively(set, index.labels(slot).toObject()),
          );
          assert.deepEqual(slots, wanted);
        });
      }),
    );
  });

  test('refuses labels that are too large for memory, and has room for all below', () => {
    const index = new SeriesIndex(counter());
    const series = (bytes: number) => Labels.from({ a: 'v'.repeat(bytes) });
    assert.throws(() => index.resolveLabels(series(1024 * 1024), 1), {
      reason: 'invalid_labels',
      message: /the labels of the series take 1048\d+ bytes/,
    });
    assert.equal(index.size, 0);
    index.resolveLabels(series(1024 * 1024 - 100), 1);
    assert.equal(index.size, 1);
    assert.ok(index.slabBytes >= 1024 * 1024);
  });

  test('evicts series and uses their slots again', () => {
    const step = fc.oneof(
      fc.record({ add: labelRecord }, { noNullPrototype: true }),
      fc.record({ evict: fc.nat(20) }, { noNullPrototype: true }),
      fc.record({ select: matcherSet }, { noNullPrototype: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const index = new SeriesIndex(counter());
        const slots = new Map<string, number>();
        const wire = (key: string) => Buffer.from(`wire ${key}`);
        for (const s of steps) {
          if ('add' in s) {
            const key = keyOf(s.add);
            const bytes = wire(key);
            const slot = index.resolve(Labels.from(s.add), 1, KEY_SPACE.remoteWrite1, bytes, 0, bytes.length);
            if (slots.has(key)) assert.equal(slot, slots.get(key));
            else assert.ok(![...slots.values()].includes(slot), 'no slot is taken twice');
            if (!slots.has(key)) slots.set(key, slot);
          } else if ('evict' in s) {
            const key = [...slots.keys()][s.evict];
            if (key === undefined) continue;
            index.evict(slots.get(key)!);
            slots.delete(key);
            const bytes = wire(key);
            assert.equal(index.find(KEY_SPACE.remoteWrite1, bytes, 0, bytes.length), -1);
          } else {
            const wanted = [...slots.values()].filter((slot) =>
              matchesNaively(s.select, index.labels(slot).toObject()),
            );
            assert.deepEqual(
              [...index.select(toMatchers(s.select))].sort((a, b) => a - b),
              wanted.sort((a, b) => a - b),
            );
          }
          assert.equal(index.size, slots.size);
        }
        const pairs = [...slots.values()].flatMap((slot) => {
          const { pairs: p } = index.labels(slot);
          return Array.from({ length: p.length / 2 }, (_, i) => `${p[2 * i]}=${p[2 * i + 1]}`);
        });
        assert.equal(index.pairs.size, new Set(pairs).size, 'pairs go with their last series');
      }),
    );
  });

  test('stays as large as what it holds at most, whatever comes and goes', () => {
    const index = new SeriesIndex(counter());
    let largest = 0;
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 1000; i++) {
        index.resolveLabels(Labels.from({ job: 'j', id: `round ${round} series ${1000 + i}` }), 1);
      }
      if (round === 0) largest = index.slotCount;
      assert.equal(index.slotCount, largest);
      assert.equal(index.select(toMatchers([{ type: '=', name: 'job', value: 'j' }])).length, 1000);
      for (let slot = 0; slot < index.slotCount; slot++) index.evict(slot);
      assert.equal(index.pairs.size, 0);
    }
  });

  test('gives a label set one slot, whichever way it comes', () => {
    const index = new SeriesIndex(counter());
    const labels = Labels.from({ a: '1' });
    const wire = Uint8Array.of(1, 2, 3);
    assert.equal(index.find(KEY_SPACE.remoteWrite1, wire, 0, 3), -1);
    const slot = index.resolve(labels, 1, KEY_SPACE.remoteWrite1, wire, 0, 3);
    assert.equal(index.find(KEY_SPACE.remoteWrite1, wire, 0, 3), slot);
    assert.equal(index.find(KEY_SPACE.canonical, wire, 0, 3), -1);
    assert.equal(index.resolveLabels(Labels.from({ a: '1' }), 2), slot);
    assert.equal(index.createdIn(slot), 1);
    assert.equal(index.slotOfId(index.id(slot)), slot);
    assert.equal(index.size, 1);
  });

  test('restores a series once under the id it had', () => {
    const index = new SeriesIndex(counter());
    const added: number[] = [];
    index.onAdd = (slot) => added.push(slot);
    const bytes = Labels.from({ a: 'ü' }).toBytes();
    const slot = index.restore(7, bytes, 3);
    assert.equal(index.restore(7, bytes, 3), slot);
    assert.deepEqual([index.id(slot), index.createdIn(slot), added.length], [7, 3, 1]);
    assert.equal(index.resolveLabels(Labels.from({ a: 'ü' }), 4), slot);
  });

  test('asks for the id that an earlier process gave', () => {
    const index = new SeriesIndex(counter());
    const known = Labels.from({ a: '1' }).toBytes();
    index.findPersisted = (_low, _high, bytes) => (compareBytes(bytes, known) === 0 ? 42 : undefined);
    assert.equal(index.id(index.resolveLabels(Labels.from({ a: '1' }), 5)), 42);
    assert.equal(index.createdIn(0), 0);
    assert.equal(index.id(index.resolveLabels(Labels.from({ a: '2' }), 5)), 100);
  });

  test('the same labels have the same id after restarts', { timeout: 30_000 }, async () => {
    const dir = tempDir();
    const idsOf = async (storage: Awaited<ReturnType<typeof openEngine>>) => {
      const answer = (await storage.heads.answer({
        kind: 'metrics',
        flushedGeneration: -1,
        matchers: [],
      })) as {
        newSeries: { ids: Uint32Array };
      };
      return [...answer.newSeries.ids].sort((a, b) => a - b);
    };
    const samples = (timestampMs: number, n: number) =>
      Array.from({ length: n }, (_, i) => ({
        labels: { __name__: 'm', i: String(i) },
        timestampMs,
        value: i,
      }));
    let ids: number[] = [];
    for (let round = 0; round < 4; round++) {
      const storage = await openEngine(dir);
      // Series of earlier rounds, and one that is new.
      await (await storage.metrics.append(metricBatch(samples(1000 + round, round + 2)), { mode: 'atomic' }))
        .durable;
      const now = await idsOf(storage);
      assert.deepEqual(now.slice(0, ids.length), ids, `round ${round}`);
      assert.equal(new Set(now).size, round + 2);
      ids = now;
      if (round % 2 === 0) await storage.flush();
      const seen = await withReader(storage, dir, (r) =>
        r.metrics.series({ minMs: 0, maxMs: 1e6, matcherSets: [] }),
      );
      assert.equal(seen.length, round + 2);
      await storage.close();
    }
  });
});
