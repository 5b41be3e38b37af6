/**
 * Plan nodes: what is to be evaluated, after the language has been forgotten. `lower` of each language makes
 * them, `exec/build.ts` turns them into operators for a grid of steps. Where languages differ, nodes differ: an
 * aggregation says whether it compensates rounding, an element operation brings its own float function, a range
 * kernel is the extrapolated rate or a count per second.
 *
 * Plans are immutable and live in one thread; functions in them are made by `lower` and never compared.
 */

import type { TextSpan } from '../../model/errors.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { SelectHints } from '../../model/select-hints.ts';
import type { AggregateOp } from '../exec/aggregate.ts';
import type { BinaryOptions } from '../exec/binary.ts';
import type { ExecContext } from '../exec/context.ts';
import type { Grouping } from '../exec/grouping.ts';
import type { ColumnFunction } from '../exec/map.ts';
import type { Operator, Steps } from '../exec/operator.ts';
import type { RangeKernel } from '../exec/range/kernel.ts';
import type { InstantYield } from '../exec/select-vector.ts';
import type { VectorMatching } from '../exec/vector-match.ts';

interface NodeBase {
  /** Place in the query's text, which annotations print. */
  readonly span: TextSpan | undefined;
}

/** Nodes that yield one column without labels, every step present. */
export type ScalarNode =
  | ConstantNode
  | TimeNode
  | ScalarOfNode
  | ScalarBinaryNode
  | ScalarMapNode
  | FixedNode;

/** Nodes that yield a column per series. */
export type VectorNode =
  | LeafNode
  | InstantSelectNode
  | RangeNode
  | VectorOfNode
  | MapNode
  | VectorScalarNode
  | VectorBinaryNode
  | SetNode
  | AggregateNode
  | TopkNode
  | LimitNode
  | CountValuesNode
  | UniqueNode
  | AbsentNode
  | CustomNode
  | FixedNode;

export type PlanNode = ScalarNode | VectorNode;

/** How a selector's evaluation time follows from the step's: `(at ?? step) − offset`. */
export interface TimeShift {
  readonly offsetMs: number;
  /** `@`: a fixed time instead of the step's. */
  readonly atMs: number | undefined;
}

export interface ConstantNode extends NodeBase {
  readonly kind: 'constant';
  readonly value: number;
}

/** Seconds of the step's time. */
export interface TimeNode extends NodeBase {
  readonly kind: 'time';
}

/** `scalar(v)`: the value where exactly one float is there, else NaN. */
export interface ScalarOfNode extends NodeBase {
  readonly kind: 'scalar_of';
  readonly input: VectorNode;
}

export interface ScalarBinaryNode extends NodeBase {
  readonly kind: 'scalar_binary';
  readonly left: ScalarNode;
  readonly right: ScalarNode;
  readonly options: BinaryOptions;
}

/** A function of scalars, step by step. */
export interface ScalarMapNode extends NodeBase {
  readonly kind: 'scalar_map';
  readonly inputs: readonly ScalarNode[];
  readonly apply: (...values: number[]) => number;
}

/** A leaf of a language's own: log entries after their pipeline, spans. */
export interface LeafNode extends NodeBase {
  readonly kind: 'leaf';
  operator(steps: Steps, context: ExecContext): Operator;
}

/** The newest sample of each series within the lookback. */
export interface InstantSelectNode extends NodeBase {
  readonly kind: 'instant_select';
  readonly matchers: readonly Matcher[];
  readonly shift: TimeShift;
  readonly lookbackMs: number;
  /** What the column holds: the sample, or its (start) time in seconds. */
  readonly yields: InstantYield;
  /** Only counts and sums of histograms matter: counter resets are told on the way. */
  readonly detectResets?: boolean;
  readonly hints?: SelectHints | undefined;
  /** Interpolates between the neighbours of the step's time. */
  readonly smoothed: boolean;
}

/** Where windows come from: raw samples of selected series, or a subquery's results. */
export type RangeSource = RangeSelectSource | SubquerySource;

