/**
 * Classic histograms of an exposition as native ones with custom buckets: the series `x_bucket{le=…}`, `x_count`
 * and `x_sum` with otherwise equal labels become one histogram `x`, whose bounds are the values of `le`. One that
 * contradicts itself (buckets that shrink, a count below its buckets) is left out.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { ScrapeBatch } from '../ingest/decode/exposition-lines.ts';
import { readNumber } from '../ingest/decode/exposition-number.ts';
import { readSeries } from '../ingest/decode/series-text.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../model/histogram.ts';
import { METRIC_NAME } from '../model/labels.ts';

export interface ConvertedHistogram {
  /** Name and value alternating, as scraped but for `le`. */
  readonly pairs: readonly string[];
  readonly timestampMs: number | undefined;
  readonly histogram: Histogram;
}

export interface Conversion {
  /** 1 for each sample that is part of a classic histogram. */
  readonly classic: Uint8Array;
  readonly histograms: readonly ConvertedHistogram[];
}

interface Group {
  readonly pairs: string[];
  readonly timestampMs: number | undefined;
  /** Cumulative counts by upper bound. */
  readonly buckets: Map<number, number>;
  count: number | undefined;
  sum: number;
}

const PART = /^(.+)_(bucket|count|sum)$/;

export function convertClassicHistograms(scrape: ScrapeBatch): Conversion {
  const families = new Set(scrape.metadata.filter((f) => f.type === 'histogram').map((f) => f.family));
  const classic = new Uint8Array(scrape.count);
  const groups = new Map<string, Group>();
  for (let i = 0; i < scrape.count && families.size > 0; i++) {
    let pairs: string[];
    try {
      pairs = readSeries(scrape.bytes, scrape.seriesStart[i]!, scrape.dialect);
    } catch {
      break; // The scrape fails there.
    }
    const part = PART.exec(pairs[1] ?? '');
    if (part === null || !families.has(part[1]!)) continue;
    const bound = takeBound(pairs);
    if ((part[2] === 'bucket') !== (bound !== undefined)) continue;
    classic[i] = 1;
    pairs[1] = part[1]!;
    const group = groupOf(groups, pairs, scrape.timestamps[i]!);
    if (bound !== undefined) group.buckets.set(bound, scrape.values[i]!);
    else if (part[2] === 'count') group.count = scrape.values[i]!;
    else group.sum = scrape.values[i]!;
  }
  const histograms: ConvertedHistogram[] = [];
  for (const { pairs, timestampMs, ...group } of groups.values()) {
    const histogram = toHistogram(group);
    if (histogram) histograms.push({ pairs, timestampMs, histogram });
  }
  return { classic, histograms };
}

/** Removes `le` and returns its value. */
function takeBound(pairs: string[]): number | undefined {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== 'le') continue;
    const text = utf8Encode(pairs[i + 1]!);
    const bound = readNumber(text, 0, text.length);
    if (readNumber.failure !== undefined || Number.isNaN(bound)) return undefined;
    pairs.splice(i, 2);
    return bound;
  }
  return undefined;
}

function groupOf(groups: Map<string, Group>, pairs: string[], timestamp: number): Group {
  // The order of labels may differ between the parts.
  const entries: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i]!, pairs[i + 1]!]);
  entries.sort((a, b) => (a[0] === METRIC_NAME ? -1 : b[0] === METRIC_NAME ? 1 : a[0] < b[0] ? -1 : 1));
  const key = JSON.stringify([entries, timestamp]);
  let group = groups.get(key);
  if (group === undefined) {
    const timestampMs = Number.isNaN(timestamp) ? undefined : timestamp;
    group = { pairs: entries.flat(), timestampMs, buckets: new Map(), count: undefined, sum: 0 };
    groups.set(key, group);
  }
  return group;
}

function toHistogram(group: Omit<Group, 'pairs' | 'timestampMs'>): Histogram | undefined {
  const bounds = [...group.buckets.keys()].sort((a, b) => a - b);
  const top = group.buckets.get(Number.POSITIVE_INFINITY);
  const count = group.count ?? top ?? (bounds.length > 0 ? group.buckets.get(bounds.at(-1)!) : undefined);
  if (count === undefined || !(count >= 0) || (top !== undefined && top !== count)) return undefined;
  const finite = bounds.filter((b) => Number.isFinite(b));
  const counts: number[] = [];
  let before = 0;
  for (const cumulative of [...finite.map((b) => group.buckets.get(b)!), count]) {
    if (!(cumulative >= before)) return undefined;
    counts.push(cumulative - before);
    before = cumulative;
  }
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: group.sum,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customBounds: finite,
    reset: 'unknown',
    integer: counts.every(Number.isInteger),
    stale: false,
  };
}
