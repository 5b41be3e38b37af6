/** Operators that yield a scalar: one column without labels, every step present. */

import { collectScalar, createColumn } from './column.ts';
import type { Operator, Sink, Steps } from './operator.ts';
import { stepTime } from './steps.ts';

export class ConstantOperator implements Operator {
  readonly #value: number;
  readonly #steps: Steps;

  constructor(value: number, steps: Steps) {
    this.#value = value;
    this.#steps = steps;
  }

  async run(sink: Sink): Promise<void> {
    const out = createColumn(this.#steps.count);
    out.values.fill(this.#value);
    out.present.fill(1);
    sink(out);
  }
}

/** Seconds since the epoch of every step. */
export class TimeOperator implements Operator {
  readonly #steps: Steps;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  async run(sink: Sink): Promise<void> {
    const out = createColumn(this.#steps.count);
    for (let i = 0; i < this.#steps.count; i++) out.values[i] = stepTime(this.#steps, i) / 1000;
    out.present.fill(1);
    sink(out);
  }
}

/** The value of a vector at steps where it has exactly one float, else NaN. */
export class ScalarOfOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;

  constructor(input: Operator, steps: Steps) {
    this.#input = input;
    this.#steps = steps;
  }

  async run(sink: Sink): Promise<void> {
    const out = createColumn(this.#steps.count);
    const floats = new Uint32Array(this.#steps.count);
    await this.#input.run(({ values, present, histograms }) => {
      for (let i = 0; i < floats.length; i++) {
        if (present[i] === 0 || histograms?.[i] !== undefined) continue;
        floats[i]!++;
        out.values[i] = values[i]!;
      }
    });
    for (let i = 0; i < floats.length; i++) if (floats[i] !== 1) out.values[i] = Number.NaN;
    out.present.fill(1);
    sink(out);
  }
}

/** A function of scalars, step by step. */
export class ScalarMapOperator implements Operator {
  readonly #inputs: readonly Operator[];
  readonly #steps: Steps;
  readonly #apply: (...values: number[]) => number;

  constructor(inputs: readonly Operator[], steps: Steps, apply: (...values: number[]) => number) {
    this.#inputs = inputs;
    this.#steps = steps;
    this.#apply = apply;
  }

  async run(sink: Sink): Promise<void> {
    const columns: Float64Array[] = [];
    for (const input of this.#inputs) columns.push(await collectScalar(input, this.#steps.count));
    const out = createColumn(this.#steps.count);
    for (let i = 0; i < this.#steps.count; i++) out.values[i] = this.#apply(...columns.map((c) => c[i]!));
    out.present.fill(1);
    sink(out);
  }
}
