/**
 * Where a group's histograms have their numbers, exemplars and series. The classic series of one are its sum, its count
 * and a bucket per bound and for the rest; the native histogram is one more.
 */

import { formatPlain } from '../model/float-format.ts';
import type { HistogramMode } from './settings.ts';

/** Places among the classic series. */
export const SUM = 0;
export const COUNT = 1;
export const FIRST_BUCKET = 2;

export interface HistogramSpec {
  readonly name: string;
  /** Ascending, without +Inf. */
  readonly bounds: readonly number[];
}

/** A histogram of the spec, with its place in the columns. */
export interface HistogramPlace extends HistogramSpec {
  readonly limits: Float64Array;
  /** Texts of `le`, +Inf included. */
  readonly les: readonly string[];
  /** Of its sum in a slot's numbers; counts of buckets follow. */
  readonly number: number;
  /** Of its first bucket in a slot's exemplars. */
  readonly exemplar: number;
  /** Of its first series; -1 where there are none of that kind. */
  readonly classic: number;
  readonly native: number;
  readonly seriesCount: number;
}

/** Behind `scalars` numbers and series of counters and gauges; and how many there are then. */
export function placeHistograms(specs: readonly HistogramSpec[], mode: HistogramMode, scalars: number) {
  const places: HistogramPlace[] = [];
  let number = scalars;
  let exemplar = 0;
  let series = scalars;
  for (const { name, bounds } of specs) {
    const les = [...bounds, Number.POSITIVE_INFINITY].map(formatPlain);
    const classicCount = mode === 'native' ? 0 : FIRST_BUCKET + les.length;
    const nativeCount = mode === 'classic' ? 0 : 1;
    places.push({
      name,
      bounds,
      limits: Float64Array.from(bounds),
      les,
      number,
      exemplar,
      classic: classicCount === 0 ? -1 : series,
      native: nativeCount === 0 ? -1 : series + classicCount,
      seriesCount: classicCount + nativeCount,
    });
    number += 1 + les.length;
    exemplar += les.length;
    series += classicCount + nativeCount;
  }
  return { places, numbers: number, exemplars: exemplar, series };
}

export function firstSeries({ classic, native }: HistogramPlace): number {
  return classic < 0 ? native : classic;
}

/** What the name of a series has behind the histogram's, and its `le`. */
export function seriesOf(
  place: HistogramPlace,
  ordinal: number,
): { readonly suffix: string; readonly le?: string } {
  if (ordinal === place.native) return { suffix: '' };
  const part = ordinal - place.classic;
  if (part === SUM) return { suffix: '_sum' };
  if (part === COUNT) return { suffix: '_count' };
  return { suffix: '_bucket', le: place.les[part - FIRST_BUCKET]! };
}
