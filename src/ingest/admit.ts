/**
 * What may come in: is the item's time acceptable? More than ten minutes ahead is refused as the originals do; older
 * than the configured age too. A batch without such an item, which is nearly every one, is passed on as it came.
 * (Log decoders ask this themselves: their limits stand in `model/limits.ts`. Spans have no such limit. Whether there
 * is memory for a request is asked in `memory.ts`.)
 */

import type { MetricBatch } from '../model/batch.ts';
import type { Refusal, RefusalReason } from '../storage/interface.ts';

/** How far ahead of this machine's clock an item may be. */
export const FUTURE_MAX_MS = 10 * 60_000;
/** The window of acceptable times, inclusive. */
export interface TimeWindow {
  readonly minMs: number;
  readonly maxMs: number;
}

const ANY_TIME: TimeWindow = { minMs: Number.NEGATIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY };

/** `maxAgeMs` 0 takes any age. `anyTime`: this server's clock is held by a test, and tells nothing of its clients'. */
export function timeWindow(nowMs: number, maxAgeMs: number, anyTime = false): TimeWindow {
  if (anyTime) return ANY_TIME;
  return {
    minMs: maxAgeMs === 0 ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs,
    maxMs: nowMs + FUTURE_MAX_MS,
  };
}

/** A batch without the items that were refused, and those. Exemplars that are too far ahead are left out without a word. */
export interface AdmittedMetrics {
  readonly batch: MetricBatch;
  /** `item` counts in the batch as it came: samples first, then histograms. */
  readonly refused: readonly Refusal[];
}

/** Samples that come later than this after their time are a backfill. */
const BACKFILL_AGE_MS = 86_400_000;

/**
 * The batch without metadata that came with samples of the past alone: metadata says what metrics are now, and a
 * backfill does not speak of that.
 */
export function withoutPastMetadata(batch: MetricBatch, nowMs: number): MetricBatch {
  const { timestamps, sampleCount, histograms, metadata } = batch;
  const since = nowMs - BACKFILL_AGE_MS;
  const isCurrent =
    metadata.length === 0 ||
    histograms.some((h) => h.timestampMs >= since) ||
    timestamps.subarray(0, sampleCount).some((t) => t >= since);
  return isCurrent ? batch : { ...withoutClass(batch), metadata: [] };
}

/** Field by field: the decoder's own object may be of a class. */
function withoutClass(batch: MetricBatch): MetricBatch {
  return {
    space: batch.space,
    keys: batch.keys,
    seriesCount: batch.seriesCount,
    keyStart: batch.keyStart,
    keyEnd: batch.keyEnd,
    labels: (i) => batch.labels(i),
    sampleCount: batch.sampleCount,
    sampleSeries: batch.sampleSeries,
    timestamps: batch.timestamps,
    values: batch.values,
    ...(batch.startTimestamps && { startTimestamps: batch.startTimestamps }),
    histograms: batch.histograms,
    exemplars: batch.exemplars,
    metadata: batch.metadata,
  };
}

type Verdict = 'ok' | Extract<RefusalReason, 'too_old' | 'too_far_in_future'>;

function judge(timeMs: number, window: TimeWindow): Verdict {
  if (timeMs > window.maxMs) return 'too_far_in_future';
  return timeMs < window.minMs ? 'too_old' : 'ok';
}

/** Prometheus' words. */
const METRIC_MESSAGES: Readonly<Record<Exclude<Verdict, 'ok'>, string>> = {
  too_far_in_future: 'out of bounds: timestamp is too far in the future',
  too_old: 'out of bounds',
};

export function admitMetrics(batch: MetricBatch, window: TimeWindow): AdmittedMetrics {
  const { timestamps, sampleCount, histograms } = batch;
  const refused: Refusal[] = [];
  const refuse = (item: number, reason: Exclude<Verdict, 'ok'>) =>
    refused.push({ item, reason, message: METRIC_MESSAGES[reason] });
  const kept: number[] = [];
  for (let i = 0; i < sampleCount; i++) {
    const t = timestamps[i]!;
    if (t <= window.maxMs && t >= window.minMs) continue;
    refuse(i, judge(t, window) as Exclude<Verdict, 'ok'>);
  }
  const samplesRefused = refused.length;
  const keptHistograms = histograms.filter((h, i) => {
    const verdict = judge(h.timestampMs, window);
    if (verdict !== 'ok') refuse(sampleCount + i, verdict);
    return verdict === 'ok';
  });
  const exemplars = batch.exemplars.filter((e) => e.exemplar.timestampMs <= window.maxMs);
  // Fast path: nothing to take out.
  if (refused.length === 0 && exemplars.length === batch.exemplars.length) return { batch, refused };
  const out = new Set(refused.slice(0, samplesRefused).map((r) => r.item));
  for (let i = 0; i < sampleCount; i++) if (!out.has(i)) kept.push(i);
  return {
    refused,
    batch: {
      ...withoutClass(batch),
      exemplars,
      sampleCount: kept.length,
      sampleSeries: Uint32Array.from(kept, (i) => batch.sampleSeries[i]!),
      timestamps: pick(batch.timestamps, kept),
      values: pick(batch.values, kept),
      ...(batch.startTimestamps && { startTimestamps: pick(batch.startTimestamps, kept) }),
      histograms: keptHistograms,
    },
  };
}

/** Copies through words, so that the bits of a NaN survive. */
function pick(values: Float64Array, indexes: readonly number[]): Float64Array {
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const out = new Float64Array(indexes.length);
  const to = new Uint32Array(out.buffer);
  indexes.forEach((index, i) => {
    to[2 * i] = from[2 * index]!;
    to[2 * i + 1] = from[2 * index + 1]!;
  });
  return out;
}
