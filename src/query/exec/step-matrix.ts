/**
 * Collected columns: what an operator holds that needs all of its input before it can answer (matching, sorting,
 * quantiles), and the result of a query. Columns are copies and live as long as the matrix.
 */

import { type Budget, Holding } from '../budget.ts';
import { columnBytes, hasAny } from './column.ts';
import { ColumnCopies } from './column-copies.ts';
import type { Column, Operator } from './operator.ts';

export class StepMatrix {
  readonly stepCount: number;
  readonly columns: Column[] = [];
  readonly #held: Holding;
  readonly #copies = new ColumnCopies();

  constructor(stepCount: number, budget?: Budget) {
    this.stepCount = stepCount;
    this.#held = new Holding(budget);
  }

  /** Runs the operator and keeps a copy of every column that has a value at some step. */
  static async collect(operator: Operator, stepCount: number, budget?: Budget): Promise<StepMatrix> {
    const matrix = new StepMatrix(stepCount, budget);
    await operator.run((column) => matrix.add(column));
    return matrix;
  }

  add(column: Column): void {
    if (!hasAny(column)) return;
    this.#held.add(this.stepCount, columnBytes(column));
    this.columns.push(this.#copies.copy(column));
  }

  /** 1 at steps where any column has a value. */
  presence(): Uint8Array {
    const any = new Uint8Array(this.stepCount);
    for (const { present } of this.columns) for (let i = 0; i < any.length; i++) any[i]! |= present[i]!;
    return any;
  }

  /** Gives the budget back what the columns held. */
  release(): void {
    this.#held.release();
    this.columns.length = 0;
  }
}
