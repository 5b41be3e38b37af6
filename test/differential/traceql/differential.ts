/**
 * Asks both systems of a pair the same and gathers the differences. A query that differs is narrowed down to a part that differs on its own,
 * and that part is to be explained.
 */

import type { Query } from '../../../src/query/lang/traceql/ast.ts';
import { parseQuery } from '../../../src/query/lang/traceql/parser.ts';
import { printQuery } from '../../../src/query/lang/traceql/printer.ts';
import { compareAnswers } from './compare.ts';
import { explanationOf } from './explained.ts';
import type { Outcome } from './explained-tags.ts';
import { ask, type Pair } from './pair.ts';
import type { Request } from './requests.ts';
import { smallerQueries } from './smaller.ts';

export interface Difference {
  readonly request: Request;
  /** The smallest part that differs, with what differs of it. */
  readonly narrowed: string;
  readonly lines: readonly string[];
}

export interface KindTally {
  asked: number;
  different: number;
}

export interface Tally {
  asked: number;
  /** Answered with at least one trace, series, name or value. */
  answered: number;
  refused: number;
  readonly kinds: Map<string, KindTally>;
  /** Explained differences, by the name of their rule. */
  readonly explained: Map<string, number>;
  readonly differences: Difference[];
}

export function newTally(): Tally {
  return { asked: 0, answered: 0, refused: 0, kinds: new Map(), explained: new Map(), differences: [] };
}

export function kindOf({ path, params }: Request): string {
  if (path === '/api/search') return params.q === undefined ? 'search by tags' : 'search';
  if (path.includes('/metrics/')) return path.endsWith('range') ? 'metrics, range' : 'metrics, instant';
  if (path.endsWith('/values')) return 'tag values';
  return path.endsWith('/tags') ? 'tags' : 'trace';
}

async function compare(pair: Pair, request: Request): Promise<Outcome> {
  const [want, got] = await Promise.all([ask(pair.reference, request), ask(pair.own, request)]);
  return { request, want, got, lines: compareAnswers(request, want, got) };
}

export const queryOf = ({ params }: Request): string => params.q ?? '';

function parsed(query: string): Query | undefined {
  try {
    return parseQuery(query);
  } catch {
    return undefined;
  }
}

async function narrow(pair: Pair, outcome: Outcome): Promise<Outcome> {
  for (;;) {
    const query = parsed(queryOf(outcome.request));
    let smaller: Outcome | undefined;
    for (const part of query ? smallerQueries(query) : []) {
      const params = { ...outcome.request.params, q: printQuery(part) };
      const tried = await compare(pair, { ...outcome.request, params });
      // A refusal is another difference than a wrong answer.
      if (tried.want.status !== outcome.want.status || tried.got.status !== outcome.got.status) continue;
      if (tried.lines.length === 0) continue;
      smaller = tried;
      break;
    }
    if (smaller === undefined) return outcome;
    outcome = smaller;
  }
}

const EMPTY =
  /^\{("(traces|series|scopes|tagNames|tagValues)":\[\],?|"trace":\{\},?|"metrics":\{[^}]*\},?)*\}$/;

export async function askBoth(pair: Pair, request: Request, tally: Tally): Promise<void> {
  const outcome = await compare(pair, request);
  tally.asked++;
  const kind = kindOf(request);
  const perKind = tally.kinds.get(kind) ?? { asked: 0, different: 0 };
  tally.kinds.set(kind, perKind);
  perKind.asked++;
  if (outcome.want.status >= 400) tally.refused++;
  else if (!EMPTY.test(JSON.stringify(outcome.want.body))) tally.answered++;
  if (outcome.lines.length === 0) return;
  const narrowed = await narrow(pair, outcome);
  const explanation = explanationOf(narrowed, pair.several());
  if (explanation !== undefined) {
    tally.explained.set(explanation, (tally.explained.get(explanation) ?? 0) + 1);
    return;
  }
  perKind.different++;
  tally.differences.push({ request, narrowed: queryOf(narrowed.request), lines: narrowed.lines });
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
