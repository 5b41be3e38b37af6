/**
 * What LogQL's range functions do with a window of samples. Their arithmetic differs from the metrics' kernels in
 * rounding and edges (a plain sum, a running mean, a counter rate of 0 below two samples), so they have bodies of
 * their own; windows, columns and grids are the engine's. Times are nanoseconds.
 */

import { takeQuantile } from '../exec/quantile.ts';
import type { RangeInput, RangeKernel } from '../exec/range/kernel.ts';
import type { RangeOp } from '../lang/logql/ast.ts';

export const NS_PER_SECOND = 1e9;

/** The value of one window `[lo, hi)`, which is not empty; `i` is the step. */
type WindowFunction = (input: RangeInput, lo: number, hi: number, i: number) => number;

function perWindow(fold: WindowFunction): RangeKernel {
  return (input, out) => {
    const { lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      if (lo[i]! >= hi[i]!) continue;
      out.values[i] = fold(input, lo[i]!, hi[i]!, i);
      out.present[i] = 1;
    }
  };
}

function sum({ values }: RangeInput, lo: number, hi: number): number {
  let total = 0;
  for (let k = lo; k < hi; k++) total += values[k]!;
  return total;
}

function mean({ values }: RangeInput, lo: number, hi: number): number {
  let m = 0;
  for (let k = lo; k < hi; k++) m += (values[k]! - m) / (k - lo + 1);
  return m;
}

/** Welford's population variance. */
function variance({ values }: RangeInput, lo: number, hi: number): number {
  let m = 0;
  let squares = 0;
  for (let k = lo; k < hi; k++) {
    const delta = values[k]! - m;
    m += delta / (k - lo + 1);
    squares += delta * (values[k]! - m);
  }
  return squares / (hi - lo);
}

function extreme(max: boolean): WindowFunction {
  return ({ values }, lo, hi) => {
    let best = values[lo]!;
    for (let k = lo + 1; k < hi; k++) {
      const v = values[k]!;
      if ((max ? v > best : v < best) || best !== best) best = v;
    }
    return best;
  };
}

function quantile(phi: number): WindowFunction {
  return ({ values }, lo, hi) => takeQuantile(phi, values.slice(lo, hi), hi - lo);
}

/** A gap at the window's edge below this many average distances counts as covered. */
const EXTRAPOLATION_FACTOR = 1.1;

/** Increase per second with resets added, extrapolated to the window's exact bounds. */
function counterRate(input: RangeInput, lo: number, hi: number, i: number): number {
  const { times, values, range, firstEnd, stepWidth } = input;
  if (hi - lo < 2) return 0;
  const first = values[lo]!;
  let increase = values[hi - 1]! - first;
  for (let k = lo + 1; k < hi; k++) if (values[k]! < values[k - 1]!) increase += values[k - 1]!;
  const end = firstEnd + i * stepWidth;
  const sampled = times[hi - 1]! - times[lo]!;
  if (sampled === 0) return Number.NaN;
  const average = sampled / (hi - lo - 1);
  let toStart = times[lo]! - (end - range);
  const toEnd = end - times[hi - 1]!;
  // A counter does not fall below zero: the series began no earlier than its line says.
  if (increase > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / increase));
  const threshold = average * EXTRAPOLATION_FACTOR;
  let covered = sampled;
  covered += toStart < threshold ? toStart : average / 2;
  covered += toEnd < threshold ? toEnd : average / 2;
  return (increase * (covered / sampled)) / (range / NS_PER_SECOND);
}

/** Operations whose samples are not counted alone (`step-counts.ts`): every sample has a value. */
export type WindowOp = Exclude<
  RangeOp,
  'count_over_time' | 'bytes_over_time' | 'bytes_rate' | 'absent_over_time'
>;

export function logRangeKernel(op: WindowOp, param: number): RangeKernel {
  switch (op) {
    case 'sum_over_time':
      return perWindow(sum);
    case 'rate':
      return perWindow((input, lo, hi) => sum(input, lo, hi) / (input.range / NS_PER_SECOND));
    case 'avg_over_time':
      return perWindow(mean);
    case 'stdvar_over_time':
      return perWindow(variance);
    case 'stddev_over_time':
      return perWindow((input, lo, hi) => Math.sqrt(variance(input, lo, hi)));
    case 'min_over_time':
      return perWindow(extreme(false));
    case 'max_over_time':
      return perWindow(extreme(true));
    case 'first_over_time':
      return perWindow(({ values }, lo) => values[lo]!);
    case 'last_over_time':
      return perWindow(({ values }, _, hi) => values[hi - 1]!);
    case 'quantile_over_time':
      return perWindow(quantile(param));
    case 'rate_counter':
      return perWindow(counterRate);
  }
}