export interface RangeSelectSource {
  readonly kind: 'range_select';
  readonly matchers: readonly Matcher[];
  readonly shift: TimeShift;
  readonly rangeMs: number;
  /** How far before (and for `smoothed` after) the window samples are wanted too. */
  readonly edges: 'plain' | 'anchored' | 'smoothed';
  readonly lookbackMs: number;
  readonly detectResets?: boolean;
  readonly hints?: SelectHints | undefined;
  readonly span: TextSpan | undefined;
}

export interface SubquerySource {
  readonly kind: 'subquery';
  readonly input: PlanNode;
  readonly shift: TimeShift;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly span: TextSpan | undefined;
}

/** A range kernel over windows of every series. */
export interface RangeNode extends NodeBase {
  readonly kind: 'range';
  readonly source: RangeSource;
  /** Scalar arguments; the kernel is made of their values per step. */
  readonly params: readonly ScalarNode[];
  kernel(params: readonly Float64Array[], steps: Steps, context: ExecContext): RangeKernel;
  /** What becomes of the metric name. */
  readonly name: 'keep' | 'drop' | 'delay';
  /** Where annotations point. */
  readonly notesAt: TextSpan | undefined;
}

/** `vector(s)`: one element without labels. */
export interface VectorOfNode extends NodeBase {
  readonly kind: 'vector_of';
  readonly input: ScalarNode;
}

/** A function of each column by itself; scalar arguments per step. */
export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly input: VectorNode;
  readonly params: readonly ScalarNode[];
  apply(params: readonly Float64Array[], steps: Steps, context: ExecContext): ColumnFunction;
  readonly name: 'keep' | 'drop' | 'delay';
}

export interface VectorScalarNode extends NodeBase {
  readonly kind: 'vector_scalar';
  readonly vector: VectorNode;
  readonly scalar: ScalarNode;
  readonly vectorSide: 'left' | 'right';
  readonly options: BinaryOptions;
}

export interface VectorBinaryNode extends NodeBase {
  readonly kind: 'vector_binary';
  readonly left: VectorNode;
  readonly right: VectorNode;
  readonly matching: VectorMatching;
  readonly options: BinaryOptions;
}

export interface SetNode extends NodeBase {
  readonly kind: 'set';
  readonly op: 'and' | 'or' | 'unless';
  readonly left: VectorNode;
  readonly right: VectorNode;
  readonly match: Grouping;
}

export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly input: VectorNode;
  readonly grouping: Grouping;
  readonly kahan: boolean;
  readonly param: ScalarNode | undefined;
  /** Where annotations point: the aggregated expression, and the parameter. */
  readonly inputSpan?: TextSpan | undefined;
  readonly paramSpan?: TextSpan | undefined;
}

export interface TopkNode extends NodeBase {
  readonly kind: 'topk';
  readonly op: 'topk' | 'bottomk';
  readonly input: VectorNode;
  readonly grouping: Grouping;
  readonly param: ScalarNode;
}

export interface LimitNode extends NodeBase {
  readonly kind: 'limit';
  readonly op: 'limitk' | 'limit_ratio';
  readonly input: VectorNode;
  readonly grouping: Grouping;
  readonly param: ScalarNode;
}

export interface CountValuesNode extends NodeBase {
  readonly kind: 'count_values';
  readonly input: VectorNode;
  readonly grouping: Grouping;
  readonly label: string;
}

/**
 * Columns of equal labels become one; two values at one step are an error. `merge` gathers columns that take
 * turns, `refuse` takes equal labels for an error even where no step has both.
 */
export interface UniqueNode extends NodeBase {
  readonly kind: 'unique';
  readonly input: VectorNode;
  readonly mode: 'merge' | 'refuse';
}

/** 1 at the steps where the input has nothing, under the labels that its matchers name. */
export interface AbsentNode extends NodeBase {
  readonly kind: 'absent';
  readonly input: VectorNode;
  readonly matchers: readonly Matcher[];
}

/** An operator that no other node describes; made of its inputs' operators. */
export interface CustomNode extends NodeBase {
  readonly kind: 'custom';
  /** What it is, for `explain`. */
  readonly label: string;
  readonly inputs: readonly PlanNode[];
  operator(inputs: readonly Operator[], steps: Steps, context: ExecContext): Operator;
}

/** The same at every step: evaluated at the first one and repeated. */
export interface FixedNode extends NodeBase {
  readonly kind: 'fixed';
  readonly input: PlanNode;
}
