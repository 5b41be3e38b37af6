/** The spans that satisfy one filter, exactly: a byte per row of each group, made when a group is asked for. */

import type { SpanGroup } from '../../model/span-group.ts';
import type { FieldExpression } from '../lang/traceql/ast.ts';
import { findCandidates } from './candidates.ts';
import { Filter } from './filter.ts';
import { needsTrace, type SpanCursor } from './read-value.ts';
import { TraceView } from './trace-view.ts';

export interface SpanMasks {
  /** Undefined stands for "all spans", `NO_SPANS` (and nothing else) for none of them. */
  of(group: SpanGroup): Uint8Array | undefined;
}

/** The mask of a group without a hit: no span is in it. */
export const NO_SPANS = new Uint8Array(0);

export function spanMasks(groups: readonly SpanGroup[], expression: FieldExpression | undefined): SpanMasks {
  if (expression === undefined) return { of: () => undefined };
  const filter = new Filter(expression);
  if (filter.constant === true) return { of: () => undefined };
  if (needsTrace(expression)) {
    const masks = masksByTrace(groups, filter);
    return { of: (group) => masks.get(group) ?? NO_SPANS };
  }
  const bounds = new Map<SpanGroup, Uint8Array | undefined>();
  return {
    of(group) {
      if (bounds.has(group)) return bounds.get(group);
      let mask = filter.bound(group);
      if (mask !== undefined && !mask.includes(1)) mask = NO_SPANS;
      bounds.set(group, mask);
      return mask;
    },
  };
}

/** Groups without a hit are left out. */
function masksByTrace(groups: readonly SpanGroup[], filter: Filter): Map<SpanGroup, Uint8Array> {
  const masks = new Map<SpanGroup, Uint8Array>();
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
