/** Functions of one float, by PromQL name. Histograms are passed over by all of them. */

import type { ColumnFunction } from '../map.ts';
import type { Column } from '../operator.ts';

export const MATH: Readonly<Record<string, (v: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: Math.sign,
  deg: (v) => (v * 180) / Math.PI,
  rad: (v) => (v * Math.PI) / 180,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
};

/** Applies `f` to every float; steps with histograms become absent. */
export function elementwise(f: (v: number) => number): ColumnFunction {
  return (column) => {
    keepFloats(column);
    const { values, present } = column;
    for (let i = 0; i < values.length; i++) if (present[i] === 1) values[i] = f(values[i]!);
    return true;
  };
}

/** Makes steps with histograms absent. */
export function keepFloats(column: Column): void {
  const { histograms, present } = column;
  if (histograms === undefined) return;
  for (let i = 0; i < present.length; i++) if (histograms[i] !== undefined) present[i] = 0;
  column.histograms = undefined;
}

/** `round(v, to)`, ties up; `to` per step. */
export function roundTo(to: Float64Array): ColumnFunction {
  return (column) => {
    keepFloats(column);
    const { values, present } = column;
    for (let i = 0; i < values.length; i++) {
      if (present[i] === 0) continue;
      // With the inverse, 0.1 rounds to itself exactly.
      const inverse = 1 / to[i]!;
      values[i] = Math.floor(values[i]! * inverse + 0.5) / inverse;
    }
    return true;
  };
}

/** As Go has it: NaN wins, but not over +Inf. */
export function largerOf(a: number, b: number): number {
  return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY
    ? Number.POSITIVE_INFINITY
    : Math.max(a, b);
}

/** As Go has it: NaN wins, but not over -Inf. */
export function smallerOf(a: number, b: number): number {
  return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY
    ? Number.NEGATIVE_INFINITY
    : Math.min(a, b);
}

/** Bounds per step. Where max is below min there is no result. */
export function clampTo(min: Float64Array | undefined, max: Float64Array | undefined): ColumnFunction {
  return (column) => {
    keepFloats(column);
    const { values, present } = column;
    for (let i = 0; i < values.length; i++) {
      if (present[i] === 0) continue;
      const low = min === undefined ? Number.NEGATIVE_INFINITY : min[i]!;
      const high = max === undefined ? Number.POSITIVE_INFINITY : max[i]!;
      if (high < low) present[i] = 0;
      else values[i] = largerOf(low, smallerOf(high, values[i]!));
    }
    return true;
  };
}
