/** Pushes that were made of what is stored, read as they are: nothing is added, nothing is refused. */

import type { LogBatch } from '../model/batch.ts';
import type { LogLimits } from '../model/limits.ts';

export const NO_LOG_LIMITS: LogLimits = {
  labelNamesMax: Number.POSITIVE_INFINITY,
  labelNameMaxBytes: Number.POSITIVE_INFINITY,
  labelValueMaxBytes: Number.POSITIVE_INFINITY,
  lineMaxBytes: 0,
  lineTruncate: false,
  metadataPairsMax: Number.POSITIVE_INFINITY,
  metadataMaxBytes: Number.POSITIVE_INFINITY,
  futureMs: Number.POSITIVE_INFINITY,
  maxAgeMs: 0,
  discoverServiceName: false,
  detectLevel: false,
};

/** Calls `each` with the metadata pairs of entry `i`. */
export function eachPair(batch: LogBatch, i: number, each: (name: string, value: string) => void): void {
  const { pairEnd, pairs, strings } = batch;
  for (let p = i === 0 ? 0 : pairEnd[i - 1]!; p < pairEnd[i]!; p += 2) {
    each(strings[pairs[p]!]!, strings[pairs[p + 1]!]!);
  }
}
