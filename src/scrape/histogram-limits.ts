/** How fine scraped native histograms may be: both limits merge buckets in pairs until they are kept. */

import { compact, usesCustomBuckets } from '../model/float-histogram.ts';
import type { Histogram } from '../model/histogram.ts';
import { reduceSchema } from '../model/histogram-schema.ts';

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;

/** The finest schema whose buckets grow by at least `factor` from one to the next; 1 or less asks for nothing. */
export function finestSchema(factor: number): number {
  if (factor <= 1) return SCHEMA_MAX;
  // A schema s has the factor 2^(2^-s).
  const schema = Math.floor(-Math.log2(Math.log2(factor)));
  // No schema is -0.
  return Math.min(SCHEMA_MAX, Math.max(SCHEMA_MIN, schema)) + 0;
}

/**
 * The histogram without empty buckets, at `schemaMax` or coarser, and with `bucketsMax` buckets at most (0 is no
 * limit); undefined where no schema is coarse enough for that. Custom buckets cannot be merged.
 */
export function limitResolution(h: Histogram, schemaMax: number, bucketsMax: number): Histogram | undefined {
  let out = reduceSchema(compact(h), schemaMax);
  if (bucketsMax === 0) return out;
  while (out.positiveCounts.length + out.negativeCounts.length > bucketsMax) {
    if (usesCustomBuckets(out) || out.schema <= SCHEMA_MIN) return undefined;
    out = reduceSchema(out, out.schema - 1);
  }
  return out;
}
