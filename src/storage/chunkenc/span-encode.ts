/**
 * A span group to its pieces: every column is written, small neighbours are put into one piece, and a directory says
 * where each lies. Attributes that occur in the same rows share one row list.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { hashBytes } from '../../base/hash.ts';
import { Dictionary } from '../../model/dictionary.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import {
  type AttributeColumn,
  type AttributeTable,
  type DictionaryColumn,
  NO_PARENT,
  PARENT_ELSEWHERE,
  type SpanGroup,
} from '../../model/span-group.ts';
import { writeDictionary, writeDoubles, writeExactInts, writeU32s, writeWhole } from './column.ts';
import { writePiece } from './piece.ts';
import {
  type AttributeEntry,
  DIRECTORY_PIECE,
  FIXED_COLUMNS,
  type FixedColumn,
  OWNERS,
  type Owner,
  writeDirectory,
} from './span-layout.ts';
import { writeDurations, writeExactEvents, writeExactTimes, writeStarts } from './span-times.ts';

/** One piece of a stored group: its name within the group and its bytes. */
export interface SpanPiece {
  readonly column: string;
  readonly data: Uint8Array;
}

/** Columns are put together up to so many bytes before compression: see "pieces" in docs/format/span-group.md. */
const PIECE_RAW_BYTES = 32 * 1024;

/** Codes of parent rows; above them the zigzag distance to the parent's row. */
export const PARENT_CODE = { none: 0, elsewhere: 1, first: 2 } as const;

/** Owners that spans point at: the first in the order of `OWNERS`. */
const TABLES = ['resources', 'scopes'] as const;

/** Encodes one group, once; `level` is zstd's. */
export class GroupEncoder {
  readonly #group: SpanGroup;
  readonly #level: number;
  readonly #pieces: SpanPiece[] = [];
  /** The piece being filled. */
  readonly #raw = new ByteWriter(2 * PIECE_RAW_BYTES);
  readonly #lengths: number[] = [];
  readonly #pieceStarts: number[] = [];
  /** A piece has been begun, perhaps by columns without bytes. */
  #open = false;
  readonly #rowLists: Uint32Array[] = [];
  readonly #rowListByHash = new Map<number, number[]>();

  constructor(group: SpanGroup, level: number) {
    this.#group = group;
    this.#level = level;
  }

