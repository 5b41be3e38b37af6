/**
 * Asks both systems of a pair the same and gathers the differences. A query that differs is narrowed down: as long
 * as a part of it differs on its own, that part is looked at.
 */

import type { Expr } from '../../src/query/lang/promql/ast.ts';
import { parsePromql } from '../../src/query/lang/promql/parser.ts';
import { printPromql } from '../../src/query/lang/promql/printer.ts';
import { accidentOf, type Outcome } from './accidents.ts';
import { compareAnswers, type Series } from './compare.ts';
import { ask, type Pair } from './pair.ts';
import type { Request } from './queries.ts';

export interface Difference {
  readonly request: Request;
  /** The smallest part that differs, with what differs of it. */
  readonly narrowed: string;
  readonly lines: readonly string[];
  /** Raw samples that it reads, as the reference has them. */
  readonly data: readonly string[];
}

export interface Tally {
  asked: number;
  /** Answered with at least one value. */
  answered: number;
  refused: number;
  /** Explained differences, by the name of their rule. */
  readonly accidents: Map<string, number>;
  readonly differences: Difference[];
}

export function newTally(): Tally {
  return { asked: 0, answered: 0, refused: 0, accidents: new Map(), differences: [] };
}

async function compare(pair: Pair, request: Request): Promise<Outcome> {
  const [want, got] = await Promise.all([ask(pair.reference, request), ask(pair.own, request)]);
  return { request, want, got, lines: compareAnswers(request.query, want, got, pair.valuesOnly), parts: [] };
}

function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
    case 'aggregation':
      return expr.param ? [expr.expr, expr.param] : [expr.expr];
    case 'binary':
      return [expr.lhs, expr.rhs];
    case 'call':
      return expr.args;
    default:
      return [];
  }
}

/** Text of all selectors, each with the given range instead of its own. */
function selectorsOf(expr: Expr, range: string): string[] {
  if (expr.kind === 'matrix_selector') return selectorsOf(expr.selector, range);
  if (expr.kind !== 'vector_selector') return partsOf(expr).flatMap((part) => selectorsOf(part, range));
  return [`${printPromql({ ...expr, offset: undefined, at: undefined, edges: 'plain' })}[${range}]`];
}

/** The smallest part of the query that differs on its own, and the answers to its parts, which do not. */
async function narrow(pair: Pair, outcome: Outcome): Promise<Outcome> {
  let expr: Expr;
  try {
    expr = parsePromql(outcome.request.query);
  } catch {
    return outcome;
  }
  for (;;) {
    let smaller: [Expr, Outcome] | undefined;
    const parts: Outcome[] = [];
    for (const part of partsOf(expr)) {
      // What is inside brackets is asked for as an instant query of its own.
      const whole = part.kind === 'subquery' ? part.expr : part;
      if (whole.kind === 'string' || whole.kind === 'matrix_selector') continue;
      const tried = await compare(pair, { ...outcome.request, query: printPromql(whole) });
      parts.push(tried);
      if (tried.lines.length === 0) continue;
      smaller = [whole, tried];
      break;
    }
    if (smaller === undefined) return { ...outcome, parts };
    [expr, outcome] = smaller;
  }
}

const DATA_SERIES_MAX = 6;

async function dataOf(pair: Pair, { query, time, end }: Request): Promise<string[]> {
  try {
    const selectors = [...new Set(selectorsOf(parsePromql(query), '6m'))];
    const lines: string[] = [];
    for (const selector of selectors) {
      const { data } = await ask(pair.reference, { query: selector, time: time ?? end! });
      for (const { metric, values = [], histograms = [] } of (data!.result as Series[]).slice(
        0,
        DATA_SERIES_MAX,
      )) {
        const points = [...values, ...histograms].sort((a, b) => a[0] - b[0]);
        const texts = points.map(
          ([at, value]) => `${at}:${typeof value === 'string' ? value : JSON.stringify(value)}`,
        );
        lines.push(`${JSON.stringify(metric)} ${texts.join(' ')}`);
      }
    }
    return lines;
  } catch {
    return [];
  }
}

/** How often the reference is asked again: what it leaves to chance, it answers otherwise now and then. */
const CHANCES = 10;

/** Whether the reference, asked again, answers as we did. */
async function agreesByChance(pair: Pair, { request, got }: Outcome): Promise<boolean> {
  for (let i = 0; i < CHANCES; i++) {
    const want = await ask(pair.reference, request);
    if (compareAnswers(request.query, want, got, pair.valuesOnly).length === 0) return true;
  }
  return false;
}

export async function askBoth(pair: Pair, request: Request, tally: Tally): Promise<void> {
  const outcome = await compare(pair, request);
  tally.asked++;
  const result = outcome.want.data?.result;
  if (outcome.want.status === 'error') tally.refused++;
  else if (Array.isArray(result) && result.length > 0) tally.answered++;
  if (outcome.lines.length === 0) return;
  const smallest = await narrow(pair, outcome);
  const accident =
    accidentOf(outcome) ??
    accidentOf(smallest) ??
    ((await agreesByChance(pair, outcome)) ? 'answers of the reference that vary' : undefined);
  if (accident !== undefined) {
    tally.accidents.set(accident, (tally.accidents.get(accident) ?? 0) + 1);
    return;
  }
  const { lines, request: narrowed } = smallest;
  tally.differences.push({ request, narrowed: narrowed.query, lines, data: await dataOf(pair, narrowed) });
}

/** Asks `count` requests, a few at a time. */
export async function askAll(
  pair: Pair,
  requestOf: (n: number) => Request,
  count: number,
  tally: Tally,
  onProgress: (asked: number) => void = () => {},
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      await askBoth(pair, requestOf(next++), tally);
      if (tally.asked % 500 === 0) onProgress(tally.asked);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const LANES = 4;
