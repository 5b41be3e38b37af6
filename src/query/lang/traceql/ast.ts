/**
 * The tree of a TraceQL query. Two languages in one: *field expressions* stand inside `{}` and are evaluated per
 * span; *spanset expressions* and pipelines combine and transform sets of spans of one trace. A metrics query
 * puts a function over time behind a spanset pipeline. Trees are immutable; `at` is the offset of the node's first
 * token in the query's text (UTF-16 units), for error messages.
 */

export type AttributeScope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation' | 'parent' | 'none';

/** Intrinsics under one name each, whichever spelling was written. */
export type IntrinsicName =
  | 'duration'
  | 'name'
  | 'status'
  | 'statusMessage'
  | 'kind'
  | 'childCount'
  | 'spanId'
  | 'parentId'
  | 'traceDuration'
  | 'rootName'
  | 'rootServiceName'
  | 'traceId'
  | 'nestedSetLeft'
  | 'nestedSetRight'
  | 'nestedSetParent'
  | 'eventName'
  | 'eventTimeSinceStart'
  | 'linkTraceId'
  | 'linkSpanId'
  | 'instrumentationName'
  | 'instrumentationVersion'
  | 'parent';

export interface Attribute {
  readonly kind: 'attribute';
  readonly scope: AttributeScope;
  readonly name: string;
  readonly at: number;
}

export interface Intrinsic {
  readonly kind: 'intrinsic';
  readonly name: IntrinsicName;
  readonly at: number;
}

/** What a value can be read from. */
export type Reference = Attribute | Intrinsic;

export type StatusWord = 'unset' | 'ok' | 'error';
export type KindWord = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type Literal =
  | { readonly kind: 'literal'; readonly type: 'string'; readonly value: string; readonly at: number }
  /** `exact` where the integer is beyond 2^53; `value` is then the nearest float. */
  | {
      readonly kind: 'literal';
      readonly type: 'int';
      readonly value: number;
      readonly exact?: bigint;
      readonly at: number;
    }
  | { readonly kind: 'literal'; readonly type: 'float'; readonly value: number; readonly at: number }
  /** In nanoseconds. */
  | { readonly kind: 'literal'; readonly type: 'duration'; readonly value: number; readonly at: number }
  | { readonly kind: 'literal'; readonly type: 'bool'; readonly value: boolean; readonly at: number }
  | { readonly kind: 'literal'; readonly type: 'status'; readonly value: StatusWord; readonly at: number }
  | { readonly kind: 'literal'; readonly type: 'kind'; readonly value: KindWord; readonly at: number }
  | { readonly kind: 'literal'; readonly type: 'nil'; readonly value: undefined; readonly at: number };

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~';
export type LogicalOperator = '&&' | '||';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';
export type FieldOperator = ComparisonOperator | LogicalOperator | ArithmeticOperator;

export interface Unary {
  readonly kind: 'unary';
  readonly op: '-' | '!';
  readonly operand: FieldExpression;
  readonly at: number;
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: FieldOperator;
  readonly left: FieldExpression;
  readonly right: FieldExpression;
  readonly at: number;
}

export type FieldExpression = Reference | Literal | Unary | Binary;

// ----------------------------------------------------------------------------------------------- spansets

/** A relation between spans of one trace: child, parent, descendant, ancestor, sibling. */
export type Relation = '>' | '<' | '>>' | '<<' | '~';
/** Plain: the right spans that relate. `!`: the right spans that do not. `&`: both sides' spans that relate. */
export type StructuralOperator = Relation | `!${Relation}` | `&${Relation}`;
export type SpansetOperator = LogicalOperator | StructuralOperator;

export interface SpansetFilter {
  readonly kind: 'filter';
  /** A literal `true` for `{}`. */
  readonly expression: FieldExpression;
  readonly at: number;
}

export interface SpansetBinary {
  readonly kind: 'spanset-binary';
  readonly op: SpansetOperator;
  readonly left: SpansetExpression;
  readonly right: SpansetExpression;
  readonly at: number;
}

/** A parenthesised pipeline as an operand: `({} | count() > 2) && (…)`. */
export interface WrappedPipeline {
  readonly kind: 'wrapped';
  readonly pipeline: Pipeline;
  readonly at: number;
}

export type SpansetExpression = SpansetFilter | SpansetBinary | WrappedPipeline;

export interface GroupBy {
  readonly kind: 'by';
  readonly expression: FieldExpression;
  readonly at: number;
}

export interface Coalesce {
  readonly kind: 'coalesce';
  readonly at: number;
}

export interface Select {
  readonly kind: 'select';
  readonly references: readonly Reference[];
  readonly at: number;
}

export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max';

/** `aggregate op literal`, per spanset. */
export interface ScalarFilter {
  readonly kind: 'scalar-filter';
  readonly aggregate: AggregateName;
  /** Undefined for `count()`. */
  readonly expression: FieldExpression | undefined;
  readonly op: ComparisonOperator;
  readonly value: Literal;
  readonly at: number;
}

export type Stage = SpansetExpression | GroupBy | Coalesce | Select | ScalarFilter;

export interface Pipeline {
  readonly stages: readonly Stage[];
}

// ------------------------------------------------------------------------------------------------ metrics

export type MetricFunctionName =
  | 'rate'
  | 'count_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'avg_over_time'
  | 'sum_over_time'
  | 'quantile_over_time'
  | 'histogram_over_time';

export interface MetricFunction {
  readonly kind: 'metric-function';
  readonly pipeline: Pipeline;
  readonly name: MetricFunctionName;
  /** What is measured; undefined for `rate` and `count_over_time`. */
  readonly reference: Reference | undefined;
  readonly quantiles: readonly number[];
  readonly by: readonly Reference[];
  readonly at: number;
}

export interface Compare {
  readonly kind: 'compare';
  readonly pipeline: Pipeline;
  readonly selection: FieldExpression;
  readonly topN: number;
  /** Bounds of the selection in ns since 1970; both 0 where there are none. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly at: number;
}

export interface MetricRank {
  readonly kind: 'metric-rank';
  readonly op: 'topk' | 'bottomk';
  readonly n: number;
  readonly input: MetricExpression;
  readonly at: number;
}

/** Keeps the samples for which `value op threshold`. */
export interface MetricFilter {
  readonly kind: 'metric-filter';
  readonly op: ComparisonOperator;
  /** Durations in seconds, as samples are. */
  readonly threshold: number;
  /** As written, for the printer. */
  readonly literal: Literal;
  readonly input: MetricExpression;
  readonly at: number;
}

export interface MetricMath {
  readonly kind: 'metric-math';
  readonly op: '+' | '-' | '*' | '/';
  readonly left: MetricExpression | MetricScalar;
  readonly right: MetricExpression | MetricScalar;
  readonly at: number;
}

export interface MetricScalar {
  readonly kind: 'metric-scalar';
  readonly value: number;
  /** Integer constants fold with integer division. */
  readonly integer: boolean;
  readonly at: number;
}

export type MetricExpression = MetricFunction | Compare | MetricRank | MetricFilter | MetricMath;

export interface Hint {
  readonly name: string;
  readonly value: Literal;
}

export type Query =
  | { readonly kind: 'search'; readonly pipeline: Pipeline; readonly hints: readonly Hint[] }
  | { readonly kind: 'metrics'; readonly expression: MetricExpression; readonly hints: readonly Hint[] };
