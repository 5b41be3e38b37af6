/** Orders the elements of an instant query; in range queries results are ordered by labels anyway. */

import type { Budget } from '../budget.ts';
import { keepFloats } from './function/elementwise.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';
import { StepMatrix } from './step-matrix.ts';

export class SortOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #compare: (a: Column, b: Column) => number;
  readonly #floatsOnly: boolean;
  readonly #budget: Budget | undefined;

  constructor(
    input: Operator,
    steps: Steps,
    options: { readonly compare: (a: Column, b: Column) => number; readonly floatsOnly: boolean },
    budget?: Budget,
  ) {
    this.#input = input;
    this.#steps = steps;
    this.#compare = options.compare;
    this.#floatsOnly = options.floatsOnly;
    this.#budget = budget;
  }

  async run(sink: Sink): Promise<void> {
    if (this.#steps.count > 1) return this.#runUnordered(sink);
    const matrix = await StepMatrix.collect(this.#input, 1, this.#budget);
    const columns = this.#floatsOnly
      ? matrix.columns.filter((c) => c.histograms?.[0] === undefined)
      : [...matrix.columns];
    columns.sort(this.#compare);
    for (const column of columns) sink(column);
    matrix.release();
  }

  async #runUnordered(sink: Sink): Promise<void> {
    await this.#input.run((column) => {
      if (this.#floatsOnly) keepFloats(column);
      sink(column);
    });
  }
}

/** By value, NaN last either way. */
export function compareValues(direction: 1 | -1): (a: Column, b: Column) => number {
  return (a, b) => {
    const x = a.values[0]!;
    const y = b.values[0]!;
    if (Number.isNaN(x) || Number.isNaN(y)) return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0);
    return x === y ? 0 : x < y ? -direction : direction;
  };
}
