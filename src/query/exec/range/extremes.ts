/**
 * `min_over_time` and `max_over_time`, and the times at which the extreme was last reached. A monotonic queue of
 * candidates gives every window its extreme in O(samples) for all steps. NaN loses against any number; a window
 * of nothing but NaN answers NaN.
 */

import type { Column } from '../operator.ts';
import type { Notes, RangeInput, RangeKernel } from './kernel.ts';
import { ignoredHistogramsText, metricNameOf } from './notes.ts';

export function extremeOverTime(want: 'min' | 'max'): RangeKernel {
  return (input, out, notes) => {
    slideExtremes(input, want, 'first', (i, at) => {
      out.values[i] = input.values[at]!;
      out.present[i] = 1;
    });
    noteIgnoredHistograms(input, out, notes);
  };
}

/** Seconds at which the extreme stood, the last one of equals. */
export function extremeTime(want: 'min' | 'max'): RangeKernel {
  return (input, out, notes) => {
    slideExtremes(input, want, 'last', (i, at) => {
      out.values[i] = input.times[at]! / input.unitsPerSecond;
      out.present[i] = 1;
    });
    noteIgnoredHistograms(input, out, notes);
  };
}

/** Says so where a window that gave a float answer holds histograms as well. */
export function noteIgnoredHistograms(input: RangeInput, out: Column, notes: Notes): void {
  const histograms = input.histograms;
  if (!histograms) return;
  for (let i = 0; i < input.stepCount; i++) {
    if (out.present[i] === 1 && histograms.hi[i]! > histograms.lo[i]!) {
      notes.info(ignoredHistogramsText(metricNameOf(input.labels)));
      return;
    }
  }
}

function slideExtremes(
  input: RangeInput,
  want: 'min' | 'max',
  /** Which of equals; 0 and -0 are equal. */
  ofEquals: 'first' | 'last',
  emit: (step: number, at: number) => void,
): void {
  const { values, lo: los, hi: his, stepCount, count } = input;
  const sign = want === 'min' ? 1 : -1;
  // Indexes of candidates: from head to tail their values worsen and their times ascend.
  const queue = new Uint32Array(count);
  let head = 0;
  let tail = 0;
  let next = 0;
  for (let i = 0; i < stepCount; i++) {
    const lo = los[i]!;
    const hi = his[i]!;
    for (; next < hi; next++) {
      const v = values[next]!;
      while (tail > head) {
        const other = values[queue[tail - 1]!]!;
        const worse = ofEquals === 'last' ? sign * v <= sign * other : sign * v < sign * other;
        if (v === v ? other !== other || worse : other !== other) tail--;
        else break;
      }
      queue[tail++] = next;
    }
    while (head < tail && queue[head]! < lo) head++;
    if (head < tail) emit(i, queue[head]!);
  }
}
