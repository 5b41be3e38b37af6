/**
 * Spans from columns back to OTLP protobuf: for compaction, and for answering whole traces. Fields stand in
 * the order of their numbers, zero values are left out, attributes stand in the order of the group's columns (mostly
 * the one they were sent in), values of a repeated key in the order in which they were sent.
 */

import { WIRE } from '../base/protobuf.ts';
import { ProtoWriter } from '../base/protobuf-writer.ts';
import type { SpanBatch } from './batch.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from './span.ts';
import {
  type AttributeColumn,
  type AttributeTable,
  type DictionaryColumn,
  type ExactTimes,
  occurrenceOf,
  type SpanGroup,
} from './span-group.ts';

const NS_PER_MS = 1000000n;

/** The spans in `rows` (ascending; all without it), in that order, with the resources and scopes they refer to. */
export function spansOf(group: SpanGroup, rows = ascending(group.spanCount)): SpanBatch {
  return new SpanWriter(group, rows).run();
}

/** The Resource and InstrumentationScope messages of the group, by row. */
export function originsOf(group: SpanGroup): { resources: Uint8Array[]; scopes: Uint8Array[] } {
  return new SpanWriter(group, new Uint32Array(0)).origins();
}

function ascending(n: number): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}

// ---------------------------------------------------------------------------------------------- attributes

/** The KeyValue messages of some rows of an owner: writes those of one row as repeated fields. */
class AttributeWriter {
  readonly #columns: readonly AttributeColumn[];
  /** Tag, length and text of each column's key. */
  readonly #keys: readonly Uint8Array[];
  /** Row i of the asked ones has the entries [starts[i], starts[i + 1]). */
  readonly #starts: Uint32Array;
  readonly #entryColumn: Uint32Array;
  readonly #entryOccurrence: Uint32Array;

  /** `rows` ascend. */
  constructor(table: AttributeTable, rows: Uint32Array) {
    this.#columns = table.columns;
    this.#keys = this.#columns.map((column) => keyField(column.key));
    const slots: number[] = [];
    const columns: number[] = [];
    const occurrences: number[] = [];
    for (let c = 0; c < this.#columns.length; c++) {
      const column = this.#columns[c]!;
      forOccurrences(column, rows, (slot, occurrence) => {
        slots.push(slot);
        columns.push(c);
        occurrences.push(occurrence);
      });
    }
    // A counting sort by row keeps the order of columns within each.
    this.#starts = new Uint32Array(rows.length + 1);
    for (const slot of slots) this.#starts[slot + 1]!++;
    for (let i = 0; i < rows.length; i++) this.#starts[i + 1]! += this.#starts[i]!;
    const next = this.#starts.slice();
    this.#entryColumn = new Uint32Array(slots.length);
    this.#entryOccurrence = new Uint32Array(slots.length);
    for (let k = 0; k < slots.length; k++) {
      const at = next[slots[k]!]!++;
      this.#entryColumn[at] = columns[k]!;
      this.#entryOccurrence[at] = occurrences[k]!;
    }
  }

