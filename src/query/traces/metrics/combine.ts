/** What may follow a metric: filters on its values, topk and bottomk, arithmetic between metrics. */

import type { ComparisonOperator, MetricMath } from '../../lang/traceql/ast.ts';
import { holds } from '../../lang/traceql/fold.ts';
import { compareLabels } from './label-order.ts';
import { isEmpty, labelsKey, type Series } from './series.ts';

/** Drops the samples that do not compare; a series without any left is gone. */
export function filterSamples(
  series: readonly Series[],
  op: ComparisonOperator,
  threshold: number,
): Series[] {
  return series
    .map((s) => ({
      ...s,
      present: s.present.map((p, i) => (p && holds(op, s.values[i]!, threshold) ? 1 : 0)),
    }))
    .filter((s) => !isEmpty(s));
}

/** Keeps at each step the `n` highest (or lowest) samples; of equal ones the first by labels for topk, the last for bottomk. */
export function rank(series: readonly Series[], op: 'topk' | 'bottomk', n: number): Series[] {
  const sorted = [...series].sort(compareLabels);
  const kept = sorted.map((s) => ({ ...s, present: new Uint8Array(s.present.length) }));
  const steps = sorted[0]?.present.length ?? 0;
  const sign = op === 'topk' ? -1 : 1;
  for (let step = 0; step < steps; step++) {
    const here = [...sorted.keys()].filter((i) => sorted[i]!.present[step] === 1);
    here.sort((a, b) => sign * (sorted[a]!.values[step]! - sorted[b]!.values[step]!) || -sign * (a - b));
    for (const i of here.slice(0, n)) kept[i]!.present[step] = 1;
  }
  return kept.filter((s) => !isEmpty(s));
}

type Operand = readonly Series[] | number;

/** Joins on equal labels; a lone series without labels goes with every series of the other side. */
export function math(op: MetricMath['op'], left: Operand, right: Operand): Series[] {
  if (typeof left === 'number' && typeof right === 'number') return [];
  const out: Series[] = [];
  if (typeof right === 'number') {
    for (const s of left as readonly Series[]) out.push(apply(op, s, constant(s, right), s));
  } else if (typeof left === 'number') {
    for (const s of right) out.push(apply(op, constant(s, left), s, s));
  } else if (isLone(left) && !isLone(right)) {
    for (const s of right) out.push(apply(op, left[0]!, s, s));
  } else if (isLone(right) && !isLone(left)) {
    for (const s of left) out.push(apply(op, s, right[0]!, s));
  } else {
    const byLabels = new Map(right.map((s) => [labelsKey(s.labels), s]));
    for (const a of left) {
      const b = byLabels.get(labelsKey(a.labels));
      if (b === undefined) continue;
      const name = a.name !== undefined && b.name !== undefined ? `(${a.name} ${op} ${b.name})` : a.name;
      out.push(apply(op, a, b, { ...a, name }));
    }
  }
  return out.filter((s) => !isEmpty(s));
}

function isLone(series: readonly Series[]): boolean {
  return series.length === 1 && series[0]!.labels.length === 0;
}

function constant(like: Series, value: number): Series {
  const count = like.values.length;
  return { ...like, values: new Float64Array(count).fill(value), present: new Uint8Array(count).fill(1) };
}

function apply(op: MetricMath['op'], a: Series, b: Series, like: Series): Series {
  const count = a.values.length;
  const values = new Float64Array(count);
  const present = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    if (!a.present[i] || !b.present[i]) continue;
    const x = a.values[i]!;
    const y = b.values[i]!;
    if (op === '/' && y === 0) continue;
    values[i] = op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : x / y;
    present[i] = 1;
  }
  return { ...like, values, present, exemplars: a === like ? a.exemplars : [...a.exemplars, ...b.exemplars] };
}
