/** What the lowering of each family of functions needs of the whole. */

import type { InstantYield } from '../../exec/select-vector.ts';
import type { AtModifier, DurationExpr, Expr, VectorSelector } from '../../lang/promql/ast.ts';
import type { PlanNode, RangeSource, ScalarNode, TimeShift, VectorNode } from '../nodes.ts';

export interface LowerSettings {
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
  readonly lookbackMs: number;
  /** Step of subqueries that name none. */
  readonly subqueryStepMs: number;
  /** The metric name is dropped at the query's end instead of by each function. */
  readonly delayNameRemoval: boolean;
  /** Start timestamps of samples tell counter resets. */
  readonly useStartTimestamps: boolean;
}

export interface Lowering {
  readonly settings: LowerSettings;
  /** How functions that drop the metric name do it. */
  readonly dropName: 'drop' | 'delay';
  node(expr: Expr): PlanNode;
  scalar(expr: Expr): ScalarNode;
  vector(expr: Expr): VectorNode;
  select(expr: VectorSelector, yields: InstantYield): VectorNode;
  /** The windows of a range-vector expression. */
  source(expr: Expr): RangeSource;
  shift(offset: DurationExpr | undefined, at: AtModifier | undefined): TimeShift;
  /** Lowers what buckets of histograms are not wanted of, or wanted whatever is asked above or below. */
  within<T>(buckets: 'unneeded' | 'needed', lower: () => T): T;
}
