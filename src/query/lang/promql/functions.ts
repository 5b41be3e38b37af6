/**
 * All PromQL functions as data: what they take and what they yield. The checker and the AST's JSON read it, the
 * lowering uses its names. Which arguments may be left out is Prometheus' own rule: with `variadic` n > 0 the
 * last type in `args` may occur 0 to n times, with -1 any number of times.
 */

import type { ValueType } from './ast.ts';

export interface FunctionSignature {
  readonly name: string;
  readonly args: readonly ValueType[];
  readonly variadic: number;
  readonly returns: ValueType;
}

const V = 'instant vector';
const R = 'range vector';
const S = 'scalar';
const T = 'string';

const ELEMENTWISE = [
  'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh',
  'absent histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum',
  'sort sort_desc start_timestamp timestamp',
]
  .join(' ')
  .split(' ');

const OVER_RANGE = [
  'changes delta deriv idelta increase irate rate resets absent_over_time avg_over_time count_over_time',
  'first_over_time last_over_time mad_over_time max_over_time min_over_time present_over_time stddev_over_time',
  'stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time',
  'ts_of_min_over_time',
]
  .join(' ')
  .split(' ');

const DATE = 'day_of_month day_of_week day_of_year days_in_month hour minute month year'.split(' ');

function signature(
  name: string,
  args: readonly ValueType[],
  variadic = 0,
  returns: ValueType = V,
): FunctionSignature {
  return { name, args, variadic, returns };
}

const ALL: readonly FunctionSignature[] = [
  ...ELEMENTWISE.map((name) => signature(name, [V])),
  ...OVER_RANGE.map((name) => signature(name, [R])),
  ...DATE.map((name) => signature(name, [V], 1)),
  signature('clamp', [V, S, S]),
  signature('clamp_max', [V, S]),
  signature('clamp_min', [V, S]),
  signature('double_exponential_smoothing', [R, S, S]),
  signature('end', [], 0, S),
  signature('histogram_fraction', [S, S, V]),
  signature('histogram_quantile', [S, V]),
  signature('histogram_quantiles', [V, T, S, S], 9),
  signature('info', [V, V], 1),
  signature('label_join', [V, T, T, T], -1),
  signature('label_replace', [V, T, T, T, T]),
  signature('max_of', [S, S], 0, S),
  signature('min_of', [S, S], 0, S),
  signature('pi', [], 0, S),
  signature('predict_linear', [R, S]),
  signature('quantile_over_time', [S, R]),
  signature('range', [], 0, S),
  signature('round', [V, S], 1),
  signature('scalar', [V], 0, S),
  signature('sort_by_label', [V, T], -1),
  signature('sort_by_label_desc', [V, T], -1),
  signature('start', [], 0, S),
  signature('step', [], 0, S),
  signature('time', [], 0, S),
  signature('vector', [S]),
];

export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map(ALL.map((f) => [f.name, f]));
