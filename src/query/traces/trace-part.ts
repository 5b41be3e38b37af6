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

export interface TracePart {
  /** All of the trace. */
  readonly rows: readonly TraceRows[];
  /** Whether a row is of the part. */
  has(group: SpanGroup, row: number): boolean;
  readonly whole: boolean;
}

export function partOfTrace(parts: readonly TraceRows[], options: PartOptions): TracePart {
  const segments = parts.map(({ group, rows }) => ({ group, start: rows[0]!, end: rows.at(-1)! + 1 }));
  const view = new TraceView(segments);
  const filter = new Filter(options.filter);
  const cursor: SpanCursor = { group: view.groups[0]!, row: 0, view, index: 0 };
  const matches: number[] = [];
  /** By which match a span was passed last: parents may go round in a circle. */
  const seen = new Uint32Array(view.count);
  for (let i = 0; i < view.count; i++) if (filter.matches(view, i, cursor)) matches.push(i);
  const keep = new Uint8Array(view.count);
  const parents = hierarchy(view);
  for (const i of matches) {
    keep[i] = 1;
    let depth = options.ancestorDepth;
    for (let up = parents[i]!; up >= 0 && depth !== 0 && seen[up] !== i + 1; up = parents[up]!, depth--) {
      keep[up] = 1;
      seen[up] = i + 1;
    }
  }
  if (options.matchDepth !== 0) keepDescendants(parents, matches, options.matchDepth, keep);
  const kept = new Map(rowsOfView(view, keep).map(({ group, rows }) => [group, new Set(rows)]));
  return {
    rows: rowsOfView(view),
    has: (group, row) => kept.get(group)?.has(row) ?? false,
    whole: !keep.includes(0),
  };
}

/** Parents as a whole trace shows them, connected to a root or not: of a shared id the client half is the server half's. */
function hierarchy(view: TraceView): Int32Array {
  const parents = view.tree.claimed.slice();
  const all = Array.from({ length: view.count }, (_, i) => i);
  const clients = new Map(all.filter((i) => view.isClient(i)).map((i) => [view.spanKey(i), i]));
  const halves = all.filter((i) => view.isServer(i) && clients.has(view.spanKey(i)));
  const servers = new Map(halves.map((i) => [view.spanKey(i), i]));
  for (const i of all) {
    if (servers.get(view.spanKey(i)) === i) parents[i] = clients.get(view.spanKey(i))!;
    else if (!view.isRoot(i)) parents[i] = servers.get(view.parentKey(i)) ?? parents[i]!;
  }
  return parents;
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
    // No way is longer than there are spans, unless it goes round in a circle.
    let left = depth < 0 ? parents.length : depth;
    for (let up = parents[i]!; up >= 0 && left > 0; up = parents[up]!, left--) {
      if (!matched.has(up)) continue;
      keep[i] = 1;
      break;
    }
  }
}
