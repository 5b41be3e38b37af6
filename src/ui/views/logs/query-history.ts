/** Queries that were on view, the newest first, in the browser's memory. */

import { remembered } from '../../store.ts';

/** More than this nobody looks through. */
const KEPT_MAX = 50;

const memory = remembered('logql-history');

export function queryHistory(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(memory.get() ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** One that was there before moves to the top. */
export function rememberQuery(query: string): void {
  if (query === '') return;
  const others = queryHistory().filter((one) => one !== query);
  memory.set(JSON.stringify([query, ...others].slice(0, KEPT_MAX)));
}
