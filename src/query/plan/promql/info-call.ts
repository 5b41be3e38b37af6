/** PromQL's `info(v, {matchers})`: a join with info series, which are looked up at the time of `v`'s samples. */

import { METRIC_NAME } from '../../../model/labels.ts';
import { Matcher } from '../../../model/matcher.ts';
import { InfoOperator } from '../../exec/info.ts';
import type { Call, Expr } from '../../lang/promql/ast.ts';
import type { PlanNode, TimeShift, VectorNode } from '../nodes.ts';
import { unwrap } from './expr-shape.ts';
import type { Lowering } from './lowering.ts';

export function lowerInfo(lowering: Lowering, call: Call): PlanNode {
  const given = call.args[1] === undefined ? undefined : unwrap(call.args[1]);
  const matchers = given?.kind === 'vector_selector' ? given.matchers : [];
  const nameMatchers = infoNames(matchers.filter((m) => m.name === METRIC_NAME));
  const dataMatchers = matchers.filter((m) => m.name !== METRIC_NAME);
  const info: VectorNode = {
    kind: 'instant_select',
    span: call.span,
    matchers: [...nameMatchers, ...dataMatchers],
    shift: sampleTime(lowering, call.args[0]!) ?? { offsetMs: 0, atMs: undefined },
    lookbackMs: lowering.settings.lookbackMs,
    yields: 'float_timestamp',
    smoothed: false,
  };
  const node: VectorNode = {
    kind: 'custom',
    label: 'info',
    span: call.span,
    inputs: [lowering.node(call.args[0]!), info],
    operator: ([base, series], steps, context) =>
      new InfoOperator(base!, series!, steps, { nameMatchers, dataMatchers }, context.budget),
  };
  return { kind: 'unique', span: call.span, input: node, mode: 'merge' };
}

/** `target_info` unless named; matchers that only exclude names exclude from all that end in `_info`. */
function infoNames(given: readonly Matcher[]): readonly Matcher[] {
  if (given.length === 0) return [new Matcher('=', METRIC_NAME, 'target_info')];
  const positive = given.some((m) => m.type === '=' || m.type === '=~');
  return positive ? given : [...given, new Matcher('=~', METRIC_NAME, '.+_info')];
}

/** When the samples of the expression's first selector are from; undefined without a selector. */
function sampleTime(lowering: Lowering, expr: Expr): TimeShift | undefined {
  switch (expr.kind) {
    case 'vector_selector':
      return lowering.shift(expr.offset, expr.at);
    case 'matrix_selector':
      return sampleTime(lowering, expr.selector);
    case 'subquery': {
      const inner = sampleTime(lowering, expr.expr);
      const outer = lowering.shift(expr.offset, expr.at);
      if (inner === undefined || inner.atMs !== undefined) return inner;
      return { atMs: outer.atMs, offsetMs: outer.offsetMs + inner.offsetMs };
    }
    case 'paren':
    case 'unary':
    case 'aggregation':
      return sampleTime(lowering, expr.expr);
    case 'binary':
      return sampleTime(lowering, expr.lhs) ?? sampleTime(lowering, expr.rhs);
    case 'call':
      for (const arg of expr.args) {
        const found = sampleTime(lowering, arg);
        if (found !== undefined) return found;
      }
      return undefined;
    default:
      return undefined;
  }
}
