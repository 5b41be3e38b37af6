/**
 * Random native histograms as successive samples of a series: counters whose buckets grow, with resets and changes of
 * layout, and gauges whose buckets do as they like. Bucket counts always add up to the count.
 */

import type { Random } from '../../src/bench/random.ts';
import type { WriteHistogram, WriteSpan } from '../support/remote-write.ts';
import type { Sampler } from './data.ts';

const HINT_UNKNOWN = 0;
const HINT_GAUGE = 3;

/** Populated buckets by index, as spans and counts. */
function layOut(buckets: ReadonlyMap<number, number>): { spans: WriteSpan[]; counts: number[] } {
  const indexes = [...buckets.keys()].sort((a, b) => a - b);
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indexes) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return { spans, counts: indexes.map((index) => buckets.get(index)!) };
}

const total = (buckets: ReadonlyMap<number, number>) => [...buckets.values()].reduce((a, b) => a + b, 0);

/** The first index, from `low` on, whose bucket reaches beyond the zero bucket. */
function firstBeyond(zeroThreshold: number, schema: number, low: number): number {
  let index = low;
  while (2 ** (index * 2 ** -schema) <= zeroThreshold) index++;
  return index;
}

function grow(random: Random, buckets: Map<number, number>, low: number, width: number): void {
  for (let n = random.int(4); n > 0; n--) {
    const index = low + random.int(width);
    buckets.set(index, (buckets.get(index) ?? 0) + 1 + random.int(9));
  }
}

export function exponentialHistograms(
  random: Random,
  { gauge, float }: { readonly gauge: boolean; readonly float: boolean },
): Sampler {
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  let schema = random.int(5) - 1;
  let zeroThreshold = random.pick([0, 2 ** -20, 0.001, 0.25]);
  let zeroCount = 0;
  let sum = 0;
  const hasNegative = random.chance(0.4);
  const reset = () => {
    positive.clear();
    negative.clear();
    zeroCount = 0;
    sum = 0;
  };
  return (): WriteHistogram => {
    if (gauge ? random.chance(0.3) : random.chance(0.02)) reset();
    // Another layout begins with nothing, as a client's does.
    if (random.chance(0.015)) {
      reset();
      schema = random.int(6) - 1;
      zeroThreshold = random.pick([0, 2 ** -20, 0.001, 0.25, 1]);
    }
    // A side that is empty now and not later is told apart, or not, by how the original stores the samples.
    const low = firstBeyond(zeroThreshold, schema, -4);
    if (positive.size === 0) positive.set(low + random.int(14), 1);
    if (hasNegative && negative.size === 0) negative.set(firstBeyond(zeroThreshold, schema, -2), 1);
    grow(random, positive, low, 14);
    if (hasNegative) grow(random, negative, firstBeyond(zeroThreshold, schema, -2), 6);
    if (random.chance(0.3)) zeroCount += random.int(4);
    sum += random.int(80) / 8;
    const scale = float ? 0.5 : 1;
    const scaled = ({ spans, counts }: ReturnType<typeof layOut>) => ({
      spans,
      counts: counts.map((n) => n * scale),
    });
    const up = scaled(layOut(positive));
    const down = scaled(layOut(negative));
    return {
      float,
      count: (total(positive) + total(negative) + zeroCount) * scale,
      sum,
      schema,
      zeroThreshold,
      zeroCount: zeroCount * scale,
      negativeSpans: down.spans,
      negativeCounts: down.counts,
      positiveSpans: up.spans,
      positiveCounts: up.counts,
      resetHint: gauge ? HINT_GAUGE : HINT_UNKNOWN,
      customValues: [],
    };
  };
}

const CUSTOM_BOUNDS = [
  [0.5, 1, 2.5, 10],
  [0.5, 2.5, 5, 10],
  [-1, 0, 1],
];

export function customHistograms(random: Random): Sampler {
  const buckets = new Map<number, number>();
  let bounds = random.chance(0.7) ? CUSTOM_BOUNDS[0]! : random.pick(CUSTOM_BOUNDS);
  let sum = 0;
  return (): WriteHistogram => {
    if (random.chance(0.01)) bounds = random.pick(CUSTOM_BOUNDS);
    if (random.chance(0.03)) {
      buckets.clear();
      sum = 0;
    }
    for (const index of buckets.keys()) if (index > bounds.length) buckets.delete(index);
    grow(random, buckets, 0, bounds.length + 1);
    sum += random.int(80) / 8;
    const { spans, counts } = layOut(buckets);
    return {
      float: false,
      count: total(buckets),
      sum,
      schema: -53,
      zeroThreshold: 0,
      zeroCount: 0,
      negativeSpans: [],
      negativeCounts: [],
      positiveSpans: spans,
      positiveCounts: counts,
      resetHint: HINT_UNKNOWN,
      customValues: bounds,
    };
  };
}
