/**
 * Start timestamps of one head generation's float samples, beside its runs (`metric-runs.ts`). A counter's start stays
 * what it is until it starts anew, so only changes are kept: at which sample of its series, and the new start. A
 * series' changes are chained backwards, as its runs are. None of this exists while no sample has a start.
 */

import type { RunList } from './metric-runs.ts';

/** Changes of the first allocation. */
const CAPACITY_START = 64;
/** Bytes of a change, and of a slot. */
const CHANGE_BYTES = 8 + 4 + 4 + 1;
const SLOT_BYTES = 4;

export class MetricStarts {
  /** Per slot: its newest change or -1. */
  #newest = new Int32Array(256).fill(-1);
  /** Per change: the run and the place in it of the first sample that has the start, the start in ms, the change before. */
  #run = new Uint32Array(CAPACITY_START);
  #place = new Uint8Array(CAPACITY_START);
  #startMs = new Float64Array(CAPACITY_START);
  #before = new Int32Array(CAPACITY_START);
  #count = 0;

  get bytes(): number {
    return this.#startMs.length * CHANGE_BYTES + this.#newest.length * SLOT_BYTES;
  }

  /** Notes the start of the slot's newest sample, 0 where it is not known: of every sample, in the order they came. */
  add(slot: number, run: number, place: number, startMs: number): void {
    if (slot >= this.#newest.length) this.#growSlots(slot + 1);
    const before = this.#newest[slot]!;
    if ((before < 0 ? 0 : this.#startMs[before]!) === startMs) return;
    if (this.#count === this.#startMs.length) this.#growChanges();
    const change = this.#count++;
    this.#run[change] = run;
    this.#place[change] = place;
    this.#startMs[change] = startMs;
    this.#before[change] = before;
    this.#newest[slot] = change;
  }

  /**
   * Appends the slot's changes, oldest first. `runs[from…]` are the slot's runs, oldest first; `samplesBefore(k)` says
   * how many samples are in front of the k-th of them.
   */
  changesOf(
    slot: number,
    into: StartList,
    list: RunList,
    from: number,
    samplesBefore: (k: number) => number,
  ): void {
    if (slot >= this.#newest.length) return;
    let n = 0;
    for (let c = this.#newest[slot]!; c >= 0; c = this.#before[c]!) n++;
    into.ensure(n);
    let at = into.length + n;
    let k = list.length - from - 1;
    for (let c = this.#newest[slot]!; c >= 0; c = this.#before[c]!) {
      while (list.runs[from + k] !== this.#run[c]) k--;
      at--;
      into.sample[at] = samplesBefore(k) + this.#place[c]!;
      into.startMs[at] = this.#startMs[c]!;
    }
    into.length += n;
  }

  #growSlots(slots: number): void {
    const next = new Int32Array(Math.max(slots, this.#newest.length * 2)).fill(-1);
    next.set(this.#newest);
    this.#newest = next;
  }

  #growChanges(): void {
    const size = this.#startMs.length * 2;
    const run = new Uint32Array(size);
    run.set(this.#run);
    this.#run = run;
    const place = new Uint8Array(size);
    place.set(this.#place);
    this.#place = place;
    const startMs = new Float64Array(size);
    startMs.set(this.#startMs);
    this.#startMs = startMs;
    const before = new Int32Array(size);
    before.set(this.#before);
    this.#before = before;
  }
}

/** A growing list of changes: the number of a sample in its series, and the start from there on. */
export class StartList {
  sample = new Uint32Array(CAPACITY_START);
  startMs = new Float64Array(CAPACITY_START);
  length = 0;

  ensure(extra: number): void {
    if (this.length + extra <= this.sample.length) return;
    const size = Math.max(this.length + extra, this.sample.length * 2);
    const sample = new Uint32Array(size);
    sample.set(this.sample);
    this.sample = sample;
    const startMs = new Float64Array(size);
    startMs.set(this.startMs);
    this.startMs = startMs;
  }
}

/**
 * Start timestamps of a `RunSnapshot`: series i has the changes `[from[i], to[i])`. The sample with the number
 * `sample[c]` in its series and those after it started at `startMs[c]`; those before the first change, unknown.
 */
export interface StartSnapshot {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly sample: Uint32Array;
  readonly startMs: Float64Array;
}
