/**
 * Instant selectors: for every step the newest sample of a series with a time in the left-open lookback window
 * `(t − lookback, t]`, nothing where that sample is a stale marker. One forward scan per series for all steps;
 * columns are pushed as series are read.
 */

import { type TextSpan, TriliteError } from '../../model/errors.ts';
import type { Matcher } from '../../model/matcher.ts';
import { isStale } from '../../model/sample.ts';
import type { SelectHints } from '../../model/select-hints.ts';
import { SampleColumns, type SeriesCursor } from '../../storage/interface.ts';
import { clearColumn, createColumn } from './column.ts';
import type { ExecContext } from './context.ts';
import { detectResets } from './histogram/detect-resets.ts';
import { labelsText } from './labels-text.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';
import { setHistogram } from './range/presence.ts';
import { dropStale } from './series-windows.ts';
import { interpolateAt } from './smoothed.ts';
import { StepSamples } from './step-samples.ts';

/** What a column holds: the sample, or its (start) time in seconds; `float_timestamp` refuses histograms. */
export type InstantYield = 'value' | 'timestamp' | 'start_timestamp' | 'float_timestamp';

export interface InstantSelectOptions {
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  /** `@`: instead of the step's time. */
  readonly atMs: number | undefined;
  readonly lookbackMs: number;
  readonly yields: InstantYield;
  readonly smoothed: boolean;
  readonly detectResets?: boolean | undefined;
  readonly hints?: SelectHints | undefined;
  readonly span?: TextSpan | undefined;
}

/** Calls `take` for every series of the cursor with its samples in `columns`, charging the budget. */
export async function forEachSeries(
  cursor: SeriesCursor,
  context: ExecContext,
  take: (columns: SampleColumns) => void,
): Promise<void> {
  const columns = new SampleColumns();
  try {
    while (await cursor.nextBatch()) {
      context.budget.check();
      while (cursor.next()) {
        columns.histograms = undefined;
        columns.startTimestamps = undefined;
        context.budget.read(cursor.read(columns));
        take(columns);
      }
    }
  } finally {
    cursor.close();
  }
}

export class InstantSelectOperator implements Operator {
  readonly #options: InstantSelectOptions;
  readonly #steps: Steps;
  readonly #context: ExecContext;

  constructor(options: InstantSelectOptions, steps: Steps, context: ExecContext) {
    this.#options = options;
    this.#steps = steps;
    this.#context = context;
  }

  async run(sink: Sink): Promise<void> {
    const { matchers, atMs, offsetMs, lookbackMs, smoothed, hints } = this.#options;
    const { storage, budget, counts } = this.#context;
    const first = (atMs ?? this.#steps.startMs) - offsetMs;
    const width = atMs === undefined ? this.#steps.stepMs : 0;
    const last = first + width * (this.#steps.count - 1);
    const ahead = smoothed ? lookbackMs : 0;
    const cursor = await storage.metrics.select(
      { matchers, minMs: first - lookbackMs + 1, maxMs: last + ahead, hints, deadlineMs: budget.deadlineMs },
      budget.signal,
    );
    const stepCount = this.#steps.count;
    const stepSamples = new StepSamples({ first, width, stepCount, lookback: lookbackMs });
    const out = createColumn(stepCount);
    await forEachSeries(cursor, this.#context, (columns) => {
      clearColumn(out);
      out.labels = cursor.labels();
      if (this.#options.detectResets === true) detectResets(columns);
      const any = smoothed
        ? this.#interpolate(columns, first, width, out)
        : this.#scan(columns, stepSamples, out);
      if (!any) return;
      // The original does not count what it interpolates.
      if (counts !== undefined && !smoothed) counts.selected(out);
      sink(out);
    });
  }

  #interpolate(columns: SampleColumns, first: number, width: number, out: Column): boolean {
    dropStale(columns);
    const { annotations } = this.#context;
    const { span } = this.#options;
    const notes = {
      warn: (text: string) => annotations.warn(text, span),
      info: (text: string) => annotations.info(text, span),
    };
    const { timestamps, values, histograms, count } = columns;
    const samples = { timestamps, values, histograms, count };
    return interpolateAt(samples, first, width, this.#options.lookbackMs, out, notes);
  }

  /** Fills `out`; false where no step has a sample. */
  #scan(columns: SampleColumns, steps: StepSamples, out: Column): boolean {
    const { timestamps, values, histograms, count } = columns;
    steps.find(timestamps, count);
    if (!steps.any) return false;
    const plain = histograms === undefined && this.#options.yields === 'value';
    const { at: samples } = steps;
    const { values: outValues, present } = out;
    let any = false;
    for (let i = 0; i < samples.length; i++) {
      const at = samples[i]!;
      if (at < 0) continue;
      const v = values[at]!;
      if (v !== v && isStale(columns.words, at)) continue;
      if (plain) {
        outValues[i] = v;
        present[i] = 1;
        any = true;
      } else if (this.#special(columns, at, out, i)) any = true;
    }
    return any;
  }

  /** Slow path: histograms, and selectors that ask for times. False where the sample is stale. */
  #special(columns: SampleColumns, at: number, out: Column, i: number): boolean {
    const histogram = columns.histograms?.[at];
    if (histogram?.stale) return false;
    out.present[i] = 1;
    if (histogram !== undefined && this.#options.yields === 'float_timestamp') {
      throw new TriliteError(
        'execution',
        `this should be an info metric, with float samples: ${labelsText(out.labels)}`,
      );
    }
    if (this.#options.yields === 'start_timestamp') {
      out.values[i] = (columns.startTimestamps?.[at] ?? 0) / 1000;
    } else if (this.#options.yields !== 'value') out.values[i] = columns.timestamps[at]! / 1000;
    else if (histogram === undefined) out.values[i] = columns.values[at]!;
    else setHistogram(out, i, histogram, out.values.length);
    return true;
  }
}
