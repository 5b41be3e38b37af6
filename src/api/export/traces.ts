/**
 * `GET /api/v1/trilite/export/traces`: every trace that has a span in the window, whole, in frames (`model/export-wire.ts`),
 * in the order of their ids, in which blocks have them too. So a page can end behind any trace, and the next one reads
 * the groups that hold what follows.
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { type ExportMessage, MESSAGE_BYTES, messageFrame } from '../../model/export-wire.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { Service } from '../../query/service.ts';
import { assembleRawTrace, partsOfTrace, type WholeTrace } from '../../query/traces/trace-proto.ts';
import type { TimeRange, TraceLookup, TraceReader } from '../../storage/interface.ts';
import { framesAnswer, PAGE_BYTES, paramsOf, positionOf, windowOf } from './window.ts';

const NS_PER_MS = 1e6;
/** Ids that are gathered at a time: so many traces make a page, or more. */
const TRACES_AT_A_TIME = 5000;
/** Of one group; they make about a message. */
const SPANS_AT_A_TIME = 1000;

/** In hex; traces up to it have gone out. */
interface Position {
  readonly afterId: string;
}

export const exportTraces: Service = async (request, { storage, signal }) => {
  const params = paramsOf(request);
  const window = windowOf(params, request.nowMs);
  const after = positionOf(params, isPosition)?.afterId ?? '';
  return framesAnswer(pageOf(storage.traces, window, after, signal));
};

function isPosition(value: unknown): value is Position {
  return /^[0-9a-f]{32}$/.test(String((value as Partial<Position> | null)?.afterId));
}

async function* pageOf(
  traces: TraceReader,
  window: TimeRange,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, Position | undefined> {
  const lookup = await traces.lookup();
  const out = new TraceMessage();
  for (let sent = 0; ; ) {
    const ids = await idsBehind(traces, window, after, signal);
    for (const spans of spansOfTraces(lookup, ids)) {
      signal.throwIfAborted();
      out.add(spans);
      if (out.bytes < MESSAGE_BYTES) continue;
      sent += out.bytes;
      yield messageFrame(out.take());
    }
    if (ids.length < TRACES_AT_A_TIME) break;
    after = ids.at(-1)!;
    if (sent < PAGE_BYTES) continue;
    if (out.bytes > 0) yield messageFrame(out.take());
    return { afterId: after };
  }
  if (out.bytes > 0) yield messageFrame(out.take());
  return undefined;
}

/**
 * All spans of the traces. Most traces are in one group: those of a group are written together, which is many times as
 * fast as one by one.
 */
function* spansOfTraces(lookup: TraceLookup, ids: readonly string[]): Generator<WholeTrace, void> {
  const together = new Map<SpanGroup, number[]>();
  for (const id of ids) {
    const bytes = Buffer.from(id, 'hex');
    const parts = partsOfTrace(lookup.groupsOf(bytes), bytes);
    if (parts.length !== 1) {
      yield assembleRawTrace(parts);
      continue;
    }
    const { group, rows } = parts[0]!;
    const all = together.get(group);
    if (all) all.push(...rows);
    else together.set(group, [...rows]);
  }
  for (const [group, rows] of together) {
    // They ascend: ids do, and rows are in their order.
    for (let i = 0; i < rows.length; i += SPANS_AT_A_TIME) {
      yield assembleRawTrace([{ group, rows: Uint32Array.from(rows.slice(i, i + SPANS_AT_A_TIME)) }]);
    }
  }
}

/** The first ids behind `after`, ascending: all that there are, where they are fewer than `TRACES_AT_A_TIME`. */
async function idsBehind(
  traces: TraceReader,
  window: TimeRange,
  after: string,
  signal: AbortSignal,
): Promise<string[]> {
  const found = new Set<string>();
  /** No id behind it is wanted any more. */
  let last = 'g';
  const cursor = await traces.select(window, signal);
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const group = cursor.group();
        const { traceBounds } = group;
        if (traceBounds && (hex(traceBounds.last) <= after || hex(traceBounds.first) > last)) continue;
        for (const id of idsIn(group, window)) if (id > after && id <= last) found.add(id);
        cursor.passed(group);
        if (found.size < 2 * TRACES_AT_A_TIME) continue;
        const first = [...found].sort().slice(0, TRACES_AT_A_TIME);
        last = first.at(-1)!;
        found.clear();
        for (const id of first) found.add(id);
      }
    }
  } finally {
    cursor.close();
  }
  return [...found].sort().slice(0, TRACES_AT_A_TIME);
}

/** Traces of the group that have a span in it within the window. */
function* idsIn(group: SpanGroup, { minMs, maxMs }: TimeRange): Generator<string> {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  const isWhole = group.minMs >= minMs && group.maxMs <= maxMs;
  for (let t = 0; t + 1 < starts.length; t++) {
    if (!isWhole && !hasSpanWithin(group, starts[t]!, starts[t + 1]!, minMs, maxMs)) continue;
    yield hex(ids.subarray(starts[t]! * TRACE_ID_BYTES, (starts[t]! + 1) * TRACE_ID_BYTES));
  }
}

function hasSpanWithin(group: SpanGroup, from: number, to: number, minMs: number, maxMs: number): boolean {
  const starts = group.startsNs();
  const durations = group.durationsNs();
  const min = (minMs - group.baseMs) * NS_PER_MS;
  const end = (maxMs + 1 - group.baseMs) * NS_PER_MS;
  for (let i = from; i < to; i++) if (starts[i]! < end && starts[i]! + durations[i]! >= min) return true;
  return false;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** TracesData {1 resource spans {1 resource, 2 scope spans {1 scope, 2 spans}}} of whole traces. */
class TraceMessage {
  readonly #out = new ProtoWriter(1 << 16);
  #items = 0;

  get bytes(): number {
    return this.#out.length;
  }

  add({ resources, spanCount }: WholeTrace): void {
    const out = this.#out;
    for (const { resource, scopes } of resources) {
      out.tag(1, WIRE.length);
      const resourceSpans = out.length;
      out.bytesField(1, resource);
      for (const { scope, spans } of scopes) {
        out.tag(2, WIRE.length);
        const scopeSpans = out.length;
        out.bytesField(1, scope);
        for (const span of spans) out.bytesField(2, span);
        out.closeLength(scopeSpans);
      }
      out.closeLength(resourceSpans);
    }
    this.#items += spanCount;
  }

  take(): ExportMessage {
    const whole = { message: this.#out.take(), items: this.#items, exemplars: 0 };
    this.#out.clear();
    this.#items = 0;
    return whole;
  }
}
