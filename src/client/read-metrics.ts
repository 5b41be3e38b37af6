/** Vectors, matrices and scalars: Prometheus' JSON, which Loki has too. */

import type { HistogramPoint, LabelSet, Point, Series, VectorItem } from './answer.ts';

export type PairJson = readonly [seconds: number, value: string];

interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [bounds: number, lower: string, upper: string, count: string])[];
}

type HistogramPair = readonly [seconds: number, histogram: HistogramJson];

export interface VectorJson {
  readonly metric: LabelSet;
  readonly value?: PairJson;
  readonly histogram?: HistogramPair;
}

export interface MatrixJson {
  readonly metric: LabelSet;
  readonly values?: readonly PairJson[];
  readonly histograms?: readonly HistogramPair[];
}

export function readVector(items: readonly VectorJson[]): readonly VectorItem[] {
  return items.map(({ metric, value, histogram }) => {
    if (value) return { labels: metric, ...readPoint(value) };
    const point = readHistogram(histogram!);
    return { labels: metric, timeMs: point.timeMs, value: Number.NaN, histogram: point };
  });
}

export function readMatrix(items: readonly MatrixJson[]): readonly Series[] {
  return items.map(({ metric, values = [], histograms = [] }) => ({
    labels: metric,
    points: values.map(readPoint),
    histograms: histograms.map(readHistogram),
  }));
}

export function readPoint([seconds, value]: PairJson): Point {
  return { timeMs: readTime(seconds), value: readFloat(value) };
}

/** Of bounds: 0 (lower, upper], 1 [lower, upper), 2 (lower, upper), 3 both (spec: native histograms of the query API). */
function readHistogram([seconds, { count, sum, buckets = [] }]: HistogramPair): HistogramPoint {
  return {
    timeMs: readTime(seconds),
    count: readFloat(count),
    sum: readFloat(sum),
    buckets: buckets.map(([bounds, lower, upper, inside]) => ({
      lower: readFloat(lower),
      upper: readFloat(upper),
      lowerInclusive: bounds === 1 || bounds === 3,
      upperInclusive: bounds === 0 || bounds === 3,
      count: readFloat(inside),
    })),
  };
}

/** Seconds have three decimals. */
function readTime(seconds: number): number {
  return Math.round(seconds * 1000);
}

export function readFloat(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}
