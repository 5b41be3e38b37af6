/** `min`, `max`, `count`, `group`, `stddev` and `stdvar` of columns. */

import { hasHistogram } from '../column.ts';
import type { Column } from '../operator.ts';
import type { Accumulator, AccumulatorNotes } from './accumulator.ts';

/** NaN loses against any number. Histograms are passed over. */
export class ExtremeAccumulator implements Accumulator {
  readonly #sign: number;
  readonly #notes: AccumulatorNotes;
  readonly #values: Float64Array;
  readonly #present: Uint8Array;

  constructor(stepCount: number, want: 'min' | 'max', notes: AccumulatorNotes) {
    this.#sign = want === 'min' ? 1 : -1;
    this.#notes = notes;
    this.#values = new Float64Array(stepCount);
    this.#present = new Uint8Array(stepCount);
  }

  fold(column: Column): void {
    const { values, present, histograms } = column;
    if (hasHistogram(column)) this.#notes.ignoredHistogram();
    const sign = this.#sign;
    const best = this.#values;
    const has = this.#present;
    for (let i = 0; i < best.length; i++) {
      if (present[i] === 0 || (histograms !== undefined && histograms[i] !== undefined)) continue;
      const v = values[i]!;
      const b = best[i]!;
      if (has[i] === 0 || sign * v < sign * b || b !== b) {
        best[i] = v;
        has[i] = 1;
      }
    }
  }

  emit(out: Column): void {
    out.values.set(this.#values);
    out.present.set(this.#present);
  }
}

/** Elements per step (`count`), or 1 where there is any (`group`). */
export class CountAccumulator implements Accumulator {
  readonly #counts: Float64Array;
  readonly #group: boolean;

  constructor(stepCount: number, options: { readonly group: boolean }) {
    this.#counts = new Float64Array(stepCount);
    this.#group = options.group;
  }

  fold(column: Column): void {
    const counts = this.#counts;
    const { present } = column;
    for (let i = 0; i < counts.length; i++) counts[i]! += present[i]!;
  }

  emit(out: Column): void {
    for (let i = 0; i < this.#counts.length; i++) {
      if (this.#counts[i] === 0) continue;
      out.values[i] = this.#group ? 1 : this.#counts[i]!;
      out.present[i] = 1;
    }
  }
}

/** Population variance by Welford's method, or its root. NaN once a value is NaN or infinite. */
export class VarianceAccumulator implements Accumulator {
  readonly #root: boolean;
  readonly #notes: AccumulatorNotes;
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(stepCount: number, options: { readonly root: boolean }, notes: AccumulatorNotes) {
    this.#root = options.root;
    this.#notes = notes;
    this.#counts = new Float64Array(stepCount);
    this.#means = new Float64Array(stepCount);
    this.#squares = new Float64Array(stepCount);
  }

  fold(column: Column): void {
    const { values, present, histograms } = column;
    if (hasHistogram(column)) this.#notes.ignoredHistogram();
    for (let i = 0; i < this.#counts.length; i++) {
      if (present[i] === 0 || (histograms !== undefined && histograms[i] !== undefined)) continue;
      const v = values[i]!;
      const n = ++this.#counts[i]!;
      if (!Number.isFinite(v)) {
        this.#squares[i] = Number.NaN;
        continue;
      }
      const delta = v - this.#means[i]!;
      this.#means[i]! += delta / n;
      this.#squares[i]! += delta * (v - this.#means[i]!);
    }
  }

  emit(out: Column): void {
    for (let i = 0; i < this.#counts.length; i++) {
      const n = this.#counts[i]!;
      if (n === 0) continue;
      const variance = this.#squares[i]! / n;
      out.values[i] = this.#root ? Math.sqrt(variance) : variance;
      out.present[i] = 1;
    }
  }
}
