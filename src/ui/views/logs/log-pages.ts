/**
 * Lines page by page. A page ends at a moment that may have more lines than fit: the next one begins at that very moment, and
 * what is on view of it already is taken out by its content, so that nothing is missing and nothing there twice.
 */

import type { Direction, LogQuestion, LogStream } from '../../api/loki-data.ts';
import type { Bounds } from '../../time/range.ts';
import { compareNs, contentOf, type LogRow, rowsOf } from './log-row.ts';

/** What the server gives at once at most; it refuses more. */
export const PAGE_MAX_LINES = 5000;

export interface LogPages {
  /** In the order of the direction. */
  readonly rows: readonly LogRow[];
  /** What to ask for more; undefined where there is no more. */
  readonly next: LogQuestion | undefined;
  /** A moment with more lines than the server gives at once: some of it are not on view. */
  readonly crowdedNs?: string;
}

/** The first question of a view of the lines of a range. */
export function firstQuestion(
  query: string,
  { startMs, endMs }: Bounds,
  direction: Direction,
  limit: number,
): LogQuestion {
  const ns = (ms: number) => BigInt(Math.round(ms)) * 1_000_000n;
  return { query, startNs: ns(startMs), endNs: ns(endMs), limit, direction };
}

/** What is on view once the answer to a question is there. */
export function withPage(
  rows: readonly LogRow[],
  question: LogQuestion,
  answer: readonly LogStream[],
): LogPages {
  const page = sorted(rowsOf(answer), question.direction);
  const fresh = unseen(rows, page);
  const all = [...rows, ...fresh];
  const last = all.at(-1);
  if (page.length < question.limit || !last) return { rows: all, next: undefined };
  if (fresh.length > 0) return { rows: all, next: from(question, last.ns) };
  // A page of nothing but what is on view: one moment fills it. A larger page may reach behind it.
  if (question.limit < PAGE_MAX_LINES) return { rows: all, next: { ...question, limit: PAGE_MAX_LINES } };
  return { rows: all, next: behind(question, last.ns), crowdedNs: last.ns };
}

/** The moment itself is asked for again. */
function from(question: LogQuestion, ns: string): LogQuestion {
  if (question.direction === 'forward') return { ...question, startNs: BigInt(ns) };
  return { ...question, endNs: BigInt(ns) + 1n };
}

function behind(question: LogQuestion, ns: string): LogQuestion | undefined {
  const next =
    question.direction === 'forward'
      ? { ...question, startNs: BigInt(ns) + 1n }
      : { ...question, endNs: BigInt(ns) };
  return next.startNs < next.endNs ? next : undefined;
}

function sorted(rows: LogRow[], direction: Direction): LogRow[] {
  const sign = direction === 'forward' ? 1 : -1;
  return rows.sort((a, b) => sign * compareNs(a.ns, b.ns));
}

/** Of the page, what is not on view; only lines of the last moment on view can be. */
function unseen(rows: readonly LogRow[], page: readonly LogRow[]): LogRow[] {
  const edge = rows.at(-1)?.ns;
  const seen = new Map<string, number>();
  for (let i = rows.length - 1; i >= 0 && rows[i]!.ns === edge; i--) {
    const content = contentOf(rows[i]!);
    seen.set(content, (seen.get(content) ?? 0) + 1);
  }
  return page.filter((row) => {
    if (row.ns !== edge) return true;
    const content = contentOf(row);
    const left = seen.get(content) ?? 0;
    if (left > 0) seen.set(content, left - 1);
    return left === 0;
  });
}
