/** What is the same at every step: evaluated on a grid of one step and repeated. */

import type { Histogram } from '../../model/histogram.ts';
import { clearColumn, createColumn } from './column.ts';
import type { Operator, Sink, Steps } from './operator.ts';

export class FixedOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;

  readonly #onDone: () => void;

  /** `input` has been built for one step; `onDone` is called when it has run. */
  constructor(input: Operator, steps: Steps, onDone: () => void = () => {}) {
    this.#input = input;
    this.#onDone = onDone;
    this.#steps = steps;
  }

  async run(sink: Sink): Promise<void> {
    const stepCount = this.#steps.count;
    const out = createColumn(stepCount);
    await this.#input.run((column) => {
      if (column.present[0] === 0) return;
      clearColumn(out);
      out.labels = column.labels;
      out.dropName = column.dropName;
      out.values.fill(column.values[0]!);
      out.present.fill(1);
      const histogram = column.histograms?.[0];
      if (histogram !== undefined)
        out.histograms = new Array<Histogram | undefined>(stepCount).fill(histogram);
      sink(out);
    });
    this.#onDone();
  }
}
