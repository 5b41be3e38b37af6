/**
 * When samples began, as OpenMetrics tells it: in a line `x_created` of its own, in seconds, behind the samples of
 * the same labels. Lines and samples meet by a *group*: a hash of the family's name and of the labels without `le`
 * and `quantile`, worked out once per series text.
 */

import { utf8Encode } from '../base/bytes.ts';
import { hash64, hashBytes } from '../base/hash.ts';
import { NORMALIZE, START } from '../ingest/decode/exposition-lines.ts';
import type { SlotRows } from './slot-rows.ts';

const TWO_32 = 2 ** 32;
/** Of the upper half, so that a group is a safe integer: 53 bits in all. */
const HIGH_MASK = 0x1f_ffff;

const SUFFIX_CREATED = /_created$/;
const SUFFIX_HISTOGRAM = /_(?:bucket|count|sum)$/;
const SUFFIX_SUMMARY = /_(?:count|sum)$/;
const SUFFIX_COUNTER = /_total$/;

/**
 * The group of what `readSeriesText` read (`__name__` first); never 0. `kind`: the line's `NORMALIZE` and `START`.
 */
export function startGroup(pairs: readonly string[], kind: number): number {
  const labels: string[] = [];
  for (let i = 2; i < pairs.length; i += 2) {
    if (pairs[i] !== 'le' && pairs[i] !== 'quantile') labels.push(JSON.stringify([pairs[i], pairs[i + 1]]));
  }
  const text = utf8Encode([pairs[1]!.replace(suffixOf(kind), ''), ...labels.sort()].join());
  hashBytes(text, 0, text.length);
  return (hash64.high & HIGH_MASK) * TWO_32 + hash64.low || 1;
}

function suffixOf(kind: number): RegExp {
  if ((kind & START.created) !== 0) return SUFFIX_CREATED;
  if ((kind & NORMALIZE.le) !== 0) return SUFFIX_HISTOGRAM;
  return (kind & NORMALIZE.quantile) !== 0 ? SUFFIX_SUMMARY : SUFFIX_COUNTER;
}

/** What the lines of one scrape said. */
export class StartTimes {
  readonly #msOfGroup = new Map<number, number>();

  clear(): void {
    this.#msOfGroup.clear();
  }

  note(group: number, seconds: number): void {
    if (Number.isFinite(seconds)) this.#msOfGroup.set(group, Math.trunc(seconds * 1000));
  }

  /** Milliseconds, 0 where nothing was said. */
  of(group: number): number {
    return this.#msOfGroup.get(group) ?? 0;
  }

  /** Gives the samples of a scrape the times that were noted; `groups`: the group of each slot. */
  place({ rows, slots }: SlotRows, groups: Float64Array): void {
    if (this.#msOfGroup.size === 0) return;
    for (let i = 0; i < rows.sampleCount; i++) {
      const startMs = this.of(groups[slots[rows.sampleSeries[i]!]!]!);
      if (startMs !== 0) rows.setStart(i, startMs);
    }
    for (const [i, h] of rows.histograms.entries()) {
      const startMs = this.of(groups[slots[h.series]!]!);
      if (startMs !== 0) rows.histograms[i] = { ...h, startTimestampMs: startMs };
    }
  }
}
