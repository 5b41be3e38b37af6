/**
 * What a TraceQL metrics query computes: series over the steps of a grid, with labels that keep their types. A
 * step is the right edge of its bucket: the spans that started in (T - step, T] count for T.
 */

import { type Value, valueKey } from '../value.ts';

export interface Grid {
  /** Right edge of the first bucket, ns since 1970. */
  readonly firstNs: bigint;
  readonly stepNs: number;
  readonly count: number;
}

export type Label = readonly [name: string, value: Value];

export interface Exemplar {
  readonly labels: readonly Label[];
  readonly value: number;
  readonly timestampMs: number;
}

export interface Series {
  /** Shown as `__name__` where it is set: series of ungrouped functions. */
  readonly name: string | undefined;
  readonly labels: readonly Label[];
  readonly values: Float64Array;
  /** 1 where the step has a value. */
  readonly present: Uint8Array;
  readonly exemplars: readonly Exemplar[];
}

/** Equal exactly for equal labels, the name apart. */
export function labelsKey(labels: readonly Label[]): string {
  return labels.map(([name, value]) => `${name}\u0001${valueKey(value)}`).join('\u0002');
}

export function isEmpty(series: Series): boolean {
  return !series.present.includes(1);
}
