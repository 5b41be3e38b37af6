/** The traces of one group that have a hit, newest first. Their starts are read when they are first asked for. */

import type { SpanGroup } from '../../model/span-group.ts';
import type { Segment } from './trace-view.ts';

export class GroupSeeds {
  readonly #group: SpanGroup;
  /** Numbers of the traces within the group. */
  #traces: Uint32Array;
  #isSorted = false;
  #taken = 0;

  /** Traces with a hit in one of the masks; all traces where there are no masks. */
  constructor(group: SpanGroup, masks: readonly Uint8Array[] | undefined) {
    this.#group = group;
    this.#traces = masks === undefined ? allTraces(group) : tracesHit(group, masks);
  }

  get count(): number {
    return this.#traces.length;
  }

  get left(): number {
    return this.#traces.length - this.#taken;
  }

  /** Start of the newest trace that is left, in ms since 1970; -Infinity for none. Those after `latestMs` are left out. */
  sorted(latestMs: number): number {
    const starts = this.#group.traceStarts();
    const startsNs = this.#group.startsNs();
    if (!this.#isSorted) {
      // Rows of a trace are in the order of their starts.
      this.#traces.sort((a, b) => startsNs[starts[b]!]! - startsNs[starts[a]!]!);
      this.#isSorted = true;
      const latestNs = (latestMs - this.#group.baseMs) * 1e6;
      while (this.left > 0 && startsNs[starts[this.#traces[this.#taken]!]!]! > latestNs) this.#taken++;
    }
    if (this.left === 0) return Number.NEGATIVE_INFINITY;
    return this.#group.baseMs + startsNs[starts[this.#traces[this.#taken]!]!]! / 1e6;
  }

  take(): Segment {
    const trace = this.#traces[this.#taken++]!;
    const starts = this.#group.traceStarts();
    return { group: this.#group, start: starts[trace]!, end: starts[trace + 1]! };
  }
}

function allTraces(group: SpanGroup): Uint32Array {
  const traces = new Uint32Array(group.traceStarts().length - 1);
  for (let t = 0; t < traces.length; t++) traces[t] = t;
  return traces;
}

function tracesHit(group: SpanGroup, masks: readonly Uint8Array[]): Uint32Array {
  // Fast path: nothing in this group, of which no column need be read for that.
  const some = masks.filter((mask) => mask.includes(1));
  if (some.length === 0) return new Uint32Array(0);
  const starts = group.traceStarts();
  const found = new Uint8Array(starts.length - 1);
  for (const mask of some) {
    let row = mask.indexOf(1);
    for (let t = 0; t < found.length && row >= 0; t++) {
      const end = starts[t + 1]!;
      if (row >= end) continue;
      found[t] = 1;
      row = mask.indexOf(1, end);
    }
  }
  const traces = new Uint32Array(found.length);
  let count = 0;
  for (let t = 0; t < found.length; t++) if (found[t] === 1) traces[count++] = t;
  return traces.slice(0, count);
}
