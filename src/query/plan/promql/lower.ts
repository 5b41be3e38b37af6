/**
 * PromQL's syntax tree to plan nodes. Here and in the `*-call.ts` files is all that the engine needs to know of the
 * language: which functions drop the metric name, what @ and offset mean, which operators compensate rounding.
 *
 * A sub-expression whose leaves are all fixed by @ (or literals) becomes a `fixed` node: evaluated once.
 */

import { unreachable } from '../../../base/assert.ts';
import { TriliteError } from '../../../model/errors.ts';
import { quote } from '../../../model/go-string.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import type { SelectHints } from '../../../model/select-hints.ts';
import { losesName } from '../../exec/binary.ts';
import { promqlElementOp } from '../../exec/element-op.ts';
import type { InstantYield } from '../../exec/select-vector.ts';
import type {
  Aggregation,
  AtModifier,
  Binary,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  Unary,
  VectorSelector,
} from '../../lang/promql/ast.ts';
import { valueType } from '../../lang/promql/check.ts';
import { type DurationContext, durationMs, positiveDurationMs } from '../../lang/promql/duration-expr.ts';
import type { PlanNode, RangeSource, ScalarNode, TimeShift, VectorNode } from '../nodes.ts';
import { uniqueAfterNameDrop } from '../unique-names.ts';
import { lowerCall } from './call.ts';
import { isFixed, stringArgument, unwrap } from './expr-shape.ts';
import { hintsWithin } from './hints-within.ts';
import type { Lowering, LowerSettings } from './lowering.ts';

export class PromqlLowering implements Lowering {
  readonly settings: LowerSettings;
  readonly durations: DurationContext;
  /** How functions that drop the metric name do it. */
  readonly dropName: 'drop' | 'delay';

  constructor(settings: LowerSettings) {
    this.settings = settings;
    this.durations = { stepMs: settings.stepMs, rangeMs: settings.endMs - settings.startMs };
    this.dropName = settings.delayNameRemoval ? 'delay' : 'drop';
    this.#hints = { stepMs: settings.stepMs };
  }

  /** Of the expression that is being lowered. */
  #hints: SelectHints;

