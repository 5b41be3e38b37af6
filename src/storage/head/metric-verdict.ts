/**
 * Which samples of a batch are stored. There are two ways:
 *
 * - fast: every sample is newer than all its series has, or the newest again; verdicts are one comparison each;
 * - slow: something is out of order or repeated. Each such sample is looked up where a sample of its time could
 *   be: in the batch before it, in the head, and, when a block covers its time, in the blocks (asked of the writer).
 *
 * A series has one sample at a time, a float or a histogram: the same one sent again is accepted and not added, another
 * one is refused.
 */

import type { HistogramSample, MetricBatch } from '../../model/batch.ts';
import type { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import { isStale, normalizeNaN, sameBits, wordsOf } from '../../model/sample.ts';
import { sameHistogram } from '../chunkenc/histogram-record.ts';
import { type Refusal, SeriesRefusal } from '../interface.ts';
import type { MetricRuns } from './metric-runs.ts';
import type { NewestSamples } from './newest-samples.ts';
import { type OrderWindow, OUT_OF_ORDER } from './order-window.ts';

/** Marks a batch series that is skipped in silence, or refused with the labels' error. */
export const SKIPPED = -2;
export const INVALID = -3;
/** Times are written as zigzag varints of differences, which are exact below 2^52; the year 37,600 is near enough. */
const TIME_MAX_MS = 2 ** 50;
const TIME_MESSAGE = 'timestamp is out of the range that can be stored';

/** A sample whose time some block covers: is it there already? */
export interface Probe {
  readonly id: number;
  readonly timestampMs: number;
}
export type FloatBits = readonly [low: number, high: number];
/** What was found for a probe: a float's bits or a histogram; undefined when there is no such sample. */
export type ProbeAnswer = FloatBits | Histogram | undefined;

export interface Verdict {
  /** Batch indexes of the samples to add, ascending; undefined: all of them. */
  readonly take: Uint32Array | undefined;
  readonly takeHistograms: readonly HistogramSample[];
  readonly accepted: number;
  readonly refused: Refusal[];
}

/** What a verdict has to know of the head. */
export interface HeadSeries {
  readonly newest: NewestSamples;
  /** Undefined: samples of any age and order are taken. */
  readonly order: OrderWindow | undefined;
  /** The newest sample of the database, where `order` is set. */
  newestMs(): number;
  id(slot: number): number;
  /** The runs and the place in them of the float sample that the head has at this time. */
  findSample(slot: number, timestampMs: number): { runs: MetricRuns; place: number } | undefined;
  findHistogram(slot: number, timestampMs: number): Histogram | undefined;
}

/** Whether the encodings hold the time exactly. */
export function isStorableTime(timestampMs: number): boolean {
  return timestampMs >= -TIME_MAX_MS && timestampMs <= TIME_MAX_MS;
}

/**
 * Decides a batch of which every sample is newer than all that its series has, or is the newest sent again, as
 * `target_info` is with each part of an export; no series may be in it twice. Undefined where another sample is in
 * it: then a `MetricDecision` has to.
 */
export function decideNewer(head: HeadSeries, batch: MetricBatch, slots: Int32Array): Verdict | undefined {
  const { sampleSeries, timestamps, values, sampleCount } = batch;
  const words = wordsOf(values);
  const { ms: newest, words: newestWords, floorMs } = head.newest;
  let previous = -1;
  let resent: number[] | undefined;
  for (let i = 0; i < sampleCount; i++) {
    const series = sampleSeries[i]!;
    const slot = slots[series]!;
    if (slot < 0) return undefined;
    const t = timestamps[i]!;
    if (!(t >= newest[slot]! && t > floorMs[slot]! && isStorableTime(t))) return undefined;
    // Back to an earlier series: its samples may not ascend.
    if (series === previous ? t <= timestamps[i - 1]! : series < previous) return undefined;
    if (values[i]! !== values[i]!) normalizeNaN(words, i);
    previous = series;
    if (t > newest[slot]!) continue;
    if (!sameBits(newestWords, slot, words, i)) return undefined;
    resent ??= [];
    resent.push(i);
  }
  if (batch.histograms.length > 0 && !allHistogramsNewer(head.newest, batch, slots)) return undefined;
  if (head.order && !allRecent(head, head.order, batch)) return undefined;
  return {
    take: resent && allBut(resent, sampleCount),
    takeHistograms: batch.histograms,
    accepted: sampleCount + batch.histograms.length,
    refused: [],
  };
}

function allHistogramsNewer(newest: NewestSamples, batch: MetricBatch, slots: Int32Array): boolean {
  const seen = new Set<number>();
  for (const { series, timestampMs: t } of batch.histograms) {
    const slot = slots[series]!;
    if (slot < 0 || seen.has(series)) return false;
    if (!(t > newest.ms[slot]! && t > newest.floorMs[slot]! && isStorableTime(t))) return false;
    seen.add(series);
  }
  for (let i = 0; i < batch.sampleCount; i++) if (seen.has(batch.sampleSeries[i]!)) return false;
  return true;
}

/** Whether all samples are young enough to be in order, being the newest of their series. */
function allRecent(head: HeadSeries, order: OrderWindow, batch: MetricBatch): boolean {
  const fromMs = order.inOrderFromMs(newestBefore(head, batch));
  for (let i = 0; i < batch.sampleCount; i++) if (batch.timestamps[i]! < fromMs) return false;
  return batch.histograms.every((h) => h.timestampMs >= fromMs);
}

/** The newest sample of the database before the batch; an empty one begins with the batch's first sample. */
function newestBefore(head: HeadSeries, batch: MetricBatch): number {
  const newestMs = head.newestMs();
  if (newestMs > Number.NEGATIVE_INFINITY) return newestMs;
  if (batch.sampleCount > 0) return batch.timestamps[0]!;
  return batch.histograms[0]?.timestampMs ?? newestMs;
}

/** Decides sample by sample. */
export class MetricDecision {
  readonly #head: HeadSeries;
  readonly #batch: MetricBatch;
  readonly #words: Uint32Array;
  readonly #slots: Int32Array;
  readonly #errors: ReadonlyMap<number, TriliteError>;
  readonly #covers: (timestampMs: number) => boolean;
  readonly #probed: ReadonlyMap<string, ProbeAnswer>;
  readonly #skipLateMarkers: boolean;
  readonly #newestMs: number;
  /** What is to be added, by series and time: batch indexes of floats, and histograms. */
  readonly #floats = new Map<string, number>();
  readonly #histograms = new Map<string, HistogramSample>();
  readonly #refused: Refusal[] = [];
  readonly #probes: Probe[] = [];
  #accepted = 0;

  /**
   * `errors` are those of the series whose slot is `INVALID`. `covers` says whether some block may hold the time.
   * `probed` answers earlier probes, by `probeKey`. `skipLateMarkers`: as `AppendOptions` has it.
   */
  constructor(
    head: HeadSeries,
    batch: MetricBatch,
    slots: Int32Array,
    errors: ReadonlyMap<number, TriliteError>,
    covers: (timestampMs: number) => boolean,
    probed: ReadonlyMap<string, ProbeAnswer>,
    skipLateMarkers: boolean,
  ) {
    this.#head = head;
    this.#batch = batch;
    this.#words = wordsOf(batch.values);
    this.#slots = slots;
    this.#errors = errors;
    this.#covers = covers;
    this.#probed = probed;
    this.#skipLateMarkers = skipLateMarkers;
    this.#newestMs = newestBefore(head, batch);
  }

  /** The verdict; where samples need probes that were not answered yet, those. */
  run(): Verdict | Probe[] {
    const { sampleCount, sampleSeries, timestamps, values, histograms } = this.#batch;
    for (let i = 0; i < sampleCount; i++) {
      if (values[i]! !== values[i]!) normalizeNaN(this.#words, i);
      const series = sampleSeries[i]!;
      const t = timestamps[i]!;
      if (this.#isLateMarker(i, series, t) || !this.#mayCome(i, series, t)) continue;
      const slot = this.#slots[series]!;
      const key = probeKey(this.#head.id(slot), t);
      const verdict = this.#compareFloat(slot, t, key, i);
      if (verdict === 'absent') this.#floats.set(key, i);
      this.#count(i, verdict);
    }
    histograms.forEach((h, i) => {
      if (!this.#mayCome(sampleCount + i, h.series, h.timestampMs)) return;
      const slot = this.#slots[h.series]!;
      const key = probeKey(this.#head.id(slot), h.timestampMs);
      const verdict = this.#compareHistogram(slot, key, h);
      if (verdict === 'absent') this.#histograms.set(key, h);
      this.#count(sampleCount + i, verdict);
    });
    if (this.#probes.length > 0) return this.#probes;
    return {
      take: Uint32Array.from(this.#floats.values()),
      takeHistograms: [...this.#histograms.values()],
      accepted: this.#accepted,
      refused: this.#refused,
    };
  }

  #count(item: number, verdict: 'absent' | 'same' | 'different'): void {
    if (verdict !== 'different') this.#accepted++;
    else
      this.#refused.push({
        item,
        reason: 'duplicate_timestamp',
        message: 'duplicate sample for timestamp',
      });
  }

  /** Whether it is a stale marker that the series, or the batch before it, has gone past. */
  #isLateMarker(i: number, series: number, timestampMs: number): boolean {
    if (!this.#skipLateMarkers || !isStale(this.#words, i)) return false;
    const slot = this.#slots[series]!;
    if (slot < 0) return false;
    const isThere = this.#floats.has(probeKey(this.#head.id(slot), timestampMs));
    return isThere || timestampMs <= this.#head.newest.ms[slot]!;
  }

  /** Whether the series is there and the time acceptable; refuses the item where it is not. */
  #mayCome(item: number, series: number, timestampMs: number): boolean {
    const slot = this.#slots[series]!;
    if (slot < 0) {
      if (slot === INVALID) {
        const error = this.#errors.get(series)!;
        const reason = error instanceof SeriesRefusal ? error.reason : 'invalid_labels';
        this.#refused.push({ item, reason, message: error.message });
      }
      return false;
    }
    if (!isStorableTime(timestampMs)) {
      this.#refused.push({ item, reason: 'invalid_sample', message: TIME_MESSAGE });
      return false;
    }
    const newestMs = this.#head.newest.ms[slot]!;
    const isLate = this.#batch.inOrderOnly && timestampMs < newestMs;
    const problem = isLate ? OUT_OF_ORDER : this.#head.order?.problem(timestampMs, this.#newestMs, newestMs);
    if (problem) this.#refused.push({ item, ...problem });
    return problem === undefined;
  }

  #compareFloat(slot: number, t: number, key: string, i: number): 'absent' | 'same' | 'different' {
    const words = this.#words;
    const before = this.#floats.get(key);
    if (before !== undefined) return sameBits(words, before, words, i) ? 'same' : 'different';
    const inHead = this.#head.findSample(slot, t);
    if (inHead) return inHead.runs.sameValue(inHead.place, words, i) ? 'same' : 'different';
    if (this.#head.findHistogram(slot, t)) return 'different';
    const found = this.#inBlocks(slot, t, key);
    if (found === undefined) return 'absent';
    if (!isFloat(found)) return 'different';
    return found[0] === words[2 * i] && found[1] === words[2 * i + 1] ? 'same' : 'different';
  }

  #compareHistogram(slot: number, key: string, h: HistogramSample): 'absent' | 'same' | 'different' {
    const t = h.timestampMs;
    if (this.#floats.has(key) || this.#head.findSample(slot, t)) return 'different';
    const there = this.#histograms.get(key)?.histogram ?? this.#head.findHistogram(slot, t);
    const found = there ?? this.#inBlocks(slot, t, key);
    if (found === undefined) return 'absent';
    return !isFloat(found) && sameHistogram(found, h.histogram) ? 'same' : 'different';
  }

  /** What blocks have of the series at the time; asks for it where that is not known. */
  #inBlocks(slot: number, timestampMs: number, key: string): ProbeAnswer {
    if (timestampMs > this.#head.newest.floorMs[slot]! || !this.#covers(timestampMs)) return undefined;
    if (!this.#probed.has(key)) this.#probes.push({ id: this.#head.id(slot), timestampMs });
    return this.#probed.get(key);
  }
}

export function probeKey(id: number, timestampMs: number): string {
  return `${id}:${timestampMs}`;
}

function isFloat(found: FloatBits | Histogram): found is FloatBits {
  return Array.isArray(found);
}

/** 0 … count - 1 without the indexes, which ascend. */
function allBut(indexes: readonly number[], count: number): Uint32Array {
  const kept = new Uint32Array(count - indexes.length);
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (i === indexes[next]) next++;
    else kept[i - next] = i;
  }
  return kept;
}
