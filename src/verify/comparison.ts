/** Comparisons with numbers as people write them: `>= 1`, `3`, `> 0, < 10`. */

import { TriliteError } from '../model/errors.ts';

const OPERATORS = ['>=', '<=', '==', '!=', '>', '<'] as const;
type Operator = (typeof OPERATORS)[number];

export interface Comparison {
  readonly operator: Operator;
  readonly number: number;
}

/** All of them must hold. */
export type Comparisons = readonly Comparison[];

/** A number alone must be equal; several are parted by commas. Throws `bad_data`. */
export function parseComparisons(text: string): Comparisons {
  return text.split(',').map((part) => parseComparison(part, '=='));
}

/** Without `fallback` the operator must be written. Throws `bad_data`. */
export function parseComparison(text: string, fallback?: Operator): Comparison {
  const trimmed = text.trim();
  const written = OPERATORS.find((candidate) => trimmed.startsWith(candidate));
  const operator = written ?? fallback;
  const digits = trimmed.slice(written?.length ?? 0).trim();
  const number = readNumber(digits);
  if (operator === undefined || number === undefined)
    throw new TriliteError('bad_data', `expected a comparison such as ">= 1", got ${JSON.stringify(text)}`);
  return { operator, number };
}

function readNumber(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

export function holds(actual: number, { operator, number }: Comparison): boolean {
  switch (operator) {
    case '>=':
      return actual >= number;
    case '<=':
      return actual <= number;
    case '==':
      return Object.is(actual, number) || actual === number;
    case '!=':
      return !holds(actual, { operator: '==', number });
    case '>':
      return actual > number;
    case '<':
      return actual < number;
  }
}

export function allHold(actual: number, comparisons: Comparisons): boolean {
  return comparisons.every((comparison) => holds(actual, comparison));
}

export function comparisonText(comparisons: Comparisons): string {
  return comparisons.map(({ operator, number }) => `${operator} ${number}`).join(', ');
}
