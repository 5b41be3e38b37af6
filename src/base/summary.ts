/** A summary of observations: how many, their sum, and quantiles of those of late. */

/** Quantiles are of observations that are no older, as of Prometheus' own summaries. */
const AGE_MAX_MS = 10 * 60_000;
/** Of more within that time the newest count: quantiles hardly get better by more. */
const KEPT_MAX = 1024;

export class Summary {
  /** Ascending, each between 0 and 1. */
  readonly quantiles: readonly number[];
  count = 0;
  sum = 0;
  readonly #now: () => number;
  /** A ring; the next observation goes to `count % KEPT_MAX`. */
  readonly #values = new Float64Array(KEPT_MAX);
  readonly #times = new Float64Array(KEPT_MAX);

  /** `now` in milliseconds, never going back. */
  constructor(quantiles: readonly number[], now: () => number = () => performance.now()) {
    this.quantiles = quantiles;
    this.#now = now;
  }

  observe(value: number): void {
    const at = this.count % KEPT_MAX;
    this.#values[at] = value;
    this.#times[at] = this.#now();
    this.count++;
    this.sum += value;
  }

  /** One value for each quantile, NaN where nothing was observed of late. */
  values(): number[] {
    const sinceMs = this.#now() - AGE_MAX_MS;
    const kept = this.#values.subarray(0, Math.min(this.count, KEPT_MAX));
    const recent = kept.filter((_, i) => this.#times[i]! >= sinceMs).sort();
    return this.quantiles.map((q) =>
      recent.length === 0 ? Number.NaN : recent[Math.max(0, Math.ceil(q * recent.length) - 1)]!,
    );
  }
}
