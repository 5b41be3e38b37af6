/** Exemplars: a few spans for each series, spread over the steps, that say which traces are behind the numbers. */

import { TRACE_ID_BYTES } from '../../../model/span.ts';
import { trimmedHex } from '../ids.ts';
import type { SpanCursor } from '../read-value.ts';
import type { Exemplar, Grid } from './series.ts';

const PER_STEP_MAX = 2;

export class ExemplarPicker {
  readonly #max: number;
  /** How many there are of each step. */
  readonly #perStep: Uint8Array;
  /** Few are wanted of many steps: later steps must have a chance. */
  readonly #perStepMax: number;
  readonly #picked: { readonly exemplar: Exemplar; readonly step: number }[] = [];

  /** At most `max` exemplars; none where it is 0. */
  constructor(grid: Grid, max: number) {
    this.#max = max;
    this.#perStep = new Uint8Array(grid.count);
    this.#perStepMax = Math.max(1, Math.min(PER_STEP_MAX, Math.floor(max / grid.count)));
  }

  /** `value` is undefined for counts: the exemplar then shows the step's value. */
  offer(cursor: SpanCursor, step: number, value: number | undefined): void {
    if (this.#perStep[step]! >= this.#perStepMax || this.#picked.length >= this.#max) return;
    this.#perStep[step]!++;
    const { group, row } = cursor;
    const traceId = trimmedHex(group.traceIds(), row * TRACE_ID_BYTES, TRACE_ID_BYTES);
    this.#picked.push({
      step,
      exemplar: {
        labels: [['trace:id', { type: 'string', value: traceId }]],
        value: value ?? 0,
        timestampMs: Math.floor(group.baseMs + group.startsNs()[row]! / 1e6),
      },
    });
  }

  /** `values` are the series' by step, for the exemplars of counts. */
  take(values: Float64Array | undefined): Exemplar[] {
    return this.#picked.map(({ exemplar, step }) =>
      values === undefined ? exemplar : { ...exemplar, value: values[step]! },
    );
  }
}
