/** From a head generation's runs to the samples of one series, in the thread that reads them. */

import { wordsOf } from '../../model/sample.ts';
import {
  FIRST_RUN_SAMPLES,
  RUN_SAMPLES,
  type RunSnapshot,
  UNIT_FLOATS,
  UNITS_PER_SLAB,
} from '../head/metric-runs.ts';
import type { SampleColumns } from '../interface.ts';

export class HeadSamples {
  readonly snapshot: RunSnapshot;
  readonly #floats: Float64Array[];
  readonly #words: Uint32Array[];

  constructor(snapshot: RunSnapshot) {
    this.snapshot = snapshot;
    this.#floats = snapshot.slabs.map((s) => new Float64Array(s));
    this.#words = this.#floats.map(wordsOf);
  }

  /** Appends the samples of series `i` of the snapshot in the order in which they came. */
  read(i: number, into: SampleColumns): void {
    const { runs, runStart, lastFill } = this.snapshot;
    const first = runStart[i]!;
    const end = runStart[i + 1]!;
    if (first === end) return;
    const full = end - first - 1;
    const total = (full > 0 ? FIRST_RUN_SAMPLES + (full - 1) * RUN_SAMPLES : 0) + lastFill[i]!;
    into.ensure(into.count + total);
    const times = into.timestamps;
    const { words } = into;
    let at = into.count;
    for (let r = first; r < end; r++) {
      const run = runs[r]!;
      const slab = Math.floor(run / UNITS_PER_SLAB);
      const base = (run % UNITS_PER_SLAB) * UNIT_FLOATS;
      const floats = this.#floats[slab]!;
      const source = this.#words[slab]!;
      const capacity = r === first ? FIRST_RUN_SAMPLES : RUN_SAMPLES;
      const n = r === end - 1 ? lastFill[i]! : capacity;
      let word = 2 * (base + capacity);
      for (let k = 0; k < n; k++, at++, word += 2) {
        times[at] = floats[base + k]!;
        words[2 * at] = source[word]!;
        words[2 * at + 1] = source[word + 1]!;
      }
    }
    if (into.histograms) for (let k = into.count; k < at; k++) into.histograms[k] = undefined;
    this.#readStarts(i, into, at);
    into.count = at;
  }

  /** Start timestamps of the samples `[into.count, end)` that were read of series `i`. */
  #readStarts(i: number, into: SampleColumns, end: number): void {
    const { starts } = this.snapshot;
    const first = starts ? starts.from[i]! : 0;
    const last = starts ? starts.to[i]! : 0;
    if (first === last) {
      into.startTimestamps?.fill(0, into.count, end);
      return;
    }
    const column = into.withStarts();
    const base = into.count;
    column.fill(0, base, Math.min(end, base + starts!.sample[first]!));
    for (let c = first; c < last; c++) {
      const to = c + 1 < last ? base + starts!.sample[c + 1]! : end;
      column.fill(starts!.startMs[c]!, base + starts!.sample[c]!, Math.min(end, to));
    }
  }

  /** Whether series `i` has a sample in the range. */
  hasAny(i: number, minMs: number, maxMs: number): boolean {
    const { runs, runStart, lastFill } = this.snapshot;
    const first = runStart[i]!;
    const end = runStart[i + 1]!;
    for (let r = first; r < end; r++) {
      const run = runs[r]!;
      const floats = this.#floats[Math.floor(run / UNITS_PER_SLAB)]!;
      const base = (run % UNITS_PER_SLAB) * UNIT_FLOATS;
      const n = r === end - 1 ? lastFill[i]! : r === first ? FIRST_RUN_SAMPLES : RUN_SAMPLES;
      for (let k = 0; k < n; k++) if (floats[base + k]! >= minMs && floats[base + k]! <= maxMs) return true;
    }
    return false;
  }
}
