/** Exact times of spans, in ns since 1970, as answers print them. */

import type { SpanGroup } from '../../model/span-group.ts';

export function spanStartNs(group: SpanGroup, row: number): bigint {
  for (const exact of group.exactTimes()) if (exact.row === row) return exact.startNs;
  return BigInt(group.baseMs) * 1_000_000n + BigInt(Math.round(group.startsNs()[row]!));
}
