/** `limitk` and `limit_ratio`: a part of each group's elements whatever their values, streamed through. */

import { hash64, hashBytes } from '../../base/hash.ts';
import { type TextSpan, TriliteError } from '../../model/errors.ts';
import { formatFloat } from '../../model/float-format.ts';
import { type Budget, Holding } from '../budget.ts';
import type { Annotations } from './annotations.ts';
import { collectScalar } from './column.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Operator, Sink, Steps } from './operator.ts';
import { checkedCounts } from './topk.ts';

export interface LimitOptions {
  readonly op: 'limitk' | 'limit_ratio';
  readonly grouping: Grouping;
  /** k or the ratio: an operator that yields a scalar. */
  readonly param: Operator;
  readonly paramSpan?: TextSpan | undefined;
}

/** A group's key and its array's header. */
const GROUP_BASE_BYTES = 200;
const TWO_32 = 2 ** 32;

export class LimitOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #options: LimitOptions;
  readonly #annotations: Annotations;
  readonly #budget: Budget | undefined;

  constructor(
    input: Operator,
    steps: Steps,
    options: LimitOptions,
    annotations: Annotations,
    budget?: Budget,
  ) {
    this.#input = input;
    this.#budget = budget;
    this.#steps = steps;
    this.#options = options;
    this.#annotations = annotations;
  }

  async run(sink: Sink): Promise<void> {
    const param = await collectScalar(this.#options.param, this.#steps.count);
    if (this.#options.op === 'limitk') await this.#runCount(checkedCounts(param), sink);
    else await this.#runRatio(this.#checkedRatios(param), sink);
  }

  async #runCount(counts: Float64Array, sink: Sink): Promise<void> {
    if (counts.every((k) => k < 1)) return;
    const keyer = new GroupKeyer(this.#options.grouping);
    const taken = new Map<string, Uint32Array>();
    const held = new Holding(this.#budget);
    await this.#input.run((column) => {
      const key = keyer.key(column.labels);
      let group = taken.get(key);
      if (group === undefined) {
        taken.set(key, (group = new Uint32Array(counts.length)));
        held.add(0, GROUP_BASE_BYTES + group.byteLength);
      }
      const { present } = column;
      for (let i = 0; i < present.length; i++) {
        if (present[i] === 1 && group[i]!++ >= counts[i]!) present[i] = 0;
      }
      sink(column);
    });
    held.release();
  }

  async #runRatio(ratios: Float64Array, sink: Sink): Promise<void> {
    await this.#input.run((column) => {
      const bytes = column.labels.toBytes();
      hashBytes(bytes, 0, bytes.length);
      const position = (hash64.high * TWO_32 + hash64.low) / (TWO_32 * TWO_32);
      const { present } = column;
      for (let i = 0; i < present.length; i++) {
        const r = ratios[i]!;
        // r and r-1 are complements: one keeps positions below r, the other those from r on.
        if (r >= 0 ? position >= r : position < 1 + r) present[i] = 0;
      }
      sink(column);
    });
  }

  #checkedRatios(values: Float64Array): Float64Array {
    return values.map((value) => {
      if (Number.isNaN(value)) throw new TriliteError('execution', 'Ratio value is NaN');
      if (Math.abs(value) <= 1) return value;
      const capped = Math.sign(value);
      this.#annotations.warn(
        `ratio value should be between -1 and 1, got ${formatFloat(value)}, capping to ${capped}`,
        this.#options.paramSpan,
      );
      return capped;
    });
  }
}
