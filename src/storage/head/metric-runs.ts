/**
 * The float samples of one head generation. A series' samples lie in *runs* in shared slabs, the first of 4, so that
 * many series with few samples stay small, the others of 16; runs of a series are chained backwards. Samples are kept in
 * the order in which they came; whoever reads sorts where they do not ascend, and drops equal timestamps.
 *
 *   run   n × float64 timestamp (ms) | n × float64 value         64 bytes, then 256; numbered by 64 bytes
 */

import { wordsOf } from '../../model/sample.ts';
import { Arena, SLAB_BYTES } from './arena.ts';
import { MetricStarts, type StartList, type StartSnapshot } from './metric-starts.ts';

/** Samples of a series' first run, and of each later one. */
export const FIRST_RUN_SAMPLES = 4;
export const RUN_SAMPLES = 16;
const UNIT_BYTES = FIRST_RUN_SAMPLES * 16;
const RUN_BYTES = RUN_SAMPLES * 16;
/** Floats from one run number to the next. */
export const UNIT_FLOATS = UNIT_BYTES / 8;
export const UNITS_PER_SLAB = SLAB_BYTES / UNIT_BYTES;
const SLAB_FLOATS = SLAB_BYTES / 8;
/** In `#fill`, beside the number of samples: the newest run is the slot's first. */
const IS_FIRST = 0x80;

export class MetricRuns {
  readonly #arena = new Arena();
  readonly #floats: Float64Array[] = [];
  readonly #words: Uint32Array[] = [];
  /** The run before it in its series' chain, or -1. */
  #previous = new Int32Array(1024);
  #runCount = 0;
  /** Per slot: newest run or -1; samples in it, with `IS_FIRST`. */
  #newest: Int32Array;
  #fill: Uint8Array;
  /** Absent while no sample has a start. */
  #starts: MetricStarts | undefined;
  samples = 0;

