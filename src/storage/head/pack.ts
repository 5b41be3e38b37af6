/** Packs what the heads hold into the flat forms that travel to the writer and to readers. */

import { ByteWriter } from '../../base/bytes.ts';
import { writeHistogram } from '../chunkenc/histogram-record.ts';
import type { SeriesDefinitions } from '../sqlite/writer-protocol.ts';
import type { LogGeneration } from './log-head.ts';
import { segmentRow } from './log-segments.ts';
import type { MetricGeneration } from './metric-head.ts';
import { RunList, type RunSnapshot } from './metric-runs.ts';
import type { SeriesIndex } from './series-index.ts';
import type { NewSeries } from './snapshot.ts';
import type { TraceGeneration } from './trace-head.ts';

/** Slots in ascending order of their ids, which is how everything that travels is ordered. */
export function byId(series: SeriesIndex, slots: Iterable<number>): number[] {
  const out = Array.from(slots);
  let ascending = true;
  for (let i = 1; i < out.length && ascending; i++) ascending = series.id(out[i - 1]!) < series.id(out[i]!);
  // Fast path: ids are given in the order of slots, but for series that earlier processes stored.
  return ascending ? out : out.sort((a, b) => series.id(a) - series.id(b));
}

/** The runs of the slots (ascending by id); slots that the generation has nothing of are left out. */
export function packRuns(series: SeriesIndex, g: MetricGeneration, slots: readonly number[]): RunSnapshot {
  const { runs, histograms } = g;
  const list = new RunList();
  const ids = new Uint32Array(slots.length);
  const runStart = new Uint32Array(slots.length + 1);
  const lastFill = new Uint8Array(slots.length);
  let n = 0;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const hasRuns = runs.has(slot);
    if (!hasRuns && !(histograms.size > 0 && histograms.has(slot))) continue;
    ids[n] = series.id(slot);
    runStart[n] = list.length;
    if (hasRuns) {
      runs.runsOf(slot, list);
      lastFill[n] = runs.lastFill(slot);
    }
    n++;
  }
  runStart[n] = list.length;
  // Copies: what travels is as long as what is in it.
  return {
    generation: g.number,
    slabs: runs.slabs,
    ids: ids.slice(0, n),
    runStart: runStart.slice(0, n + 1),
    runs: list.runs.slice(0, list.length),
    lastFill: lastFill.slice(0, n),
  };
}

/** Histogram samples of the slots: per series `varint id, n, per sample: zigzag time delta, histogram`. */
export function packHistograms(
  series: SeriesIndex,
  g: MetricGeneration,
  slots: readonly number[],
): Uint8Array {
  const out = new ByteWriter(256);
  if (g.histograms.size === 0) return out.take();
  for (const slot of slots) {
    const list = g.histograms.get(slot);
    if (!list) continue;
    out.varint(series.id(slot));
    out.varint(list.length);
    let time = 0;
    for (const h of list) {
      out.zigzag(h.timestampMs - time);
      time = h.timestampMs;
      writeHistogram(out, h.histogram);
    }
  }
  return out.take();
}

export function packExemplars(series: SeriesIndex, g: MetricGeneration, wanted?: ReadonlySet<number>) {
  return g.exemplars
    .filter((e) => !wanted || wanted.has(e.slot))
    .map(({ slot, exemplar }) => ({
      id: series.id(slot),
      timestampMs: exemplar.timestampMs,
      value: exemplar.value,
      labels: exemplar.labels.toBytes(),
    }));
}

/** Rows of the slots' segments (slots ascending by id). */
export function packSegments(series: SeriesIndex, g: LogGeneration, slots: readonly number[]): Float64Array {
  const rows: number[] = [];
  for (const slot of slots) for (const s of g.segments.segmentsOf(slot)) segmentRow(series.id(slot), s, rows);
  return Float64Array.from(rows);
}

export function packSpans(g: TraceGeneration) {
  const { store } = g;
  return {
    generation: g.number,
    slabs: store.slabs,
    rowSlabs: store.rowSlabs,
    places: Float64Array.from(store.places),
    spans: store.spans,
    minMs: store.minMs,
    maxMs: store.maxMs,
  };
}

/** Labels of those slots that were created after the generation. */
export function packNewSeries(
  series: SeriesIndex,
  slots: readonly number[],
  flushedGeneration: number,
): NewSeries {
  const fresh = slots.filter((s) => series.createdIn(s) > flushedGeneration);
  const out = new ByteWriter(256);
  const ends = new Uint32Array(fresh.length);
  fresh.forEach((slot, i) => {
    series.labels(slot).writeTo(out);
    ends[i] = out.length;
  });
  return { ids: Uint32Array.from(fresh, (s) => series.id(s)), bytes: out.take(), ends };
}

/** Definitions for the series table: slots `[from, to)` of each index that SQLite does not have. */
export function packDefinitions(
  parts: readonly { series: SeriesIndex; signal: number; from: number; to: number }[],
): SeriesDefinitions {
  const out = new ByteWriter(1024);
  const ids: number[] = [];
  const signals: number[] = [];
  const ends: number[] = [];
  for (const { series, signal, from, to } of parts) {
    for (let slot = from; slot < to; slot++) {
      if (series.createdIn(slot) === 0) continue;
      series.labels(slot).writeTo(out);
      ids.push(series.id(slot));
      signals.push(signal);
      ends.push(out.length);
    }
  }
  return {
    ids: Uint32Array.from(ids),
    signals: Uint8Array.from(signals),
    bytes: out.take(),
    ends: Uint32Array.from(ends),
  };
}
