/**
 * What is told when an expectation did not hold:
 *
 *   waited 500 ms in vain for value >= 3: there is the value 2
 *     query       promql  sum(orders_total)
 *     answer      1 series
 *                   {} 2
 *     there is    metrics  orders_total, http_requests_total
 */

import { briefAnswer } from './brief-answer.ts';
import type { AnyAnswer } from './expectation.ts';
import { nearest } from './nearest.ts';
import type { ExpectationFailure, Inventory, Query } from './sink.ts';

/** Names of a kind that are shown. */
const NAMES_MAX = 8;

export class ExpectationError extends Error implements ExpectationFailure {
  override readonly name = 'ExpectationError';
  readonly query: Query;
  readonly answer: AnyAnswer | undefined;

  constructor(message: string, query: Query, answer: AnyAnswer | undefined) {
    super(message);
    this.query = query;
    this.answer = answer;
  }
}

export interface Failure {
  readonly headline: string;
  readonly query: Query;
  readonly answer: AnyAnswer | undefined;
  /** Of what is there; undefined where it does not help. */
  readonly inventory: Inventory | undefined;
}

/** With the stack of `at`, which was made where the test called. */
export function expectationError(
  { headline, query, answer, inventory }: Failure,
  at: Error,
): ExpectationError {
  const [language, text] = typeof query === 'string' ? ['promql', query] : Object.entries(query)[0]!;
  const lines = [headline, `  query     ${language}  ${text}`];
  const [first, ...rest] = briefAnswer(answer);
  lines.push(`  answer    ${first}`, ...rest.map((line) => `              ${line}`));
  if (inventory) {
    const [has, ...more] = whatIsThere(language, text, inventory);
    lines.push(`  there is  ${has}`, ...more.map((line) => `            ${line}`));
  }
  const error = new ExpectationError(lines.join('\n'), query, answer);
  const frames = at.stack?.split('\n').slice(1).join('\n') ?? '';
  error.stack = `${error.name}: ${error.message}\n${frames}`;
  return error;
}

/** Names of the signal that was asked about, those first that come nearest to what the query says. */
function whatIsThere(language: string, query: string, inventory: Inventory): string[] {
  const { metrics, streams, services, spans } = inventory;
  const shown = (kind: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${kind}  ${listed(nearest(query, names), ', ')}`];
  const ofSignal: Readonly<Record<string, () => string[]>> = {
    promql: () => shown('metrics', metrics),
    logql: () => {
      const texts = streams.map(
        (labels) => `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)}}`,
      );
      return nearest(query, texts)
        .slice(0, NAMES_MAX)
        .map((text) => `stream  ${text}`);
    },
    traceql: () => [...shown('services', services), ...shown('spans', spans)],
    trace: () => [...shown('services', services), ...shown('spans', spans)],
  };
  const found = ofSignal[language]?.() ?? [];
  if (found.length > 0) return found;
  const others = [
    `${metrics.length} metrics`,
    `${streams.length} log streams`,
    `${services.length} services with spans`,
  ];
  return [`nothing of this signal; ${others.join(', ')}`];
}

function listed(names: readonly string[], separator: string): string {
  const more = names.length - NAMES_MAX;
  return names.slice(0, NAMES_MAX).join(separator) + (more > 0 ? ` and ${more} more` : '');
}
