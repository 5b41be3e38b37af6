/** Packs what the heads hold into the flat forms that travel to the writer and to readers. */

import { ByteWriter } from '../../base/bytes.ts';
import { writeHistogram } from '../chunkenc/histogram-record.ts';
import type { LogGeneration } from './log-head.ts';
import { SEGMENT_ROW, segmentRow } from './log-segments.ts';
import type { MetricGeneration } from './metric-head.ts';
import { RunList, type RunSnapshot } from './metric-runs.ts';
import { StartList } from './metric-starts.ts';
import type { SeriesIndex } from './series-index.ts';
import type { TraceGeneration } from './trace-head.ts';

/** Slots between two yields of what packs many. */
const SLICE_SLOTS = 32_768;
const SLICE_STREAMS = 4096;

/**
 * The runs of the slots, in their order; slots that the generation has nothing of are left out. May be left alone
 * at each yield: what is appended meanwhile is in it or not, series by series.
 */
export function* packRuns(
  series: SeriesIndex,
  g: MetricGeneration,
  slots: ArrayLike<number>,
): Generator<void, RunSnapshot> {
  const { runs, histograms } = g;
  const list = new RunList();
  const ids = new Uint32Array(slots.length);
  const runStart = new Uint32Array(slots.length + 1);
  const lastFill = new Uint8Array(slots.length);
  let starts: { list: StartList; from: Uint32Array; to: Uint32Array } | undefined;
  let n = 0;
  for (let i = 0; i < slots.length; i++) {
    if (i % SLICE_SLOTS === SLICE_SLOTS - 1) yield;
    const slot = slots[i]!;
    const hasRuns = runs.has(slot);
    if (!hasRuns && !(histograms.size > 0 && histograms.has(slot))) continue;
    ids[n] = series.id(slot);
    runStart[n] = list.length;
    if (hasRuns) {
      runs.runsOf(slot, list);
      lastFill[n] = runs.lastFill(slot);
      if (runs.hasStarts) {
        starts ??= {
          list: new StartList(),
          from: new Uint32Array(slots.length),
          to: new Uint32Array(slots.length),
        };
        starts.from[n] = starts.list.length;
        runs.startsOf(slot, starts.list, list, runStart[n]!);
        starts.to[n] = starts.list.length;
      }
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
    starts: starts && {
      from: starts.from.slice(0, n),
      to: starts.to.slice(0, n),
      sample: starts.list.sample.slice(0, starts.list.length),
      startMs: starts.list.startMs.slice(0, starts.list.length),
    },
  };
}

/** Histogram samples of the slots: per series `varint id, n, per sample: zigzag time delta, zigzag start, histogram`. */
export function packHistograms(
  series: SeriesIndex,
  g: MetricGeneration,
  slots: ArrayLike<number>,
): Uint8Array {
  const out = new ByteWriter(256);
  if (g.histograms.size === 0) return out.take();
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const list = g.histograms.get(slot);
    if (!list) continue;
    out.varint(series.id(slot));
    out.varint(list.length);
    let time = 0;
    for (const h of list) {
      out.zigzag(h.timestampMs - time);
      time = h.timestampMs;
      out.zigzag(h.startMs);
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

/** Rows of the slots' segments, in the order of the slots. Yields as `packRuns` does. */
export function* packSegments(
  series: SeriesIndex,
  g: LogGeneration,
  slots: ArrayLike<number>,
): Generator<void, Float64Array> {
  // A guess that is right for all slots, so that large arrays are not copied again and again.
  let rows = new Float64Array(Math.min(g.segments.count, 64 + 2 * slots.length) * SEGMENT_ROW);
  let n = 0;
  for (let i = 0; i < slots.length; i++) {
    if (i % SLICE_STREAMS === SLICE_STREAMS - 1) yield;
    const slot = slots[i]!;
    for (const s of g.segments.segmentsOf(slot)) {
      if (n === rows.length) {
        const next = new Float64Array(2 * n + SEGMENT_ROW);
        next.set(rows);
        rows = next;
      }
      segmentRow(series.id(slot), s, rows, n);
      n += SEGMENT_ROW;
    }
  }
  return n === rows.length ? rows : rows.slice(0, n);
}

/** Id, smallest and largest time of the slots' segments, one after another. Yields as `packRuns` does. */
export function* packStreamTimes(
  series: SeriesIndex,
  g: LogGeneration,
  slots: ArrayLike<number>,
): Generator<void, Float64Array> {
  const times = new Float64Array(3 * slots.length);
  let n = 0;
  for (let i = 0; i < slots.length; i++) {
    if (i % SLICE_STREAMS === SLICE_STREAMS - 1) yield;
    const segments = g.segments.segmentsOf(slots[i]!);
    if (segments.length === 0) continue;
    times[n] = series.id(slots[i]!);
    times[n + 1] = Number.POSITIVE_INFINITY;
    times[n + 2] = Number.NEGATIVE_INFINITY;
    for (const { minMs, maxMs } of segments) {
      if (minMs < times[n + 1]!) times[n + 1] = minMs;
      if (maxMs > times[n + 2]!) times[n + 2] = maxMs;
    }
    n += 3;
  }
  return times.slice(0, n);
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
