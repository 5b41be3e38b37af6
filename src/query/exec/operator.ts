/**
 * The shape of evaluation. A query runs over one grid of steps. An operator pushes columns into a sink, one per
 * output series: a value for every step in a `Float64Array` and, apart from it, whether the step has one (NaN is
 * a value, never absence). Leaves push as they read, so an aggregation over 100,000 series folds each column into
 * its group and never holds them all; operators that need everything at hand (matching, sorting) collect.
 */

import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';

/** Steps start, start+step, … ≤ end; an instant query has one. Integer milliseconds. */
export interface Steps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** One series over all steps. Owned by the operator that pushes it and overwritten after the sink returns. */
export interface Column {
  labels: Labels;
  readonly values: Float64Array;
  /** 1 where the step has a value. */
  readonly present: Uint8Array;
  /** Where the series has native histograms: the histogram of a step, undefined at steps with a float or nothing. */
  histograms: (Histogram | undefined)[] | undefined;
  /** The metric name is due to be dropped once the query is evaluated (PromQL's delayed name removal). */
  dropName?: boolean | undefined;
}

export type Sink = (column: Column) => void;

export interface Operator {
  /** Pushes every output column once; rejects with `TriliteError`. */
  run(sink: Sink): Promise<void>;
}