  *run(): Generator<void, SpanPiece[]> {
    const group = this.#group;
    const tables: Record<Owner, AttributeTable> = {
      resources: group.resources.attributes,
      scopes: group.scopes.attributes,
      spans: group.attributes,
      events: group.events.attributes,
      links: group.links.attributes,
    };
    const attributes = {} as Record<Owner, AttributeEntry[]>;
    for (const owner of ['spans', 'events', 'links'] as const)
      attributes[owner] = tables[owner].columns.map((c) => this.#entry(c));
    const tableLists = this.#rowLists.length;
    for (const owner of TABLES) attributes[owner] = tables[owner].columns.map((c) => this.#entry(c));
    const elsewhere = yield* this.#fixedColumns();
    for (let i = 0; i < this.#rowLists.length; i++) {
      // Row lists and attributes of the tables are neighbours, in a piece of their own: they are small, and most queries name one.
      if (i === tableLists) this.#closePiece();
      this.#column((out) => writeU32s(out, this.#rowLists[i]!));
    }
    if (tableLists === this.#rowLists.length) this.#closePiece();
    for (const owner of OWNERS) {
      if (owner === 'spans') this.#closePiece();
      for (const column of tables[owner].columns) {
        if (this.#column((out) => writeValues(out, column))) yield;
      }
    }
    this.#closePiece();
    const directory = new ByteWriter(4096);
    writeDirectory(directory, {
      baseMs: group.baseMs,
      minMs: group.minMs,
      maxMs: group.maxMs,
      counts: {
        spans: group.spanCount,
        traces: group.traceStarts().length - 1,
        resources: group.resources.count,
        scopes: group.scopes.count,
        events: group.events.count,
        links: group.links.count,
        exactTimes: group.exactTimes().length,
        exactEvents: group.events.exactTimes().size,
        parentsElsewhere: elsewhere,
      },
      rowLists: this.#rowLists.map((rows) => rows.length),
      attributes,
      lengths: Float64Array.from(this.#lengths),
      pieces: Float64Array.from(this.#pieceStarts),
    });
    this.#pieces.push({ column: DIRECTORY_PIECE, data: writePiece(directory.view(), this.#level) });
    return this.#pieces;
  }

  /** Writes the next column; true where that completed a piece. A large one stands alone, small ones share a piece. */
  #column(write: (out: ByteWriter) => void): boolean {
    const raw = this.#raw;
    const start = raw.length;
    const before = this.#pieces.length;
    write(raw);
    const size = raw.length - start;
    if (start > 0 && raw.length > PIECE_RAW_BYTES) {
      // It does not fit any more: what stood before it is a piece, and it begins the next.
      const column = raw.take().subarray(start);
      raw.length = start;
      this.#closePiece();
      raw.bytes(column);
    }
    if (!this.#open) this.#pieceStarts.push(this.#lengths.length);
    this.#open = true;
    this.#lengths.push(size);
    if (raw.length >= PIECE_RAW_BYTES) this.#closePiece();
    return this.#pieces.length > before;
  }

  #closePiece(): void {
    const raw = this.#raw;
    if (!this.#open) return;
    const column = String(this.#pieceStarts.length - 1);
    this.#pieces.push({ column, data: writePiece(raw.view(), this.#level) });
    raw.clear();
    this.#open = false;
  }

  #entry(column: AttributeColumn): AttributeEntry {
    const { key, type, count } = column;
    const exact = column.type === 'int' && column.exact() !== undefined;
    return { key, type, count, exact, rowList: column.dense ? undefined : this.#rowList(column.rows()) };
  }

  /** The number of a row list; equal lists are stored once. */
  #rowList(rows: Uint32Array): number {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    const hash = hashBytes(bytes, 0, bytes.length);
    const candidates = this.#rowListByHash.get(hash) ?? [];
    for (const i of candidates) {
      const other = this.#rowLists[i]!;
      if (other.length === rows.length && rows.every((row, k) => row === other[k])) return i;
    }
    const number = this.#rowLists.length;
    this.#rowLists.push(rows);
    this.#rowListByHash.set(hash, [...candidates, number]);
    return number;
  }

  /** Writes what every group has; returns how many parents are elsewhere. */
  *#fixedColumns(): Generator<void, number> {
    const group = this.#group;
    const { events, links, scopes } = group;
    const exact = group.exactTimes();
    const parents = parentCodes(group);
    const starts = group.traceStarts();
    const write: Record<FixedColumn, (out: ByteWriter) => void> = {
      traceStarts: (out) => writeU32s(out, starts.subarray(0, -1)),
      starts: (out) => writeStarts(out, group.startsNs(), starts, exact),
      durations: (out) => writeDurations(out, group.durationsNs(), exact),
      parents: (out) => writeWhole(out, parents.codes),
      exactTimes: (out) => writeExactTimes(out, exact),
      names: (out) => writeText(out, group.names()),
      kinds: (out) => writeU32s(out, group.kinds()),
      statusCodes: (out) => writeU32s(out, group.statusCodes()),
      resourceRows: (out) => writeU32s(out, group.resourceRows()),
      scopeRows: (out) => writeU32s(out, group.scopeRows()),
      resourceDropped: (out) => writeU32s(out, group.resources.droppedAttributes()),
      scopeNames: (out) => writeText(out, scopes.names()),
      scopeVersions: (out) => writeText(out, scopes.versions()),
      scopeDropped: (out) => writeU32s(out, scopes.droppedAttributes()),
      statusMessages: (out) => writeText(out, group.statusMessages()),
      traceStates: (out) => writeText(out, group.traceStates()),
      flags: (out) => writeU32s(out, group.flags()),
      droppedAttributes: (out) => writeU32s(out, group.droppedAttributes()),
      droppedEvents: (out) => writeU32s(out, group.droppedEvents()),
      droppedLinks: (out) => writeU32s(out, group.droppedLinks()),
      traceIds: (out) => {
        const ids = group.traceIds();
        for (const row of starts.subarray(0, -1)) {
          out.bytes(ids.subarray(row * TRACE_ID_BYTES, (row + 1) * TRACE_ID_BYTES));
        }
      },
      spanIds: (out) => out.bytes(group.spanIds()),
      parentsElsewhere: (out) => out.bytes(parents.elsewhere),
      eventSpans: (out) => writeU32s(out, events.spanRows()),
      eventTimes: (out) => {
        const times = events.sinceStartNs().slice();
        for (const event of events.exactTimes().keys()) times[event] = 0;
        writeWhole(out, times);
      },
      eventExactTimes: (out) => writeExactEvents(out, events.exactTimes()),
      eventNames: (out) => writeText(out, events.names()),
      eventDropped: (out) => writeU32s(out, events.droppedAttributes()),
      linkSpans: (out) => writeU32s(out, links.spanRows()),
      linkTraceIds: (out) => out.bytes(links.traceIds()),
      linkSpanIds: (out) => out.bytes(links.spanIds()),
      linkStates: (out) => writeText(out, links.traceStates()),
      linkFlags: (out) => writeU32s(out, links.flags()),
      linkDropped: (out) => writeU32s(out, links.droppedAttributes()),
    };
    for (const name of FIXED_COLUMNS) if (this.#column(write[name])) yield;
    return parents.elsewhere.length / SPAN_ID_BYTES;
  }
}

function parentCodes(group: SpanGroup): { codes: Float64Array; elsewhere: Uint8Array } {
  const rows = group.parentRows();
  const ids = group.parentIds();
  const codes = new Float64Array(rows.length);
  const elsewhere = new ByteWriter(64);
  for (let row = 0; row < rows.length; row++) {
    const parent = rows[row]!;
    if (parent === NO_PARENT) codes[row] = PARENT_CODE.none;
    else if (parent === PARENT_ELSEWHERE) {
      codes[row] = PARENT_CODE.elsewhere;
      elsewhere.bytes(ids.subarray(row * SPAN_ID_BYTES, (row + 1) * SPAN_ID_BYTES));
    } else {
      const back = row - parent;
      codes[row] = PARENT_CODE.first + (back < 0 ? -2 * back - 1 : 2 * back);
    }
  }
  return { codes, elsewhere: elsewhere.take() };
}

function writeText(out: ByteWriter, column: DictionaryColumn): void {
  writeDictionary(out, new Dictionary(column.indexes, column.bytes, column.ends));
}

function writeValues(out: ByteWriter, column: AttributeColumn): void {
  switch (column.type) {
    case 'string':
    case 'complex': {
      const { indexes, bytes, ends } = column.values();
      writeDictionary(out, new Dictionary(indexes, bytes, ends));
      return;
    }
    case 'int': {
      const exact = column.exact();
      if (exact) writeExactInts(out, exact);
      else writeWhole(out, column.values());
      return;
    }
    case 'double':
      writeDoubles(out, column.values());
      return;
    case 'bool':
      writeWhole(out, Float64Array.from(column.values()));
  }
}
