/** The spans that satisfy one filter, exactly: a byte per row of each group. */

import type { SpanGroup } from '../../model/span-group.ts';
import type { FieldExpression } from '../lang/traceql/ast.ts';
import { findCandidates } from './candidates.ts';
import { Filter } from './filter.ts';
import { needsTrace, type SpanCursor } from './read-value.ts';
import { TraceView } from './trace-view.ts';

/** Undefined masks stand for "all spans"; groups without a hit are left out. */
export function spanMasks(
  groups: readonly SpanGroup[],
  expression: FieldExpression | undefined,
): Map<SpanGroup, Uint8Array | undefined> {
  if (expression === undefined) return new Map(groups.map((group) => [group, undefined]));
  const filter = new Filter(expression);
  if (filter.constant === true) return new Map(groups.map((group) => [group, undefined]));
  const masks = new Map<SpanGroup, Uint8Array | undefined>();
  if (!needsTrace(expression)) {
    for (const group of groups) {
      const mask = filter.bound(group);
      if (mask?.includes(1)) masks.set(group, mask);
    }
    return masks;
  }
  const cursor: SpanCursor = { group: groups[0]!, row: 0, view: undefined, index: 0 };
  for (const { segments } of findCandidates(groups, { kind: 'filter', filter })) {
    const view = new TraceView(segments);
    for (let i = 0; i < view.count; i++) {
      if (!filter.matches(view, i, cursor)) continue;
      const group = view.groups[i]!;
      let mask = masks.get(group);
      if (mask === undefined) masks.set(group, (mask = new Uint8Array(group.spanCount)));
      mask[view.rows[i]!] = 1;
    }
  }
  return masks;
}
