/**
 * What a query answers, in columns and without a language's envelope: a surface prints it. Samples of a series
 * ascend in time. Nothing here is shared with the evaluation any more; whoever asked owns it.
 */

import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';

export interface ScalarResult {
  readonly type: 'scalar';
  readonly timestampMs: number;
  readonly value: number;
}

export interface StringResult {
  readonly type: 'string';
  readonly timestampMs: number;
  readonly value: string;
}

/** One sample per series, all at `timestampMs`. In the order that the query asked for (`sort`, `topk`). */
export interface VectorResult {
  readonly type: 'vector';
  readonly timestampMs: number;
  readonly labels: readonly Labels[];
  /** Element i's value; without meaning where it is a histogram. */
  readonly values: Float64Array;
  /** Undefined where no element is a histogram. */
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

export interface MatrixSeries {
  readonly labels: Labels;
  /** Ascending milliseconds. Series that have every step share one array: read only. */
  readonly timestamps: Float64Array;
  /** As long as `timestamps`. */
  readonly values: Float64Array;
  /** Undefined where the series has floats only; else as long as `timestamps`, undefined at floats. */
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/** Sorted by labels. The raw samples where an instant query asks for a range vector. */
export interface MatrixResult {
  readonly type: 'matrix';
  /** Where all timestamps are on one grid of steps: start, step in ms, and how many. */
  readonly grid?: { readonly startMs: number; readonly stepMs: number; readonly count: number };
  readonly series: readonly MatrixSeries[];
}

export type ResultData = ScalarResult | StringResult | VectorResult | MatrixResult;

export interface QueryStats {
  /** Series and samples that the selectors read. */
  readonly seriesRead: number;
  readonly samplesRead: number;
  /** The most held at once. */
  readonly peakSamples: number;
  readonly peakBytes: number;
  readonly timings: QueryTimings;
  /** Undefined where nobody asked for it. */
  readonly perStep?: StepCounts | undefined;
}

/** Milliseconds. */
export interface QueryTimings {
  /** Parsing and planning. */
  readonly prepareMs: number;
  /** Reading and evaluating. */
  readonly evaluateMs: number;
  readonly sortMs: number;
}

/** Samples that each step looks at (`SampleCount`). */
export interface StepCounts {
  readonly startMs: number;
  readonly stepMs: number;
  readonly total: Float64Array;
  readonly read: Float64Array;
}

export interface PromqlResult {
  readonly data: ResultData;
  /** Texts as they are shown, each once: `PromQL warning: … (1:5)`. */
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly stats: QueryStats;
}
