/**
 * Spans from OTLP protobuf rows to a `SpanGroup`, for querying what is not flushed and for flushing it: the rows are
 * put in order (`span-order.ts`), then each span is read once, in that order, into columns; last, within each trace,
 * the row of each span's parent is found.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { ExactTimes, SpanGroup } from '../../model/span-group.ts';
import { AttributesBuilder, TextBuilder } from './attribute-builder.ts';
import { EventBuilder, LinkBuilder } from './event-builder.ts';
import { OriginBuilder } from './origin-builder.ts';
import { findParents } from './parents.ts';
import { once, U32List } from './span-columns.ts';
import type { SortedRows } from './span-order.ts';

const TWO_32 = 4294967296;
const NS_PER_MS = 1000000n;
/** Starts are stored as distances from each other, which stay exact up to here (52 days from the base). */
export const START_MAX_NS = 2 ** 52;

/** Spans between two yields: about a millisecond's. */
const SLICE_SPANS = 512;

/** Tags (field number × 8 + wire type). */
const SPAN_TAG = {
  spanId: 18,
  traceState: 26,
  parentSpanId: 34,
  name: 42,
  kind: 48,
  start: 57,
  end: 65,
  attributes: 74,
  droppedAttributes: 80,
  events: 90,
  droppedEvents: 96,
  links: 106,
  droppedLinks: 112,
  status: 122,
  flags: 133,
} as const;
const STATUS_TAG = { message: 18, code: 24 } as const;

/** Builds one group, once. */
export class GroupBuilder {
  readonly #sorted: SortedRows;
  readonly #count: number;
  #baseMs = 0;
  #baseLow = 0;
  #baseHigh = 0;
  readonly #traceIds: Uint8Array;
  readonly #spanIds: Uint8Array;
  readonly #parentIds: Uint8Array;
  readonly #starts: Float64Array;
  readonly #durations: Float64Array;
  readonly #exactTimes: ExactTimes[] = [];
  readonly #names: TextBuilder;
  readonly #kinds: Int32Array;
  readonly #statusCodes: Int32Array;
  readonly #statusMessages: TextBuilder;
  readonly #traceStates: TextBuilder;
  readonly #flags: Uint32Array;
  readonly #droppedAttributes: Uint32Array;
  readonly #droppedEvents: Uint32Array;
  readonly #droppedLinks: Uint32Array;
  readonly #attributes = new AttributesBuilder();
  readonly #events = new EventBuilder();
  readonly #links = new LinkBuilder();

  constructor(sorted: SortedRows) {
    this.#sorted = sorted;
    const n = sorted.order.length;
    this.#count = n;
    this.#traceIds = new Uint8Array(n * TRACE_ID_BYTES);
    this.#spanIds = new Uint8Array(n * SPAN_ID_BYTES);
    this.#parentIds = new Uint8Array(n * SPAN_ID_BYTES);
    this.#starts = new Float64Array(n);
    this.#durations = new Float64Array(n);
    this.#names = new TextBuilder(Math.max(1, n));
    this.#kinds = new Int32Array(n);
    this.#statusCodes = new Int32Array(n);
    this.#statusMessages = new TextBuilder(Math.max(1, n));
    this.#traceStates = new TextBuilder(Math.max(1, n));
    this.#flags = new Uint32Array(n);
    this.#droppedAttributes = new Uint32Array(n);
    this.#droppedEvents = new Uint32Array(n);
    this.#droppedLinks = new Uint32Array(n);
  }

