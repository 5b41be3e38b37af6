/**
 * A tree of spans as a test writes it, and how it lies in a trace: which span stands for each expected one, such that children
 * of expected spans are children in the trace. Without `exact` a trace may have more than was asked for.
 */

import type { Span } from '../../client/answer.ts';
import type { ShapeOptions, SpanExpectation, TraceShape } from './expectations.ts';
import { type Field, holds, scoreOf } from './field.ts';
import { spanFields } from './span-expectation.ts';
import type { SpanTree } from './span-tree.ts';

/** Deeper shapes are a mistake: a test that refers to itself. */
const DEPTH_MAX = 100;

export interface Placed {
  /** `POST /orders` */
  readonly expected: SpanExpectation;
  /** Undefined where no span is left for it. */
  readonly span: Span | undefined;
  readonly fields: readonly Field[];
  readonly children: readonly Placed[];
  /** Of `span`, which nothing stands for; looked at where `exact`. */
  readonly extra: readonly Span[];
  /** Sum over all expected spans of how much of each holds. */
  readonly score: number;
  readonly fulfilled: boolean;
}

/** The best place in the trace. */
export function placeShape(shape: TraceShape, tree: SpanTree, { exact = false }: ShapeOptions): Placed {
  const starts = exact ? tree.roots() : tree.spans;
  const memory: Memory = new Map();
  let best: Placed | undefined;
  for (const span of starts) {
    const placed = place(shape, span, tree, exact, memory, 0);
    if (!best || isBetter(placed, best)) best = placed;
  }
  const placed = best ?? unplaced(shape, 0);
  const others = exact ? tree.roots().filter((root) => root !== placed.span) : [];
  if (others.length === 0) return placed;
  return { ...placed, extra: [...placed.extra, ...others], fulfilled: false };
}

/** Every pair of a shape and a span is looked at once. */
type Memory = Map<TraceShape, Map<Span, Placed>>;

function place(
  shape: TraceShape,
  span: Span,
  tree: SpanTree,
  exact: boolean,
  memory: Memory,
  depth: number,
): Placed {
  let known = memory.get(shape);
  if (!known) memory.set(shape, (known = new Map()));
  const before = known.get(span);
  if (before) return before;
  const { expected, children } = partsOf(shape, depth);
  const fields = spanFields(expected, span, tree);
  const own = tree.childrenOf(span);
  const all = children.map((child) =>
    own.map((candidate) => place(child, candidate, tree, exact, memory, depth + 1)),
  );
  const chosen = assign(all);
  const placedChildren = children.map((child, i) => all[i]![chosen[i]!] ?? unplaced(child, depth + 1));
  const taken = new Set(placedChildren.map((child) => child.span));
  const extra = exact ? own.filter((child) => !taken.has(child)) : [];
  const placed: Placed = {
    ...{ expected, span, fields, extra, children: placedChildren },
    score: scoreOf(fields) + placedChildren.reduce((sum, child) => sum + child.score, 0),
    fulfilled: holds(fields) && extra.length === 0 && placedChildren.every((child) => child.fulfilled),
  };
  known.set(span, placed);
  return placed;
}

function partsOf(shape: TraceShape, depth: number) {
  if (depth > DEPTH_MAX) throw new TypeError(`a trace is expected that is deeper than ${DEPTH_MAX} spans`);
  if (typeof shape === 'string') return { expected: { name: shape }, children: [] };
  const { children = [], ...expected } = shape;
  return { expected, children };
}

function unplaced(shape: TraceShape, depth: number): Placed {
  const { expected, children } = partsOf(shape, depth);
  const below = children.map((child) => unplaced(child, depth + 1));
  return { expected, span: undefined, fields: [], children: below, extra: [], score: 0, fulfilled: false };
}

function isBetter(a: Placed, b: Placed): boolean {
  return a.fulfilled === b.fulfilled ? a.score > b.score : a.fulfilled;
}

/**
 * For each expected child the candidate that stands for it; -1 for none. First as many as can be by candidates that fulfil theirs
 * (augmenting paths, so that a choice is made good again), then the rest by score.
 */
function assign(all: readonly (readonly Placed[])[]): number[] {
  const chosen = all.map(() => -1);
  const takenBy = new Map<number, number>();
  const tryPlace = (child: number, seen: Set<number>): boolean => {
    for (const [candidate, placed] of all[child]!.entries()) {
      if (!placed.fulfilled || seen.has(candidate)) continue;
      seen.add(candidate);
      const other = takenBy.get(candidate);
      if (other === undefined || tryPlace(other, seen)) {
        takenBy.set(candidate, child);
        chosen[child] = candidate;
        return true;
      }
    }
    return false;
  };
  all.forEach((_, child) => {
    tryPlace(child, new Set());
  });
  const left = all
    .flatMap((row, child) => row.map(({ score }, candidate) => ({ child, candidate, score })))
    .sort((a, b) => b.score - a.score || a.child - b.child || a.candidate - b.candidate);
  for (const { child, candidate, score } of left) {
    if (chosen[child] !== -1 || takenBy.has(candidate) || score === 0) continue;
    chosen[child] = candidate;
    takenBy.set(candidate, child);
  }
  return chosen;
}
