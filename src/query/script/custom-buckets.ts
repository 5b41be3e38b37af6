/** Custom-bucket histograms made of the classic ones of a `load_with_nhcb`. */

import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { MemorySample } from './memory-metrics.ts';
import type { LoadCommand } from './parse-script.ts';

interface Partial {
  /** Upper bound to cumulative count. */
  readonly buckets: Map<number, number>;
  count: number | undefined;
  sum: number | undefined;
}

/** One series per classic histogram, under its base name. */
export function customBucketSeries(command: LoadCommand): { labels: Labels; samples: MemorySample[] }[] {
  const series = new Map<string, { labels: Labels; steps: Map<number, Partial> }>();
  for (const { labels, values } of command.series) {
    const match = /^(.*)_(bucket|count|sum)$/.exec(labels.get(METRIC_NAME));
    if (!match) continue;
    const base = labels.with(METRIC_NAME, match[1]!).without('le');
    const le = match[2] === 'bucket' ? parseBound(labels.get('le')) : undefined;
    if (match[2] === 'bucket' && le === undefined) continue;
    let entry = series.get(base.key());
    if (entry === undefined) series.set(base.key(), (entry = { labels: base, steps: new Map() }));
    for (const [i, value] of values.entries()) {
      if (typeof value !== 'number') continue;
      let step = entry.steps.get(i);
      if (step === undefined)
        entry.steps.set(i, (step = { buckets: new Map(), count: undefined, sum: undefined }));
      if (le !== undefined) step.buckets.set(le, value);
      else if (match[2] === 'count') step.count = value;
      else step.sum = value;
    }
  }
  return [...series.values()].map(({ labels, steps }) => {
    const samples: MemorySample[] = [];
    for (const [i, partial] of [...steps].sort((a, b) => a[0] - b[0])) {
      const histogram = toHistogram(partial);
      if (histogram !== undefined) samples.push({ timestampMs: i * command.stepMs, value: histogram });
    }
    return { labels, samples };
  });
}

function parseBound(text: string): number | undefined {
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

/** Undefined where the counts contradict each other. */
function toHistogram({ buckets, count, sum }: Partial): Histogram | undefined {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = count ?? buckets.get(Number.POSITIVE_INFINITY) ?? buckets.get(bounds.at(-1) ?? 0) ?? 0;
  const finite = bounds.filter((b) => b !== Number.POSITIVE_INFINITY);
  const counts: number[] = [];
  let before = 0;
  for (const bound of finite) {
    const cumulative = buckets.get(bound)!;
    if (cumulative < before) return undefined;
    counts.push(cumulative - before);
    before = cumulative;
  }
  const last = buckets.get(Number.POSITIVE_INFINITY) ?? total;
  if (last < before || total < last) return undefined;
  counts.push(total - before);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: total,
    sum: sum ?? 0,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customBounds: finite,
    reset: 'unknown',
    integer: false,
    stale: false,
  };
}
