/**
 * The functions over time. Each span falls into one step of one group and is folded in at once: counts, sums,
 * extremes or, for quantiles and histograms, counts per power-of-two bucket. Durations are kept in nanoseconds and
 * shown in seconds.
 */

import type { TraceReader } from '../../../storage/interface.ts';
import type { MetricFunction, Reference, Stage } from '../../lang/traceql/ast.ts';
import { printReference } from '../../lang/traceql/printer.ts';
import {
  compileSingleValue,
  compileValue,
  needsTrace,
  type ReadValue,
  type SpanCursor,
} from '../read-value.ts';
import { isNumber, type Value, valueKey } from '../value.ts';
import { ExemplarPicker } from './exemplars.ts';
import { foldGroups } from './fold-groups.ts';
import { loneFilter, visitSpans } from './select-spans.ts';
import { type Grid, isEmpty, type Label, labelsKey, type Series } from './series.ts';

interface Group {
  readonly labels: readonly Label[];
  readonly counts: Float64Array;
  /** Sums or extremes. */
  readonly values: Float64Array;
  /** Counts per step by the exponent of the bucket's upper bound. */
  readonly buckets: Map<number, Float64Array>;
  readonly exemplars: ExemplarPicker;
}

const NIL: Value = { type: 'string', value: 'nil' };
const NS_PER_SECOND = 1e9;

export async function measure(
  reader: TraceReader,
  node: MetricFunction,
  grid: Grid,
  exemplarsMax: number,
  signal: AbortSignal,
): Promise<Series[]> {
  // A pipeline that cannot select anything has no series, not even one of zeros.
  if (node.pipeline.stages.some(selectsNothing)) return [];
  const measured = node.reference && compileSingleValue(node.reference);
  const groupBy = node.by.map((reference) => ({
    name: printReference(reference),
    reference,
    read: compileValue(reference),
  }));
  const wholeTraces = [...node.by, ...(node.reference ? [node.reference] : [])].some(needsTrace);
  const groups = new Map<string, Group>();
  const byLabels = new Map<string, Group>();
  const newGroup = (labels: readonly Label[]): Group => ({
    labels,
    counts: new Float64Array(grid.count),
    values: new Float64Array(grid.count),
    buckets: new Map(),
    exemplars: new ExemplarPicker(grid, exemplarsMax),
  });
  if (!measured && groupBy.length === 0) groups.set('', newGroup([]));
  const fold = folder(node);
  const bucketed = isBucketed(node);
  const seriesFor = (values: readonly (Value | undefined)[]): Group => {
    const keys = values.map(groupValue);
    const key = keys.map(valueKey).join('\u0002');
    let group = groups.get(key);
    if (group === undefined) {
      // A value may look like one that is missing.
      const labels = groupLabels(groupBy, keys, bucketed);
      const shown = labelsKey(labels);
      group = byLabels.get(shown) ?? newGroup(labels);
      byLabels.set(shown, group);
      groups.set(key, group);
    }
    return group;
  };
  const readNumber = (cursor: SpanCursor) =>
    measured === undefined ? 1 : numberOf(measured, bucketed, cursor);
  const scale = node.reference && scaleOf(node.reference, 'seconds');
  const take = (group: Group, step: number, value: number, cursor: SpanCursor) => {
    fold(group, step, value);
    group.exemplars.offer(cursor, step, scale === undefined ? undefined : value * scale);
  };
  const filter = wholeTraces ? undefined : loneFilter(node.pipeline);
  if (filter !== undefined) {
    const folding = {
      by: groupBy,
      measured: node.reference,
      numberOf: readNumber,
      seriesOf: seriesFor,
      fold: take,
    };
    await foldGroups(reader, { pipeline: node.pipeline, filter }, grid, folding, signal);
  } else {
    await visitSpans(reader, node.pipeline, grid, signal, (cursor, step) => {
      const value = readNumber(cursor);
      if (value === undefined) return;
      take(seriesFor(groupBy.map(({ read }) => read(cursor))), step, value, cursor);
    });
  }
  return [...new Set(groups.values())]
    .flatMap((group) => seriesOf(node, group, grid))
    .filter((s) => !isEmpty(s));
}

function selectsNothing(stage: Stage): boolean {
  return stage.kind === 'filter' && stage.expression.kind === 'literal' && stage.expression.value === false;
}

function numberOf(read: ReadValue, bucketed: boolean, cursor: SpanCursor): number | undefined {
  const value = read(cursor);
  if (value === undefined || !isNumber(value)) return undefined;
  // There are buckets for integers and durations only.
  return bucketed && value.type === 'float' ? undefined : value.value;
}

/** Of several values the first groups. */
function groupValue(value: Value | undefined): Value | undefined {
  const one = value?.type === 'many' ? value.values[0] : value;
  return one?.type === 'opaque' ? undefined : one;
}

function isBucketed({ name }: MetricFunction): boolean {
  return name === 'quantile_over_time' || name === 'histogram_over_time';
}

/** Missing values have no label; where all are missing, the first says so, unless there is a bucket's label. */
function groupLabels(
  groupBy: readonly { name: string }[],
  values: readonly (Value | undefined)[],
  bucketed: boolean,
): Label[] {
  const labels: Label[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== undefined) labels.push([groupBy[i]!.name, value]);
  }
  if (labels.length === 0 && groupBy.length > 0 && !bucketed) labels.push([groupBy[0]!.name, NIL]);
  return labels;
}