  /** Writes the attributes of the `slot`th asked row as fields with number `field`. */
  write(out: ProtoWriter, field: number, slot: number): void {
    const end = this.#starts[slot + 1]!;
    for (let e = this.#starts[slot]!; e < end; e++) {
      const c = this.#entryColumn[e]!;
      out.tag(field, WIRE.length);
      const start = out.length;
      out.bytes(this.#keys[c]!);
      writeValue(out, this.#columns[c]!, this.#entryOccurrence[e]!);
      out.closeLength(start);
    }
  }
}

function keyField(key: string): Uint8Array {
  const out = new ProtoWriter(key.length + 8);
  if (key !== '') out.bytesField(1, Buffer.from(key));
  return out.take();
}

/** Calls back with (index in `rows`, occurrence) for each occurrence of the column in the rows. */
function forOccurrences(
  column: AttributeColumn,
  rows: Uint32Array,
  visit: (slot: number, occurrence: number) => void,
): void {
  if (column.dense) {
    for (let i = 0; i < rows.length; i++) visit(i, rows[i]!);
    return;
  }
  const owners = column.rows();
  // A few rows of a long column are looked up, many are walked to.
  const few = rows.length * 16 < owners.length;
  let k = 0;
  for (let i = 0; i < rows.length && k < owners.length; i++) {
    const row = rows[i]!;
    if (few) {
      k = occurrenceOf(column, row);
      if (k < 0) {
        k = 0;
        continue;
      }
    }
    while (k < owners.length && owners[k]! < row) k++;
    for (; k < owners.length && owners[k] === row; k++) visit(i, k);
  }
}

/** Writes field 2 of KeyValue: the AnyValue of an occurrence. */
function writeValue(out: ProtoWriter, column: AttributeColumn, occurrence: number): void {
  out.tag(2, WIRE.length);
  const start = out.length;
  switch (column.type) {
    case 'string': {
      const values = column.values();
      out.bytesField(1, values.piece(values.indexes[occurrence]!));
      break;
    }
    case 'bool':
      out.tag(2, WIRE.varint);
      out.u8(column.values()[occurrence]!);
      break;
    case 'int':
      out.tag(3, WIRE.varint);
      out.varint64(column.exact()?.[occurrence] ?? BigInt(column.values()[occurrence]!));
      break;
    case 'double':
      out.tag(4, WIRE.fixed64);
      writeDouble(out, column.values(), occurrence);
      break;
    case 'complex': {
      const values = column.values();
      out.bytes(values.piece(values.indexes[occurrence]!));
    }
  }
  out.closeLength(start);
}

/** Bit for bit, NaN payloads included. */
function writeDouble(out: ProtoWriter, values: Float64Array, i: number): void {
  out.bytes(new Uint8Array(values.buffer, values.byteOffset + 8 * i, 8));
}

// --------------------------------------------------------------------------------------- resources and scopes

/** Messages of a table's rows, written when first asked for, each once. */
class OriginWriter {
  readonly #out: ProtoWriter;
  readonly #write: (row: number) => void;
  readonly #index: Int32Array;
  readonly start: number[] = [];
  readonly end: number[] = [];

  constructor(out: ProtoWriter, count: number, write: (row: number) => void) {
    this.#out = out;
    this.#write = write;
    this.#index = new Int32Array(count).fill(-1);
  }

  index(row: number): number {
    if (this.#index[row] === -1) {
      this.#index[row] = this.start.length;
      this.start.push(this.#out.length);
      this.#write(row);
      this.end.push(this.#out.length);
    }
    return this.#index[row]!;
  }
}

// --------------------------------------------------------------------------------------------------- spans

/** Events or links of the asked spans: their rows, and where each span's begin. */
interface Children {
  readonly rows: Uint32Array;
  /** Asked span i has `rows[starts[i], starts[i + 1])`. */
  readonly starts: Uint32Array;
}

function childrenOf(spanRows: Uint32Array, rows: Uint32Array): Children {
  const children: number[] = [];
  const starts = new Uint32Array(rows.length + 1);
  let k = 0;
  for (let i = 0; i < rows.length; i++) {
    while (k < spanRows.length && spanRows[k]! < rows[i]!) k++;
    for (; k < spanRows.length && spanRows[k] === rows[i]; k++) children.push(k);
    starts[i + 1] = children.length;
  }
  return { rows: Uint32Array.from(children), starts };
}

class SpanWriter {
  readonly #group: SpanGroup;
  readonly #rows: Uint32Array;
  readonly #out: ProtoWriter;
  readonly #exact: Map<number, ExactTimes>;
  readonly #attributes: AttributeWriter;
  readonly #events: Children;
  readonly #eventAttributes: AttributeWriter;
  readonly #links: Children;
  readonly #linkAttributes: AttributeWriter;

  constructor(group: SpanGroup, rows: Uint32Array) {
    this.#group = group;
    this.#rows = rows;
    this.#out = new ProtoWriter(256 * (rows.length + 1));
    this.#exact = new Map(group.exactTimes().map((e) => [e.row, e]));
    this.#attributes = new AttributeWriter(group.attributes, rows);
    this.#events = childrenOf(group.events.spanRows(), rows);
    this.#eventAttributes = new AttributeWriter(group.events.attributes, this.#events.rows);
    this.#links = childrenOf(group.links.spanRows(), rows);
    this.#linkAttributes = new AttributeWriter(group.links.attributes, this.#links.rows);
  }

  run(): SpanBatch {
    const group = this.#group;
    const out = this.#out;
    const n = this.#rows.length;
    const resources = this.#resourceWriter();
    const scopes = this.#scopeWriter();
    const spanStart = new Uint32Array(n);
    const spanEnd = new Uint32Array(n);
    const spanResource = new Uint32Array(n);
    const spanScope = new Uint32Array(n);
    const traceIds = new Uint8Array(n * TRACE_ID_BYTES);
    const startMs = new Float64Array(n);
    const endMs = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = this.#rows[i]!;
      spanResource[i] = resources.index(group.resourceRows()[row]!);
      spanScope[i] = scopes.index(group.scopeRows()[row]!);
      traceIds.set(idOf(group.traceIds(), row, TRACE_ID_BYTES), i * TRACE_ID_BYTES);
      const { startNs, endNs } = this.#times(row);
      startMs[i] = Number(startNs / NS_PER_MS);
      endMs[i] = Math.max(startMs[i]!, Number((endNs + NS_PER_MS - 1n) / NS_PER_MS));
      spanStart[i] = out.length;
      this.#span(i, row, startNs, endNs);
      spanEnd[i] = out.length;
    }
    return {
      bytes: out.take(),
      resourceCount: resources.start.length,
      resourceStart: Uint32Array.from(resources.start),
      resourceEnd: Uint32Array.from(resources.end),
      scopeCount: scopes.start.length,
      scopeStart: Uint32Array.from(scopes.start),
      scopeEnd: Uint32Array.from(scopes.end),
      spanCount: n,
      spanStart,
      spanEnd,
      spanResource,
      spanScope,
      traceIds,
      startMs,
      endMs,
    };
  }

  origins(): { resources: Uint8Array[]; scopes: Uint8Array[] } {
    const { resources, scopes } = this.#group;
    const resourceWriter = this.#resourceWriter();
    const scopeWriter = this.#scopeWriter();
    for (let row = 0; row < resources.count; row++) resourceWriter.index(row);
    for (let row = 0; row < scopes.count; row++) scopeWriter.index(row);
    const bytes = this.#out.take();
    const messages = ({ start, end }: OriginWriter) => start.map((from, i) => bytes.subarray(from, end[i]!));
    return { resources: messages(resourceWriter), scopes: messages(scopeWriter) };
  }

  #resourceWriter(): OriginWriter {
    const { resources } = this.#group;
    const attributes = new AttributeWriter(resources.attributes, ascending(resources.count));
    return new OriginWriter(this.#out, resources.count, (row) => {
      attributes.write(this.#out, 1, row);
      this.#out.uint32Field(2, resources.droppedAttributes()[row]!);
    });
  }

  #scopeWriter(): OriginWriter {
    const { scopes } = this.#group;
    const attributes = new AttributeWriter(scopes.attributes, ascending(scopes.count));
    return new OriginWriter(this.#out, scopes.count, (row) => {
      this.#text(1, scopes.names(), row);
      this.#text(2, scopes.versions(), row);
      attributes.write(this.#out, 3, row);
      this.#out.uint32Field(4, scopes.droppedAttributes()[row]!);
    });
  }

  #times(row: number): { startNs: bigint; endNs: bigint } {
    const exact = this.#exact.get(row);
    if (exact) return exact;
    const startNs = BigInt(this.#group.baseMs) * NS_PER_MS + BigInt(this.#group.startsNs()[row]!);
    return { startNs, endNs: startNs + BigInt(this.#group.durationsNs()[row]!) };
  }

  /** A string field, left out where it is empty. */
  #text(field: number, column: DictionaryColumn, row: number): void {
    const piece = column.piece(column.indexes[row]!);
    if (piece.length > 0) this.#out.bytesField(field, piece);
  }

  #id(field: number, id: Uint8Array): void {
    if (id.some((byte) => byte !== 0)) this.#out.bytesField(field, id);
  }

  #enum(field: number, value: number): void {
    if (value === 0) return;
    this.#out.tag(field, WIRE.varint);
    this.#out.varint64(BigInt(value));
  }

