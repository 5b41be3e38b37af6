/**
 * Quantiles and fractions of a classic histogram at one step: buckets with upper bounds and cumulative counts.
 * For quantiles, counts that decrease from one bucket to the next are mended first: tiny relative differences
 * silently, others with a word to the user.
 */

export interface ClassicBuckets {
  /** Upper bounds, ascending once `prepare` is done. */
  bounds: Float64Array;
  /** Cumulative counts. */
  counts: Float64Array;
  count: number;
}

/** What `classicQuantile` had to mend. */
export interface Mended {
  forced: boolean;
  minBound: number;
  maxBound: number;
  maxDifference: number;
}

export const lastMended: Mended = { forced: false, minBound: 0, maxBound: 0, maxDifference: 0 };

/** Relative differences up to here come from floating-point arithmetic. */
const SMALL_DELTA = 1e-12;

function nearlyEqual(a: number, b: number): boolean {
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0) return difference < SMALL_DELTA * 2.2250738585072014e-308;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA;
}

/** Sorts by bound and adds up buckets of one bound. False where the top is not +Inf. */
export function prepareBuckets(b: ClassicBuckets): boolean {
  sortByBound(b);
  if (b.count === 0 || b.bounds[b.count - 1] !== Number.POSITIVE_INFINITY) return false;
  let kept = 0;
  for (let i = 1; i < b.count; i++) {
    if (b.bounds[i] === b.bounds[kept]) b.counts[kept]! += b.counts[i]!;
    else {
      kept++;
      b.bounds[kept] = b.bounds[i]!;
      b.counts[kept] = b.counts[i]!;
    }
  }
  b.count = kept + 1;
  return true;
}

/** Lets no count of prepared buckets be less than the one before; `lastMended` tells what that took. */
function makeMonotonic(b: ClassicBuckets): void {
  let previous = b.counts[0]!;
  for (let i = 1; i < b.count; i++) {
    const current = b.counts[i]!;
    if (current === previous) continue;
    if (nearlyEqual(previous, current)) b.counts[i] = previous;
    else if (current < previous) {
      note(b.bounds[i]!, previous - current);
      b.counts[i] = previous;
    } else previous = current;
  }
}

function note(bound: number, difference: number): void {
  if (!lastMended.forced) {
    lastMended.forced = true;
    lastMended.minBound = bound;
    lastMended.maxDifference = 0;
  }
  lastMended.maxBound = bound;
  lastMended.maxDifference = Math.max(lastMended.maxDifference, difference);
}

/** Insertion sort: buckets are few and mostly sorted already. */
function sortByBound({ bounds, counts, count }: ClassicBuckets): void {
  for (let i = 1; i < count; i++) {
    const bound = bounds[i]!;
    const c = counts[i]!;
    let j = i - 1;
    for (; j >= 0 && bounds[j]! > bound; j--) {
      bounds[j + 1] = bounds[j]!;
      counts[j + 1] = counts[j]!;
    }
    bounds[j + 1] = bound;
    counts[j + 1] = c;
  }
}

/** The φ-quantile of prepared buckets, whose counts are mended on the way. */
export function classicQuantile(q: number, buckets: ClassicBuckets): number {
  lastMended.forced = false;
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  makeMonotonic(buckets);
  const { bounds, counts, count } = buckets;
  if (count < 2) return Number.NaN;
  const total = counts[count - 1]!;
  if (total === 0) return Number.NaN;
  let rank = q * total;
  let b = 0;
  while (b < count - 1 && !(counts[b]! >= rank)) b++;
  if (b === count - 1) return bounds[count - 2]!;
  if (b === 0 && bounds[0]! <= 0) return bounds[0]!;
  let start = 0;
  let inBucket = counts[b]!;
  if (b > 0) {
    start = bounds[b - 1]!;
    inBucket -= counts[b - 1]!;
    rank -= counts[b - 1]!;
  }
  return start + (bounds[b]! - start) * (rank / inBucket);
}

/** The part of observations in [lower, upper] of prepared buckets, with counts as they are. */
export function classicFraction(
  lower: number,
  upper: number,
  { bounds, counts, count }: ClassicBuckets,
): number {
  const total = counts[count - 1]!;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const rankOf = (v: number): number => {
    let below = 0;
    for (let i = 0; i < count; i++) {
      const from = i > 0 ? bounds[i - 1]! : bounds[0]! > 0 ? 0 : Number.NEGATIVE_INFINITY;
      const to = bounds[i]!;
      if (from >= v) return below;
      if (to > v) {
        if (from === Number.NEGATIVE_INFINITY) return counts[i]!;
        if (to === Number.POSITIVE_INFINITY) return below;
        return below + ((counts[i]! - below) * (v - from)) / (to - from);
      }
      below = counts[i]!;
    }
    return total;
  };
  return (Math.min(rankOf(upper), total) - Math.min(rankOf(lower), total)) / total;
}
