/**
 * Times of spliced rows: offsets from the base of their own group become offsets from a base they share. What no
 * float64 holds exactly then is kept as it was sent, by the same rule as when a group is built.
 */

import type { ExactTimes, SpanGroup } from '../../model/span-group.ts';
import { START_MAX_NS } from './span-builder.ts';

const NS_PER_MS = 1_000_000;
const NS_PER_MS_EXACT = 1_000_000n;

export interface SplicedTimes {
  readonly baseMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly startsNs: Float64Array;
  readonly durationsNs: Float64Array;
  readonly exactTimes: readonly ExactTimes[];
}

interface Run {
  readonly group: SpanGroup;
  readonly from: number;
  readonly to: number;
}

export function spliceTimes(runs: readonly Run[], n: number): SplicedTimes {
  const baseMs = sharedBase(runs);
  const startsNs = new Float64Array(n);
  const durationsNs = new Float64Array(n);
  const exactTimes: ExactTimes[] = [];
  const exactBySource = new Map<SpanGroup, ReadonlyMap<number, ExactTimes>>();
  let minMs = Number.POSITIVE_INFINITY;
  let maxMs = Number.NEGATIVE_INFINITY;
  let row = 0;
  for (const { group, from, to } of runs) {
    let exact = exactBySource.get(group);
    if (exact === undefined) {
      exact = new Map(group.exactTimes().map((e) => [e.row, e]));
      exactBySource.set(group, exact);
    }
    const shift = (group.baseMs - baseMs) * NS_PER_MS;
    const starts = group.startsNs();
    const durations = group.durationsNs();
    for (let k = from; k < to; k++, row++) {
      const sent = exact.size === 0 ? undefined : exact.get(k);
      const own = starts[k]!;
      const start = own + shift;
      startsNs[row] = start;
      durationsNs[row] = durations[k]!;
      if (sent !== undefined) {
        // What was kept as sent stays so, even where offsets from the new base would do.
        exactTimes.push({ row, startNs: sent.startNs, endNs: sent.endNs });
        startsNs[row] = Number(sent.startNs - BigInt(baseMs) * NS_PER_MS_EXACT);
        const startMs = Number(sent.startNs / NS_PER_MS_EXACT);
        const endMs = Number((sent.endNs + NS_PER_MS_EXACT - 1n) / NS_PER_MS_EXACT);
        minMs = Math.min(minMs, startMs);
        maxMs = Math.max(maxMs, startMs, endMs);
        continue;
      }
      if (Math.abs(start) > START_MAX_NS || Math.abs(shift) > START_MAX_NS) {
        const startNs = BigInt(group.baseMs) * NS_PER_MS_EXACT + BigInt(own);
        exactTimes.push({ row, startNs, endNs: startNs + BigInt(durations[k]!) });
        startsNs[row] = Number(startNs - BigInt(baseMs) * NS_PER_MS_EXACT);
      }
      const startMs = group.baseMs + Math.floor(own / NS_PER_MS);
      const endMs = group.baseMs + Math.ceil((own + durations[k]!) / NS_PER_MS);
      if (startMs < minMs) minMs = startMs;
      if (endMs > maxMs) maxMs = endMs;
    }
  }
  if (n === 0) return { baseMs, minMs: 0, maxMs: 0, startsNs, durationsNs, exactTimes };
  return { baseMs, minMs, maxMs, startsNs, durationsNs, exactTimes };
}

/** The lowest base, unless it is an outlier: a clock stuck at 1970 must not cost all others their exact times. */
function sharedBase(runs: readonly Run[]): number {
  const bases = Float64Array.from(runs, (run) => run.group.baseMs).sort();
  const low = bases[0] ?? 0;
  const far = (bases[bases.length - 1]! - low) * NS_PER_MS > START_MAX_NS / 2;
  return far ? bases[bases.length >>> 1]! : low;
}
