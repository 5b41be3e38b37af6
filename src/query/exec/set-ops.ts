/**
 * `and`, `or`, `unless`: many-to-many matching on presence alone, with each side's own labels. One side is
 * reduced to the presence of its signatures, the other is streamed through; values are never held.
 */

import { type Budget, Holding } from '../budget.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';

export interface SetOptions {
  readonly op: 'and' | 'or' | 'unless';
  /** The signature: `on` is a grouping by labels, `ignoring` one without them. */
  readonly match: Grouping;
}

/** A signature's key and its array's header. */
const SIGNATURE_BASE_BYTES = 200;

export class SetOperator implements Operator {
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #steps: Steps;
  readonly #options: SetOptions;
  readonly #budget: Budget | undefined;

  constructor(left: Operator, right: Operator, steps: Steps, options: SetOptions, budget?: Budget) {
    this.#budget = budget;
    this.#left = left;
    this.#right = right;
    this.#steps = steps;
    this.#options = options;
  }

  async run(sink: Sink): Promise<void> {
    const keyer = new GroupKeyer(this.#options.match);
    const seen = new Map<string, Uint8Array>();
    const held = new Holding(this.#budget);
    const note = (column: Column) => {
      const key = keyer.key(column.labels);
      let present = seen.get(key);
      if (present === undefined) {
        seen.set(key, (present = new Uint8Array(this.#steps.count)));
        held.add(0, SIGNATURE_BASE_BYTES + present.length);
      }
      for (let i = 0; i < present.length; i++) present[i]! |= column.present[i]!;
    };
    if (this.#options.op === 'or') {
      await this.#left.run((column) => {
        note(column);
        sink(column);
      });
      await this.#right.run((column) => {
        mask(column, seen.get(keyer.key(column.labels)), 0);
        sink(column);
      });
      held.release();
      return;
    }
    const keepWhere = this.#options.op === 'and' ? 1 : 0;
    await this.#right.run(note);
    await this.#left.run((column) => {
      mask(column, seen.get(keyer.key(column.labels)), keepWhere);
      sink(column);
    });
    held.release();
  }
}

/** Leaves the column's elements only where `other` is `keepWhere`; no `other` is 0 everywhere. */
function mask(column: Column, other: Uint8Array | undefined, keepWhere: 0 | 1): void {
  const { present } = column;
  if (other === undefined) {
    if (keepWhere === 1) present.fill(0);
    return;
  }
  for (let i = 0; i < present.length; i++) if (other[i] !== keepWhere) present[i] = 0;
}
