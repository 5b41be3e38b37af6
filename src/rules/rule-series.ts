/**
 * The series that a rule writes: the samples of each evaluation, and a stale marker for every series that the one before
 * had and this one has not. Both are lists of keys in ascending order, so that one pass over them tells what vanished.
 */

import { compareBytes } from '../base/bytes.ts';
import { KEY_SPACE, type MetricBatch } from '../model/batch.ts';
import { normalizeNaN, setStale, wordsOf } from '../model/sample.ts';
import type { MetricAppender, Refusal } from '../storage/interface.ts';
import { type ElementHistogram, keyAt, labelsAt, type PackedKeys, packKeys } from './rule-result.ts';

/** A series with its new sample is a key and a value, or a histogram. */
export interface SeriesResult {
  readonly keys: PackedKeys;
  readonly values: Float64Array;
  readonly histograms: readonly ElementHistogram[];
}

const NO_KEYS: PackedKeys = { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
const NO_RESULT: SeriesResult = { keys: NO_KEYS, values: new Float64Array(0), histograms: [] };

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

  /** Resolves when storage has what it takes of it, to what it refused of the result: such series count as not there. */
  async write(result: SeriesResult, timeMs: number): Promise<readonly Refusal[]> {
    const { keys } = result;
    const gone = packKeys(vanished(this.keys, keys));
    if (keys.ends.length + gone.ends.length === 0) return [];
    const { batch, elements } = batchOf(result, gone, timeMs);
    const outcome = await this.#appender.append(batch, { mode: 'partial' });
    await outcome.durable;
    // A marker is refused where another rule has written the series since.
    const refused = outcome.refused.filter(({ item }) => elements(item) !== undefined);
    this.keys =
      refused.length === 0 ? keys : without(keys, new Set(refused.map(({ item }) => elements(item)!)));
    return refused;
  }
}

function without(keys: PackedKeys, elements: ReadonlySet<number>): PackedKeys {
  return packKeys(Array.from(keys.ends, (_, i) => keyAt(keys, i)).filter((_, i) => !elements.has(i)));
}

/** Ends series whose rules are no more. */
export async function markStale(
  appender: MetricAppender,
  keys: readonly Uint8Array[],
  timeMs: number,
): Promise<void> {
  if (keys.length === 0) return;
  const { batch } = batchOf(NO_RESULT, packKeys(keys), timeMs);
  await (await appender.append(batch, { mode: 'partial' })).durable;
}

/**
 * Series and their samples, then a stale marker for each key of `gone`. `elements` tells which element of the result an item
 * of the batch is; undefined for a marker.
 */
function batchOf({ keys, values, histograms }: SeriesResult, gone: PackedKeys, timeMs: number) {
  const live = values.length;
  const count = live + gone.ends.length;
  const all = joined(keys, gone);
  const starts = new Uint32Array(count);
  starts.set(all.ends.subarray(0, Math.max(0, count - 1)), 1);
  const isHistogram = new Set(histograms.map(({ element }) => element));
  const floats = Uint32Array.from({ length: count }, (_, i) => i).filter((i) => !isHistogram.has(i));
  const samples = Float64Array.from(floats, (i) => values[i] ?? 0);
  const words = wordsOf(samples);
  floats.forEach((series, i) => {
    if (series >= live) setStale(words, i);
    else if (samples[i] !== samples[i]) normalizeNaN(words, i);
  });
  const batch: MetricBatch = {
    space: KEY_SPACE.canonical,
    keys: all.bytes,
    seriesCount: count,
    keyStart: starts,
    keyEnd: all.ends,
    labels: (i) => labelsAt(all, i),
    sampleCount: floats.length,
    sampleSeries: floats,
    timestamps: new Float64Array(floats.length).fill(timeMs),
    values: samples,
    histograms: histograms.map(({ element, histogram }) => ({
      series: element,
      timestampMs: timeMs,
      startTimestampMs: 0,
      histogram,
    })),
    exemplars: [],
    metadata: [],
    inOrderOnly: true,
  };
  const elements = (item: number): number | undefined => {
    const series = item < floats.length ? floats[item]! : histograms[item - floats.length]!.element;
    return series < live ? series : undefined;
  };
  return { batch, elements };
}

function joined(a: PackedKeys, b: PackedKeys): PackedKeys {
  const bytes = new Uint8Array(a.bytes.length + b.bytes.length);
  bytes.set(a.bytes);
  bytes.set(b.bytes, a.bytes.length);
  const ends = new Uint32Array(a.ends.length + b.ends.length);
  ends.set(a.ends);
  for (let i = 0; i < b.ends.length; i++) ends[a.ends.length + i] = a.bytes.length + b.ends[i]!;
  return { bytes, ends };
}
