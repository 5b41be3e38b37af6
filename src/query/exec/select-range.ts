/**
 * Range selectors: hands the samples of each series, with the windows of all steps slid over them, to a consumer,
 * most often a range kernel.
 */

import type { Matcher } from '../../model/matcher.ts';
import type { SelectHints } from '../../model/select-hints.ts';
import type { ExecContext } from './context.ts';
import { detectResets } from './histogram/detect-resets.ts';
import type { Steps } from './operator.ts';
import { forEachSeries } from './select-vector.ts';
import { SeriesWindows } from './series-windows.ts';

/** Yields the windows of one series after another; overwritten when the consumer returns. */
export interface WindowSource {
  run(take: (windows: SeriesWindows, dropName: boolean) => void): Promise<void>;
}

export interface RangeSelectOptions {
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly atMs: number | undefined;
  readonly rangeMs: number;
  /** Samples wanted before the window's start and after its end, in ms (`anchored`, `smoothed`). */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly detectResets?: boolean | undefined;
  readonly hints?: SelectHints | undefined;
}

export class RangeSelect implements WindowSource {
  readonly #options: RangeSelectOptions;
  readonly #steps: Steps;
  readonly #context: ExecContext;

  constructor(options: RangeSelectOptions, steps: Steps, context: ExecContext) {
    this.#options = options;
    this.#steps = steps;
    this.#context = context;
  }

  async run(take: (windows: SeriesWindows, dropName: boolean) => void): Promise<void> {
    const { matchers, atMs, offsetMs, rangeMs, beforeMs, afterMs, hints } = this.#options;
    const { storage, budget, counts } = this.#context;
    const firstEnd = (atMs ?? this.#steps.startMs) - offsetMs;
    const stepWidth = atMs === undefined ? this.#steps.stepMs : 0;
    const stepCount = this.#steps.count;
    const lastEnd = firstEnd + stepWidth * (stepCount - 1);
    const minMs = firstEnd - rangeMs - beforeMs + 1;
    const cursor = await storage.metrics.select(
      { matchers, minMs, maxMs: lastEnd + afterMs, hints, deadlineMs: budget.deadlineMs },
      budget.signal,
    );
    const windows = new SeriesWindows({ firstEnd, stepWidth, stepCount, range: rangeMs });
    const edges = beforeMs > 0 || afterMs > 0;
    await forEachSeries(cursor, this.#context, (columns) => {
      if (this.#options.detectResets === true) detectResets(columns);
      windows.load(cursor.labels(), columns);
      counts?.windows(windows, beforeMs, afterMs, false);
      if (edges || windows.any) take(windows, false);
    });
  }
}
