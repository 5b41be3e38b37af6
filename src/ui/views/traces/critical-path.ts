/**
 * Where a trace's time went. A span's own time is what of it no child covers; the critical path is what the trace waited for:
 * going back from the end of a root, always the child that ended last, and the span itself where none was running. Children that
 * outlast their parent, or begin before it, count as far as they lie within it.
 */

import type { SpanTree, TreeSpan } from './span-tree.ts';
import type { Stretch } from './trace-address.ts';

/** By the span's row. */
export function selfTimes({ rows }: SpanTree): Float64Array {
  const own = new Float64Array(rows.length);
  const covered = new Float64Array(rows.length);
  // Children of a span come in the order of their starts, whatever lies between them.
  const reached = rows.map(({ span }) => span.startNs);
  for (const row of rows) {
    const { parent, span } = row;
    if (parent < 0) continue;
    const above = rows[parent]!.span;
    const start = Math.max(span.startNs, reached[parent]!);
    const end = Math.min(span.startNs + span.durationNs, above.startNs + above.durationNs);
    if (end <= start) continue;
    covered[parent]! += end - start;
    reached[parent] = end;
  }
  rows.forEach(({ span }, i) => {
    own[i] = Math.max(0, span.durationNs - covered[i]!);
  });
  return own;
}

/** By the span's row: the stretches of it that are on the path, the last first. */
export function criticalPath({ rows }: SpanTree): ReadonlyMap<number, readonly Stretch[]> {
  const children: TreeSpan[][] = rows.map(() => []);
  for (const row of rows) if (row.parent >= 0) children[row.parent]!.push(row);
  for (const own of children) own.sort((a, b) => endOf(a) - endOf(b));
  const path = new Map<number, Stretch[]>();
  const waiting = rows
    .filter(({ parent }) => parent < 0)
    .map((row) => ({ row, fromNs: row.span.startNs, untilNs: endOf(row) }));
  while (waiting.length > 0) {
    const { row, fromNs, untilNs } = waiting.pop()!;
    let at = untilNs;
    for (const child of children[row.index]!.toReversed()) {
      const [start, end] = [Math.max(child.span.startNs, fromNs), Math.min(endOf(child), untilNs)];
      // It ran beside one that ended later, or outside.
      if (end > at || end <= start) continue;
      add(path, row.index, end, at);
      waiting.push({ row: child, fromNs: start, untilNs: end });
      at = start;
    }
    add(path, row.index, fromNs, at);
  }
  return path;
}

function endOf({ span }: TreeSpan): number {
  return span.startNs + span.durationNs;
}

function add(path: Map<number, Stretch[]>, index: number, startNs: number, endNs: number): void {
  if (endNs <= startNs) return;
  const own = path.get(index);
  if (own) own.push({ startNs, endNs });
  else path.set(index, [{ startNs, endNs }]);
}
