/** Counting in windows without keeping samples, against looking at every sample for every window. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../../src/model/labels.ts';
import { SampleSeries } from '../../../src/query/logs/sample-series.ts';
import { StepCounts } from '../../../src/query/logs/step-counts.ts';

const grid = fc.record({
  firstEnd: fc.integer({ min: -5, max: 5 }),
  stepWidth: fc.constantFrom(1, 3, 1_000_000, 86_400_000_000_001),
  stepCount: fc.integer({ min: 1, max: 20 }),
  range: fc.constantFrom(1, 4, 2_500_000, 3_600_000_000_000),
});

describe('counts in windows', () => {
  it('are those of the samples, whatever their order', () => {
    fc.assert(
      fc.property(
        grid.chain((g) =>
          fc.tuple(
            fc.constant(g),
            // About the windows' edges, where a rounded quotient would tell wrongly.
            fc.array(
              fc.tuple(
                fc
                  .tuple(
                    fc.integer({ min: -2, max: g.stepCount + 1 }),
                    fc.constantFrom(0, -g.range),
                    fc.integer({ min: -2, max: 2 }),
                  )
                  .map(([step, shift, beside]) => g.firstEnd + step * g.stepWidth + shift + beside),
                fc.nat(1000),
              ),
              { maxLength: 60 },
            ),
          ),
        ),
        ([g, samples]) => {
          const series = new StepCounts(Labels.EMPTY, '', g, true, () => {});
          for (const [time, value] of samples) series.push(time, value);
          series.total();
          for (let i = 0; i < g.stepCount; i++) {
            const end = g.firstEnd + i * g.stepWidth;
            const inside = samples.filter(([t]) => t > end - g.range && t <= end);
            assert.equal(series.counts[i], inside.length, `step ${i}`);
            assert.equal(
              series.sums[i],
              inside.reduce((sum, [, v]) => sum + v, 0),
            );
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('samples of a series', () => {
  it('come out in order of time, equal times as they came, and their memory is told', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat()), { maxLength: 400 }), (samples) => {
        let bytes = 0;
        const series = new SampleSeries(Labels.EMPTY, '', (_, grown) => {
          bytes += grown;
        });
        for (const [time, value] of samples) series.push(time, value);
        assert.equal(bytes, 16 * series.times.length);
        series.sort();
        const expected = samples
          .map((s, i) => [s, i] as const)
          .sort(([a, i], [b, k]) => a[0] - b[0] || i - k);
        const got = Array.from({ length: series.count }, (_, i) => [series.times[i], series.values[i]]);
        assert.deepEqual(
          got,
          expected.map(([s]) => [...s]),
        );
      }),
    );
  });
});
