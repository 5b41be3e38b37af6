/** A data point of OTLP metrics as the decoder hands it to the translator: one object, filled again for each point. */

import type { Exemplar } from '../../model/exemplar.ts';

export interface OtlpBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

const NO_BUCKETS: OtlpBuckets = { offset: 0, counts: [] };
const NO_EXEMPLARS: Exemplar[] = [];

export class OtlpPoint {
  timeMs = 0;
  startMs = 0;
  /** The flag "no recorded value": a stale marker. */
  stale = false;
  exemplars: Exemplar[] = NO_EXEMPLARS;
  /** Of number points. */
  value = 0.5;
  /** Of all others. */
  count = 0.5;
  sum = 0.5;
  hasSum = false;
  /** Of histograms with explicit bounds: the first `bucketCount` and `boundCount` are this point's. */
  readonly bucketCounts: number[] = [];
  bucketCount = 0;
  readonly bounds: number[] = [];
  boundCount = 0;
  /** Of summaries: quantile and value alternating, the first `quantileCount` are this point's. */
  readonly quantiles: number[] = [];
  quantileCount = 0;
  /** Of exponential histograms. */
  scale = 0;
  zeroCount = 0;
  zeroThreshold = 0;
  positive: OtlpBuckets = NO_BUCKETS;
  negative: OtlpBuckets = NO_BUCKETS;

  /** Makes it a point without a field set. */
  clear(): void {
    this.timeMs = 0;
    this.startMs = 0;
    this.stale = false;
    this.exemplars = NO_EXEMPLARS;
    this.value = 0;
    this.count = 0;
    this.sum = 0;
    this.hasSum = false;
    this.bucketCount = 0;
    this.boundCount = 0;
    this.quantileCount = 0;
    this.scale = 0;
    this.zeroCount = 0;
    this.zeroThreshold = 0;
    this.positive = NO_BUCKETS;
    this.negative = NO_BUCKETS;
  }

  /** Lists are handed on: each point with exemplars has one of its own. */
  addExemplar(exemplar: Exemplar): void {
    if (this.exemplars === NO_EXEMPLARS) this.exemplars = [exemplar];
    else this.exemplars.push(exemplar);
  }
}
