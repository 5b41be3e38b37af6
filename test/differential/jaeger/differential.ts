/** Asks both systems of a pair the same and gathers the differences. */

import { type Answer, compareAnswers } from './compare.ts';
import { explanationOf } from './explained.ts';
import { ask, type Pair } from './pair.ts';
import type { Request } from './requests.ts';

export interface Difference {
  readonly request: Request;
  readonly lines: readonly string[];
}

export interface Tally {
  asked: number;
  /** Answered with 200 and something that was found. */
  answered: number;
  refused: number;
  /** Explained differences, by the name of their rule. */
  readonly explained: Map<string, number>;
  readonly differences: Difference[];
}

export function newTally(): Tally {
  return { asked: 0, answered: 0, refused: 0, explained: new Map(), differences: [] };
}

/** `onAlike` gets the requests that are answered alike. */
export async function askAll(
  pair: Pair,
  next: () => Request,
  count: number,
  tally: Tally,
  onAlike: (request: Request, answer: Answer) => void = () => {},
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const request = next();
    const [want, got] = await Promise.all([ask(pair.reference, request), ask(pair.own, request)]);
    tally.asked++;
    if (want.status >= 400) tally.refused++;
    else if (JSON.stringify(want.body).length > 100) tally.answered++;
    const lines = compareAnswers(request, want, got);
    if (lines.length === 0) {
      onAlike(request, want);
      continue;
    }
    const rule = explanationOf({ request, want, got });
    if (rule === undefined) tally.differences.push({ request, lines });
    else tally.explained.set(rule, (tally.explained.get(rule) ?? 0) + 1);
  }
}
