/** Whether an answer is the one a script expects: floats within a relative error, histograms field by field. */

import { allBuckets, compact, histogramText } from '../../model/float-histogram.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { ScriptHistogram } from './histogram-literal.ts';
import type { ScriptValue } from './series-line.ts';

/** Relative error that is forgiven. */
const EPSILON = 1e-6;
const MIN_NORMAL = 2.2250738585072014e-308;

export function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}

/** A message where `got` is not `want`. */
export function elementMismatch(want: ScriptValue, got: number | Histogram | undefined): string | undefined {
  const ok =
    typeof want === 'object'
      ? typeof got === 'object' && histogramMatches(want, got)
      : typeof want === 'number'
        ? typeof got === 'number' && almostEqual(want, got)
        : got === undefined;
  return ok ? undefined : `expected ${show(want)}, got ${show(got)}`;
}

function show(value: ScriptValue | Histogram): string {
  if (typeof value !== 'object') return value === undefined ? 'nothing' : String(value);
  const h = 'histogram' in value ? value.histogram : value;
  return `${histogramText(h)} schema ${h.schema} zero ${h.zeroThreshold} ${h.reset}${h.customBounds.length > 0 ? ` bounds ${h.customBounds}` : ''}`;
}

function histogramMatches(want: ScriptHistogram, got: Histogram): boolean {
  const a = compact(want.histogram);
  const b = compact(got);
  if (want.hasHint && a.reset !== b.reset) return false;
  if (a.schema !== b.schema || !almostEqual(a.count, b.count) || !almostEqual(a.sum, b.sum)) return false;
  if (!almostEqual(a.zeroThreshold, b.zeroThreshold) || !almostEqual(a.zeroCount, b.zeroCount)) return false;
  if (a.customBounds.length !== b.customBounds.length) return false;
  if (a.customBounds.some((bound, i) => !almostEqual(bound, b.customBounds[i]!))) return false;
  const x = allBuckets(a);
  const y = allBuckets(b);
  return (
    x.length === y.length &&
    x.every((bucket, i) => bucket.lower === y[i]!.lower && almostEqual(bucket.count, y[i]!.count))
  );
}
