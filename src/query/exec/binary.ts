/**
 * Binary operators with at most one vector side, and what all binary operators share: writing the result of two
 * elements into a column. Comparisons filter: an element that passes keeps the vector's value, or becomes 1 or 0
 * with `returnBool`. Two vectors: `vector-binary.ts`.
 */

import type { TextSpan } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Annotations } from './annotations.ts';
import { collectScalar, createColumn } from './column.ts';
import type { ElementOp } from './element-op.ts';
import { withoutMetricName } from './metric-name.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';
import type { Notes } from './range/kernel.ts';
import { setHistogram } from './range/presence.ts';

export interface BinaryOptions {
  readonly op: ElementOp;
  readonly returnBool: boolean;
  /** Whether a dropped metric name stays on the labels until the query's end (`Column.dropName`). */
  readonly delayNameRemoval: boolean;
  /** Whether duplicates are refused at steps where the other side has nothing, too (LogQL). */
  readonly strictDuplicates?: boolean;
  readonly span?: TextSpan | undefined;
}

/** Whether a result loses the metric name: it is not the same quantity any more. */
export function losesName(options: BinaryOptions): boolean {
  const trims = options.op.float === undefined;
  return options.returnBool || !(options.op.comparison || trims);
}

/** Notes at a place of the query; `by` as for `Annotations.warn`. */
export function notesFor(annotations: Annotations, span: TextSpan | undefined, by = span): Notes {
  return {
    warn: (text) => annotations.warn(text, span, by),
    info: (text) => annotations.info(text, span, by),
  };
}

/**
 * Slow path: writes the result of elements of which at least one is a histogram. `kept` is what a comparison
 * that passes leaves, the left element unless said otherwise. Returns false where nothing was written.
 */
export function writeHistogramResult(
  out: Column,
  i: number,
  left: number | Histogram,
  right: number | Histogram,
  options: BinaryOptions,
  notes: Notes,
  kept: number | Histogram = left,
): boolean {
  const result = options.op.histogram?.(left, right, notes);
  if (result === undefined) return false;
  let element: number | Histogram;
  if (typeof result === 'boolean') {
    if (options.returnBool) element = result ? 1 : 0;
    else if (result) element = kept;
    else return false;
  } else element = result;
  out.present[i] = 1;
  if (typeof element === 'number') {
    out.values[i] = element;
    if (out.histograms !== undefined) out.histograms[i] = undefined;
  } else setHistogram(out, i, element, out.values.length);
  return true;
}

/** Both sides are scalars. */
export class ScalarBinaryOperator implements Operator {
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #steps: Steps;
  readonly #op: ElementOp;

  constructor(left: Operator, right: Operator, steps: Steps, op: ElementOp) {
    this.#left = left;
    this.#right = right;
    this.#steps = steps;
    this.#op = op;
  }

  async run(sink: Sink): Promise<void> {
    const n = this.#steps.count;
    const left = await collectScalar(this.#left, n);
    const right = await collectScalar(this.#right, n);
    const out = createColumn(n);
    const float = this.#op.float ?? (() => Number.NaN);
    for (let i = 0; i < n; i++) out.values[i] = float(left[i]!, right[i]!);
    out.present.fill(1);
    sink(out);
  }
}

/** A vector on one side (`vectorSide`), a scalar on the other. */
export class VectorScalarOperator implements Operator {
  readonly #vector: Operator;
  readonly #scalar: Operator;
  readonly #vectorSide: 'left' | 'right';
  readonly #steps: Steps;
  readonly #options: BinaryOptions;
  readonly #notes: Notes;

  constructor(
    vector: Operator,
    scalar: Operator,
    vectorSide: 'left' | 'right',
    steps: Steps,
    options: BinaryOptions,
    annotations: Annotations,
  ) {
    this.#vector = vector;
    this.#scalar = scalar;
    this.#vectorSide = vectorSide;
    this.#steps = steps;
    this.#options = options;
    this.#notes = notesFor(annotations, options.span);
  }

  async run(sink: Sink): Promise<void> {
    const scalar = await collectScalar(this.#scalar, this.#steps.count);
    const drop = losesName(this.#options);
    await this.#vector.run((column) => {
      const { histograms } = column;
      this.#floats(column, scalar);
      if (histograms !== undefined) this.#histograms(column, histograms, scalar);
      if (drop) {
        if (this.#options.delayNameRemoval) column.dropName = true;
        else column.labels = withoutMetricName(column.labels);
      }
      sink(column);
    });
  }

  /** In place: the column is this operator's until the sink returns. */
  #floats(column: Column, scalar: Float64Array): void {
    const { values, present, histograms } = column;
    const { op, returnBool } = this.#options;
    const onLeft = this.#vectorSide === 'left';
    const float = op.float;
    for (let i = 0; i < values.length; i++) {
      if (present[i] === 0) continue;
      if (histograms !== undefined && histograms[i] !== undefined) continue;
      const v = values[i]!;
      const s = scalar[i]!;
      if (float === undefined) {
        present[i] = 0;
        op.histogram?.(onLeft ? v : s, onLeft ? s : v, this.#notes);
        continue;
      }
      const result = onLeft ? float(v, s) : float(s, v);
      if (!op.comparison || returnBool) values[i] = result;
      else if (result === 0) present[i] = 0;
    }
  }

  #histograms(column: Column, histograms: (Histogram | undefined)[], scalar: Float64Array): void {
    const onLeft = this.#vectorSide === 'left';
    for (let i = 0; i < histograms.length; i++) {
      const h = histograms[i];
      if (column.present[i] === 0 || h === undefined) continue;
      const s = scalar[i]!;
      const wrote = onLeft
        ? writeHistogramResult(column, i, h, s, this.#options, this.#notes, h)
        : writeHistogramResult(column, i, s, h, this.#options, this.#notes, h);
      if (!wrote) {
        column.present[i] = 0;
        histograms[i] = undefined;
      }
    }
  }
}
