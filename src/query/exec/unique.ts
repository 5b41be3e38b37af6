/** Sees to it that no two columns have the same labels, after labels were changed or several inputs joined. */

import { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import { type Budget, Holding } from '../budget.ts';
import { columnBytes, hasAny } from './column.ts';
import { ColumnCopies } from './column-copies.ts';
import type { Column, Operator, Sink } from './operator.ts';

export const SAME_LABELSET = 'vector cannot contain metrics with the same labelset';

export class UniqueOperator implements Operator {
  readonly #input: Operator;
  readonly #mode: 'merge' | 'refuse';
  readonly #budget: Budget | undefined;

  /** `merge`: columns of equal labels become one, two values at a step are an error; `refuse`: equal labels are. */
  constructor(input: Operator, mode: 'merge' | 'refuse', budget?: Budget) {
    this.#input = input;
    this.#mode = mode;
    this.#budget = budget;
  }

  async run(sink: Sink): Promise<void> {
    if (this.#mode === 'refuse') {
      const seen = new Set<string>();
      await this.#input.run((column) => {
        if (!hasAny(column)) return;
        const key = column.labels.key();
        if (seen.has(key)) throw new TriliteError('execution', SAME_LABELSET);
        seen.add(key);
        sink(column);
      });
      return;
    }
    const merged = new Map<string, Column>();
    const held = new Holding(this.#budget);
    const copies = new ColumnCopies();
    await this.#input.run((column) => {
      if (!hasAny(column)) return;
      const key = column.labels.key();
      const known = merged.get(key);
      if (known !== undefined) return mergeInto(known, column);
      held.add(column.values.length, columnBytes(column));
      merged.set(key, copies.copy(column));
    });
    for (const column of merged.values()) sink(column);
    held.release();
  }
}

/** Adds the elements of `other` to `column`. Throws `execution` where both have one at a step. */
export function mergeInto(column: Column, other: Column): void {
  for (let i = 0; i < column.values.length; i++) {
    if (other.present[i] === 0) continue;
    if (column.present[i] === 1) throw new TriliteError('execution', SAME_LABELSET);
    column.present[i] = 1;
    column.values[i] = other.values[i]!;
    const histogram = other.histograms?.[i];
    if (histogram !== undefined) {
      column.histograms ??= new Array<Histogram | undefined>(column.values.length).fill(undefined);
      column.histograms[i] = histogram;
    }
  }
  if (other.dropName) column.dropName = true;
}
