/**
 * A summary: count and sum of all that was observed, and quantiles of the latest observations. Observing writes one number
 * to a ring; quantiles are worked out when they are asked for.
 */

/** As Prometheus' own summaries of durations have them. */
export const SUMMARY_QUANTILES: readonly number[] = [0.01, 0.05, 0.5, 0.9, 0.99];
/** Enough that a 0.99 quantile means something. */
const LATEST_MAX = 512;

export class SummaryCounter {
  count = 0;
  sum = 0;
  readonly #latest = new Float64Array(LATEST_MAX);

  observe(value: number): void {
    this.#latest[this.count % LATEST_MAX] = value;
    this.count++;
    this.sum += value;
  }

  /** The values at the quantiles, which are between 0 and 1; NaN where nothing was observed. */
  quantiles(wanted: readonly number[] = SUMMARY_QUANTILES): number[] {
    const sorted = this.#latest.slice(0, Math.min(this.count, LATEST_MAX)).sort();
    return wanted.map((q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN);
  }
}
