import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { setStale, wordsOf } from '../../../src/model/sample.ts';
import { Arena, SLAB_BYTES } from '../../../src/storage/head/arena.ts';
import { MetricRuns, RunList } from '../../../src/storage/head/metric-runs.ts';
import { StartList } from '../../../src/storage/head/metric-starts.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';
import { HeadSamples } from '../../../src/storage/select/head-samples.ts';

describe('arena', () => {
  test('pieces are aligned, lie within their slab and do not overlap', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 900, max: 3000 }));
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), (sizes) => {
        const arena = new Arena(1024);
        const ends = new Map<number, number>();
        for (const bytes of sizes) {
          const before = arena.slabs.length;
          const added = arena.allocate(bytes);
          assert.equal(arena.slabs.length - before, added ? 1 : 0);
          const { slab, offset } = arena;
          assert.equal(offset % 8, 0);
          assert.ok(offset >= (ends.get(slab) ?? 0), 'behind the piece before');
          assert.ok(offset + bytes <= arena.slabs[slab]!.byteLength);
          ends.set(slab, offset + bytes);
        }
        const total = arena.slabs.reduce((n, s) => n + s.byteLength, 0);
        assert.equal(arena.bytes, total);
      }),
    );
  });
});

/** The slot's columns as a reader sees them. */
function columnsOf(runs: MetricRuns, slot: number): SampleColumns {
  const list = new RunList();
  // Behind those of another series, as in a snapshot of several.
  list.ensure(3);
  list.length = 3;
  const n = runs.runsOf(slot, list);
  const starts = new StartList();
  runs.startsOf(slot, starts, list, 3);
  const samples = new HeadSamples({
    generation: 1,
    slabs: runs.slabs,
    ids: Uint32Array.of(1),
    runStart: Uint32Array.of(3, 3 + n),
    runs: list.runs.slice(0, 3 + n),
    lastFill: Uint8Array.of(n === 0 ? 0 : runs.lastFill(slot)),
    starts: {
      from: Uint32Array.of(0),
      to: Uint32Array.of(starts.length),
      sample: starts.sample,
      startMs: starts.startMs,
    },
  });
  const columns = new SampleColumns();
  samples.read(0, columns);
  return columns;
}

function readSlot(runs: MetricRuns, slot: number): [number, number][] {
  const columns = columnsOf(runs, slot);
  return Array.from({ length: columns.count }, (_, i) => [columns.timestamps[i]!, columns.values[i]!]);
}

describe('metric runs', () => {
  test('keep the samples of each slot in the order in which they came', () => {
    const sample = fc.tuple(fc.nat(5), fc.nat(1000), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 300 }), (samples) => {
        const runs = new MetricRuns(0);
        const expected = new Map<number, [number, number][]>();
        for (const [slot, time, value] of samples) {
          const words = wordsOf(Float64Array.of(0, value));
          const own = expected.get(slot * 400) ?? [];
          runs.append(slot * 400, time, words, 1);
          own.push([time, value]);
          expected.set(slot * 400, own);
        }
        assert.equal(runs.samples, samples.length);
        for (const [slot, own] of expected) {
          assert.ok(runs.has(slot));
          assert.ok(!runs.has(slot + 1));
          assert.deepEqual(readSlot(runs, slot), own);
          for (const [t] of own) {
            const place = runs.findSample(slot, t);
            assert.ok(own.some(([u, v]) => u === t && runs.sameValue(place, wordsOf(Float64Array.of(v)), 0)));
          }
          assert.equal(runs.findSample(slot, 5000), -1);
        }
      }),
    );
  });

  test('keep the start of each sample, and have none while there is none', () => {
    const sample = fc.tuple(fc.nat(3), fc.constantFrom(0, 0, 1000, 2000, -5));
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 400 }), (samples) => {
        const runs = new MetricRuns(0);
        const expected = new Map<number, number[]>();
        samples.forEach(([slot, start], i) => {
          runs.append(slot * 400, i, wordsOf(Float64Array.of(i)), 0);
          runs.setStart(slot * 400, start);
          expected.set(slot * 400, [...(expected.get(slot * 400) ?? []), start]);
        });
        assert.equal(
          runs.hasStarts,
          samples.some(([, start]) => start !== 0),
        );
        for (const [slot, starts] of expected) {
          const columns = columnsOf(runs, slot);
          const read = columns.startTimestamps?.subarray(0, columns.count) ?? new Float64Array(columns.count);
          assert.deepEqual([...read], starts);
        }
      }),
    );
  });

  test('reach over slabs, and keep bits', () => {
    const runs = new MetricRuns(4);
    const values = new Float64Array(1);
    setStale(wordsOf(values), 0);
    const n = (SLAB_BYTES / 16) * 2 + 5;
    for (let i = 0; i < n; i++) runs.append(3, i, wordsOf(values), 0);
    assert.ok(runs.slabs.length >= 3);
    assert.equal(readSlot(runs, 3).length, n);
    const place = runs.findSample(3, n - 1);
    assert.ok(runs.sameValue(place, wordsOf(values), 0));
    assert.ok(!runs.sameValue(place, wordsOf(Float64Array.of(Number.NaN)), 0));
  });
});
