/**
 * Classic histograms of an exposition as native ones with custom buckets: the series `x_bucket{le=…}`, `x_count`
 * and `x_sum` with otherwise equal labels become one histogram `x`, whose bounds are the values of `le`. One that
 * contradicts itself (buckets that shrink, a count below its buckets) is left out.
 */

import { ByteWriter, utf8Encode } from '../base/bytes.ts';
import { customBuckets } from '../ingest/decode/custom-buckets.ts';
import { readSeriesText } from '../ingest/decode/exposition.ts';
import type { ScrapeBatch, ScrapedHistogram } from '../ingest/decode/exposition-lines.ts';
import { readNumber } from '../ingest/decode/exposition-number.ts';
import { METRIC_NAME } from '../model/labels.ts';

export interface Conversion {
  /** 1 for each sample that is part of a classic histogram. */
  readonly classic: Uint8Array;
  /** The series texts of `histograms`: JSON, name and value alternating, as scraped but for `le`. */
  readonly bytes: Uint8Array;
  readonly histograms: readonly ScrapedHistogram[];
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
      pairs = readSeriesText(scrape.bytes, scrape.seriesStart[i]!, scrape.seriesEnd[i]!, scrape.dialect);
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
  const texts = new ByteWriter();
  const histograms: ScrapedHistogram[] = [];
  for (const { pairs, timestampMs, ...group } of groups.values()) {
    const histogram = customBuckets(group);
    if (histogram === undefined) continue;
    const seriesStart = texts.length;
    texts.bytes(utf8Encode(JSON.stringify(pairs)));
    histograms.push({
      before: scrape.count,
      seriesStart,
      seriesEnd: texts.length,
      histogram,
      timestampMs,
      startTimestampMs: 0,
      exemplars: [],
    });
  }
  return { classic, bytes: texts.take(), histograms };
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