  constructor(slots: number) {
    this.#newest = new Int32Array(Math.max(slots, 256)).fill(-1);
    this.#fill = new Uint8Array(this.#newest.length);
  }

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#arena.slabs;
  }

  get bytes(): number {
    return this.#arena.bytes + (this.#starts?.bytes ?? 0);
  }

  /** Whether any sample has a start timestamp: then `setStart` is to be called for every sample that comes. */
  get hasStarts(): boolean {
    return this.#starts !== undefined;
  }

  /** Appends the sample whose value is entry `at` of `words`. */
  append(slot: number, timestampMs: number, words: Uint32Array, at: number): void {
    if (slot >= this.#newest.length) this.#growSlots(slot + 1);
    let run = this.#newest[slot]!;
    let fill = this.#fill[slot]!;
    if (run < 0 || fill === RUN_SAMPLES || fill === (IS_FIRST | FIRST_RUN_SAMPLES)) {
      fill = run < 0 ? IS_FIRST : 0;
      run = this.#startRun(slot, run < 0 ? UNIT_BYTES : RUN_BYTES);
    }
    const slab = Math.floor(run / UNITS_PER_SLAB);
    const base = (run % UNITS_PER_SLAB) * UNIT_FLOATS + (fill & ~IS_FIRST);
    this.#floats[slab]![base] = timestampMs;
    const into = this.#words[slab]!;
    const word = 2 * (base + (fill >= IS_FIRST ? FIRST_RUN_SAMPLES : RUN_SAMPLES));
    into[word] = words[2 * at]!;
    into[word + 1] = words[2 * at + 1]!;
    this.#fill[slot] = fill + 1;
    this.samples++;
  }

  /** Says since when the sample that was appended to the slot last counts; 0 is not known. */
  setStart(slot: number, startMs: number): void {
    if (startMs === 0 && !this.#starts) return;
    this.#starts ??= new MetricStarts();
    this.#starts.add(slot, this.#newest[slot]!, this.lastFill(slot) - 1, startMs);
  }

  #startRun(slot: number, bytes: number): number {
    if (this.#arena.allocate(bytes)) {
      const floats = new Float64Array(this.#arena.slabs.at(-1)!);
      this.#floats.push(floats);
      this.#words.push(wordsOf(floats));
    }
    const run = this.#arena.slab * UNITS_PER_SLAB + this.#arena.offset / UNIT_BYTES;
    if (run >= this.#previous.length) {
      const next = new Int32Array(Math.max(run + 1, this.#previous.length * 2));
      next.set(this.#previous);
      this.#previous = next;
    }
    this.#runCount++;
    this.#previous[run] = this.#newest[slot]!;
    this.#newest[slot] = run;
    return run;
  }

  #growSlots(slots: number): void {
    const size = Math.max(slots, this.#newest.length * 2);
    const newest = new Int32Array(size).fill(-1);
    newest.set(this.#newest);
    const fill = new Uint8Array(size);
    fill.set(this.#fill);
    this.#newest = newest;
    this.#fill = fill;
  }

  /** Runs in use, and the bounds of what they hold, in ms. */
  bounds(): { readonly runs: number; readonly minMs: number; readonly maxMs: number } {
    let minMs = Number.POSITIVE_INFINITY;
    let maxMs = Number.NEGATIVE_INFINITY;
    for (let slot = 0; slot < this.#newest.length; slot++) {
      let n = this.lastFill(slot);
      for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!) {
        const floats = this.#floats[Math.floor(run / UNITS_PER_SLAB)]!;
        const base = (run % UNITS_PER_SLAB) * UNIT_FLOATS;
        for (let i = 0; i < n; i++) {
          minMs = Math.min(minMs, floats[base + i]!);
          maxMs = Math.max(maxMs, floats[base + i]!);
        }
        n = this.#capacityBefore(run);
      }
    }
    return { runs: this.#runCount, minMs, maxMs };
  }

  has(slot: number): boolean {
    return slot < this.#newest.length && this.#newest[slot]! >= 0;
  }

  /** The slot's runs, oldest first, into `into` from `at`; returns how many. The last holds `lastFill` samples. */
  runsOf(slot: number, into: RunList): number {
    let n = 0;
    for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!) n++;
    into.ensure(n);
    let at = into.length + n;
    for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!) into.runs[--at] = run;
    into.length += n;
    return n;
  }

  /** Where the slot's start timestamps change, oldest first; its runs are `list.runs` from `from` to the list's end. */
  startsOf(slot: number, into: StartList, list: RunList, from: number): void {
    this.#starts?.changesOf(slot, into, list, from, samplesBefore);
  }

  lastFill(slot: number): number {
    return this.#fill[slot]! & ~IS_FIRST;
  }

  /** Samples that the run before this one in its chain holds. */
  #capacityBefore(run: number): number {
    const before = this.#previous[run]!;
    return before >= 0 && this.#previous[before]! < 0 ? FIRST_RUN_SAMPLES : RUN_SAMPLES;
  }

  /** Where the slot has a sample at this time: its place for `sameValue`, else -1. */
  findSample(slot: number, timestampMs: number): number {
    if (!this.has(slot)) return -1;
    let n = this.lastFill(slot);
    for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!) {
      const slab = Math.floor(run / UNITS_PER_SLAB);
      const floats = this.#floats[slab]!;
      const base = (run % UNITS_PER_SLAB) * UNIT_FLOATS;
      const capacity = this.#previous[run]! < 0 ? FIRST_RUN_SAMPLES : RUN_SAMPLES;
      for (let i = n - 1; i >= 0; i--) {
        if (floats[base + i] === timestampMs) return slab * SLAB_FLOATS + base + i + capacity;
      }
      n = this.#capacityBefore(run);
    }
    return -1;
  }

  /** Whether the sample at `place` (from `findSample`: where its value lies) has the same bits as entry `at` of `words`. */
  sameValue(place: number, words: Uint32Array, at: number): boolean {
    const word = 2 * (place % SLAB_FLOATS);
    const own = this.#words[Math.floor(place / SLAB_FLOATS)]!;
    return own[word] === words[2 * at] && own[word + 1] === words[2 * at + 1];
  }
}

/** Samples in front of the k-th run of a series. */
function samplesBefore(k: number): number {
  return k === 0 ? 0 : FIRST_RUN_SAMPLES + (k - 1) * RUN_SAMPLES;
}

/** A growing list of run numbers. */
export class RunList {
  runs = new Uint32Array(256);
  length = 0;

  ensure(extra: number): void {
    if (this.length + extra <= this.runs.length) return;
    const next = new Uint32Array(Math.max(this.length + extra, this.runs.length * 2));
    next.set(this.runs.subarray(0, this.length));
    this.runs = next;
  }
}

/**
 * Samples of several series out of one generation's runs, as sent to another thread. Series i has id `ids[i]` and
 * the runs `runs[runStart[i], runStart[i + 1])`, the first of which is a short one, the last filled up to `lastFill[i]`.
 */
export interface RunSnapshot {
  readonly generation: number;
  readonly slabs: readonly SharedArrayBuffer[];
  readonly ids: Uint32Array;
  readonly runStart: Uint32Array;
  readonly runs: Uint32Array;
  readonly lastFill: Uint8Array;
  /** Absent where no sample has a start timestamp. */
  readonly starts?: StartSnapshot | undefined;
}
