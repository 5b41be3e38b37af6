/**
 * How many samples each step of a query looks at, as Prometheus counts for `stats`: every selector at every step,
 * range selectors with their whole window, histograms by their size in floats. `total` is what each step would take
 * as an instant query of its own; `read` leaves out what the step before had in its window already. Made only where
 * somebody asks, since it goes through every step of every series once more.
 */

import type { Histogram } from '../model/histogram.ts';
import type { Column, Steps } from './exec/operator.ts';
import type { SeriesWindows } from './exec/series-windows.ts';
import { stepTime } from './exec/steps.ts';

/** Prometheus' size of a histogram's struct; a span, bucket or bound takes 8 bytes more, a sample 16. */
const HISTOGRAM_STRUCT_BYTES = 168;
const ITEM_BYTES = 8;
const TIMESTAMP_BYTES = 8;
const SAMPLE_BYTES = 16;

/** As how many float samples a histogram counts. */
export function histogramSize(h: Histogram): number {
  const items =
    h.positiveSpans.length +
    h.negativeSpans.length +
    h.positiveCounts.length +
    h.negativeCounts.length +
    h.customBounds.length;
  return Math.floor((HISTOGRAM_STRUCT_BYTES + items * ITEM_BYTES + TIMESTAMP_BYTES) / SAMPLE_BYTES);
}

export class SampleCount {
  readonly steps: Steps;
  /** One number per step. */
  readonly total: Float64Array;
  readonly read: Float64Array;

  constructor(steps: Steps) {
    this.steps = steps;
    this.total = new Float64Array(steps.count);
    this.read = new Float64Array(steps.count);
  }

  /** One series of an instant selector. */
  selected({ present, histograms }: Column): void {
    for (let i = 0; i < present.length; i++) {
      if (present[i] === 0) continue;
      const histogram = histograms?.[i];
      this.add(i, histogram === undefined ? 1 : histogramSize(histogram));
    }
  }

  add(step: number, samples: number): void {
    this.total[step]! += samples;
    this.read[step]! += samples;
  }

  /** One series of a range: windows that reach further by what `anchored` and `smoothed` ask for at both edges. */
  windows(w: SeriesWindows, beforeMs: number, afterMs: number, nested: boolean): void {
    this.#slide(w, w.times, w.count, undefined, beforeMs, afterMs, nested);
    const { histograms: h } = w;
    if (h === undefined) return;
    const sizes = new Float64Array(h.count + 1);
    for (let i = 0; i < h.count; i++) sizes[i + 1] = sizes[i]! + histogramSize(h.samples[i]!);
    this.#slide(w, h.times, h.count, sizes, beforeMs, afterMs, nested);
  }

  /** `sizes`: running sums, where samples are no floats. What a subquery yields (`nested`) was read before. */
  #slide(
    w: SeriesWindows,
    times: ArrayLike<number>,
    count: number,
    sizes: Float64Array | undefined,
    beforeMs: number,
    afterMs: number,
    nested: boolean,
  ): void {
    const between = (from: number, to: number) =>
      sizes === undefined ? to - from : sizes[to]! - sizes[from]!;
    let lo = 0;
    let hi = 0;
    let fresh = 0;
    for (let i = 0; i < w.stepCount; i++) {
      const end = w.firstEnd + i * w.stepWidth + afterMs;
      const start = end - afterMs - w.range - beforeMs;
      while (hi < count && times[hi]! <= end) hi++;
      while (lo < hi && times[lo]! <= start) lo++;
      this.total[i]! += between(lo, hi);
      if (nested || (i > 0 && w.stepWidth === 0)) continue;
      if (i > 0) while (fresh < hi && times[fresh]! <= end - w.stepWidth) fresh++;
      this.read[i]! += between(Math.max(lo, fresh), hi);
    }
  }

  /** What was evaluated once for all steps. */
  repeat(once: SampleCount): void {
    for (let i = 0; i < this.total.length; i++) this.total[i]! += once.total[0]!;
    this.read[0]! += once.read[0]!;
  }

  /** What a subquery's own steps read counts at the first step that has them in its window of `rangeMs`. */
  readInside(inner: SampleCount, offsetMs: number, rangeMs: number): void {
    const { startMs, stepMs, count } = this.steps;
    for (let k = 0; k < inner.read.length; k++) {
      const n = inner.read[k]!;
      if (n === 0) continue;
      const t = stepTime(inner.steps, k) + offsetMs;
      const at = count === 1 ? 0 : Math.min(Math.max(0, Math.ceil((t - startMs) / stepMs)), count - 1);
      if (count > 1 && t <= startMs + at * stepMs - rangeMs) continue;
      this.read[at]! += n;
    }
  }

  /** An instant query for a subquery's own samples. */
  inside(inner: SampleCount): void {
    const last = this.total.length - 1;
    this.total[last]! += sumOf(inner.total);
    this.read[last]! += sumOf(inner.read);
  }
}

export function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