  #time(field: number, ns: bigint): void {
    if (ns === 0n) return;
    this.#out.tag(field, WIRE.fixed64);
    this.#out.fixed64(ns);
  }

  #flags(field: number, flags: number): void {
    if (flags === 0) return;
    this.#out.tag(field, WIRE.fixed32);
    this.#out.u32(flags);
  }

  #span(slot: number, row: number, startNs: bigint, endNs: bigint): void {
    const group = this.#group;
    const out = this.#out;
    out.bytesField(1, idOf(group.traceIds(), row, TRACE_ID_BYTES));
    out.bytesField(2, idOf(group.spanIds(), row, SPAN_ID_BYTES));
    this.#text(3, group.traceStates(), row);
    this.#id(4, idOf(group.parentIds(), row, SPAN_ID_BYTES));
    this.#text(5, group.names(), row);
    this.#enum(6, group.kinds()[row]!);
    this.#time(7, startNs);
    this.#time(8, endNs);
    this.#attributes.write(out, 9, slot);
    out.uint32Field(10, group.droppedAttributes()[row]!);
    this.#eventsOf(slot, startNs);
    out.uint32Field(12, group.droppedEvents()[row]!);
    this.#linksOf(slot);
    out.uint32Field(14, group.droppedLinks()[row]!);
    const code = group.statusCodes()[row]!;
    // A status is written even when it is empty: readers of whole traces rely on it.
    out.tag(15, WIRE.length);
    const start = out.length;
    this.#text(2, group.statusMessages(), row);
    this.#enum(3, code);
    out.closeLength(start);
    this.#flags(16, group.flags()[row]!);
  }

  #eventsOf(slot: number, startNs: bigint): void {
    const { events } = this.#group;
    const out = this.#out;
    const { rows, starts } = this.#events;
    for (let k = starts[slot]!; k < starts[slot + 1]!; k++) {
      const event = rows[k]!;
      const timeNs = events.exactTimes().get(event) ?? startNs + BigInt(events.sinceStartNs()[event]!);
      out.tag(11, WIRE.length);
      const start = out.length;
      this.#time(1, timeNs);
      this.#text(2, events.names(), event);
      this.#eventAttributes.write(out, 3, k);
      out.uint32Field(4, events.droppedAttributes()[event]!);
      out.closeLength(start);
    }
  }

  #linksOf(slot: number): void {
    const { links } = this.#group;
    const out = this.#out;
    const { rows, starts } = this.#links;
    for (let k = starts[slot]!; k < starts[slot + 1]!; k++) {
      const link = rows[k]!;
      out.tag(13, WIRE.length);
      const start = out.length;
      this.#id(1, idOf(links.traceIds(), link, TRACE_ID_BYTES));
      this.#id(2, idOf(links.spanIds(), link, SPAN_ID_BYTES));
      this.#text(3, links.traceStates(), link);
      this.#linkAttributes.write(out, 4, k);
      out.uint32Field(5, links.droppedAttributes()[link]!);
      this.#flags(6, links.flags()[link]!);
      out.closeLength(start);
    }
  }
}

function idOf(ids: Uint8Array, row: number, bytes: number): Uint8Array {
  return ids.subarray(row * bytes, (row + 1) * bytes);
}
