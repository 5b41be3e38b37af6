/** PromQL's functions of range vectors: each is a kernel of `exec/range`. */

import { type TextSpan, TriliteError } from '../../../model/errors.ts';
import type { Steps } from '../../exec/operator.ts';
import { extrapolated } from '../../exec/range/counter.ts';
import { withCounterNameCheck } from '../../exec/range/counter-name.ts';
import { extended } from '../../exec/range/extended.ts';
import { extremeOverTime, extremeTime } from '../../exec/range/extremes.ts';
import type { RangeKernel } from '../../exec/range/kernel.ts';
import { lastTwo } from '../../exec/range/last-two.ts';
import { countOverTime, edgeOverTime, edgeTime, presentOverTime } from '../../exec/range/presence.ts';
import { deriv, predictLinear } from '../../exec/range/regression.ts';
import { doubleExponentialSmoothing } from '../../exec/range/smoothing.ts';
import { medianDeviationOverTime, quantileOverTime, varianceOverTime } from '../../exec/range/spread.ts';
import { avgOverTime, sumOverTime } from '../../exec/range/sum.ts';
import { transitions } from '../../exec/range/transitions.ts';
import { stepTime } from '../../exec/steps.ts';
import type { Call, Expr } from '../../lang/promql/ast.ts';
import { valueType } from '../../lang/promql/check.ts';
import type { RangeNode, VectorNode } from '../nodes.ts';
import { uniqueAfterNameDrop } from '../unique-names.ts';
import { unwrap } from './expr-shape.ts';
import type { Lowering } from './lowering.ts';

const QUERY_START: TextSpan = { start: 0, end: 0 };

type MakeKernel = (params: readonly Float64Array[], steps: Steps) => RangeKernel;

/** How the range vector was selected, and settings that kernels want. */
interface KernelContext {
  readonly useStartTimes: boolean;
  readonly edges: 'plain' | 'anchored' | 'smoothed';
  readonly lookbackMs: number;
}

interface RangeFunction {
  readonly make: (context: KernelContext) => MakeKernel;
  /** Range vectors other than plain ones that it takes. */
  readonly extended?: readonly ('anchored' | 'smoothed')[];
  readonly keepsName?: boolean;
}

/** A kernel without scalar arguments and without interest in start timestamps. */
function simple(kernel: () => RangeKernel, options: { keepsName?: boolean } = {}): RangeFunction {
  return { make: () => kernel, ...options };
}

const FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: counter(true, true),
  increase: counter(true, false),
  delta: counter(false, false),
  irate: {
    make:
      ({ useStartTimes }) =>
      () =>
        lastTwo({ rate: true, useStartTimes }),
  },
  idelta: {
    make:
      ({ useStartTimes }) =>
      () =>
        lastTwo({ rate: false, useStartTimes }),
  },
  changes: transition('changes'),
  resets: transition('resets'),
  deriv: simple(deriv),
  predict_linear: {
    make:
      () =>
      ([seconds], steps) =>
        predictLinear(
          seconds!,
          Float64Array.from({ length: steps.count }, (_, i) => stepTime(steps, i)),
        ),
  },
  double_exponential_smoothing: {
    make:
      () =>
      ([sf, tf]) =>
        doubleExponentialSmoothing(sf!, tf!),
  },
  sum_over_time: simple(() => sumOverTime({ kahan: true })),
  avg_over_time: simple(() => avgOverTime({ kahan: true })),
  min_over_time: simple(() => extremeOverTime('min')),
  max_over_time: simple(() => extremeOverTime('max')),
  count_over_time: simple(() => countOverTime({ perSecond: false })),
  present_over_time: simple(presentOverTime),
  last_over_time: simple(() => edgeOverTime('last'), { keepsName: true }),
  first_over_time: simple(() => edgeOverTime('first'), { keepsName: true }),
  stddev_over_time: simple(() => varianceOverTime(true)),
  stdvar_over_time: simple(() => varianceOverTime(false)),
  quantile_over_time: {
    make:
      () =>
      ([phi]) =>
        quantileOverTime(phi!),
  },
  mad_over_time: simple(medianDeviationOverTime),
  ts_of_min_over_time: simple(() => extremeTime('min')),
  ts_of_max_over_time: simple(() => extremeTime('max')),
  ts_of_first_over_time: simple(() => edgeTime('first')),
  ts_of_last_over_time: simple(() => edgeTime('last')),
};

function counter(isCounter: boolean, perSecond: boolean): RangeFunction {
  return {
    extended: ['anchored', 'smoothed'],
    make:
      ({ useStartTimes, edges, lookbackMs }) =>
      () => {
        const options = { counter: isCounter, perSecond, useStartTimes };
        const kernel =
          edges === 'plain' ? extrapolated(options) : extended({ ...options, edges, lookback: lookbackMs });
        return isCounter ? withCounterNameCheck(kernel) : kernel;
      },
  };
}

function transition(count: 'changes' | 'resets'): RangeFunction {
  return {
    extended: ['anchored'],
    make:
      ({ useStartTimes, edges, lookbackMs }) =>
      () =>
        transitions({ count, useStartTimes, anchorLookback: edges === 'anchored' ? lookbackMs : undefined }),
  };
}

export function lowerRangeCall(lowering: Lowering, call: Call): VectorNode | undefined {
  if (call.name === 'absent_over_time') return lowerAbsent(lowering, call);
  const known = FUNCTIONS[call.name];
  if (known === undefined) return undefined;
  const range = call.args.find((arg) => valueType(arg) === 'range vector')!;
  const params = call.args.filter((arg) => arg !== range);
  return rangeNode(lowering, call, range, params, known);
}

function rangeNode(
  lowering: Lowering,
  call: Call,
  range: Expr,
  params: readonly Expr[],
  known: RangeFunction,
): VectorNode {
  const source = lowering.source(range);
  const edges = source.kind === 'range_select' ? source.edges : 'plain';
  if (edges !== 'plain' && known.extended?.includes(edges) !== true) {
    const takers = Object.keys(FUNCTIONS).filter((name) => FUNCTIONS[name]!.extended?.includes(edges));
    const allowed = takers.sort().join(', ');
    throw new TriliteError(
      'execution',
      `${edges} modifier can only be used with: ${allowed} - not with ${call.name}`,
    );
  }
  const { useStartTimestamps: useStartTimes, lookbackMs } = lowering.settings;
  const make = known.make({ useStartTimes, edges, lookbackMs });
  const node: RangeNode = {
    kind: 'range',
    span: call.span,
    source,
    params: params.map((p) => lowering.scalar(p)),
    kernel: (values, steps) => make(values, steps),
    name: known.keepsName === true ? 'keep' : lowering.dropName,
    // Prometheus points at the first argument, and at the query's start where that is a subquery.
    notesAt: call.args[0] === range && source.kind === 'subquery' ? QUERY_START : unwrap(call.args[0]!).span,
  };
  return node.name === 'drop' ? uniqueAfterNameDrop(node, node.source, 'refuse') : node;
}

function lowerAbsent(lowering: Lowering, call: Call): VectorNode {
  const arg = unwrap(call.args[0]!);
  const matchers = arg.kind === 'matrix_selector' ? arg.selector.matchers : [];
  const input = rangeNode(lowering, call, arg, [], { ...simple(presentOverTime), keepsName: true });
  return { kind: 'absent', span: call.span, input, matchers };
}
