/**
 * Differences that are no fault of either side: what the original leaves to chance. Each rule is as narrow as it can
 * be, and docs/compat/prometheus.md tells of it. Rules look at the smallest part of a query that differs.
 */

import type { Expr } from '../../src/query/lang/promql/ast.ts';
import { parsePromql } from '../../src/query/lang/promql/parser.ts';
import { type Answer, compareAnswers, pointsOf, type Series } from './compare.ts';
import type { Request } from './queries.ts';

export interface Outcome {
  readonly request: Request;
  readonly want: Answer;
  readonly got: Answer;
  readonly lines: readonly string[];
  /** Of the expressions that the query is directly made of, where it is the smallest that differs. */
  readonly parts: readonly Outcome[];
}

interface Accident {
  readonly name: string;
  applies(outcome: Outcome): boolean;
}

function parsed(query: string): Expr | undefined {
  try {
    return parsePromql(query);
  } catch {
    return undefined;
  }
}

const seriesOf = ({ data }: Answer) => (Array.isArray(data?.result) ? (data.result as Series[]) : []);

/** The values at each time, whichever series has them. */
function valuesByTime(answer: Answer): string {
  const byTime = new Map<number, string[]>();
  for (const series of seriesOf(answer)) {
    for (const [time, value] of pointsOf(series)) {
      const text = typeof value === 'string' ? Number(value).toPrecision(10) : JSON.stringify(value);
      byTime.set(time, [...(byTime.get(time) ?? []), text]);
    }
  }
  const rows = [...byTime].sort(([a], [b]) => a - b).map(([time, values]) => [time, values.sort()]);
  return JSON.stringify(rows);
}

function countsByTime(answer: Answer): string {
  const counts = new Map<number, number>();
  for (const series of seriesOf(answer)) {
    for (const time of pointsOf(series).keys()) counts.set(time, (counts.get(time) ?? 0) + 1);
  }
  return JSON.stringify([...counts].sort(([a], [b]) => a - b));
}

function aggregates(query: string, ops: readonly string[]): boolean {
  const expr = parsed(query);
  return expr?.kind === 'aggregation' && ops.includes(expr.op);
}

/** Both answers, as `change` leaves their values. */
function sameWith(query: string, want: Answer, got: Answer, change: (value: unknown) => unknown): boolean {
  const changed = (answer: Answer): Answer =>
    JSON.parse(JSON.stringify(answer), (_, value: unknown) => change(value)) as Answer;
  return compareAnswers(query, changed(want), changed(got)).length === 0;
}

const isBucket = (value: unknown) =>
  Array.isArray(value) && value.length === 4 && typeof value[0] === 'number';

/** Without buckets there is no list of them. */
const nonEmpty = (list: readonly unknown[]) => (list.length > 0 ? list : undefined);

/** The largest relative error of numbers that differ, Infinity where anything else does. */
function largestError(want: Answer, got: Answer): number {
  let worst = 0;
  const others = new Map(seriesOf(got).map((series) => [JSON.stringify(series.metric), pointsOf(series)]));
  for (const series of seriesOf(want)) {
    const other = others.get(JSON.stringify(series.metric));
    for (const [time, value] of pointsOf(series)) {
      const [a, b] = [Number(value), Number(other?.get(time) ?? 'nothing')];
      if (Object.is(a, b) && typeof value === 'string') continue;
      const error = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
      worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
    }
  }
  return seriesOf(want).length === others.size ? worst : Number.POSITIVE_INFINITY;
}

/** What rounding may become where sums and their like are added up in another order and then cancel out. */
const REORDERED_ERROR_MAX = 1e-6;

const DUPLICATE =
  /^found duplicate series for the match group .* on the (left|right) hand-side of the operation: \[.*\];many-to-many/;

const INCOMPATIBLE = 'incompatible sample types encountered for binary operator';

