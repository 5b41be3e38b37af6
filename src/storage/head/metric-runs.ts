/**
 * The float samples of one head generation. A series' samples lie in *runs* of 16 in shared slabs; runs of a
 * series are chained backwards. Samples are kept in the order in which they came; whoever reads
 * sorts where they do not ascend, and drops equal timestamps.
 *
 *   run   16 × float64 timestamp (ms) | 16 × float64 value         256 bytes
 */

import { wordsOf } from '../../model/sample.ts';
import { Arena, SLAB_BYTES } from './arena.ts';

export const RUN_SAMPLES = 16;
const RUN_BYTES = RUN_SAMPLES * 16;
/** Floats from one run to the next. */
export const RUN_FLOATS = RUN_SAMPLES * 2;
export const RUNS_PER_SLAB = SLAB_BYTES / RUN_BYTES;

export class MetricRuns {
  readonly #arena = new Arena();
  readonly #floats: Float64Array[] = [];
  readonly #words: Uint32Array[] = [];
  /** The run before it in its series' chain, or -1. */
  #previous = new Int32Array(1024);
  #runCount = 0;
  /** Per slot: newest run or -1, samples in it, whether some sample came out of order. */
  #newest: Int32Array;
  #fill: Uint8Array;
  samples = 0;

  constructor(slots: number) {
    this.#newest = new Int32Array(Math.max(slots, 256)).fill(-1);
    this.#fill = new Uint8Array(this.#newest.length);
  }

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#arena.slabs;
  }

  get bytes(): number {
    return this.#arena.bytes;
  }

  /** Appends the sample whose value is entry `at` of `words`. */
  append(slot: number, timestampMs: number, words: Uint32Array, at: number): void {
    if (slot >= this.#newest.length) this.#growSlots(slot + 1);
    let run = this.#newest[slot]!;
    let n = this.#fill[slot]!;
    if (run < 0 || n === RUN_SAMPLES) {
      run = this.#startRun(slot);
      n = 0;
    }
    const slab = Math.floor(run / RUNS_PER_SLAB);
    const base = (run % RUNS_PER_SLAB) * RUN_FLOATS + n;
    this.#floats[slab]![base] = timestampMs;
    const into = this.#words[slab]!;
    const word = 2 * (base + RUN_SAMPLES);
    into[word] = words[2 * at]!;
    into[word + 1] = words[2 * at + 1]!;
    this.#fill[slot] = n + 1;
    this.samples++;
  }

  #startRun(slot: number): number {
    const run = this.#runCount++;
    if (run === this.#previous.length) {
      const next = new Int32Array(run * 2);
      next.set(this.#previous);
      this.#previous = next;
    }
    if (this.#arena.allocate(RUN_BYTES)) {
      const floats = new Float64Array(this.#arena.slabs.at(-1)!);
      this.#floats.push(floats);
      this.#words.push(wordsOf(floats));
    }
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
      let n = this.#fill[slot]!;
      for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!, n = RUN_SAMPLES) {
        const floats = this.#floats[Math.floor(run / RUNS_PER_SLAB)]!;
        const base = (run % RUNS_PER_SLAB) * RUN_FLOATS;
        for (let i = 0; i < n; i++) {
          minMs = Math.min(minMs, floats[base + i]!);
          maxMs = Math.max(maxMs, floats[base + i]!);
        }
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

  lastFill(slot: number): number {
    return this.#fill[slot]!;
  }

  /** Where the slot has a sample at this time: its place for `valueWords`, else -1. */
  findSample(slot: number, timestampMs: number): number {
    if (!this.has(slot)) return -1;
    let n = this.#fill[slot]!;
    for (let run = this.#newest[slot]!; run >= 0; run = this.#previous[run]!) {
      const floats = this.#floats[Math.floor(run / RUNS_PER_SLAB)]!;
      const base = (run % RUNS_PER_SLAB) * RUN_FLOATS;
      for (let i = n - 1; i >= 0; i--) if (floats[base + i] === timestampMs) return run * RUN_SAMPLES + i;
      n = RUN_SAMPLES;
    }
    return -1;
  }

  /** Whether the sample at `place` (from `findSample`) has the same bits as entry `at` of `words`. */
  sameValue(place: number, words: Uint32Array, at: number): boolean {
    const run = Math.floor(place / RUN_SAMPLES);
    const base = (run % RUNS_PER_SLAB) * RUN_FLOATS + (place % RUN_SAMPLES) + RUN_SAMPLES;
    const own = this.#words[Math.floor(run / RUNS_PER_SLAB)]!;
    return own[2 * base] === words[2 * at] && own[2 * base + 1] === words[2 * at + 1];
  }
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
 * the runs `runs[runStart[i], runStart[i + 1])`, the last one filled up to `lastFill[i]`.
 */
export interface RunSnapshot {
  readonly generation: number;
  readonly slabs: readonly SharedArrayBuffer[];
  readonly ids: Uint32Array;
  readonly runStart: Uint32Array;
  readonly runs: Uint32Array;
  readonly lastFill: Uint8Array;
}