function folder(node: MetricFunction): (group: Group, step: number, value: number) => void {
  switch (node.name) {
    case 'quantile_over_time':
    case 'histogram_over_time':
      return foldBucket;
    case 'min_over_time':
    case 'max_over_time': {
      const sign = node.name === 'min_over_time' ? 1 : -1;
      return ({ counts, values }, step, value) => {
        if (counts[step] === 0 || sign * value < sign * values[step]!) values[step] = value;
        counts[step]!++;
      };
    }
    default:
      return ({ counts, values }, step, value) => {
        counts[step]!++;
        values[step] = values[step]! + value;
      };
  }
}

/** Values below 2 are in no bucket. */
function foldBucket({ buckets }: Group, step: number, value: number): void {
  if (!(value >= 2)) return;
  const exponent = Math.ceil(Math.log2(value));
  // The logarithm of a large number may be rounded across its power of two.
  const exact = 2 ** (exponent - 1) >= value ? exponent - 1 : 2 ** exponent < value ? exponent + 1 : exponent;
  let counts = buckets.get(exact);
  if (counts === undefined) buckets.set(exact, (counts = new Float64Array(1 + step)));
  if (counts.length <= step) {
    const longer = new Float64Array(Math.max(2 * counts.length, step + 1));
    longer.set(counts);
    buckets.set(exact, (counts = longer));
  }
  counts[step]!++;
}

function isDuration(reference: Reference): boolean {
  return (
    reference.kind === 'intrinsic' &&
    ['duration', 'eventTimeSinceStart', 'traceDuration'].includes(reference.name)
  );
}

/** Durations in seconds; those of traces and events stay in nanoseconds where they are summed or compared. */
function scaleOf(reference: Reference, others: 'seconds' | 'nanoseconds'): number {
  if (!isDuration(reference)) return 1;
  const own = reference.kind === 'intrinsic' && reference.name === 'duration';
  return own || others === 'seconds' ? 1 / NS_PER_SECOND : 1;
}

function seriesOf(node: MetricFunction, group: Group, grid: Grid): Series[] {
  const { counts, values, labels } = group;
  const exemplars = group.exemplars.take(undefined);
  const name = node.by.length === 0 ? node.name : undefined;
  const all = new Uint8Array(grid.count).fill(1);
  const seen = counts.map((n) => (n > 0 ? 1 : 0));
  const scale = node.reference ? scaleOf(node.reference, 'nanoseconds') : 1;
  switch (node.name) {
    case 'count_over_time':
      return [{ name, labels, values: counts, present: all, exemplars: group.exemplars.take(counts) }];
    case 'rate': {
      const seconds = grid.stepNs / NS_PER_SECOND;
      const rates = counts.map((n) => n / seconds);
      return [{ name, labels, values: rates, present: all, exemplars: group.exemplars.take(rates) }];
    }
    case 'avg_over_time': {
      const means = values.map((sum, i) => (sum / counts[i]!) * scale);
      return [{ name, labels, values: means, present: Uint8Array.from(seen), exemplars }];
    }
    case 'histogram_over_time':
      return histogram(node, group, grid, exemplars);
    case 'quantile_over_time':
      return [...new Set(node.quantiles)].map((q) => quantile(node, group, grid, q, exemplars));
    default:
      return [
        { name, labels, values: values.map((v) => v * scale), present: Uint8Array.from(seen), exemplars },
      ];
  }
}

function histogram(node: MetricFunction, group: Group, grid: Grid, exemplars: Series['exemplars']): Series[] {
  const scale = scaleOf(node.reference!, 'seconds');
  return [...group.buckets].map(([exponent, counts]): Series => {
    const values = new Float64Array(grid.count);
    values.set(counts.subarray(0, grid.count));
    const bound: Label = ['__bucket', { type: 'float', value: 2 ** exponent * scale }];
    const present = new Uint8Array(grid.count).fill(1);
    return { name: undefined, labels: [...group.labels, bound], values, present, exemplars };
  });
}

function quantile(
  node: MetricFunction,
  group: Group,
  grid: Grid,
  q: number,
  exemplars: Series['exemplars'],
): Series {
  const exponents = [...group.buckets.keys()].sort((a, b) => a - b);
  const scale = scaleOf(node.reference!, 'seconds');
  const values = new Float64Array(grid.count);
  for (let step = 0; step < grid.count; step++) {
    values[step] = quantileOf(exponents, (exponent) => group.buckets.get(exponent)![step] ?? 0, q) * scale;
  }
  const label: Label = ['p', { type: 'float', value: q }];
  const present = new Uint8Array(grid.count).fill(group.buckets.size > 0 ? 1 : 0);
  return { name: undefined, labels: [...group.labels, label], values, present, exemplars };
}

/** Interpolates between powers of two, on their logarithms; 0 where there is nothing. */
export function quantileOf(
  exponents: readonly number[],
  countOf: (exponent: number) => number,
  q: number,
): number {
  let total = 0;
  for (const exponent of exponents) total += countOf(exponent);
  if (total === 0) return 0;
  const target = Math.max(1, Math.ceil(q * total));
  let before = 0;
  let previous: number | undefined;
  for (const exponent of exponents) {
    const count = countOf(exponent);
    if (count === 0) continue;
    if (before + count === target) return 2 ** exponent;
    if (before + count > target) {
      const low = previous ?? exponent - 1;
      return 2 ** (low + ((target - before) / count) * (exponent - low));
    }
    before += count;
    previous = exponent;
  }
  return 0;
}
