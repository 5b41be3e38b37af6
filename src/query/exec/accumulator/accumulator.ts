/**
 * What an aggregation keeps of one group: arrays over all steps into which each series' column is folded, and at
 * the end the group's own column. One file of this folder per family.
 */

import type { Column } from '../operator.ts';

export interface AccumulatorNotes {
  /** A float-only operator met a histogram at some step. */
  ignoredHistogram(): void;
  /** A step has floats and histograms together: it has no result. */
  mixed(): void;
  warn(text: string): void;
  info(text: string): void;
}

export interface Accumulator {
  fold(column: Column): void;
  /** Fills `out`, which comes cleared and with its labels set. Called once, last. */
  emit(out: Column): void;
}
