/**
 * Functions of one column by itself: mathematics, dates, rounding, clamping. The function works in place, on the
 * column that its input pushed.
 */

import { collectScalar } from './column.ts';
import { withoutMetricName } from './metric-name.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';

/** Changes the column in place. Returns false where the whole column is to be left out. */
export type ColumnFunction = (column: Column) => boolean;

export interface MapOptions {
  /** Makes the function of the scalar arguments' values per step. */
  readonly make: (params: readonly Float64Array[]) => ColumnFunction;
  readonly name: 'keep' | 'drop' | 'delay';
}

export class MapOperator implements Operator {
  readonly #input: Operator;
  readonly #params: readonly Operator[];
  readonly #steps: Steps;
  readonly #options: MapOptions;

  constructor(input: Operator, params: readonly Operator[], steps: Steps, options: MapOptions) {
    this.#input = input;
    this.#params = params;
    this.#steps = steps;
    this.#options = options;
  }

  async run(sink: Sink): Promise<void> {
    const values: Float64Array[] = [];
    for (const param of this.#params) values.push(await collectScalar(param, this.#steps.count));
    const apply = this.#options.make(values);
    await this.#input.run((column) => {
      if (!apply(column)) return;
      dropName(column, this.#options.name);
      sink(column);
    });
  }
}

export function dropName(column: Column, how: 'keep' | 'drop' | 'delay'): void {
  if (how === 'drop') column.labels = withoutMetricName(column.labels);
  else if (how === 'delay') column.dropName = true;
}
