/**
 * `topk`, `bottomk`: the k best elements of each group at each step, with their own labels. Every group keeps a
 * heap of k candidates per step (worst on top), so that memory depends on k and the steps, not on the number of
 * series. With one step the elements come out best first, group after group.
 */

import { type TextSpan, TriliteError } from '../../model/errors.ts';
import { formatFloat } from '../../model/float-format.ts';
import type { Labels } from '../../model/labels.ts';
import { type Budget, Holding } from '../budget.ts';
import type { Annotations } from './annotations.ts';
import { COLUMN_BASE_BYTES, clearColumn, collectScalar, createColumn } from './column.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';

export interface TopkOptions {
  readonly op: 'topk' | 'bottomk';
  readonly grouping: Grouping;
  /** k: an operator that yields a scalar; truncated to an integer. */
  readonly param: Operator;
  readonly span?: TextSpan | undefined;
}

const INT64_MAX = 2 ** 63;

/**
 * What `check` makes of a parameter. Where it throws, what is wrong with the input is told first, as Prometheus does,
 * which evaluates that before it looks at the parameter.
 */
export async function checkedAfter<T>(input: Operator, check: () => T): Promise<T> {
  try {
    return check();
  } catch (error) {
    await input.run(() => {});
    throw error;
  }
}

/** k per step. Throws `execution` where it is no integer, unless nothing is asked for anyway. */
export function checkedCounts(values: Float64Array): Float64Array {
  if (values.every((value) => value < 1)) return new Float64Array(values.length);
  for (const value of values) {
    if (Number.isNaN(value)) throw new TriliteError('execution', 'Parameter value is NaN');
    if (value >= INT64_MAX)
      throw new TriliteError('execution', `Scalar value ${formatFloat(value)} overflows int64`);
    if (value <= -INT64_MAX) {
      throw new TriliteError('execution', `Scalar value ${formatFloat(value)} underflows int64`);
    }
  }
  return values.map(Math.trunc);
}

/** A heap before it holds anything, and each of its elements. */
const HEAP_BYTES = 120;
const CANDIDATE_BYTES = 16;

/** The candidates of one group at one step: parallel arrays in heap order, the worst at index 0. */
interface Candidates {
  readonly values: number[];
  readonly series: number[];
}

interface KeptSeries {
  readonly labels: Labels;
  readonly dropName: boolean;
}

export class TopkOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #options: TopkOptions;
  readonly #annotations: Annotations;
  readonly #sign: number;
  readonly #held: Holding;

  constructor(
    input: Operator,
    steps: Steps,
    options: TopkOptions,
    annotations: Annotations,
    budget?: Budget,
  ) {
    this.#input = input;
    this.#held = new Holding(budget);
    this.#steps = steps;
    this.#options = options;
    this.#annotations = annotations;
    this.#sign = options.op === 'topk' ? 1 : -1;
  }

  async run(sink: Sink): Promise<void> {
    const stepCount = this.#steps.count;
    const param = await collectScalar(this.#options.param, stepCount);
    const counts = await checkedAfter(this.#input, () => checkedCounts(param));
    const keyer = new GroupKeyer(this.#options.grouping);
    const groups = new Map<string, Candidates[]>();
    const kept = new Map<number, KeptSeries>();
    let series = 0;
    await this.#input.run((column) => {
      const key = keyer.key(column.labels);
      let group = groups.get(key);
      if (group === undefined) {
        group = Array.from({ length: stepCount }, () => ({ values: [], series: [] }));
        groups.set(key, group);
        this.#held.add(0, stepCount * HEAP_BYTES);
      }
      if (this.#offer(group, column, series, counts)) {
        this.#held.add(0, COLUMN_BASE_BYTES);
        kept.set(series, { labels: column.labels, dropName: column.dropName ?? false });
      }
      series++;
    });
    for (const group of groups.values()) this.#emit(group, kept, sink);
    this.#held.release();
  }

  /** Offers the column's elements to the group; true where one was taken. */
  #offer(group: Candidates[], column: Column, series: number, counts: Float64Array): boolean {
    const { values, present, histograms } = column;
    let taken = false;
    let added = 0;
    for (let i = 0; i < group.length; i++) {
      const k = counts[i]!;
      if (present[i] === 0 || k < 1) continue;
      if (histograms !== undefined && histograms[i] !== undefined) {
        this.#annotations.info(`ignored histogram in ${this.#options.op} aggregation`, this.#options.span);
        continue;
      }
      const heap = group[i]!;
      if (heap.values.length < k) {
        this.#push(heap, values[i]!, series);
        added++;
      } else if (!this.#worse(heap.values[0]!, values[i]!)) continue;
      else this.#replaceWorst(heap, values[i]!, series);
      taken = true;
    }
    this.#held.add(added, added * CANDIDATE_BYTES);
    return taken;
  }

  /** Whether `a` ranks behind `b`; NaN ranks last either way. */
  #worse(a: number, b: number): boolean {
    if (a !== a) return b === b;
    return this.#sign * a < this.#sign * b;
  }

  #push({ values, series }: Candidates, value: number, id: number): void {
    let at = values.length;
    values.push(value);
    series.push(id);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#worse(value, values[parent]!)) break;
      values[at] = values[parent]!;
      series[at] = series[parent]!;
      at = parent;
    }
    values[at] = value;
    series[at] = id;
  }

  #replaceWorst({ values, series }: Candidates, value: number, id: number): void {
    const n = values.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= n) break;
      if (child + 1 < n && this.#worse(values[child + 1]!, values[child]!)) child++;
      if (!this.#worse(values[child]!, value)) break;
      values[at] = values[child]!;
      series[at] = series[child]!;
      at = child;
    }
    values[at] = value;
    series[at] = id;
  }

  #emit(group: readonly Candidates[], kept: ReadonlyMap<number, KeptSeries>, sink: Sink): void {
    const out = new Map<number, { step: number; value: number }[]>();
    for (let step = 0; step < group.length; step++) {
      const { values, series } = group[step]!;
      const order = values.map((_, i) => i);
      order.sort((a, b) => {
        if (this.#worse(values[a]!, values[b]!)) return 1;
        if (this.#worse(values[b]!, values[a]!)) return -1;
        return series[a]! - series[b]!;
      });
      for (const i of order) {
        const id = series[i]!;
        let points = out.get(id);
        if (points === undefined) out.set(id, (points = []));
        points.push({ step, value: values[i]! });
      }
    }
    const column = createColumn(group.length);
    for (const [id, points] of out) {
      clearColumn(column);
      column.labels = kept.get(id)!.labels;
      column.dropName = kept.get(id)!.dropName;
      for (const { step, value } of points) {
        column.values[step] = value;
        column.present[step] = 1;
      }
      sink(column);
    }
  }
}
