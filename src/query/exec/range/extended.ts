/**
 * `rate`, `increase` and `delta` over `anchored` and `smoothed` range vectors: no extrapolation, the window's edges
 * are taken from samples beyond it, up to the lookback away.
 *
 * - anchored: from the last sample at or before the window's start (else the first inside) to the last inside.
 * - smoothed: the values at both edges are interpolated between the samples around them; where none follows, the
 *   last one is carried on, where none precedes, the first inside counts. In a counter a decrease across an edge
 *   is taken to start from zero.
 */

import type { Column } from '../operator.ts';
import { interpolate } from '../smoothed.ts';
import { resetIndexes } from './counter.ts';
import { anyNear, type ExtendedOptions, sampleAfter, sampleBefore } from './edges.ts';
import { extendedHistogram } from './extended-histogram.ts';
import { windowStart } from './extrapolation.ts';
import type { RangeInput, RangeKernel } from './kernel.ts';
import { metricNameOf, mixedText } from './notes.ts';

export function extended(options: ExtendedOptions): RangeKernel {
  return (input, out, notes) => {
    const mixed = mixedSteps(input, options);
    if (mixed?.includes(1)) notes.warn(mixedText(metricNameOf(input.labels)));
    if (input.count > 0) extendFloats(input, out, options, mixed);
    if (input.histograms !== undefined) extendedHistogram(input, out, notes, options, mixed);
  };
}

/** 1 at steps that have floats and histograms, be it beyond the window's edges; undefined where none can. */
function mixedSteps(input: RangeInput, options: ExtendedOptions): Uint8Array | undefined {
  const { histograms, stepCount } = input;
  if (histograms === undefined || input.count === 0) return undefined;
  const mixed = new Uint8Array(stepCount);
  for (let i = 0; i < stepCount; i++) {
    if (anyNear(input, i, input, options) && anyNear(histograms, i, input, options)) mixed[i] = 1;
  }
  return mixed;
}

function extendFloats(
  input: RangeInput,
  out: Column,
  options: ExtendedOptions,
  mixed: Uint8Array | undefined,
): void {
  const { times, values, lo: los, hi: his, count, stepCount, range, unitsPerSecond } = input;
  const { counter, perSecond, edges, lookback } = options;
  const resets = counter ? resetIndexes(input, undefined) : [];
  for (let i = 0; i < stepCount; i++) {
    if (mixed?.[i] === 1) continue;
    const start = windowStart(input, i);
    const lo = los[i]!;
    const hi = his[i]!;
    const before = sampleBefore(times, lo, start, lookback);
    const after = edges === 'smoothed' ? sampleAfter(times, count, hi, start + range, lookback) : undefined;
    if (lo === hi && (before === undefined || after === undefined)) continue;
    // Values at the edges, and the samples strictly between that resets are looked for in.
    let left = values[before ?? lo]!;
    let right = hi > lo ? values[hi - 1]! : left;
    if (edges === 'smoothed') {
      if (before !== undefined && times[before]! < start)
        left = edgeValue(input, before, before + 1, start, counter);
      if (after !== undefined && (hi === 0 || times[hi - 1]! < start + range)) {
        right = hi === 0 ? left : edgeValue(input, hi - 1, after, start + range, counter);
      }
    }
    let change = right - left;
    if (counter) change += lostAtResets(values, resets, lo, hi, left, right);
    out.values[i] = perSecond ? change / (range / unitsPerSecond) : change;
    out.present[i] = 1;
  }
}

function edgeValue(input: RangeInput, a: number, b: number, at: number, counter: boolean): number {
  const { times, values } = input;
  const from = counter && values[b]! < values[a]! ? 0 : values[a]!;
  return interpolate(times[a]!, from, times[b]!, values[b]!, at);
}

/** What a counter lost between the left edge, the samples `[lo, hi)` and the right edge. */
function lostAtResets(
  values: Float64Array,
  resets: readonly number[],
  lo: number,
  hi: number,
  left: number,
  right: number,
): number {
  if (lo === hi) return right < left ? left : 0;
  let lost = values[lo]! < left ? left : 0;
  for (const r of resets) if (r > lo && r < hi) lost += values[r - 1]!;
  if (right < values[hi - 1]!) lost += values[hi - 1]!;
  return lost;
}
