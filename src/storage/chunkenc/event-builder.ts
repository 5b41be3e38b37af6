/** Events and links of spans from protobuf to the tables beside the spans. */

import type { ProtoReader } from '../../base/protobuf.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { EventTable, LinkTable } from '../../model/span-group.ts';
import { AttributesBuilder, TextBuilder } from './attribute-builder.ts';
import { once, U32List } from './span-columns.ts';

const EVENT_TAG = { time: 9, name: 18, attributes: 26, dropped: 32 } as const;
const LINK_TAG = {
  traceId: 10,
  spanId: 18,
  traceState: 26,
  attributes: 34,
  dropped: 40,
  flags: 53,
} as const;

const TWO_32 = 4294967296;

export class EventBuilder {
  readonly #spans = new U32List();
  readonly #sinceStart: number[] = [];
  readonly #exact = new Map<number, bigint>();
  readonly #names = new TextBuilder();
  readonly #dropped = new U32List();
  readonly #attributes = new AttributesBuilder();

  /** Adds the Event message `[r.from, r.to)` of span row `row`, whose start is given in halves; the cursor stays. */
  add(r: ProtoReader, row: number, startLow: number, startHigh: number): void {
    const { pos, end } = r;
    const event = this.#spans.count;
    let low = 0;
    let high = 0;
    let nameFrom = 0;
    let nameTo = 0;
    let dropped = 0;
    r.seek(r.from, r.to);
    while (r.pos < r.end) {
      switch (r.tag()) {
        case EVENT_TAG.time:
          r.fixed64();
          low = r.low;
          high = r.high;
          break;
        case EVENT_TAG.name:
          r.range();
          nameFrom = r.from;
          nameTo = r.to;
          break;
        case EVENT_TAG.attributes:
          r.range();
          this.#attributes.add(r, event);
          break;
        case EVENT_TAG.dropped:
          dropped = r.uint32();
          break;
        default:
          r.skip();
      }
    }
    this.#spans.push(row);
    const sinceStart = (high - startHigh) * TWO_32 + (low - startLow);
    this.#sinceStart.push(sinceStart);
    if (!Number.isSafeInteger(sinceStart)) this.#exact.set(event, (BigInt(high) << 32n) | BigInt(low));
    this.#names.add(r.buf, nameFrom, nameTo);
    this.#dropped.push(dropped);
    r.seek(pos, end);
  }

  finish(): EventTable {
    const count = this.#spans.count;
    const spans = this.#spans.take();
    const sinceStart = Float64Array.from(this.#sinceStart);
    const dropped = this.#dropped.take();
    return {
      count,
      spanRows: () => spans,
      sinceStartNs: () => sinceStart,
      names: once(() => this.#names.finish()),
      attributes: this.#attributes.finish(count),
      droppedAttributes: () => dropped,
      exactTimes: () => this.#exact,
    };
  }
}

export class LinkBuilder {
  readonly #spans = new U32List();
  #traceIds = new Uint8Array(16 * TRACE_ID_BYTES);
  #spanIds = new Uint8Array(16 * SPAN_ID_BYTES);
  readonly #traceStates = new TextBuilder();
  readonly #flags = new U32List();
  readonly #dropped = new U32List();
  readonly #attributes = new AttributesBuilder();

  /** Adds the Link message `[r.from, r.to)` of span row `row`; the cursor stays. */
  add(r: ProtoReader, row: number): void {
    const { pos, end } = r;
    const link = this.#spans.count;
    if (link * TRACE_ID_BYTES === this.#traceIds.length) this.#grow();
    let stateFrom = 0;
    let stateTo = 0;
    let dropped = 0;
    let flags = 0;
    r.seek(r.from, r.to);
    while (r.pos < r.end) {
      switch (r.tag()) {
        case LINK_TAG.traceId:
          this.#traceIds.set(r.bytes(), link * TRACE_ID_BYTES);
          break;
        case LINK_TAG.spanId:
          this.#spanIds.set(r.bytes(), link * SPAN_ID_BYTES);
          break;
        case LINK_TAG.traceState:
          r.range();
          stateFrom = r.from;
          stateTo = r.to;
          break;
        case LINK_TAG.attributes:
          r.range();
          this.#attributes.add(r, link);
          break;
        case LINK_TAG.dropped:
          dropped = r.uint32();
          break;
        case LINK_TAG.flags:
          flags = r.fixed32();
          break;
        default:
          r.skip();
      }
    }
    this.#spans.push(row);
    this.#traceStates.add(r.buf, stateFrom, stateTo);
    this.#dropped.push(dropped);
    this.#flags.push(flags);
    r.seek(pos, end);
  }

  #grow(): void {
    const traceIds = new Uint8Array(this.#traceIds.length * 2);
    traceIds.set(this.#traceIds);
    this.#traceIds = traceIds;
    const spanIds = new Uint8Array(this.#spanIds.length * 2);
    spanIds.set(this.#spanIds);
    this.#spanIds = spanIds;
  }

  finish(): LinkTable {
    const count = this.#spans.count;
    const spans = this.#spans.take();
    const traceIds = this.#traceIds.slice(0, count * TRACE_ID_BYTES);
    const spanIds = this.#spanIds.slice(0, count * SPAN_ID_BYTES);
    const flags = this.#flags.take();
    const dropped = this.#dropped.take();
    return {
      count,
      spanRows: () => spans,
      traceIds: () => traceIds,
      spanIds: () => spanIds,
      traceStates: once(() => this.#traceStates.finish()),
      flags: () => flags,
      attributes: this.#attributes.finish(count),
      droppedAttributes: () => dropped,
    };
  }
}
