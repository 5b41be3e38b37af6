/**
 * Subqueries: the inner expression is evaluated once over the union of all windows, on multiples of the
 * subquery's step, and its columns are read like the samples of a series.
 */

import type { Histogram } from '../../model/histogram.ts';
import { SampleColumns } from '../../storage/interface.ts';
import { SampleCount } from '../sample-count.ts';
import type { ExecContext } from './context.ts';
import type { Column, Operator, Steps } from './operator.ts';
import type { WindowSource } from './select-range.ts';
import { SeriesWindows } from './series-windows.ts';
import { stepTime, subquerySteps } from './steps.ts';

export interface SubqueryOptions {
  readonly offsetMs: number;
  readonly atMs: number | undefined;
  readonly rangeMs: number;
  readonly stepMs: number;
  /** The windows themselves are asked for, and no function of them. */
  readonly bare: boolean;
}

export class Subquery implements WindowSource {
  readonly #build: (steps: Steps, context: ExecContext) => Operator;
  readonly #options: SubqueryOptions;
  readonly #steps: Steps;
  readonly #context: ExecContext;

  /** `build` makes the inner operator for a grid of steps. */
  constructor(
    build: (steps: Steps, context: ExecContext) => Operator,
    options: SubqueryOptions,
    steps: Steps,
    context: ExecContext,
  ) {
    this.#build = build;
    this.#options = options;
    this.#steps = steps;
    this.#context = context;
  }

  async run(take: (windows: SeriesWindows, dropName: boolean) => void): Promise<void> {
    const { atMs, offsetMs, rangeMs, stepMs, bare } = this.#options;
    const { counts, budget } = this.#context;
    const stepWidth = atMs === undefined ? this.#steps.stepMs : 0;
    const outer: Steps = atMs === undefined ? this.#steps : { startMs: atMs, stepMs: 0, count: 1 };
    const inner = subquerySteps(outer, offsetMs, rangeMs, stepMs);
    if (inner === undefined) return;
    const windows = new SeriesWindows({
      firstEnd: outer.startMs - offsetMs,
      stepWidth,
      stepCount: this.#steps.count,
      range: rangeMs,
    });
    const samples = new SampleColumns();
    budget.allow(inner.count);
    samples.ensure(inner.count);
    const innerCounts = counts && new SampleCount(inner);
    await this.#build(inner, { ...this.#context, counts: innerCounts }).run((column) => {
      fill(samples, column, inner);
      budget.read(samples.count);
      windows.load(column.labels, samples);
      if (!bare) counts?.windows(windows, 0, 0, true);
      if (windows.any) take(windows, column.dropName ?? false);
    });
    if (innerCounts === undefined) return;
    if (bare) counts?.inside(innerCounts);
    else counts?.readInside(innerCounts, offsetMs, rangeMs);
  }
}

/** The present steps of a column as samples. */
function fill(samples: SampleColumns, column: Column, steps: Steps): void {
  const { values, present, histograms } = column;
  let count = 0;
  const kept: (Histogram | undefined)[] = [];
  for (let i = 0; i < steps.count; i++) {
    if (present[i] === 0) continue;
    samples.timestamps[count] = stepTime(steps, i);
    samples.values[count] = values[i]!;
    if (histograms !== undefined) kept.push(withUnknownReset(histograms[i]));
    count++;
  }
  samples.count = count;
  samples.histograms = histograms === undefined ? undefined : kept;
}

/** What a histogram said about its neighbour before does not hold for the neighbour it has now. */
function withUnknownReset(histogram: Histogram | undefined): Histogram | undefined {
  if (histogram === undefined || histogram.reset === 'unknown' || histogram.reset === 'gauge')
    return histogram;
  return { ...histogram, reset: 'unknown' };
}
