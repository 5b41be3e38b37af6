/**
 * The syntax tree of LogQL: log expressions (a stream selector and its pipeline) and metric expressions over
 * them. Nodes are plain immutable data; durations are integer milliseconds unless a name says otherwise.
 */

import type { Matcher } from '../../../model/matcher.ts';

export type LogqlExpr = LogExpr | MetricExpr;

export type MetricExpr =
  | RangeAggExpr
  | VectorAggExpr
  | BinaryExpr
  | LiteralExpr
  | VectorExpr
  | LabelReplaceExpr;

export interface LogExpr {
  readonly kind: 'log';
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** One operand of a line filter's `or` chain; `ip` marks `ip("…")`. */
export interface LineFilterOperand {
  readonly ip: boolean;
  readonly text: string;
}

export interface LineFilterStage {
  readonly kind: 'line-filter';
  readonly op: LineFilterOp;
  readonly operands: readonly LineFilterOperand[];
}

/** `name="source"`; a bare name stands for itself. */
export interface ExtractItem {
  readonly name: string;
  readonly source: string;
}

export interface LabelFormatItem {
  readonly name: string;
  /** `rename`: the text is a label's name; `template`: a template. */
  readonly form: 'rename' | 'template';
  readonly text: string;
}

/** A label of `drop` and `keep`: by name, or only where the matcher holds. */
export interface LabelItem {
  readonly name: string;
  readonly matcher: Matcher | undefined;
}

export type Stage =
  | LineFilterStage
  | { readonly kind: 'json'; readonly items: readonly ExtractItem[] }
  | {
      readonly kind: 'logfmt';
      readonly strict: boolean;
      readonly keepEmpty: boolean;
      readonly items: readonly ExtractItem[];
    }
  | { readonly kind: 'regexp'; readonly pattern: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'unpack' }
  | { readonly kind: 'label-filter'; readonly filter: LabelFilter }
  | { readonly kind: 'line-format'; readonly template: string }
  | { readonly kind: 'label-format'; readonly items: readonly LabelFormatItem[] }
  | { readonly kind: 'decolorize' }
  | { readonly kind: 'drop'; readonly items: readonly LabelItem[] }
  | { readonly kind: 'keep'; readonly items: readonly LabelItem[] };

export type CompareOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelFilter =
  | { readonly kind: 'match'; readonly matcher: Matcher }
  | { readonly kind: 'ip'; readonly name: string; readonly op: '=' | '!='; readonly pattern: string }
  | { readonly kind: 'number'; readonly name: string; readonly op: CompareOp; readonly value: number }
  /** Nanoseconds. */
  | { readonly kind: 'duration'; readonly name: string; readonly op: CompareOp; readonly valueNs: number }
  | { readonly kind: 'bytes'; readonly name: string; readonly op: CompareOp; readonly valueBytes: number }
  | { readonly kind: 'and' | 'or'; readonly left: LabelFilter; readonly right: LabelFilter };

export const RANGE_OPS = [
  'rate',
  'rate_counter',
  'count_over_time',
  'bytes_rate',
  'bytes_over_time',
  'absent_over_time',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
] as const;
export type RangeOp = (typeof RANGE_OPS)[number];

export const VECTOR_OPS = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'approx_topk',
  'sort',
  'sort_desc',
] as const;
export type VectorOp = (typeof VECTOR_OPS)[number];

export interface Grouping {
  readonly without: boolean;
  readonly names: readonly string[];
}

export type Conversion = 'none' | 'duration' | 'duration_seconds' | 'bytes';

export interface Unwrap {
  readonly label: string;
  readonly conversion: Conversion;
  /** Applied after the conversion. */
  readonly filters: readonly LabelFilter[];
}

export interface RangeAggExpr {
  readonly kind: 'range-agg';
  readonly op: RangeOp;
  readonly param: number | undefined;
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly rangeMs: number;
  readonly offsetMs: number;
  readonly grouping: Grouping | undefined;
}

export interface VectorAggExpr {
  readonly kind: 'vector-agg';
  readonly op: VectorOp;
  /** `k` of topk, bottomk and approx_topk. */
  readonly param: number | undefined;
  readonly grouping: Grouping | undefined;
  readonly expr: MetricExpr;
}

export type BinaryOp = 'or' | 'and' | 'unless' | '+' | '-' | '*' | '/' | '%' | '^' | CompareOp;

export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many';
  readonly include: readonly string[];
}

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly matching: Matching | undefined;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
}

export interface LiteralExpr {
  readonly kind: 'literal';
  readonly value: number;
}

export interface VectorExpr {
  readonly kind: 'vector';
  readonly value: number;
}

export interface LabelReplaceExpr {
  readonly kind: 'label-replace';
  readonly expr: MetricExpr;
  readonly target: string;
  readonly replacement: string;
  readonly source: string;
  readonly regex: string;
}

export const SET_OPS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);
