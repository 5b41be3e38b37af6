/**
 * Range kernels against naive folds: for random series and grids, each window is cut out by comparing times and
 * folded in the plainest way.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../../src/model/labels.ts';
import { setStale, wordsOf } from '../../../src/model/sample.ts';
import { createColumn } from '../../../src/query/exec/column.ts';
import { extrapolated } from '../../../src/query/exec/range/counter.ts';
import { extremeOverTime, extremeTime } from '../../../src/query/exec/range/extremes.ts';
import { NO_NOTES, type RangeKernel } from '../../../src/query/exec/range/kernel.ts';
import { countOverTime, edgeOverTime } from '../../../src/query/exec/range/presence.ts';
import { varianceOverTime } from '../../../src/query/exec/range/spread.ts';
import { avgOverTime, sumOverTime } from '../../../src/query/exec/range/sum.ts';
import { transitions } from '../../../src/query/exec/range/transitions.ts';
import { SeriesWindows } from '../../../src/query/exec/series-windows.ts';
import type { WindowGrid } from '../../../src/query/exec/window.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';

interface Point {
  readonly t: number;
  readonly v: number;
}

/** Undefined values are stale markers. */
const series = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 40 }),
      v: fc.oneof(
        fc.integer({ min: -5, max: 20 }),
        fc.constantFrom(Number.NaN, 0.1, 1e9),
        fc.constant(undefined),
      ),
    }),
    { maxLength: 60 },
  )
  .map((parts) => {
    let t = 0;
    return parts.map(({ gap, v }) => ({ t: (t += gap), v }));
  });

const grid: fc.Arbitrary<WindowGrid> = fc.record({
  firstEnd: fc.integer({ min: -20, max: 200 }),
  stepWidth: fc.integer({ min: 1, max: 60 }),
  stepCount: fc.integer({ min: 1, max: 30 }),
  range: fc.integer({ min: 1, max: 200 }),
});

function run(kernel: RangeKernel, points: readonly { t: number; v: number | undefined }[], g: WindowGrid) {
  const columns = new SampleColumns();
  columns.ensure(points.length);
  columns.count = points.length;
  const words = wordsOf(columns.values);
  for (const [i, { t, v }] of points.entries()) {
    columns.timestamps[i] = t;
    if (v === undefined) setStale(words, i);
    else columns.values[i] = v;
  }
  const windows = new SeriesWindows(g);
  windows.load(Labels.EMPTY, columns);
  const out = createColumn(g.stepCount);
  kernel(windows, out, NO_NOTES);
  return Array.from(out.values, (v, i) => (out.present[i] === 1 ? v : undefined));
}

/** `fold` answers a window that is not empty. */
function check(
  kernel: () => RangeKernel,
  fold: (window: Point[], end: number, g: WindowGrid) => number | undefined,
) {
  fc.assert(
    fc.property(series, grid, (points, g) => {
      const got = run(kernel(), points, g);
      for (let i = 0; i < g.stepCount; i++) {
        const end = g.firstEnd + i * g.stepWidth;
        const window = points.filter(
          (p) => p.v !== undefined && p.t > end - g.range && p.t <= end,
        ) as Point[];
        const want = window.length === 0 ? undefined : fold(window, end, g);
        if (want === undefined || got[i] === undefined) assert.equal(got[i], want, `step ${i}`);
        else if (Number.isNaN(want)) assert.ok(Number.isNaN(got[i]), `step ${i}`);
        else
          assert.ok(
            Math.abs(got[i]! - want) <= 1e-9 * Math.max(1, Math.abs(want)),
            `${got[i]} is not ${want}`,
          );
      }
    }),
    { numRuns: 300 },
  );
}

test('count, sum, first and last', () => {
  check(
    () => countOverTime({ perSecond: false }),
    (w) => w.length,
  );
  check(
    () => sumOverTime({ kahan: true }),
    (w) => w.reduce((sum, p) => sum + p.v, 0),
  );
  check(
    () => avgOverTime({ kahan: true }),
    (w) => w.reduce((sum, p) => sum + p.v, 0) / w.length,
  );
  check(
    () => edgeOverTime('first'),
    (w) => w[0]!.v,
  );
  check(
    () => edgeOverTime('last'),
    (w) => w.at(-1)!.v,
  );
});

test('min and max pass over NaN unless there is nothing else', () => {
  const extreme = (pick: (...v: number[]) => number) => (w: Point[]) => {
    const numbers = w.map((p) => p.v).filter((v) => !Number.isNaN(v));
    return numbers.length === 0 ? Number.NaN : pick(...numbers);
  };
  check(() => extremeOverTime('min'), extreme(Math.min));
  check(() => extremeOverTime('max'), extreme(Math.max));
});

test('the time of an extreme is that of the last equal one', () => {
  check(
    () => extremeTime('max'),
    (w) => {
      const numbers = w.filter((p) => !Number.isNaN(p.v));
      const max = Math.max(...numbers.map((p) => p.v));
      const at = numbers.length === 0 ? w.at(-1)! : numbers.findLast((p) => p.v === max)!;
      return at.t / 1000;
    },
  );
});

test('variance', () => {
  check(
    () => varianceOverTime(false),
    (w) => {
      const mean = w.reduce((sum, p) => sum + p.v, 0) / w.length;
      const variance = w.reduce((sum, p) => sum + (p.v - mean) ** 2, 0) / w.length;
      // With huge values beside small ones the plain formula is the inexact one.
      return w.some((p) => p.v === 1e9) ? varianceOfExact(w) : variance;
    },
  );
});

/** Two passes with the mean refined, exact enough for values up to 1e9. */
function varianceOfExact(w: readonly Point[]): number {
  if (w.some((p) => Number.isNaN(p.v))) return Number.NaN;
  let mean = w.reduce((sum, p) => sum + p.v, 0) / w.length;
  mean += w.reduce((sum, p) => sum + (p.v - mean), 0) / w.length;
  return w.reduce((sum, p) => sum + (p.v - mean) ** 2, 0) / w.length;
}

test('changes and resets', () => {
  const pairs = (happened: (a: number, b: number) => boolean) => (w: Point[]) =>
    w.filter((p, i) => i > 0 && happened(w[i - 1]!.v, p.v)).length;
  const changed = (a: number, b: number) => a !== b && !(Number.isNaN(a) && Number.isNaN(b));
  check(() => transitions({ count: 'changes', useStartTimes: false }), pairs(changed));
  check(
    () => transitions({ count: 'resets', useStartTimes: false }),
    pairs((a, b) => b < a),
  );
});

test('increase is the sum of what was gained, extrapolated', () => {
  check(
    () => extrapolated({ counter: true, perSecond: false, useStartTimes: false }),
    (w, end, g) => {
      if (w.length < 2) return undefined;
      const first = w[0]!;
      const last = w.at(-1)!;
      let gained = last.v - first.v;
      for (let i = 1; i < w.length; i++) if (w[i]!.v < w[i - 1]!.v) gained += w[i - 1]!.v;
      // In seconds, for rounding decides what reaches an edge.
      const interval = (last.t - first.t) / 1000;
      const average = interval / (w.length - 1);
      let toStart = (first.t - (end - g.range)) / 1000;
      let toEnd = (end - last.t) / 1000;
      if (toStart >= average * 1.1) toStart = average / 2;
      if (gained > 0 && first.v >= 0) toStart = Math.min(toStart, (interval * first.v) / gained);
      if (toEnd >= average * 1.1) toEnd = average / 2;
      return (gained * (interval + toStart + toEnd)) / interval;
    },
  );
});
