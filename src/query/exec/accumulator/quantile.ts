/** `quantile` of columns: keeps every value of the group, step by step. */

import { hasHistogram } from '../column.ts';
import type { Column } from '../operator.ts';
import { takeQuantile } from '../quantile.ts';
import type { Accumulator, AccumulatorNotes } from './accumulator.ts';

export class QuantileAccumulator implements Accumulator {
  readonly #phi: Float64Array;
  readonly #notes: AccumulatorNotes;
  readonly #columns: { values: Float64Array; present: Uint8Array }[] = [];

  /** `phi` per step. */
  constructor(phi: Float64Array, notes: AccumulatorNotes) {
    this.#phi = phi;
    this.#notes = notes;
  }

  fold(column: Column): void {
    const present = column.present.slice();
    if (column.histograms !== undefined) {
      if (hasHistogram(column)) this.#notes.ignoredHistogram();
      for (let i = 0; i < present.length; i++) if (column.histograms[i] !== undefined) present[i] = 0;
    }
    this.#columns.push({ values: column.values.slice(), present });
  }

  emit(out: Column): void {
    const scratch = new Float64Array(this.#columns.length);
    for (let i = 0; i < out.values.length; i++) {
      let n = 0;
      for (const c of this.#columns) if (c.present[i] === 1) scratch[n++] = c.values[i]!;
      if (n === 0) continue;
      out.values[i] = takeQuantile(this.#phi[i]!, scratch, n);
      out.present[i] = 1;
    }
  }
}
