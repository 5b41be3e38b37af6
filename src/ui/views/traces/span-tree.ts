/**
 * Spans as a tree by parent, in the order in which a waterfall shows them: each span above its children, children by start.
 * Senders are not always right, so nothing is taken for granted, and what is odd is told in notes:
 *
 *   - a parent that is not there: its children are roots, marked as orphans
 *   - two spans of one id: the server's half of a call that shares its client's id is the client's child (Zipkin does this);
 *     of other doubles the first is the parent of whoever names the id
 *   - parents in a circle: the span of it that began first is a root
 */

import type { Span } from './spans.ts';

export interface TreeSpan {
  readonly span: Span;
  /** Its place among the rows when all are open. */
  readonly index: number;
  /** Of the parent; -1 for a root. */
  readonly parent: number;
  /** Zero for a root. */
  readonly depth: number;
  readonly childCount: number;
  /** How many rows belong to it, itself included: those of its whole branch. */
  readonly size: number;
  /** Errors in the branch below it. */
  readonly errorsBelow: number;
  /** Its parent is named but not there. */
  readonly isOrphan: boolean;
}

export interface SpanTree {
  /** Depth first. */
  readonly rows: readonly TreeSpan[];
  readonly depth: number;
  readonly notes: readonly string[];
}

/** Clocks that differ by less than this are as good as the same. */
const SKEW_LEAST_NS = 1e6;

export function spanTree(spans: readonly Span[]): SpanTree {
  const { parents, orphans, doubles, circles } = parentsOf(spans);
  const order = spans.map((_, i) => i).sort((a, b) => spans[a]!.startNs - spans[b]!.startNs || a - b);
  const children: number[][] = spans.map(() => []);
  const roots: number[] = [];
  for (const i of order) (parents[i]! < 0 ? roots : children[parents[i]!]!).push(i);
  const rows = laidOut(spans, roots, children, orphans);
  return {
    rows,
    depth: rows.reduce((deepest, row) => Math.max(deepest, row.depth + 1), 0),
    notes: notesOf(spans, { roots, parents, orphans, doubles, circles }),
  };
}

interface Parents {
  /** By the span's place: its parent's, or -1. */
  readonly parents: Int32Array;
  readonly orphans: ReadonlySet<number>;
  readonly doubles: number;
  readonly circles: number;
}

function parentsOf(spans: readonly Span[]): Parents {
  const byId = new Map<string, number[]>();
  spans.forEach(({ id }, i) => {
    const same = byId.get(id);
    if (same) same.push(i);
    else byId.set(id, [i]);
  });
  const parents = new Int32Array(spans.length).fill(-1);
  const orphans = new Set<number>();
  let doubles = 0;
  for (const same of byId.values()) if (same.length > 1) doubles += same.length - 1;
  spans.forEach((span, i) => {
    const same = byId.get(span.id)!;
    const client = isCalled(span) ? same.find((other) => other !== i && isCaller(spans[other]!)) : undefined;
    if (client !== undefined) {
      parents[i] = client;
      return;
    }
    if (span.parentId === '' || /^0+$/.test(span.parentId)) return;
    const named = byId.get(span.parentId)?.filter((other) => other !== i);
    if (!named || named.length === 0) orphans.add(i);
    // Of a shared id the server's half does the work.
    else parents[i] = named.find((other) => isCalled(spans[other]!)) ?? named[0]!;
  });
  return { parents, orphans, doubles, circles: cutCircles(spans, parents) };
}

function isCalled({ kind }: Span): boolean {
  return kind === 'server' || kind === 'consumer';
}

function isCaller({ kind }: Span): boolean {
  return kind === 'client' || kind === 'producer';
}

/** Makes a root of one span of every circle; returns how many circles there were. */
function cutCircles(spans: readonly Span[], parents: Int32Array): number {
  const seen = new Int32Array(spans.length);
  let circles = 0;
  for (let from = 0; from < spans.length; from++) {
    let at = from;
    while (at >= 0 && seen[at] === 0) {
      seen[at] = from + 1;
      at = parents[at]!;
    }
    if (at < 0 || seen[at] !== from + 1) continue;
    circles++;
    let first = at;
    for (let next = parents[at]!; next !== at; next = parents[next]!)
      if (spans[next]!.startNs < spans[first]!.startNs) first = next;
    parents[first] = -1;
  }
  return circles;
}

/** Without recursion: a chain of ten thousand spans is deeper than the stack. */
function laidOut(
  spans: readonly Span[],
  roots: readonly number[],
  children: readonly (readonly number[])[],
  orphans: ReadonlySet<number>,
): TreeSpan[] {
  const rows: { -readonly [K in keyof TreeSpan]: TreeSpan[K] }[] = [];
  const stack = roots.map((place) => ({ place, parent: -1, depth: 0 })).reverse();
  while (stack.length > 0) {
    const { place, parent, depth } = stack.pop()!;
    const index = rows.length;
    const own = children[place]!;
    rows.push({
      span: spans[place]!,
      index,
      parent,
      depth,
      childCount: own.length,
      size: 1,
      errorsBelow: 0,
      isOrphan: orphans.has(place),
    });
    for (let i = own.length - 1; i >= 0; i--) stack.push({ place: own[i]!, parent: index, depth: depth + 1 });
  }
  for (let i = rows.length - 1; i >= 0; i--) {
    const { parent, size, errorsBelow, span } = rows[i]!;
    if (parent < 0) continue;
    rows[parent]!.size += size;
    rows[parent]!.errorsBelow += errorsBelow + (span.status === 'error' ? 1 : 0);
  }
  return rows;
}

function notesOf(spans: readonly Span[], found: Parents & { readonly roots: readonly number[] }): string[] {
  const { roots, parents, orphans, doubles, circles } = found;
  const notes: string[] = [];
  const plainRoots = roots.length - orphans.size - circles;
  if (orphans.size > 0)
    notes.push(
      `${many(orphans.size, 'span has a parent', 'spans have parents')} that is not in the trace (not sent, sampled away or still to come)`,
    );
  if (plainRoots > 1) notes.push(`${plainRoots} spans are roots`);
  if (doubles > 0) notes.push(`${many(doubles, 'span has', 'spans have')} the id of another span`);
  if (circles > 0) notes.push(`${many(circles, 'circle', 'circles')} of spans that are each other's parents`);
  const open = spans.filter(({ hasEnded }) => !hasEnded).length;
  if (open > 0) notes.push(`${many(open, 'span has', 'spans have')} no end, or one before the start`);
  const skews = spans.flatMap((span, i) => {
    const parent = spans[parents[i]!];
    const early = parent ? parent.startNs - span.startNs : 0;
    return early > SKEW_LEAST_NS ? [early] : [];
  });
  if (skews.length > 0) {
    const most = skews.reduce((a, b) => Math.max(a, b));
    notes.push(
      `${many(skews.length, 'span begins before its parent', 'spans begin before their parents')}, by up to ${Math.ceil(most / 1e6)} ms: the clocks of their hosts differ`,
    );
  }
  return notes;
}

function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** Which rows are on view where some branches are closed: their places, ascending. */
export function openRows(tree: SpanTree, isClosed: (row: TreeSpan) => boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < tree.rows.length; ) {
    const row = tree.rows[i]!;
    out.push(i);
    i += row.childCount > 0 && isClosed(row) ? row.size : 1;
  }
  return out;
}
