/** Runs a range kernel over the windows of every series. */

import type { TextSpan } from '../../model/errors.ts';
import { notesFor } from './binary.ts';
import { clearColumn, collectScalar, createColumn } from './column.ts';
import type { ExecContext } from './context.ts';
import { dropName } from './map.ts';
import type { Operator, Sink, Steps } from './operator.ts';
import type { RangeKernel } from './range/kernel.ts';
import type { WindowSource } from './select-range.ts';

export interface RangeOptions {
  /** Makes the kernel of the scalar arguments' values per step. */
  readonly kernel: (params: readonly Float64Array[]) => RangeKernel;
  readonly name: 'keep' | 'drop' | 'delay';
  /** Where annotations point. */
  readonly span: TextSpan | undefined;
  /** The call. */
  readonly by: TextSpan | undefined;
}

export class RangeOperator implements Operator {
  readonly #source: WindowSource;
  readonly #params: readonly Operator[];
  readonly #steps: Steps;
  readonly #options: RangeOptions;
  readonly #context: ExecContext;

  constructor(
    source: WindowSource,
    params: readonly Operator[],
    steps: Steps,
    options: RangeOptions,
    context: ExecContext,
  ) {
    this.#source = source;
    this.#params = params;
    this.#steps = steps;
    this.#options = options;
    this.#context = context;
  }

  async run(sink: Sink): Promise<void> {
    const values: Float64Array[] = [];
    for (const param of this.#params) values.push(await collectScalar(param, this.#steps.count));
    const kernel = this.#options.kernel(values);
    const notes = notesFor(this.#context.annotations, this.#options.span, this.#options.by);
    const { budget } = this.#context;
    const out = createColumn(this.#steps.count);
    await this.#source.run((windows, dropped) => {
      // About as many samples as the kernel looks at: the window of a step in the middle stands for all.
      const middle = windows.stepCount >> 1;
      budget.spend((windows.hi[middle]! - windows.lo[middle]! + 1) * windows.stepCount);
      clearColumn(out);
      out.labels = windows.labels;
      out.dropName = dropped;
      kernel(windows, out, notes);
      dropName(out, this.#options.name);
      sink(out);
    });
  }
}
