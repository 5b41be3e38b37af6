/**
 * Asks both systems of a pair the same and gathers the differences. A query that differs is narrowed down: a metric query to the
 * smallest part that differs on its own, a log query to its first stages that do.
 */

import type { LogqlExpr } from '../../../src/query/lang/logql/ast.ts';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import { printLine } from '../../../src/query/lang/logql/printer.ts';
import { compareAnswers } from './compare.ts';
import { explanationOf, type Outcome } from './explained.ts';
import { ask, type Pair } from './pair.ts';
import { withPlainRegexes } from './plain-regexes.ts';
import type { Request } from './requests.ts';

export interface Difference {
  readonly request: Request;
  /** The smallest part that differs, with what differs of it. */
  readonly narrowed: string;
  readonly lines: readonly string[];
}

export interface Tally {
  asked: number;
  /** Answered with at least one line, value or name. */
  answered: number;
  refused: number;
  /** Explained differences, by the name of their rule. */
  readonly explained: Map<string, number>;
  readonly differences: Difference[];
}

export function newTally(): Tally {
  return { asked: 0, answered: 0, refused: 0, explained: new Map(), differences: [] };
}

async function compare(pair: Pair, request: Request): Promise<Outcome> {
  const [want, got] = await Promise.all([ask(pair.reference, request), ask(pair.own, request)]);
  return { request, want, got, lines: compareAnswers(request.path, want, got) };
}

export const queryOf = ({ params }: Request): string =>
  typeof params.query === 'string' ? params.query : '';

function parsed(query: string): LogqlExpr | undefined {
  try {
    return parseLogql(query);
  } catch {
    return undefined;
  }
}

/** Queries that this one is made of, the most telling first. */
function partsOf(expr: LogqlExpr): LogqlExpr[] {
  switch (expr.kind) {
    case 'log':
      return expr.stages.length > 0 ? [{ ...expr, stages: expr.stages.slice(0, -1) }] : [];
    case 'vector-agg':
    case 'label-replace':
      return [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'range-agg': {
      const stages = expr.log.stages.slice(0, -1);
      return expr.log.stages.length > 0 ? [{ ...expr, log: { ...expr.log, stages } }] : [];
    }
    default:
      return [];
  }
}

async function narrow(pair: Pair, outcome: Outcome): Promise<Outcome> {
  for (;;) {
    const expr = parsed(queryOf(outcome.request));
    let smaller: Outcome | undefined;
    for (const part of expr ? partsOf(expr) : []) {
      if (part.kind === 'literal') continue;
      const params = { ...outcome.request.params, query: printLine(part) };
      const tried = await compare(pair, { ...outcome.request, params });
      if (tried.lines.length === 0 || explanationOf(tried) !== undefined) continue;
      if ((await simplified(pair, tried)) !== undefined) continue;
      smaller = tried;
      break;
    }
    if (smaller === undefined) return outcome;
    outcome = smaller;
  }
}

/** Whether the reference answers as we did, but for explained differences, where it cannot simplify regular expressions. */
async function simplified(pair: Pair, outcome: Outcome): Promise<string | undefined> {
  const query = withPlainRegexes(queryOf(outcome.request));
  if (query === undefined) return undefined;
  const request = { ...outcome.request, params: { ...outcome.request.params, query } };
  const want = await ask(pair.reference, request);
  const lines = compareAnswers(request.path, want, outcome.got);
  const agrees = lines.length === 0 || explanationOf({ ...outcome, request, want, lines }) !== undefined;
  return agrees ? 'regular expressions simplified at the price of their meaning' : undefined;
}

function hasContent(body: unknown): boolean {
  return /"(values?|fields|data)":(\[[^\]]|"[^"])/.test(JSON.stringify(body));
}

export async function askBoth(pair: Pair, request: Request, tally: Tally): Promise<void> {
  const outcome = await compare(pair, request);
  tally.asked++;
  if (outcome.want.status >= 400) tally.refused++;
  else if (hasContent(outcome.want.body)) tally.answered++;
  if (outcome.lines.length === 0) return;
  const explanation = explanationOf(outcome) ?? (await simplified(pair, outcome));
  if (explanation !== undefined) {
    tally.explained.set(explanation, (tally.explained.get(explanation) ?? 0) + 1);
    return;
  }
  const { lines, request: narrowed } = await narrow(pair, outcome);
  tally.differences.push({ request, narrowed: queryOf(narrowed), lines });
}

const LANES = 4;

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