  #within<T>(hints: SelectHints, lower: () => T): T {
    const before = this.#hints;
    this.#hints = hints;
    const result = lower();
    this.#hints = before;
    return result;
  }

  /** Histogram_count and the like look at no bucket; some expressions below or above them do. */
  #buckets: 'kept' | 'unneeded' | 'needed' = 'kept';

  within<T>(buckets: 'unneeded' | 'needed', lower: () => T): T {
    const before = this.#buckets;
    if (before !== 'needed') this.#buckets = buckets;
    const result = lower();
    this.#buckets = before;
    return result;
  }

  node(expr: Expr): PlanNode {
    const node = this.#within(hintsWithin(expr, this.#hints), () => this.#plain(expr));
    const worth = node.kind !== 'constant' && node.kind !== 'fixed' && isFixed(expr);
    return worth ? { kind: 'fixed', span: expr.span, input: node } : node;
  }

  /** The checker has seen to it that the expression is a scalar. */
  scalar(expr: Expr): ScalarNode {
    return this.node(expr) as ScalarNode;
  }

  vector(expr: Expr): VectorNode {
    return this.node(expr) as VectorNode;
  }

  #plain(expr: Expr): PlanNode {
    switch (expr.kind) {
      case 'number':
        return { kind: 'constant', span: expr.span, value: expr.value };
      case 'vector_selector':
        return this.select(expr, 'value');
      case 'paren':
        return this.#within(hintsWithin(expr.expr, this.#hints), () => this.#plain(expr.expr));
      case 'call':
        return lowerCall(this, expr);
      case 'aggregation':
        return this.#aggregation(expr);
      case 'unary':
        return this.#unary(expr);
      case 'binary':
        return this.#binary(expr);
      case 'string':
      case 'matrix_selector':
      case 'subquery':
        throw new TriliteError('bad_data', `unexpected ${valueType(expr)}`, expr.span);
      default:
        return unreachable(expr, 'expression');
    }
  }

  select(expr: VectorSelector, yields: InstantYield): VectorNode {
    return {
      kind: 'instant_select',
      span: expr.span,
      matchers: expr.matchers,
      shift: this.shift(expr.offset, expr.at),
      lookbackMs: this.settings.lookbackMs,
      yields,
      detectResets: this.#buckets === 'unneeded',
      hints: this.#hints,
      // The time of a sample is that of the newest one, whatever its value is made of.
      smoothed: expr.edges === 'smoothed' && yields === 'value',
    };
  }

  /** The windows of a range-vector expression. */
  source(expr: Expr): RangeSource {
    switch (expr.kind) {
      case 'paren':
        return this.source(expr.expr);
      case 'matrix_selector':
        return this.#rangeSelect(expr);
      case 'subquery':
        return this.#subquery(expr);
      default:
        return unreachable(expr as never, 'range vector');
    }
  }

  #rangeSelect(expr: MatrixSelector): RangeSource {
    const { selector } = expr;
    const rangeMs = positiveDurationMs(expr.range, this.durations);
    return {
      kind: 'range_select',
      span: expr.span,
      matchers: selector.matchers,
      shift: this.shift(selector.offset, selector.at),
      rangeMs,
      edges: selector.edges,
      detectResets: this.#buckets === 'unneeded',
      lookbackMs: this.settings.lookbackMs,
      hints: { ...hintsWithin(expr, this.#hints), rangeMs },
    };
  }

  #subquery(expr: Subquery): RangeSource {
    const stepMs =
      expr.step === undefined ? this.settings.subqueryStepMs : positiveDurationMs(expr.step, this.durations);
    const hints = { ...hintsWithin(expr, this.#hints), stepMs };
    return {
      kind: 'subquery',
      span: expr.span,
      input: this.#within(hints, () => this.within('needed', () => this.node(expr.expr))),
      shift: this.shift(expr.offset, expr.at),
      rangeMs: positiveDurationMs(expr.range, this.durations),
      stepMs,
    };
  }

  shift(offset: DurationExpr | undefined, at: AtModifier | undefined): TimeShift {
    return {
      offsetMs: offset === undefined ? 0 : durationMs(offset, this.durations),
      atMs:
        at &&
        (at.kind === 'time'
          ? at.timestampMs
          : at.kind === 'start'
            ? this.settings.startMs
            : this.settings.endMs),
    };
  }

  #unary(expr: Unary): PlanNode {
    const input = this.node(expr.expr);
    if (expr.op === '+') return input;
    const left: ScalarNode = { kind: 'constant', span: expr.span, value: -1 };
    const options = {
      op: promqlElementOp('*'),
      returnBool: false,
      delayNameRemoval: this.settings.delayNameRemoval,
      span: expr.span,
    };
    if (valueType(expr.expr) === 'scalar') {
      return { kind: 'scalar_map', span: expr.span, inputs: [input as ScalarNode], apply: (v) => -v };
    }
    const vector = input as VectorNode;
    const node = {
      kind: 'vector_scalar',
      span: expr.span,
      vector,
      scalar: left,
      vectorSide: 'right',
      options,
    } as const;
    return this.dropName === 'drop' ? uniqueAfterNameDrop(node, vector, 'merge') : node;
  }

  #binary(expr: Binary): PlanNode {
    const { op, lhs, rhs, returnBool, matching, span } = expr;
    const trims = op === '</' || op === '>/';
    const lower = (side: Expr) => (trims ? this.within('needed', () => this.node(side)) : this.node(side));
    const left = lower(lhs);
    const right = lower(rhs);
    if (op === 'and' || op === 'or' || op === 'unless') {
      const match = { labels: matching?.labels ?? [], without: matching?.on !== true };
      return { kind: 'set', span, op, left: left as VectorNode, right: right as VectorNode, match };
    }
    const { delayNameRemoval } = this.settings;
    const options = { op: promqlElementOp(op), returnBool, delayNameRemoval, span };
    const leftScalar = valueType(lhs) === 'scalar';
    const rightScalar = valueType(rhs) === 'scalar';
    if (leftScalar && rightScalar) {
      return { kind: 'scalar_binary', span, left: left as ScalarNode, right: right as ScalarNode, options };
    }
    if (leftScalar || rightScalar) {
      const vector = (leftScalar ? right : left) as VectorNode;
      const scalar = (leftScalar ? left : right) as ScalarNode;
      const vectorSide = leftScalar ? 'right' : 'left';
      const node = { kind: 'vector_scalar', span, vector, scalar, vectorSide, options } as const;
      return losesName(options) && this.dropName === 'drop'
        ? uniqueAfterNameDrop(node, vector, 'merge')
        : node;
    }
    const { card, on, labels, include, fillLeft, fillRight } = matching!;
    const node: VectorNode = {
      kind: 'vector_binary',
      span,
      left: left as VectorNode,
      right: right as VectorNode,
      options,
      matching: {
        card: card === 'many-to-many' ? 'one-to-one' : card,
        on,
        labels,
        include,
        fillLeft,
        fillRight,
      },
    };
    // Elements that matched differently may come out with the same labels.
    const mayCollide = include.length > 0 || (on && labels.includes(METRIC_NAME));
    return mayCollide ? { kind: 'unique', span, input: node, mode: 'merge' } : node;
  }

  #aggregation(expr: Aggregation): VectorNode {
    const { op, span, without } = expr;
    const input = this.vector(expr.expr);
    const grouping = { labels: expr.grouping, without };
    const param = expr.param;
    switch (op) {
      case 'topk':
      case 'bottomk':
        return { kind: 'topk', span, op, input, grouping, param: this.scalar(param!) };
      case 'limitk':
      case 'limit_ratio':
        return { kind: 'limit', span, op, input, grouping, param: this.scalar(param!) };
      case 'count_values':
        return { kind: 'count_values', span, input, grouping, label: labelArgument(param!) };
      default: {
        const spans = { inputSpan: unwrap(expr.expr).span, paramSpan: param && unwrap(param).span };
        const scalar = param && this.scalar(param);
        return { kind: 'aggregate', span, op, input, grouping, kahan: true, param: scalar, ...spans };
      }
    }
  }
}

function labelArgument(expr: Expr): string {
  const label = stringArgument(expr);
  if (label !== '' && label.isWellFormed()) return label;
  throw new TriliteError('execution', `invalid label name ${quote(label)}`, expr.span);
}
