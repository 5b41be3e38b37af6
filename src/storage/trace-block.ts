/**
 * A block of span groups being built: groups come in the order of trace ids, each is stored piece by piece together
 * with the bounds of its trace ids and their filter. Yields between columns, so that commits never wait for a group.
 */

import { TRACE_ID_BYTES } from '../model/span.ts';
import type { SpanGroup } from '../model/span-group.ts';
import { encodeSpanGroupSteps } from './chunkenc/span-page.ts';
import { writeTraceFilter } from './chunkenc/trace-filter.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { SpanTable } from './sqlite/span-table.ts';

/** Spans of a group: columns compress better in large ones, a trace by ID reads less of small ones. */
export const GROUP_SPANS = 4096;
/** A trace longer than this goes on in the next group: what a group may hold is what memory a query needs at a time. */
export const TRACE_SPANS_MAX = 16 * GROUP_SPANS;

export class TraceBlockBuilder {
  readonly #writer: BlockWriter;
  readonly #spans: SpanTable;
  readonly block: number;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  #items = 0;
  #bytes = 0;

  constructor(writer: BlockWriter, spans: SpanTable, level: number, partitionMs: number, generation: number) {
    this.#writer = writer;
    this.#spans = spans;
    this.block = writer.begin(SIGNAL.traces, level, partitionMs, generation);
  }

  /** Adds a group that is not empty; its traces follow those of the group before. */
  *add(group: SpanGroup): Generator<void, void> {
    const { spanCount, minMs, maxMs } = group;
    const pieces = yield* encodeSpanGroupSteps(group);
    const ids = distinctTraceIds(group);
    const count = ids.length / TRACE_ID_BYTES;
    this.#bytes += this.#spans.addGroup(this.block, {
      spans: spanCount,
      minMs,
      maxMs,
      firstTrace: ids.subarray(0, TRACE_ID_BYTES),
      lastTrace: ids.subarray(ids.length - TRACE_ID_BYTES),
      filter: writeTraceFilter(ids, count),
      pieces,
    });
    this.#items += spanCount;
    this.#minMs = Math.min(this.#minMs, minMs);
    this.#maxMs = Math.max(this.#maxMs, maxMs);
    yield;
  }

  publish(): void {
    if (this.#items > 0) this.#writer.publish(this.block, this.#minMs, this.#maxMs, this.#items, this.#bytes);
  }
}

/** 16 bytes a trace, ascending. */
function distinctTraceIds(group: SpanGroup): Uint8Array {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  const out = new Uint8Array((starts.length - 1) * TRACE_ID_BYTES);
  for (let t = 0; t < starts.length - 1; t++) {
    const at = starts[t]! * TRACE_ID_BYTES;
    out.set(ids.subarray(at, at + TRACE_ID_BYTES), t * TRACE_ID_BYTES);
  }
  return out;
}
