/**
 * Aggregation that answers one column per group: `sum avg min max count group stddev stdvar quantile`. A series'
 * group is looked up once, then its column is folded into the group's arrays, so that memory is one set of
 * arrays per group, however many series there are. Groups come out in the order in which they were first seen.
 */

import type { TextSpan } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { type Budget, Holding } from '../budget.ts';
import type { Accumulator, AccumulatorNotes } from './accumulator/accumulator.ts';
import { QuantileAccumulator } from './accumulator/quantile.ts';
import { CountAccumulator, ExtremeAccumulator, VarianceAccumulator } from './accumulator/simple.ts';
import { SumAccumulator } from './accumulator/sum.ts';
import type { Annotations } from './annotations.ts';
import { COLUMN_BASE_BYTES, clearColumn, collectScalar, createColumn, hasAny } from './column.ts';
import { largerOf, smallerOf } from './function/elementwise.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Operator, Sink, Steps } from './operator.ts';
import { quantileWarning } from './quantile.ts';

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'quantile';

export interface AggregateOptions {
  readonly op: AggregateOp;
  readonly grouping: Grouping;
  /** `sum` and `avg` compensate rounding errors (Kahan–Neumaier). */
  readonly kahan: boolean;
  /** φ of `quantile`: an operator that yields a scalar. */
  readonly param?: Operator | undefined;
  /** Where annotations point: the aggregated expression, and the parameter. */
  readonly span?: TextSpan | undefined;
  readonly paramSpan?: TextSpan | undefined;
  /** The aggregation. */
  readonly by?: TextSpan | undefined;
}

/** What an accumulator keeps of a step: two floats and what tells apart what they are of. */
const ACCUMULATOR_STEP_BYTES = 24;
/** `quantile` keeps every value. */
const KEPT_VALUE_BYTES = 8;

interface Group {
  readonly labels: Labels;
  readonly accumulator: Accumulator;
  dropName: boolean;
}

export class AggregateOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #options: AggregateOptions;
  readonly #annotations: Annotations;
  readonly #budget: Budget | undefined;

  constructor(
    input: Operator,
    steps: Steps,
    options: AggregateOptions,
    annotations: Annotations,
    budget?: Budget,
  ) {
    this.#input = input;
    this.#budget = budget;
    this.#steps = steps;
    this.#options = options;
    this.#annotations = annotations;
  }

  async run(sink: Sink): Promise<void> {
    const stepCount = this.#steps.count;
    const { op, grouping, param } = this.#options;
    const held = new Holding(this.#budget);
    const phi = param === undefined ? undefined : await collectScalar(param, stepCount);
    if (phi !== undefined) this.#checkPhi(phi);
    const notes = this.#notes();
    const keyer = new GroupKeyer(grouping);
    const groups = new Map<string, Group>();
    await this.#input.run((column) => {
      if (!hasAny(column)) return;
      const key = keyer.key(column.labels);
      let group = groups.get(key);
      if (group === undefined) {
        const labels = keyer.groupLabels(column.labels);
        group = { labels, accumulator: this.#accumulator(phi, notes), dropName: false };
        groups.set(key, group);
        held.add(stepCount, COLUMN_BASE_BYTES + stepCount * ACCUMULATOR_STEP_BYTES);
      }
      if (op === 'quantile') held.add(stepCount, stepCount * KEPT_VALUE_BYTES);
      group.accumulator.fold(column);
      if (column.dropName) group.dropName = true;
    });
    const out = createColumn(stepCount);
    for (const { labels, accumulator, dropName } of groups.values()) {
      clearColumn(out);
      out.labels = labels;
      out.dropName = dropName;
      accumulator.emit(out);
      sink(out);
    }
    held.release();
  }

  /** Of many values outside 0…1 the most extreme ones are told. */
  #checkPhi(phi: Float64Array): void {
    const told = phi.some(Number.isNaN) ? [Number.NaN] : [];
    const [max, min] = [phi.reduce(largerOf), phi.reduce(smallerOf)];
    if (max > 1) told.push(max);
    if (min < 0) told.push(min);
    for (const q of told) {
      const warning = quantileWarning(q);
      if (warning !== undefined) this.#annotations.warn(warning, this.#options.paramSpan, this.#options.by);
    }
  }

  #accumulator(phi: Float64Array | undefined, notes: AccumulatorNotes): Accumulator {
    const n = this.#steps.count;
    const { op, kahan } = this.#options;
    switch (op) {
      case 'sum':
      case 'avg':
        return new SumAccumulator(n, { mean: op === 'avg', kahan }, notes);
      case 'min':
      case 'max':
        return new ExtremeAccumulator(n, op, notes);
      case 'count':
      case 'group':
        return new CountAccumulator(n, { group: op === 'group' });
      case 'stddev':
      case 'stdvar':
        return new VarianceAccumulator(n, { root: op === 'stddev' }, notes);
      case 'quantile':
        return new QuantileAccumulator(phi!, notes);
    }
  }

  #notes(): AccumulatorNotes {
    const { op, span } = this.#options;
    const annotations = this.#annotations;
    return {
      ignoredHistogram: () => annotations.info(`ignored histogram in ${op} aggregation`, span),
      mixed: () => annotations.warn('encountered a mix of histograms and floats for aggregation', span),
      warn: (text) => annotations.warn(text, span),
      info: (text) => annotations.info(text, span),
    };
  }
}
