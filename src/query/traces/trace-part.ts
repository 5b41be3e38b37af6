/** The part of one trace that a filter names: its spans, and as far as wanted what stands above and below them. */

import type { SpanGroup } from '../../model/span-group.ts';
import type { FieldExpression } from '../lang/traceql/ast.ts';
import { Filter } from './filter.ts';
import type { SpanCursor } from './read-value.ts';
import type { TraceRows } from './trace-proto.ts';
import { TraceView } from './trace-view.ts';

export interface PartOptions {
  readonly filter: FieldExpression;
  /** Levels of descendants to keep below a match; -1: all. */
  readonly matchDepth: number;
  /** Levels of ancestors to keep above a match; -1: all, 0: none. */
  readonly ancestorDepth: number;
}

export function partOfTrace(parts: readonly TraceRows[], options: PartOptions): TraceRows[] {
  const segments = parts.map(({ group, rows }) => ({ group, start: rows[0]!, end: rows.at(-1)! + 1 }));
  const view = new TraceView(segments);
  const filter = new Filter(options.filter);
  const cursor: SpanCursor = { group: view.groups[0]!, row: 0, view, index: 0 };
  const matches: number[] = [];
  for (let i = 0; i < view.count; i++) if (filter.matches(view, i, cursor)) matches.push(i);
  const keep = new Uint8Array(view.count);
  const { parents } = view.tree;
  for (const i of matches) {
    keep[i] = 1;
    let depth = options.ancestorDepth;
    for (let up = parents[i]!; up >= 0 && depth !== 0; up = parents[up]!, depth--) keep[up] = 1;
  }
  if (options.matchDepth !== 0) keepDescendants(parents, matches, options.matchDepth, keep);
  return rowsOfView(view, keep);
}

/** The spans of a view by group: all, or those with a 1 in `keep`. */
export function rowsOfView(view: TraceView, keep?: Uint8Array): TraceRows[] {
  const rowsByGroup = new Map<SpanGroup, number[]>();
  for (let i = 0; i < view.count; i++) {
    if (keep !== undefined && keep[i] === 0) continue;
    const group = view.groups[i]!;
    const rows = rowsByGroup.get(group);
    if (rows) rows.push(view.rows[i]!);
    else rowsByGroup.set(group, [view.rows[i]!]);
  }
  return [...rowsByGroup].map(([group, rows]) => ({ group, rows: Uint32Array.from(rows).sort() }));
}

function keepDescendants(
  parents: Int32Array,
  matches: readonly number[],
  depth: number,
  keep: Uint8Array,
): void {
  const matched = new Set(matches);
  for (let i = 0; i < parents.length; i++) {
    let left = depth;
    for (let up = parents[i]!; up >= 0 && left !== 0; up = parents[up]!, left--) {
      if (!matched.has(up)) continue;
      keep[i] = 1;
      break;
    }
  }
}
