/**
 * A native histogram sample. Exponential schemas -4…8 have bucket i covering (2^((i-1)/2^s), 2^(i/2^s)]; schema
 * -53 has custom bounds. Counts are absolute per bucket (not deltas), as floats: integer counts are exact up to
 * 2^53. `integer` remembers how the histogram arrived, `stale` is the stale marker in histogram form.
 */

export const CUSTOM_BUCKETS_SCHEMA = -53;

export type CounterReset = 'unknown' | 'reset' | 'not_reset' | 'gauge';

/** A run of populated buckets: `offset` from the end of the run before (from index 0 for the first), `length` buckets. */
export interface BucketSpan {
  readonly offset: number;
  readonly length: number;
}

export interface Histogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positiveSpans: readonly BucketSpan[];
  readonly positiveCounts: readonly number[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly negativeCounts: readonly number[];
  /** Upper bounds of a custom-bucket histogram, ascending, without +Inf; empty otherwise. */
  readonly customBounds: readonly number[];
  readonly reset: CounterReset;
  readonly integer: boolean;
  readonly stale: boolean;
}
