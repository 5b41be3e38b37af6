/**
 * The facade of queries: text and times in, columns out. Parses, lowers, builds operators for the grid, runs them
 * in this thread and shapes what they push.
 */

import { TriliteError } from '../model/errors.ts';
import { DEFAULT_QUERY_SETTINGS } from '../model/query-settings.ts';
import type { StorageReader } from '../storage/interface.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import { Annotations } from './exec/annotations.ts';
import { buildOperator, buildSource } from './exec/build.ts';
import { collectScalar } from './exec/column.ts';
import type { ExecContext } from './exec/context.ts';
import type { Operator, Steps } from './exec/operator.ts';
import { makeSteps } from './exec/steps.ts';
import type { Expr } from './lang/promql/ast.ts';
import { valueType } from './lang/promql/check.ts';
import { parsePromql } from './lang/promql/parser.ts';
import type { RangeSource } from './plan/nodes.ts';
import { stringArgument } from './plan/promql/expr-shape.ts';
import { PromqlLowering } from './plan/promql/lower.ts';
import type { Lowering } from './plan/promql/lowering.ts';
import type { PromqlResult, QueryStats, ResultData } from './result.ts';
import { SampleCount } from './sample-count.ts';
import { collectMatrix, collectVector } from './shape.ts';
import { collectRaw } from './shape-raw.ts';

export interface PromqlOptions {
  readonly startMs: number;
  readonly endMs: number;
  /** Ignored where `instant`. */
  readonly stepMs: number;
  /** An instant query evaluates at `endMs` alone and may answer any type. */
  readonly instant: boolean;
  /** Settings: where absent, their defaults. */
  readonly lookbackMs?: number | undefined;
  readonly subqueryStepMs?: number | undefined;
  readonly delayNameRemoval?: boolean | undefined;
  readonly useStartTimestamps?: boolean | undefined;
  /** Whether the samples of each step are counted. */
  readonly countSamples?: boolean | undefined;
}

export interface EngineContext {
  readonly storage: StorageReader;
  readonly signal: AbortSignal;
  readonly limits?: BudgetLimits | undefined;
  /** Told what was done when the query has ended, be it by an error. */
  readonly onEnd?: ((stats: QueryStats) => void) | undefined;
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
  const started = performance.now();
  return evaluatePromqlExpr(parsePromql(text), text, options, engine, started);
}

/** As `evaluatePromql`, of a tree that `parsePromql(text)` gave; `started` is when parsing began. */
export async function evaluatePromqlExpr(
  expr: Expr,
  text: string,
  options: PromqlOptions,
  engine: EngineContext,
  started = performance.now(),
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
    lookbackMs: options.lookbackMs ?? DEFAULT_QUERY_SETTINGS.lookbackMs,
    subqueryStepMs: options.subqueryStepMs ?? DEFAULT_QUERY_SETTINGS.subqueryStepMs,
    delayNameRemoval: options.delayNameRemoval ?? DEFAULT_QUERY_SETTINGS.delayNameRemoval,
    useStartTimestamps: options.useStartTimestamps ?? DEFAULT_QUERY_SETTINGS.useStartTimestamps,
  });
  const budget = new Budget(engine.signal, engine.limits);
  const counts = options.countSamples ? new SampleCount(steps) : undefined;
  const annotations = new Annotations();
  const context: ExecContext = { storage: engine.storage, budget, annotations, counts };
  const run = new PromqlRun(expr, lowering, steps, instant, context, started);
  try {
    const data = await run.run();
    return {
      data,
      warnings: [...annotations.warnings('PromQL warning: ', text), ...(engine.storage.warnings?.() ?? [])],
      infos: annotations.infos('PromQL info: ', text),
      stats: run.stats(),
    };
  } finally {
    engine.onEnd?.(run.stats());
  }
}

/** One evaluation, with the times of its phases. */
class PromqlRun {
  readonly #expr: Expr;
  readonly #lowering: Lowering;
  readonly #steps: Steps;
  readonly #instant: boolean;
  readonly #context: ExecContext;
  readonly #started: number;
  #planned: number | undefined;
  #sortMs = 0;

  constructor(
    expr: Expr,
    lowering: Lowering,
    steps: Steps,
    instant: boolean,
    context: ExecContext,
    started: number,
  ) {
    this.#expr = expr;
    this.#lowering = lowering;
    this.#steps = steps;
    this.#instant = instant;
    this.#context = context;
    this.#started = started;
  }

  async run(): Promise<ResultData> {
    // A query whose time was over before it began does not begin.
    this.#context.budget.check();
    const expr = this.#expr;
    const timestampMs = this.#steps.startMs;
    switch (valueType(expr)) {
      case 'string':
        return { type: 'string', timestampMs, value: stringArgument(expr) };
      case 'range vector':
        return this.#raw(this.#lowering.source(expr));
      case 'scalar': {
        const operator = this.#operator();
        if (!this.#instant) return this.#matrix(operator);
        return { type: 'scalar', timestampMs, value: (await collectScalar(operator, 1))[0]! };
      }
      case 'instant vector': {
        const operator = this.#operator();
        return this.#instant
          ? collectVector(operator, this.#steps, this.#context.budget)
          : this.#matrix(operator);
      }
    }
  }

  #operator(): Operator {
    const operator = buildOperator(this.#lowering.node(this.#expr), this.#steps, this.#context);
    this.#planned = performance.now();
    return operator;
  }

  #matrix(operator: Operator): Promise<ResultData> {
    return collectMatrix(operator, this.#steps, this.#context.budget, (ms) => {
      this.#sortMs = ms;
    });
  }

  /** The raw samples of a range vector, with values at the window's edges where it is anchored or smoothed. */
  #raw(range: RangeSource): Promise<ResultData> {
    const source = buildSource(range, this.#steps, this.#context, true);
    this.#planned = performance.now();
    const edges = range.kind === 'range_select' ? range.edges : 'plain';
    const lookbackMs = range.kind === 'range_select' ? range.lookbackMs : 0;
    return collectRaw(source, edges, lookbackMs, this.#context.budget);
  }

  /** What was done so far. */
  stats(): QueryStats {
    const { budget, counts } = this.#context;
    const now = performance.now();
    const planned = this.#planned ?? now;
    const { startMs, stepMs } = this.#steps;
    return {
      seriesRead: budget.seriesRead,
      samplesRead: budget.samplesRead,
      peakSamples: budget.peakSamples,
      peakBytes: budget.peakBytes,
      timings: {
        prepareMs: planned - this.#started,
        evaluateMs: now - planned - this.#sortMs,
        sortMs: this.#sortMs,
      },
      perStep: counts && { startMs, stepMs, total: counts.total, read: counts.read },
    };
  }
}
