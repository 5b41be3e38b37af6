/** Queries that were run, in the browser's memory, the newest first. */

import { remembered } from '../../store.ts';

/** More than this nobody looks through, and the memory is shared with everything else of this origin. */
const KEPT_MAX = 50;

const memory = remembered('promql-history');

export function queryHistory(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(memory.get() ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** What was run before moves to the top. */
export function rememberQuery(expr: string): void {
  const query = expr.trim();
  if (query === '') return;
  const others = queryHistory().filter((one) => one !== query);
  memory.set(JSON.stringify([query, ...others].slice(0, KEPT_MAX)));
}

export function forgetQueries(): void {
  memory.set(undefined);
}
