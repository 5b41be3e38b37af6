/** What Prometheus' query API answers, as plain shapes that need no browser. */

import type { Labels } from '../../model/correlate/labels.ts';

/** Seconds, and the value as text (`NaN`, `+Inf` too). */
export type SamplePoint = readonly [seconds: number, value: string];

export interface VectorSample {
  readonly metric: Labels;
  readonly value?: SamplePoint;
  /** A native histogram. */
  readonly histogram?: readonly [seconds: number, histogram: HistogramValue];
}

export interface MatrixSeries {
  readonly metric: Labels;
  readonly values?: readonly SamplePoint[];
  readonly histograms?: readonly (readonly [seconds: number, histogram: HistogramValue])[];
}

export interface HistogramValue {
  readonly count: string;
  readonly sum: string;
  /** Which bounds belong to it, lower, upper, count. */
  readonly buckets?: readonly (readonly [rule: number, lower: string, upper: string, count: string])[];
}

export type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly VectorSample[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: SamplePoint };

export interface QueryAnswer {
  readonly data: QueryData;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}
