/**
 * What a binary operator does to two elements. Languages differ in details (LogQL's division by zero is NaN), so
 * a plan names the operation and the engine holds one `ElementOp` per variant; past that nobody asks which
 * language it is.
 */

import type { Histogram } from '../../model/histogram.ts';
import type { ArithmeticName, ComparisonName, ElementOpName } from './element-op-name.ts';
import { histogramBinary } from './histogram/binary.ts';
import type { Notes } from './range/kernel.ts';

export interface ElementOp {
  readonly symbol: ElementOpName;
  /** The result of two floats; of a comparison 1 or 0. Undefined where floats have none. */
  readonly float: ((left: number, right: number) => number) | undefined;
  readonly comparison: boolean;
  /**
   * The result where a side is a histogram: an element, a comparison's verdict as a boolean, or undefined where
   * the sides do not go together. Absent where the language has no histograms.
   */
  readonly histogram?:
    | ((
        left: number | Histogram,
        right: number | Histogram,
        notes: Notes,
      ) => number | Histogram | boolean | undefined)
    | undefined;
}

const FLOAT_OPS: Record<ArithmeticName | ComparisonName, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
  '==': (a, b) => (a === b ? 1 : 0),
  '!=': (a, b) => (a !== b ? 1 : 0),
  '<': (a, b) => (a < b ? 1 : 0),
  '<=': (a, b) => (a <= b ? 1 : 0),
  '>': (a, b) => (a > b ? 1 : 0),
  '>=': (a, b) => (a >= b ? 1 : 0),
};

/** As IEEE 754 and C have it: 1 to any power and any number to 0 are 1, (-1)^±Inf too. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Number.POSITIVE_INFINITY || b === Number.NEGATIVE_INFINITY))) return 1;
  return a ** b;
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

export function isComparison(symbol: string): symbol is ComparisonName {
  return COMPARISONS.has(symbol);
}

/** PromQL's operations: IEEE floats, and native histograms where they have a meaning. */
export function promqlElementOp(symbol: ElementOpName): ElementOp {
  return {
    symbol,
    float: symbol === '</' || symbol === '>/' ? undefined : FLOAT_OPS[symbol],
    comparison: isComparison(symbol),
    histogram: (left, right, notes) => histogramBinary(symbol, left, right, notes),
  };
}

/** Float operations with a change for a language; histograms have none. */
export function floatElementOp(
  symbol: ArithmeticName | ComparisonName,
  float: (left: number, right: number) => number = FLOAT_OPS[symbol],
): ElementOp {
  return { symbol, float, comparison: isComparison(symbol) };
}