  *build(): Generator<void, SpanGroup> {
    const { rows, order, trace } = this.#sorted;
    const n = this.#count;
    const { minMs, maxMs } = this.#range();
    const resources = new OriginBuilder(rows.batches, false);
    const scopes = new OriginBuilder(rows.batches, true);
    const resourceRows = new Uint32Array(n);
    const scopeRows = new Uint32Array(n);
    const readers = rows.batches.map((b) => new ProtoReader(b.bytes));
    const traceStarts = new U32List();
    for (let row = 0; row < n; row++) {
      const i = order[row]!;
      if (row === 0 || trace[order[row - 1]!] !== trace[i]) traceStarts.push(row);
      const b = rows.batch[i]!;
      const s = rows.span[i]!;
      const batch = rows.batches[b]!;
      resourceRows[row] = resources.row(b, batch, batch.spanResource[s]!);
      scopeRows[row] = scopes.row(b, batch, batch.spanScope[s]!);
      const at = s * TRACE_ID_BYTES;
      this.#traceIds.set(batch.traceIds.subarray(at, at + TRACE_ID_BYTES), row * TRACE_ID_BYTES);
      const r = readers[b]!;
      r.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
      this.#span(r, row, i);
      if (row % SLICE_SPANS === SLICE_SPANS - 1) yield;
    }
    traceStarts.push(n);
    const starts = traceStarts.take();
    const parentRows = once(() => findParents(starts, this.#spanIds, this.#parentIds));
    return {
      spanCount: n,
      baseMs: this.#baseMs,
      minMs,
      maxMs,
      traceStarts: () => starts,
      traceIds: () => this.#traceIds,
      spanIds: () => this.#spanIds,
      parentIds: () => this.#parentIds,
      parentRows,
      startsNs: () => this.#starts,
      durationsNs: () => this.#durations,
      names: once(() => this.#names.finish()),
      kinds: () => this.#kinds,
      statusCodes: () => this.#statusCodes,
      statusMessages: once(() => this.#statusMessages.finish()),
      traceStates: once(() => this.#traceStates.finish()),
      flags: () => this.#flags,
      droppedAttributes: () => this.#droppedAttributes,
      droppedEvents: () => this.#droppedEvents,
      droppedLinks: () => this.#droppedLinks,
      attributes: this.#attributes.finish(n),
      resourceRows: () => resourceRows,
      resources: resources.finishResources(),
      scopeRows: () => scopeRows,
      scopes: scopes.finishScopes(),
      events: this.#events.finish(),
      links: this.#links.finish(),
      exactTimes: () => this.#exactTimes,
    };
  }

  /** Bounds of the group; sets the base, which is the first start unless that is an outlier. */
  #range(): { minMs: number; maxMs: number } {
    const { rows, order } = this.#sorted;
    const n = this.#count;
    if (n === 0) return { minMs: 0, maxMs: 0 };
    let minMs = Number.POSITIVE_INFINITY;
    let lastMs = Number.NEGATIVE_INFINITY;
    let maxMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < n; row++) {
      const i = order[row]!;
      const batch = rows.batches[rows.batch[i]!]!;
      const startMs = batch.startMs[rows.span[i]!]!;
      const endMs = batch.endMs[rows.span[i]!]!;
      if (startMs < minMs) minMs = startMs;
      if (startMs > lastMs) lastMs = startMs;
      if (endMs > maxMs) maxMs = endMs;
    }
    // A clock stuck at 1970 among others must not cost all of them their exact times.
    const far = (lastMs - minMs) * 1e6 > Number.MAX_SAFE_INTEGER;
    this.#baseMs = far ? this.#medianStart() : minMs;
    const baseNs = BigInt(this.#baseMs) * NS_PER_MS;
    this.#baseLow = Number(BigInt.asUintN(32, baseNs));
    this.#baseHigh = Number(baseNs >> 32n);
    return { minMs, maxMs };
  }

  #medianStart(): number {
    const { rows, order } = this.#sorted;
    const starts = Float64Array.from(order, (i) => rows.batches[rows.batch[i]!]!.startMs[rows.span[i]!]!);
    return starts.sort()[this.#count >>> 1]!;
  }

  #span(r: ProtoReader, row: number, input: number): void {
    const startLow = this.#sorted.startLow[input]!;
    const startHigh = this.#sorted.startHigh[input]!;
    let endLow = 0;
    let endHigh = 0;
    let nameFrom = 0;
    let nameTo = 0;
    let stateFrom = 0;
    let stateTo = 0;
    let messageFrom = 0;
    let messageTo = 0;
    while (r.pos < r.end) {
      switch (r.tag()) {
        case SPAN_TAG.spanId:
          this.#spanIds.set(r.bytes(), row * SPAN_ID_BYTES);
          break;
        case SPAN_TAG.parentSpanId:
          this.#parentIds.set(r.bytes(), row * SPAN_ID_BYTES);
          break;
        case SPAN_TAG.name:
          r.range();
          nameFrom = r.from;
          nameTo = r.to;
          break;
        case SPAN_TAG.kind:
          this.#kinds[row] = r.uint32();
          break;
        case SPAN_TAG.end:
          r.fixed64();
          endLow = r.low;
          endHigh = r.high;
          break;
        case SPAN_TAG.attributes:
          r.range();
          this.#attributes.add(r, row);
          break;
        case SPAN_TAG.events:
          r.range();
          this.#events.add(r, row, startLow, startHigh);
          break;
        case SPAN_TAG.links:
          r.range();
          this.#links.add(r, row);
          break;
        case SPAN_TAG.status: {
          r.range();
          const { pos, end } = r;
          r.seek(r.from, r.to);
          while (r.pos < r.end) {
            const tag = r.tag();
            if (tag === STATUS_TAG.code) this.#statusCodes[row] = r.uint32();
            else if (tag === STATUS_TAG.message) {
              r.range();
              messageFrom = r.from;
              messageTo = r.to;
            } else r.skip();
          }
          r.seek(pos, end);
          break;
        }
        case SPAN_TAG.traceState:
          r.range();
          stateFrom = r.from;
          stateTo = r.to;
          break;
        case SPAN_TAG.flags:
          this.#flags[row] = r.fixed32();
          break;
        case SPAN_TAG.droppedAttributes:
          this.#droppedAttributes[row] = r.uint32();
          break;
        case SPAN_TAG.droppedEvents:
          this.#droppedEvents[row] = r.uint32();
          break;
        case SPAN_TAG.droppedLinks:
          this.#droppedLinks[row] = r.uint32();
          break;
        default:
          r.skip();
      }
    }
    this.#names.add(r.buf, nameFrom, nameTo);
    this.#traceStates.add(r.buf, stateFrom, stateTo);
    this.#statusMessages.add(r.buf, messageFrom, messageTo);
    this.#times(row, startLow, startHigh, endLow, endHigh);
  }

  #times(row: number, startLow: number, startHigh: number, endLow: number, endHigh: number): void {
    const start = (startHigh - this.#baseHigh) * TWO_32 + (startLow - this.#baseLow);
    const duration = (endHigh - startHigh) * TWO_32 + (endLow - startLow);
    this.#starts[row] = start;
    this.#durations[row] = Math.max(0, duration);
    if (duration < 0 || Math.abs(start) > START_MAX_NS || !Number.isSafeInteger(duration)) {
      const startNs = (BigInt(startHigh) << 32n) | BigInt(startLow);
      const endNs = (BigInt(endHigh) << 32n) | BigInt(endLow);
      this.#exactTimes.push({ row, startNs, endNs });
    }
  }
}
