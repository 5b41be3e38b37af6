/**
 * Exponential histograms at a coarser schema: a step down merges buckets in pairs, each into the one that ends at
 * the same power of two.
 */

import {
  type Buckets,
  negativeBuckets,
  positiveBuckets,
  usesCustomBuckets,
  withBuckets,
} from './float-histogram.ts';
import type { Histogram } from './histogram.ts';

/** Adds to the bucket `index`, which is the last one or comes behind it. */
export function addCount(out: Buckets, index: number, count: number): void {
  const last = out.indexes.length - 1;
  if (last >= 0 && out.indexes[last] === index) out.counts[last]! += count;
  else {
    out.indexes.push(index);
    out.counts.push(count);
  }
}

/** Buckets of a finer schema counted into those of a coarser one. */
export function atSchema(buckets: Buckets, from: number, to: number): Buckets {
  if (from === to) return buckets;
  const out: Buckets = { indexes: [], counts: [] };
  // No shift: the wire has schemas that are more than 31 steps finer.
  const merged = 2 ** (from - to);
  for (let i = 0; i < buckets.indexes.length; i++) {
    addCount(out, Math.floor((buckets.indexes[i]! - 1) / merged) + 1, buckets.counts[i]!);
  }
  return out;
}

/** The histogram at a coarser schema; custom buckets and schemas that are no finer stay. */
export function reduceSchema(h: Histogram, schema: number): Histogram {
  if (usesCustomBuckets(h) || h.schema <= schema) return h;
  const positive = atSchema(positiveBuckets(h), h.schema, schema);
  return withBuckets({ ...h, schema }, positive, atSchema(negativeBuckets(h), h.schema, schema));
}
