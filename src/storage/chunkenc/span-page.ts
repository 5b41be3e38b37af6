/**
 * Span groups between their three forms: rows of OTLP protobuf (`buildSpanGroup`), columns in memory (`SpanGroup`),
 * pieces on disk (`encodeSpanGroup`, `openSpanGroup`). Merging goes through rows, in which equal spans of different
 * groups are equal bytes (`spansOf` writes one form only), so that what was sent twice is dropped on the way.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { allRows } from '../../model/span-rows.ts';
import { spansOf } from '../../model/spans-of.ts';
import { buildSpanGroup } from './span-builder.ts';

export { buildSpanGroup } from './span-builder.ts';
export { encodeSpanGroup, type SpanPiece } from './span-encode.ts';
export { openSpanGroup } from './span-open.ts';

/** One group of all spans of the groups; spans that are equal in every respect become one. */
export function mergeSpanGroups(groups: readonly SpanGroup[]): SpanGroup {
  return buildSpanGroup(allRows(groups.map((group) => spansOf(group))));
}
