/** `limitk` and `limit_ratio`: a part of each group's elements whatever their values, streamed through. */

import { ByteWriter, utf8Encode } from '../../base/bytes.ts';
import { xxhash64 } from '../../base/xxhash.ts';
import { type TextSpan, TriliteError } from '../../model/errors.ts';
import { formatFloat } from '../../model/float-format.ts';
import type { Labels } from '../../model/labels.ts';
import { type Budget, Holding } from '../budget.ts';
import type { Annotations } from './annotations.ts';
import { collectScalar } from './column.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Operator, Sink, Steps } from './operator.ts';
import { checkedAfter, checkedCounts } from './topk.ts';

export interface LimitOptions {
  readonly op: 'limitk' | 'limit_ratio';
  readonly grouping: Grouping;
  /** k or the ratio: an operator that yields a scalar. */
  readonly param: Operator;
  readonly paramSpan?: TextSpan | undefined;
  /** The aggregation. */
  readonly span?: TextSpan | undefined;
}

const TWO_64 = 2 ** 64;
/** A group's key and its array's header. */
const GROUP_BASE_BYTES = 200;

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
    const input = this.#input;
    if (this.#options.op === 'limitk') {
      await this.#runCount(await checkedAfter(input, () => checkedCounts(param)), sink);
    } else await this.#runRatio(await checkedAfter(input, () => this.#checkedRatios(param)), sink);
  }

  async #runCount(counts: Float64Array, sink: Sink): Promise<void> {
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
      const position = Number(xxhash64(labelBytes(column.labels))) / TWO_64;
      const { present } = column;
      for (let i = 0; i < present.length; i++) {
        const r = ratios[i]!;
        // r and r-1 are complements: one keeps positions below r, the other those from r on.
        if (r >= 0 ? position >= r : position < 1 + r) present[i] = 0;
      }
      sink(column);
    });
  }

  /** Of many ratios outside -1…1 the most extreme ones are told. */
  #checkedRatios(values: Float64Array): Float64Array {
    if (values.every((value) => value === 0)) return values;
    if (values.some(Number.isNaN)) throw new TriliteError('execution', 'Ratio value is NaN');
    for (const value of [Math.max(...values), Math.min(...values)]) {
      if (Math.abs(value) <= 1) continue;
      const text = `ratio value should be between -1 and 1, got ${formatFloat(value)}, capping to ${Math.sign(value)}`;
      this.#annotations.warn(text, this.#options.paramSpan, this.#options.span);
    }
    return values.map((value) => Math.max(-1, Math.min(1, value)));
  }
}

/**
 * Labels as Prometheus lays them out in memory, whose hash decides what `limit_ratio` keeps: the length of each name
 * and value in a byte (255 and three more bytes from 255 on), then its text.
 */
function labelBytes(labels: Labels): Uint8Array {
  const out = new ByteWriter();
  for (const text of labels.pairs) {
    const bytes = utf8Encode(text);
    const length = bytes.length;
    const prefix = length < 255 ? [length] : [255, length & 255, (length >> 8) & 255, length >> 16];
    out.bytes(Uint8Array.from(prefix));
    out.bytes(bytes);
  }
  return out.view();
}
