/**
 * The series that a rule writes: the samples of each evaluation, and a stale marker for every series that the one before
 * had and this one has not. Both are lists of keys in ascending order, so that one pass over them tells what vanished.
 */

import { compareBytes } from '../base/bytes.ts';
import { KEY_SPACE, type MetricBatch } from '../model/batch.ts';
import { normalizeNaN, setStale, wordsOf } from '../model/sample.ts';
import type { MetricAppender } from '../storage/interface.ts';
import { keyAt, labelsAt, type PackedKeys, packKeys } from './rule-result.ts';

const NO_KEYS: PackedKeys = { bytes: new Uint8Array(0), ends: new Uint32Array(0) };

/** Keys of `before` that `now` has not. */
export function vanished(before: PackedKeys, now: PackedKeys): Uint8Array[] {
  const out: Uint8Array[] = [];
  if (before === now) return out;
  let at = 0;
  for (let i = 0; i < before.ends.length; i++) {
    const key = keyAt(before, i);
    while (at < now.ends.length && compareBytes(keyAt(now, at), key) < 0) at++;
    if (at === now.ends.length || compareBytes(keyAt(now, at), key) !== 0) out.push(key);
  }
  return out;
}

/** Whether an ascending list has the key. */
function hasKey(keys: PackedKeys, key: Uint8Array): boolean {
  let low = 0;
  let high = keys.ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareBytes(keyAt(keys, middle), key);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

export class RuleSeries {
  readonly #appender: MetricAppender;
  /** Of the evaluation before. */
  keys: PackedKeys = NO_KEYS;

  constructor(appender: MetricAppender) {
    this.#appender = appender;
  }

  has(key: Uint8Array): boolean {
    return hasKey(this.keys, key);
  }

  all(): Uint8Array[] {
    return Array.from(this.keys.ends, (_, i) => keyAt(this.keys, i));
  }

  /** Resolves when storage has it all; to the reason of the first sample that it refused, where it refused any. */
  async write(keys: PackedKeys, values: Float64Array, timeMs: number): Promise<string | undefined> {
    const gone = packKeys(vanished(this.keys, keys));
    if (values.length + gone.ends.length === 0) return undefined;
    const outcome = await this.#appender.append(batchOf(keys, values, gone, timeMs), { mode: 'partial' });
    await outcome.durable;
    this.keys = keys;
    // A marker is refused where another rule has written the series since.
    return outcome.refused.find(({ item }) => item < values.length)?.message;
  }
}

/** Ends series whose rules are no more. */
export async function markStale(
  appender: MetricAppender,
  keys: readonly Uint8Array[],
  timeMs: number,
): Promise<void> {
  if (keys.length === 0) return;
  const batch = batchOf(NO_KEYS, new Float64Array(0), packKeys(keys), timeMs);
  await (await appender.append(batch, { mode: 'partial' })).durable;
}

/** Samples first, then a stale marker for each key of `gone`. */
function batchOf(keys: PackedKeys, samples: Float64Array, gone: PackedKeys, timeMs: number): MetricBatch {
  const live = samples.length;
  const count = live + gone.ends.length;
  const bytes = new Uint8Array(keys.bytes.length + gone.bytes.length);
  bytes.set(keys.bytes);
  bytes.set(gone.bytes, keys.bytes.length);
  const ends = new Uint32Array(count);
  ends.set(keys.ends);
  for (let i = live; i < count; i++) ends[i] = keys.bytes.length + gone.ends[i - live]!;
  const starts = new Uint32Array(count);
  starts.set(ends.subarray(0, Math.max(0, count - 1)), 1);
  const values = new Float64Array(count);
  values.set(samples);
  const words = wordsOf(values);
  for (let i = 0; i < live; i++) if (values[i] !== values[i]) normalizeNaN(words, i);
  for (let i = live; i < count; i++) setStale(words, i);
  const all: PackedKeys = { bytes, ends };
  return {
    space: KEY_SPACE.canonical,
    keys: bytes,
    seriesCount: count,
    keyStart: starts,
    keyEnd: ends,
    labels: (i) => labelsAt(all, i),
    sampleCount: count,
    sampleSeries: Uint32Array.from({ length: count }, (_, i) => i),
    timestamps: new Float64Array(count).fill(timeMs),
    values,
    histograms: [],
    exemplars: [],
    metadata: [],
  };
}
