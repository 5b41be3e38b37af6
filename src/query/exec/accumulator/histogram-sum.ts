/** Native histograms under `sum` and `avg`: a running sum per step; a step that has floats as well has no result. */

import type { Histogram } from '../../../model/histogram.ts';
import { RunningHistogramSum } from '../histogram/running-sum.ts';
import type { Column } from '../operator.ts';
import { mixedSchemasText, reconciledText, resetConflictText } from '../range/notes.ts';
import { setHistogram } from '../range/presence.ts';
import type { AccumulatorNotes } from './accumulator.ts';

export class HistogramSums {
  readonly #sums: (RunningHistogramSum | undefined)[];
  readonly #mean: boolean;
  readonly #notes: AccumulatorNotes;

  constructor(stepCount: number, mean: boolean, notes: AccumulatorNotes) {
    this.#sums = new Array<RunningHistogramSum | undefined>(stepCount).fill(undefined);
    this.#mean = mean;
    this.#notes = notes;
  }

  fold(histograms: readonly (Histogram | undefined)[], present: Uint8Array): void {
    for (let i = 0; i < histograms.length; i++) {
      const h = histograms[i];
      if (h === undefined || present[i] === 0) continue;
      this.#sums[i] ??= new RunningHistogramSum();
      this.#sums[i]!.add(h);
    }
  }

  /** `out` has the floats' results; a step where both are is taken back. `name`: for messages. */
  emit(out: Column, name: string): void {
    for (let i = 0; i < this.#sums.length; i++) {
      const sum = this.#sums[i];
      if (sum === undefined) continue;
      const result = this.#mean ? sum.mean() : sum.sum();
      if (out.present[i] === 1) {
        out.present[i] = 0;
        this.#notes.mixed();
      } else if (result === undefined) this.#notes.warn(mixedSchemasText(name));
      else {
        if (sum.resetConflict) this.#notes.warn(resetConflictText('aggregation'));
        if (sum.boundsReconciled) this.#notes.info(reconciledText('aggregation'));
        setHistogram(out, i, result, out.values.length);
        out.present[i] = 1;
      }
    }
  }
}
