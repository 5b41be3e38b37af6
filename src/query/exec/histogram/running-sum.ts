/**
 * Sums of native histograms, one by one, with what the user should know of them at the end. Count and sum are
 * compensated (Kahan–Neumaier); buckets, which are counts, need it less.
 */

import type { Histogram } from '../../../model/histogram.ts';
import { KahanSum } from '../kahan.ts';
import { addHistograms, divideHistogram } from './arithmetic.ts';

export class RunningHistogramSum {
  #sum: Histogram | undefined;
  #count = 0;
  readonly #observations = new KahanSum();
  readonly #values = new KahanSum();
  #incompatible = false;
  #resetSeen = false;
  #notResetSeen = false;
  #reconciled = false;

  add(h: Histogram): void {
    if (h.reset === 'reset') this.#resetSeen = true;
    if (h.reset === 'not_reset') this.#notResetSeen = true;
    this.#count++;
    this.#observations.add(h.count);
    this.#values.add(h.sum);
    if (this.#sum === undefined) {
      this.#sum = h;
      return;
    }
    const result = addHistograms(this.#sum, h);
    if (result.histogram === undefined) this.#incompatible = true;
    else this.#sum = result.histogram;
    if (result.boundsReconciled) this.#reconciled = true;
  }

  get count(): number {
    return this.#count;
  }

  /** One had exponential and another custom buckets: there is no sum. */
  get incompatible(): boolean {
    return this.#incompatible;
  }

  get resetConflict(): boolean {
    return this.#resetSeen && this.#notResetSeen;
  }

  get boundsReconciled(): boolean {
    return this.#reconciled;
  }

  sum(): Histogram | undefined {
    if (this.#incompatible || this.#sum === undefined || this.#count === 1) return this.#finished();
    return { ...this.#sum, count: this.#observations.value(), sum: this.#values.value() };
  }

  #finished(): Histogram | undefined {
    return this.#incompatible ? undefined : this.#sum;
  }

  mean(): Histogram | undefined {
    const sum = this.sum();
    return sum && divideHistogram(sum, this.#count);
  }
}
