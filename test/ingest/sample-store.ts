/** Series in a map: as much of a metric store as tests of decoders and scraping need. */

import assert from 'node:assert/strict';
import type { MetricBatch } from '../../src/model/batch.ts';
import type { Exemplar } from '../../src/model/exemplar.ts';
import { formatPlain } from '../../src/model/float-format.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import type { Labels } from '../../src/model/labels.ts';
import { isStale, wordsOf } from '../../src/model/sample.ts';
import type { RecordedJson } from './recorded-json.ts';

const LOOKBACK_MS = 300_000;

export interface StoredSample {
  readonly timeMs: number;
  readonly value: number;
  readonly stale: boolean;
  readonly histogram: Histogram | undefined;
}

export interface StoredSeries {
  readonly labels: Labels;
  readonly samples: StoredSample[];
  readonly exemplars: Exemplar[];
}

export class SampleStore {
  readonly series = new Map<string, StoredSeries>();
  readonly #byHandle: StoredSeries[] = [];
  readonly #known = new Map<string, Labels | undefined>();

  /**
   * Takes everything, `skipLateMarkers` as the option of appending has it; labels are asked for once per key, as a real
   * store does.
   */
  add(batch: MetricBatch, skipLateMarkers = false): void {
    const words = wordsOf(batch.values);
    const at: (StoredSeries | undefined)[] = [];
    for (let i = 0; i < batch.seriesCount; i++) {
      if (batch.handles) {
        at.push(this.#seriesByHandle(batch, i));
        continue;
      }
      const key = `${batch.space}:${Buffer.from(batch.keys.subarray(batch.keyStart[i]!, batch.keyEnd[i]!)).toString('latin1')}`;
      if (!this.#known.has(key)) this.#known.set(key, batch.labels(i));
      at.push(this.#seriesOf(this.#known.get(key)));
    }
    for (let i = 0; i < batch.sampleCount; i++) {
      const value = batch.values[i]!;
      const stale = value !== value && isStale(words, i);
      const before = at[batch.sampleSeries[i]!]?.samples ?? [];
      if (stale && skipLateMarkers && before.some((s) => s.timeMs >= batch.timestamps[i]!)) continue;
      at[batch.sampleSeries[i]!]?.samples.push({
        timeMs: batch.timestamps[i]!,
        value,
        stale,
        histogram: undefined,
      });
    }
    for (const h of batch.histograms) {
      at[h.series]?.samples.push({
        timeMs: h.timestampMs,
        value: 0,
        stale: h.histogram.stale,
        histogram: h.histogram,
      });
    }
    for (const e of batch.exemplars) at[e.series]?.exemplars.push(e.exemplar);
  }

  /** By the handle that a series was given when it came first, as a real store gives one. */
  #seriesByHandle({ handles, labels }: MetricBatch, i: number): StoredSeries | undefined {
    const known = this.#byHandle[handles!.places[i]! - 1];
    if (known) return known;
    const series = this.#seriesOf(labels(i));
    if (series) handles!.places[i] = this.#byHandle.push(series);
    return series;
  }

  #seriesOf(labels: Labels | undefined): StoredSeries | undefined {
    if (labels === undefined) return undefined;
    let s = this.series.get(labels.key());
    if (s === undefined) {
      s = { labels, samples: [], exemplars: [] };
      this.series.set(labels.key(), s);
    }
    return s;
  }

  labelSets(): Record<string, string>[] {
    return [...this.series.values()].filter((s) => s.samples.length > 0).map((s) => s.labels.toObject());
  }

  values(label: string): string[] {
    return [...new Set(this.labelSets().flatMap((l) => (l[label] ? [l[label]] : [])))].sort();
  }

  /** The newest sample of every series in the lookback that is not stale. */
  instant(timeMs: number): Record<string, unknown>[] {
    const out: Record<string, unknown>[] = [];
    for (const s of this.series.values()) {
      const inside = s.samples.filter((x) => x.timeMs <= timeMs && x.timeMs > timeMs - LOOKBACK_MS);
      const last = inside.reduce<StoredSample | undefined>(
        (a, b) => (a && a.timeMs > b.timeMs ? a : b),
        undefined,
      );
      if (!last || last.stale) continue;
      const metric = Object.fromEntries(Object.entries(s.labels.toObject()).sort());
      if (last.histogram) out.push({ metric, histogram: histogramJson(last.histogram) });
      else out.push({ metric, value: Number(last.value) });
    }
    return out;
  }

  /** A recorded result in the form that `instant` gives. */
  answer(result: { value?: [number, string]; histogram?: [number, RecordedJson] }): Record<string, unknown> {
    if (result.value) return { value: Number(result.value[1].replace('Inf', 'Infinity')) };
    assert.ok(result.histogram);
    const h = result.histogram[1];
    return {
      histogram: { ...h, buckets: (h.buckets ?? []).map(([, ...rest]: string[]) => rest.map(round)) },
    };
  }

  exemplars(): unknown[] {
    return [...this.series.values()]
      .filter((s) => s.exemplars.length > 0)
      .map((s) => ({
        exemplars: s.exemplars.map((e) => ({
          labels: Object.fromEntries(Object.entries(e.labels.toObject()).sort()),
          value: String(e.value),
          timestamp: e.timestampMs / 1000,
        })),
        seriesLabels: Object.fromEntries(Object.entries(s.labels.toObject()).sort()),
      }));
  }
}

/** Bounds agree to nine digits. */
function round(text: string): string {
  return Number(text.replace('Inf', 'Infinity')).toPrecision(9);
}

function bound(h: Histogram, index: number): number {
  if (h.schema !== CUSTOM_BUCKETS_SCHEMA) return 2 ** (index / 2 ** h.schema);
  if (index < 0) return Number.NEGATIVE_INFINITY;
  return h.customBounds[index] ?? Number.POSITIVE_INFINITY;
}

/** Buckets as `[low, high, count]`, ascending, empty ones left out. */
export function histogramJson(h: Histogram): { count: string; sum: string; buckets: string[][] } {
  const buckets: [number, number, number][] = [];
  const walk = (spans: Histogram['positiveSpans'], counts: readonly number[], sign: number) => {
    let index = 0;
    let at = 0;
    for (const span of spans) {
      index += span.offset;
      for (let i = 0; i < span.length; i++, index++) {
        const n = counts[at++]!;
        const low = bound(h, index - 1);
        const high = bound(h, index);
        if (n > 0) buckets.push(sign > 0 ? [low, high, n] : [-high, -low, n]);
      }
    }
  };
  walk(h.negativeSpans, h.negativeCounts, -1);
  if (h.zeroCount > 0) buckets.push([-h.zeroThreshold, h.zeroThreshold, h.zeroCount]);
  walk(h.positiveSpans, h.positiveCounts, 1);
  buckets.sort((a, b) => a[0] - b[0]);
  return {
    count: formatPlain(h.count),
    sum: formatPlain(h.sum),
    buckets: buckets.map((b) => b.map((x) => round(formatPlain(x)))),
  };
}
