/**
 * Whether two answers of the query API say the same: status, error, type, series, times, values, annotations. What
 * differs is told in lines that name both sides. Values may differ in their last digits, for sums may be added up in
 * another order; everything else is compared as it is written.
 */

import { parsePromql } from '../../src/query/lang/promql/parser.ts';
import type { NativeHistogram } from '../support/http-api.ts';

export interface Answer {
  readonly httpStatus: number;
  readonly status?: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

type Point = readonly [seconds: number, value: string];
type HistogramPoint = readonly [seconds: number, histogram: NativeHistogram];
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

/** Sums may be added up in another order, and functions of two libraries differ in the last digit. */
export const tolerance = { relativeError: 1e-10 };

/** Expressions whose instant answers have an order that clients see. */
export function isOrdered(query: string): boolean {
  const expr = parsePromql(query);
  if (expr.kind === 'call') return /^sort/.test(expr.name);
  return (
    expr.kind === 'aggregation' && (expr.op === 'topk' || expr.op === 'bottomk') && expr.grouping.length === 0
  );
}

function sameNumber(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  // Equal numbers must be written alike.
  if (x === y || !Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <= tolerance.relativeError * Math.max(Math.abs(x), Math.abs(y));
}

function sameHistogram(a: NativeHistogram, b: NativeHistogram): boolean {
  if (!sameNumber(a.count, b.count) || !sameNumber(a.sum, b.sum)) return false;
  const [x, y] = [a.buckets ?? [], b.buckets ?? []];
  if (x.length !== y.length || (a.buckets === undefined) !== (b.buckets === undefined)) return false;
  return x.every((bucket, i) => {
    const other = y[i]!;
    const bounds =
      bucket[0] === other[0] && sameNumber(bucket[1], other[1]) && sameNumber(bucket[2], other[2]);
    return bounds && sameNumber(bucket[3], other[3]);
  });
}

/** `time → value`, floats and histograms together. */
export function pointsOf(series: Series): Map<number, string | NativeHistogram> {
  const floats = series.values ?? (series.value ? [series.value] : []);
  const histograms = series.histograms ?? (series.histogram ? [series.histogram] : []);
  return new Map<number, string | NativeHistogram>([...floats, ...histograms]);
}

function samePoint(
  a: string | NativeHistogram | undefined,
  b: string | NativeHistogram | undefined,
): boolean {
  if (typeof a === 'string' && typeof b === 'string') return sameNumber(a, b);
  if (typeof a === 'object' && typeof b === 'object') return sameHistogram(a, b);
  return false;
}

const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));

function compareSeries(want: Series, got: Series): string[] {
  const [a, b] = [pointsOf(want), pointsOf(got)];
  const times = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y);
  const different = times.filter((time) => !samePoint(a.get(time), b.get(time)));
  if (different.length === 0) return [];
  const at = different[0]!;
  const more = different.length > 1 ? ` (and at ${different.length - 1} more of ${times.length} times)` : '';
  return [`${JSON.stringify(want.metric)} @ ${at}: want ${show(a.get(at))}, got ${show(b.get(at))}${more}`];
}

function compareLists(want: readonly Series[], got: readonly Series[], ordered: boolean): string[] {
  const keyed = (list: readonly Series[]) =>
    new Map(list.map((series) => [JSON.stringify(series.metric), series]));
  const [a, b] = [keyed(want), keyed(got)];
  const out: string[] = [];
  if (b.size !== got.length) out.push('a label set comes twice');
  for (const [key, series] of a) {
    const other = b.get(key);
    if (other) out.push(...compareSeries(series, other));
    else out.push(`series ${key} is missing: ${show([...pointsOf(series)][0])}`);
  }
  for (const [key, series] of b) {
    if (!a.has(key)) out.push(`series ${key} is too much: ${show([...pointsOf(series)][0])}`);
  }
  if (out.length === 0 && ordered && [...a.keys()].join() !== [...b.keys()].join()) {
    out.push(`order: want ${[...a.keys()].join(' ')}, got ${[...b.keys()].join(' ')}`);
  }
  return out;
}

/**
 * How many samples needed mending is counted wrongly by the original: notes that are merged twice count double, so
 * that a few become millions.
 */
function normalNote(note: string): string {
  return note.replace(
    /(needed to be fixed for monotonicity .*), over \d+ samples from/,
    '$1, over … samples from',
  );
}

function compareNotes(kind: string, wanted: readonly string[] = [], given: readonly string[] = []): string[] {
  const want = wanted.map(normalNote);
  const got = given.map(normalNote);
  const missing = want.filter((note) => !got.includes(note)).map((note) => `${kind} missing: ${note}`);
  const extra = got.filter((note) => !want.includes(note)).map((note) => `${kind} too much: ${note}`);
  return [...missing, ...extra];
}

/**
 * What is not the same, nothing when the answers agree. Of a reference that is older than the answers, errors and notes
 * are not looked at (`valuesOnly`).
 */
export function compareAnswers(query: string, want: Answer, got: Answer, valuesOnly = false): string[] {
  if (valuesOnly && (want.error !== undefined || got.error !== undefined)) return [];
  if (want.httpStatus !== got.httpStatus || want.errorType !== got.errorType || want.error !== got.error) {
    const told = ({ httpStatus, errorType = 'success', error = '' }: Answer) =>
      `${httpStatus} ${errorType} ${error}`;
    return [`want ${told(want)}`, `got  ${told(got)}`];
  }
  const notes = valuesOnly
    ? []
    : [
        ...compareNotes('warning', want.warnings, got.warnings),
        ...compareNotes('info', want.infos, got.infos),
      ];
  if (!want.data || !got.data) return notes;
  const { resultType } = want.data;
  if (resultType !== got.data.resultType) return [`type: want ${resultType}, got ${got.data.resultType}`];
  if (resultType === 'scalar' || resultType === 'string') {
    const [a, b] = [want.data.result as Point, got.data.result as Point];
    const same = a[0] === b[0] && (resultType === 'string' ? a[1] === b[1] : sameNumber(a[1], b[1]));
    return same ? notes : [`want ${show(a)}, got ${show(b)}`, ...notes];
  }
  const ordered = resultType === 'matrix' || isOrdered(query);
  return [...compareLists(want.data.result as Series[], got.data.result as Series[], ordered), ...notes];
}
