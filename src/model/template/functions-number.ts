/** Arithmetic: int64 with division that truncates, floats in decimal, rounding. */

import { castFloat, castInt, type FunctionTable, fn, int } from './arguments.ts';
import { add, type Decimal, divide, multiply, subtract, toDecimal, toNumber } from './decimal.ts';
import { TemplateError, type Value } from './value.ts';

const MANY = 100;

function fold(args: readonly Value[], step: (a: bigint, b: bigint) => bigint): bigint {
  return args.map(castInt).reduce((a, b) => BigInt.asIntN(64, step(a, b)));
}

const largest = (x: bigint, y: bigint): bigint => (x < y ? y : x);
const smallest = (x: bigint, y: bigint): bigint => (x < y ? x : y);

function foldDecimal(args: readonly Value[], step: (a: Decimal, b: Decimal) => Decimal): number {
  return toNumber(args.map((arg) => toDecimal(castFloat(arg))).reduce(step));
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new TemplateError('runtime error: integer divide by zero');
  return divisor;
}

export const NUMBER_FUNCTIONS: FunctionTable = {
  add: fn(1, (a) => fold(a, (x, y) => x + y), MANY),
  sub: fn(2, (a) => fold(a, (x, y) => x - y)),
  mul: fn(1, (a) => fold(a, (x, y) => x * y), MANY),
  div: fn(2, (a) => fold(a, (x, y) => x / nonZero(y))),
  mod: fn(2, (a) => fold(a, (x, y) => x % nonZero(y))),
  max: fn(1, (a) => fold(a, largest), MANY),
  min: fn(1, (a) => fold(a, smallest), MANY),
  addf: fn(1, (a) => foldDecimal(a, add), MANY),
  subf: fn(1, (a) => foldDecimal(a, subtract), MANY),
  mulf: fn(1, (a) => foldDecimal(a, multiply), MANY),
  divf: fn(1, (a) => foldDecimal(a, divide), MANY),
  maxf: fn(1, (a) => Math.max(...a.map(castFloat)), MANY),
  minf: fn(1, (a) => Math.min(...a.map(castFloat)), MANY),
  int: fn(1, ([v]) => castInt(v)),
  float64: fn(1, ([v]) => castFloat(v)),
  ceil: fn(1, ([v]) => Math.ceil(castFloat(v))),
  floor: fn(1, ([v]) => Math.floor(castFloat(v))),
  round: fn(
    2,
    ([v, places, on]) => {
      const scale = 10 ** int(places);
      const scaled = castFloat(v) * scale;
      const fraction = scaled - Math.trunc(scaled);
      const threshold = on === undefined ? 0.5 : castFloat(on);
      return (fraction >= threshold ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
    },
    3,
  ),
};
