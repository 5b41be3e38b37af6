/**
 * The facade of queries: text and times in, columns out. Parses, lowers, builds operators for the grid, runs them
 * in this thread and shapes what they push.
 */

import { TriliteError } from '../model/errors.ts';
import type { StorageReader } from '../storage/interface.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import { Annotations } from './exec/annotations.ts';
import { buildOperator, buildSource } from './exec/build.ts';
import { collectScalar } from './exec/column.ts';
import type { ExecContext } from './exec/context.ts';
import type { Steps } from './exec/operator.ts';
import { makeSteps } from './exec/steps.ts';
import type { Expr } from './lang/promql/ast.ts';
import { valueType } from './lang/promql/check.ts';
import { parsePromql } from './lang/promql/parser.ts';
import type { RangeSource } from './plan/nodes.ts';
import { stringArgument } from './plan/promql/expr-shape.ts';
import { PromqlLowering } from './plan/promql/lower.ts';
import type { Lowering } from './plan/promql/lowering.ts';
import type { PromqlResult, ResultData } from './result.ts';
import { collectMatrix, collectVector } from './shape.ts';
import { collectRaw } from './shape-raw.ts';

export const DEFAULT_LOOKBACK_MS = 300_000;
/** Prometheus' global evaluation interval: the step of subqueries that name none. */
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export interface PromqlOptions {
  readonly startMs: number;
  readonly endMs: number;
  /** Ignored where `instant`. */
  readonly stepMs: number;
  /** An instant query evaluates at `endMs` alone and may answer any type. */
  readonly instant: boolean;
  readonly lookbackMs?: number | undefined;
  readonly subqueryStepMs?: number | undefined;
  /** Metric names are dropped when the query is done, not by each function. Default off, as upstream. */
  readonly delayNameRemoval?: boolean | undefined;
  /** Start timestamps of samples tell counter resets. Default off, as upstream. */
  readonly useStartTimestamps?: boolean | undefined;
}

export interface EngineContext {
  readonly storage: StorageReader;
  readonly signal: AbortSignal;
  readonly limits?: BudgetLimits | undefined;
}

/**
 * Evaluates a PromQL query. Throws `TriliteError`: `bad_data` where the text is wrong, `execution` where it fails
 * on the data or on a limit, `timeout`, `canceled`.
 */
export async function evaluatePromql(
  text: string,
  options: PromqlOptions,
  engine: EngineContext,
): Promise<PromqlResult> {
  return evaluatePromqlExpr(parsePromql(text), text, options, engine);
}

/** As `evaluatePromql`, of a tree that `parsePromql(text)` gave. */
export async function evaluatePromqlExpr(
  expr: Expr,
  text: string,
  options: PromqlOptions,
  engine: EngineContext,
): Promise<PromqlResult> {
  const type = valueType(expr);
  const { instant } = options;
  if (!instant && type !== 'scalar' && type !== 'instant vector') {
    throw new TriliteError(
      'bad_data',
      `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
    );
  }
  const startMs = instant ? options.endMs : options.startMs;
  const stepMs = instant ? 0 : options.stepMs;
  const steps = makeSteps(startMs, options.endMs, stepMs);
  const lowering = new PromqlLowering({
    startMs,
    endMs: options.endMs,
    stepMs,
    lookbackMs: options.lookbackMs ?? DEFAULT_LOOKBACK_MS,
    subqueryStepMs: options.subqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS,
    delayNameRemoval: options.delayNameRemoval ?? false,
    useStartTimestamps: options.useStartTimestamps ?? false,
  });
  const budget = new Budget(engine.signal, engine.limits);
  const context: ExecContext = { storage: engine.storage, budget, annotations: new Annotations() };
  const data = await run(expr, lowering, steps, instant, context);
  return {
    data,
    warnings: context.annotations.warnings('PromQL warning: ', text),
    infos: context.annotations.infos('PromQL info: ', text),
    stats: {
      seriesRead: budget.seriesRead,
      samplesRead: budget.samplesRead,
      peakSamples: budget.peakSamples,
    },
  };
}

/** The raw samples of a range vector, with values at the window's edges where it is anchored or smoothed. */
async function runRaw(range: RangeSource, steps: Steps, context: ExecContext): Promise<ResultData> {
  const source = buildSource(range, steps, context);
  const edges = range.kind === 'range_select' ? range.edges : 'plain';
  const lookbackMs = range.kind === 'range_select' ? range.lookbackMs : 0;
  return collectRaw(source, edges, lookbackMs, context.budget);
}

async function run(
  expr: Expr,
  lowering: Lowering,
  steps: Steps,
  instant: boolean,
  context: ExecContext,
): Promise<ResultData> {
  const timestampMs = steps.startMs;
  switch (valueType(expr)) {
    case 'string':
      return { type: 'string', timestampMs, value: stringArgument(expr) };
    case 'range vector':
      return runRaw(lowering.source(expr), steps, context);
    case 'scalar': {
      const operator = buildOperator(lowering.node(expr), steps, context);
      if (!instant) return collectMatrix(operator, steps, context.budget);
      return { type: 'scalar', timestampMs, value: (await collectScalar(operator, 1))[0]! };
    }
    case 'instant vector': {
      const operator = buildOperator(lowering.node(expr), steps, context);
      return instant
        ? collectVector(operator, steps, context.budget)
        : collectMatrix(operator, steps, context.budget);
    }
  }
}
