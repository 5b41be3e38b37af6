/** Which items come nearest to an expectation, and how a message tells of them. */

import { type Field, scoreOf } from './field.ts';
import { differences, heldOf, type Ink, indent } from './message.ts';

const NEAREST_MAX = 3;
/** Below this nothing is near. */
const NEAR_SCORE = 0.15;
/** Those after the first are told of where they come nearly as near. */
const NEXT_SHARE = 0.75;

/** The nearest first, equally near ones in the order they came in. Empty where none is near. */
export function nearestOf<T extends { readonly fields: readonly Field[] }>(candidates: readonly T[]): T[] {
  const ranked = candidates
    .map((candidate) => ({ candidate, score: scoreOf(candidate.fields) }))
    .sort((a, b) => b.score - a.score);
  const least = Math.max(NEAR_SCORE, NEXT_SHARE * (ranked[0]?.score ?? 0));
  return ranked
    .filter(({ score }) => score >= least)
    .slice(0, NEAREST_MAX)
    .map(({ candidate }) => candidate);
}

/** What it is, how much of the expectation holds, and what does not. `isFirst`: the nearest of all. */
export function toldOf(text: string, fields: readonly Field[], isFirst: boolean, ink: Ink): string {
  const head = `${isFirst ? 'Nearest' : 'Next'} (${heldOf(fields)}): ${text}`;
  return `${head}\n${indent(differences(fields, ink))}`;
}
