/**
 * The PromQL syntax tree: plain immutable data, one interface per kind, told apart by `kind`. Every node knows
 * its place in the text as UTF-8 byte offsets (`span`, end exclusive), which errors and annotations print.
 *
 * Durations stay expressions (`DurationExpr`) because they may ask for the query's step and range, which are
 * known only when a query runs; `duration-expr.ts` turns one into milliseconds.
 */

import type { TextSpan } from '../../../model/errors.ts';
import type { Matcher } from '../../../model/matcher.ts';

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

/** What an expression yields; the words are the ones of error messages. */
export type ValueType = 'scalar' | 'instant vector' | 'range vector' | 'string';

interface NodeBase {
  readonly span: TextSpan;
}

export interface NumberLiteral extends NodeBase {
  readonly kind: 'number';
  /** A duration literal is its number of seconds. */
  readonly value: number;
  /** Written as a duration (`5m`); the canonical text keeps that. */
  readonly isDuration: boolean;
}

export interface StringLiteral extends NodeBase {
  readonly kind: 'string';
  readonly value: string;
}

/** `@ 123`, `@ start()`, `@ end()`. */
export type AtModifier =
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

export interface VectorSelector extends NodeBase {
  readonly kind: 'vector_selector';
  /** The metric name that stands outside the braces; one quoted inside is an ordinary matcher on `__name__`. */
  readonly name: string | undefined;
  /** All matchers in order; the one of `name` is the last. */
  readonly matchers: readonly Matcher[];
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
  readonly edges: 'plain' | 'anchored' | 'smoothed';
}

/** `selector[range]`; offset, @ and anchored/smoothed are the selector's. */
export interface MatrixSelector extends NodeBase {
  readonly kind: 'matrix_selector';
  readonly selector: VectorSelector;
  readonly range: DurationExpr;
}

/** `expr[range:step]`; without a step the engine's default holds. */
export interface Subquery extends NodeBase {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly range: DurationExpr;
  readonly step: DurationExpr | undefined;
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
}

export interface Call extends NodeBase {
  readonly kind: 'call';
  /** A name of the table in `functions.ts`; the parser refuses others. */
  readonly name: string;
  readonly args: readonly Expr[];
}

export const AGGREGATORS = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

export interface Aggregation extends NodeBase {
  readonly kind: 'aggregation';
  readonly op: Aggregator;
  readonly expr: Expr;
  /** k, φ, ratio, or the label of count_values; undefined for the others. */
  readonly param: Expr | undefined;
  /** Label names of `by` or `without`, as written. */
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<=' | '<' | '>=' | '>';
export type SetOp = 'and' | 'or' | 'unless';
/** Native-histogram trims: keep the observations at most (`</`) or at least (`>/`) the right side. */
export type TrimOp = '</' | '>/';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp;

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';

export interface VectorMatching {
  /** many-to-one is `group_left`, one-to-many `group_right`, many-to-many the set operators. */
  readonly card: Cardinality;
  /** True: match on `labels` only; false: on all but `labels` (and the metric name). */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels of `group_left(…)` / `group_right(…)`. */
  readonly include: readonly string[];
  /** Value that stands in for a missing element of that side. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary extends NodeBase {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  /** Of the operator and its modifiers. */
  readonly opSpan: TextSpan;
  readonly lhs: Expr;
  readonly rhs: Expr;
  readonly returnBool: boolean;
  /** Undefined unless both sides are instant vectors. */
  readonly matching: VectorMatching | undefined;
  /** What is written of matching although a side is no vector. */
  readonly strayMatching?: VectorMatching | undefined;
}

export interface Unary extends NodeBase {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
}

export interface Paren extends NodeBase {
  readonly kind: 'paren';
  readonly expr: Expr;
}

// ------------------------------------------------------------------------------------- duration expressions

export type DurationExpr =
  | DurationLiteral
  | DurationQuery
  | DurationUnary
  | DurationBinary
  | DurationChoice
  | DurationParen;

/** A number of seconds or a duration literal. */
export interface DurationLiteral extends NodeBase {
  readonly kind: 'duration';
  readonly seconds: number;
  /** Written with units; within an expression the canonical text keeps that. */
  readonly isDuration: boolean;
}

/** `step()` and `range()`: the query's step, and its end minus its start. */
export interface DurationQuery extends NodeBase {
  readonly kind: 'duration_query';
  readonly name: 'step' | 'range';
}

export interface DurationUnary extends NodeBase {
  readonly kind: 'duration_unary';
  readonly op: '+' | '-';
  readonly expr: DurationExpr;
}

export interface DurationBinary extends NodeBase {
  readonly kind: 'duration_binary';
  readonly op: '+' | '-' | '*' | '/' | '%' | '^';
  readonly opSpan: TextSpan;
  readonly lhs: DurationExpr;
  readonly rhs: DurationExpr;
}

/** `min_of(a, b)` and `max_of(a, b)`. */
export interface DurationChoice extends NodeBase {
  readonly kind: 'duration_choice';
  readonly name: 'min_of' | 'max_of';
  readonly lhs: DurationExpr;
  readonly rhs: DurationExpr;
}

export interface DurationParen extends NodeBase {
  readonly kind: 'duration_paren';
  readonly expr: DurationExpr;
}