const ACCIDENTS: readonly Accident[] = [
  {
    // Expressions over a range yield series in the order of a Go map.
    name: 'which duplicate is named',
    applies: ({ want, got }) => {
      const [a, b] = [DUPLICATE.exec(want.error ?? ''), DUPLICATE.exec(got.error ?? '')];
      return a !== null && b !== null && a[1] === b[1];
    },
  },
  {
    name: 'which of equal values topk keeps',
    applies: ({ request, want, got }) =>
      aggregates(request.query, ['topk', 'bottomk']) && valuesByTime(want) === valuesByTime(got),
  },
  {
    name: 'which elements limitk keeps',
    applies: ({ request, want, got }) =>
      aggregates(request.query, ['limitk']) && countsByTime(want) === countsByTime(got),
  },
  {
    // Go's sort is not stable.
    name: 'order of equal values',
    applies: ({ request, want, got, lines }) => {
      const values = (answer: Answer) => seriesOf(answer).map((series) => series.value?.[1]);
      return (
        lines.every((line) => line.startsWith('order:')) &&
        /^(sort|topk|bottomk)/.test(request.query) &&
        values(want).join() === values(got).join()
      );
    },
  },
  {
    // The original's natural order puts an empty text behind every other and every other behind it.
    name: 'sort by a label that some series lack',
    applies({ request, want, lines }) {
      if (!lines.every((line) => line.startsWith('order:'))) return false;
      const expr = parsed(request.query);
      if (expr?.kind !== 'call' || !expr.name.startsWith('sort_by_label')) return false;
      const labels = expr.args.slice(1).map((arg) => (arg.kind === 'string' ? arg.value : ''));
      return seriesOf(want).some(({ metric }) => labels.some((label) => !metric[label]));
    },
  },
  {
    // Of the notes that elements of one step leave, a binary operator keeps the last.
    name: 'several notes of one binary operator',
    applies: ({ want, lines }) =>
      lines.every((line) => line.startsWith('info too much') && line.includes(INCOMPATIBLE)) &&
      (want.infos ?? []).some((info) => info.includes(INCOMPATIBLE)),
  },
  {
    // The end of a selector's text does not count these words.
    name: 'place of an operator behind anchored or smoothed',
    applies: ({ request, want, got }) => {
      const text = (answer: Answer) => answer.error?.replace(/\d+:\d+: parse error/, 'parse error');
      return /anchored|smoothed/i.test(request.query) && want.error !== undefined && text(want) === text(got);
    },
  },
  {
    // Samples are stored with the buckets of those that come later, empty, and 0 · Inf is NaN.
    name: 'empty buckets times infinity',
    applies: ({ request, want, got, lines }) =>
      lines.some((line) => line.includes('buckets')) &&
      sameWith(request.query, want, got, (value) =>
        Array.isArray(value) && value.some(isBucket)
          ? nonEmpty(value.filter((bucket) => (bucket as unknown[])[3] !== 'NaN'))
          : value,
      ),
  },
  {
    // For the same reason: the quantile looks at the last bucket even if that is empty.
    name: 'quantile of negative counts',
    applies: ({ request, parts }) =>
      parsed(request.query)?.kind === 'call' &&
      request.query.startsWith('histogram_quantile') &&
      parts.some(({ want }) => JSON.stringify(want.data ?? '').includes('"count":"-')),
  },
  {
    // 0 and -0 are equal when they are sorted.
    name: 'sign of zero in a quantile',
    applies: ({ request, want, got }) =>
      request.query.startsWith('quantile') &&
      sameWith(request.query, want, got, (value) => (value === '-0' ? '0' : value)),
  },
  {
    // Functions of the two libraries differ in the last digit, which others make larger.
    name: 'last digits that grow',
    applies: ({ want, got, parts }) =>
      want.error === got.error &&
      parts.some((part) => part.lines.length === 0 && largestError(part.want, part.got) > 0),
  },
  {
    // Over a range, series come in the order of a Go map.
    name: 'order of additions',
    applies: ({ request, want, got }) =>
      request.time === undefined &&
      aggregates(request.query, ['sum', 'avg', 'stddev', 'stdvar']) &&
      largestError(want, got) < REORDERED_ERROR_MAX,
  },
  {
    // On the processor at hand; the result is far off.
    name: 'logarithm of a subnormal number',
    applies: ({ request, parts }) =>
      /^(ln|log10)\(/.test(request.query) &&
      parts.some(({ want }) => JSON.stringify(want.data ?? '').includes('"5e-324"')),
  },
  {
    // Series that come to have the same labels may have a float and a histogram at the same time.
    name: 'float and histogram with equal labels',
    applies: ({ want, got, parts }) =>
      want.error === undefined &&
      got.error === 'vector cannot contain metrics with the same labelset' &&
      parts.some((part) => {
        const kinds = seriesOf(part.want).flatMap((series) => [...pointsOf(series).values()]);
        return kinds.some((v) => typeof v === 'string') && kinds.some((v) => typeof v === 'object');
      }),
  },
  {
    // It looks at where the subquery ends, be that a step or not.
    name: 'whether sort is warned of in a subquery of one step',
    applies: ({ request, lines }) =>
      /\[[^\]]*:/.test(request.query) &&
      lines.every((line) => /^warning (missing|too much): .*sort is ineffective/.test(line)),
  },
  {
    // The offset chooses the samples that are read, and is then forgotten.
    name: 'timestamp of a selector with @ and offset',
    applies({ request }) {
      const expr = parsed(request.query);
      const arg = expr?.kind === 'call' && expr.name === 'timestamp' ? expr.args[0] : undefined;
      return arg?.kind === 'vector_selector' && arg.at !== undefined && arg.offset !== undefined;
    },
  },
  {
    // Reckoned as a difference, of which little is left.
    name: 'arc cosine near 1',
    applies: ({ request, want, got }) =>
      request.query.startsWith('acos(') && largestError(want, got) < REORDERED_ERROR_MAX,
  },
  {
    // More than ten are told by their number; which ones, a Go map decides.
    name: 'which of many notes are told',
    applies: ({ lines, want, got }) =>
      lines.every((line) => /^(warning|info) (missing|too much)/.test(line)) &&
      [want, got].every(({ warnings = [], infos = [] }) =>
        [...warnings, ...infos].some((note) => note.includes('annotations omitted')),
      ),
  },
  {
    // Where both sides fail, one error is told.
    name: 'which of two errors is told',
    applies: ({ want, got, parts }) =>
      want.errorType === 'execution' &&
      [want, got].every((answer) => parts.some((part) => part.want.error === answer.error)),
  },
  {
    // The token behind an aggregation is read before its arguments are counted.
    name: 'a fault right behind an aggregation',
    applies: ({ want, got }) =>
      want.errorType === 'bad_data' && (got.error?.includes('arguments for aggregate expression') ?? false),
  },
  {
    name: 'the original fails within',
    applies: ({ want }) => want.error?.startsWith('unexpected error: runtime error') ?? false,
  },
];

export function accidentOf(outcome: Outcome): string | undefined {
  return ACCIDENTS.find((accident) => accident.applies(outcome))?.name;
}
