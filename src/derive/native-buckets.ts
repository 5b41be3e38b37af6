/**
 * One native histogram as it grows: buckets are a factor apart, and there is no need to know beforehand which. Where they
 * become too many it begins anew, or, when it did so lately, neighbours are put together in pairs.
 */

import { exponentialBound, spansOf } from '../model/float-histogram.ts';
import type { Histogram } from '../model/histogram.ts';
import type { NativeHistogramSettings } from './settings.ts';

/** Schemas that there are. */
const SCHEMA_MAX = 8;
const SCHEMA_MIN = -4;
/** Up to this a value counts as zero. */
const ZERO_THRESHOLD = 2 ** -128;

/** The coarsest schema whose buckets grow by no more than the factor. */
export function schemaOf(factor: number): number {
  const schema = -Math.floor(Math.log2(Math.log2(factor)));
  return Math.min(SCHEMA_MAX, Math.max(SCHEMA_MIN, schema));
}

/** The number of the bucket that a value above zero is in: bucket i ends at 2^(i / 2^schema). */
export function bucketIndex(value: number, schema: number): number {
  const index = Math.ceil(Math.log2(value) * 2 ** schema);
  // The logarithm may be off by a bit at a bound.
  if (value <= exponentialBound(index - 1, schema)) return index - 1;
  return value > exponentialBound(index, schema) ? index + 1 : index;
}

export class NativeBuckets {
  readonly #settings: NativeHistogramSettings;
  #schema: number;
  #buckets = new Map<number, number>();
  #zeroCount = 0;
  #count = 0;
  #sum = 0;
  #begunMs: number;

  constructor(settings: NativeHistogramSettings, nowMs: number) {
    this.#settings = settings;
    this.#schema = schemaOf(settings.bucketFactor);
    this.#begunMs = nowMs;
  }

  observe(value: number, count: number, nowMs: number): void {
    this.#count += count;
    this.#sum += value * count;
    if (value <= ZERO_THRESHOLD) {
      this.#zeroCount += count;
      return;
    }
    const index = bucketIndex(value, this.#schema);
    const before = this.#buckets.get(index);
    this.#buckets.set(index, (before ?? 0) + count);
    if (before === undefined && this.#isTooWide()) this.#narrow(value, count, nowMs);
  }

  #isTooWide(): boolean {
    const { maxBuckets } = this.#settings;
    return maxBuckets > 0 && this.#buckets.size > maxBuckets;
  }

  #narrow(value: number, count: number, nowMs: number): void {
    const { minResetMs } = this.#settings;
    if (minResetMs > 0 && nowMs - this.#begunMs >= minResetMs) {
      this.#begunMs = nowMs;
      this.#schema = schemaOf(this.#settings.bucketFactor);
      this.#buckets.clear();
      this.#zeroCount = this.#count = this.#sum = 0;
      this.observe(value, count, nowMs);
      return;
    }
    while (this.#isTooWide() && this.#schema > SCHEMA_MIN) {
      this.#schema--;
      const merged = new Map<number, number>();
      for (const [index, n] of this.#buckets) {
        const wider = Math.floor((index - 1) / 2) + 1;
        merged.set(wider, (merged.get(wider) ?? 0) + n);
      }
      this.#buckets = merged;
    }
  }

  /** As it stands. */
  snapshot(): Histogram {
    const indexes = [...this.#buckets.keys()].sort((a, b) => a - b);
    return {
      ...this.empty(),
      zeroThreshold: ZERO_THRESHOLD,
      zeroCount: this.#zeroCount,
      count: this.#count,
      sum: this.#sum,
      positiveSpans: spansOf(indexes),
      positiveCounts: indexes.map((i) => this.#buckets.get(i)!),
    };
  }

  /** What is written before the first one, so that a rate sees where it began. */
  empty(): Histogram {
    return {
      schema: this.#schema,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 0,
      sum: 0,
      positiveSpans: [],
      positiveCounts: [],
      negativeSpans: [],
      negativeCounts: [],
      customBounds: [],
      reset: 'unknown',
      integer: true,
      stale: false,
    };
  }
}
