/**
 * A stored span group, column by column on demand: asking for a column loads and decompresses the piece it is in
 * (which is kept, as its neighbours are often wanted too) and decodes the one column.
 */

import { ByteError, ByteReader } from '../../base/bytes.ts';
import { Dictionary } from '../../model/dictionary.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import {
  type AttributeColumn,
  type AttributeTable,
  type ExactTimes,
  NO_PARENT,
  PARENT_ELSEWHERE,
  type SpanGroup,
} from '../../model/span-group.ts';
import { DamagedPageError } from '../block/page.ts';
import { readDictionary, readDoubles, readExactInts, readI32s, readU32s, readWhole } from './column.ts';
import { readPiece } from './piece.ts';
import { attributeColumn, identity, once } from './span-columns.ts';
import { PARENT_CODE } from './span-encode.ts';
import {
  type AttributeEntry,
  DIRECTORY_PIECE,
  FIXED_COLUMNS,
  type FixedColumn,
  OWNERS,
  type Owner,
  readDirectory,
  type SpanDirectory,
} from './span-layout.ts';
import { exactStart, readDurations, readExactEvents, readExactTimes, readStarts } from './span-times.ts';

const FIXED_INDEX = new Map(FIXED_COLUMNS.map((name, i) => [name, i]));

/** The pieces of one group, each loaded when a column of it is first asked for. */
export class PieceReader {
  readonly directory: SpanDirectory;
  readonly #load: (column: string) => Uint8Array | undefined;
  readonly #onBytes: (bytes: number) => void;
  readonly #pieces: (Uint8Array | undefined)[];

  /**
   * With the `directory` where it was read before. `onBytes` is told of what is kept: about the bytes of pieces and
   * columns.
   */
  constructor(
    load: (column: string) => Uint8Array | undefined,
    onBytes: (bytes: number) => void,
    directory?: SpanDirectory,
  ) {
    this.#load = load;
    this.#onBytes = onBytes;
    this.directory =
      directory ?? this.#guarded(() => readDirectory(new ByteReader(this.#piece(DIRECTORY_PIECE))));
    this.#pieces = new Array(this.directory.pieces.length).fill(undefined);
  }

  #piece(name: string): Uint8Array {
    const data = this.#load(name);
    if (data === undefined) throw new DamagedPageError(`span piece ${name} is missing`);
    const raw = readPiece(data);
    if (name !== DIRECTORY_PIECE) this.#onBytes(raw.length);
    return raw;
  }

  /** What a checksum did not catch is damage as well. */
  #guarded<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof ByteError) throw new DamagedPageError(`span column: ${error.message}`);
      throw error;
    }
  }

  /** Decodes column `index` with `read`. */
  column<T>(index: number, read: (input: ByteReader) => T): T {
    const { pieces, lengths } = this.directory;
    let p = pieces.length - 1;
    while (p >= 0 && pieces[p]! > index) p--;
    if (p < 0 || index >= lengths.length) throw new DamagedPageError(`span column ${index} is missing`);
    const raw = (this.#pieces[p] ??= this.#piece(String(p)));
    let start = 0;
    for (let c = pieces[p]!; c < index; c++) start += lengths[c]!;
    const end = start + lengths[index]!;
    if (end > raw.length) throw new DamagedPageError(`span column ${index} ends early`);
    const value = this.#guarded(() => read(new ByteReader(raw, start, end)));
    this.#onBytes(bytesOf(value));
    return value;
  }

  fixed<T>(name: FixedColumn, read: (input: ByteReader) => T): () => T {
    return once(() => this.column(FIXED_INDEX.get(name)!, read));
  }
}

/** Of a decoded column; texts that are made of a dictionary later are not counted. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return value instanceof Dictionary ? value.indexes.byteLength + value.ends.byteLength : 0;
}

export function groupOf(pieces: PieceReader): SpanGroup {
  const { directory } = pieces;
  const { counts, baseMs } = directory;
  const n = counts.spans;
  const u32s = (name: FixedColumn, count: number) => pieces.fixed(name, (input) => readU32s(input, count));
  const texts = (name: FixedColumn, count: number) =>
    pieces.fixed(name, (input) => readDictionary(input, count));
  const ids = (name: FixedColumn, bytes: number) =>
    pieces.fixed(name, (input) => aligned(input.bytes(bytes)));
  const tables = attributeTables(pieces, directory);
  const traceStarts = pieces.fixed('traceStarts', (input) => {
    const starts = new Uint32Array(counts.traces + 1);
    starts.set(readU32s(input, counts.traces));
    starts[counts.traces] = n;
    return starts;
  });
  const exactTimes = pieces.fixed('exactTimes', (input) => readExactTimes(input, counts.exactTimes));
  const startsNs = pieces.fixed('starts', (input) => readStarts(input, traceStarts(), exactTimes(), baseMs));
  const spanIds = ids('spanIds', n * SPAN_ID_BYTES);
  const parentRows = pieces.fixed('parents', (input) => readParents(input, n));
  const elsewhere = ids('parentsElsewhere', counts.parentsElsewhere * SPAN_ID_BYTES);
  const traceIds = ids('traceIds', counts.traces * TRACE_ID_BYTES);
  return {
    spanCount: n,
    baseMs,
    minMs: directory.minMs,
    maxMs: directory.maxMs,
    traceStarts,
    traceIds: once(() => spreadTraceIds(traceIds(), traceStarts())),
    spanIds,
    parentIds: once(() => parentIdsOf(parentRows(), spanIds(), elsewhere())),
    parentRows,
    startsNs,
    durationsNs: pieces.fixed('durations', (input) => readDurations(input, n, exactTimes())),
    names: texts('names', n),
    kinds: pieces.fixed('kinds', (input) => readI32s(input, n)),
    statusCodes: pieces.fixed('statusCodes', (input) => readI32s(input, n)),
    statusMessages: texts('statusMessages', n),
    traceStates: texts('traceStates', n),
    flags: u32s('flags', n),
    droppedAttributes: u32s('droppedAttributes', n),
    droppedEvents: u32s('droppedEvents', n),
    droppedLinks: u32s('droppedLinks', n),
    attributes: tables.spans,
    resourceRows: u32s('resourceRows', n),
    resources: {
      count: counts.resources,
      attributes: tables.resources,
      droppedAttributes: u32s('resourceDropped', counts.resources),
    },
    scopeRows: u32s('scopeRows', n),
    scopes: {
      count: counts.scopes,
      names: texts('scopeNames', counts.scopes),
      versions: texts('scopeVersions', counts.scopes),
      attributes: tables.scopes,
      droppedAttributes: u32s('scopeDropped', counts.scopes),
    },
    events: eventTable(pieces, directory, tables.events, startsNs, exactTimes),
    links: {
      count: counts.links,
      spanRows: u32s('linkSpans', counts.links),
      traceIds: ids('linkTraceIds', counts.links * TRACE_ID_BYTES),
      spanIds: ids('linkSpanIds', counts.links * SPAN_ID_BYTES),
      traceStates: texts('linkStates', counts.links),
      flags: u32s('linkFlags', counts.links),
      attributes: tables.links,
      droppedAttributes: u32s('linkDropped', counts.links),
    },
    exactTimes,
  };
}

function eventTable(
  pieces: PieceReader,
  { counts, baseMs }: SpanDirectory,
  attributes: AttributeTable,
  startsNs: () => Float64Array,
  exactTimes: () => readonly ExactTimes[],
): SpanGroup['events'] {
  const n = counts.events;
  const spanRows = pieces.fixed('eventSpans', (input) => readU32s(input, n));
  const exact = pieces.fixed('eventExactTimes', (input) => readExactEvents(input, counts.exactEvents));
  return {
    count: n,
    spanRows,
    sinceStartNs: pieces.fixed('eventTimes', (input) => {
      const times = readWhole(input, n);
      for (const [event, ns] of exact()) {
        times[event] = Number(ns - exactStart(spanRows()[event]!, baseMs, startsNs(), exactTimes()));
      }
      return times;
    }),
    names: pieces.fixed('eventNames', (input) => readDictionary(input, n)),
    attributes,
    droppedAttributes: pieces.fixed('eventDropped', (input) => readU32s(input, n)),
    exactTimes: exact,
  };
}

/** Attribute columns follow the fixed ones and the row lists, owner by owner. */
function attributeTables(pieces: PieceReader, directory: SpanDirectory): Record<Owner, AttributeTable> {
  const lists = new Array<Uint32Array | undefined>(directory.rowLists.length);
  const rowList = (i: number) =>
    (lists[i] ??= pieces.column(FIXED_COLUMNS.length + i, (input) =>
      readU32s(input, directory.rowLists[i]!),
    ));
  let index = FIXED_COLUMNS.length + directory.rowLists.length;
  const tables = {} as Record<Owner, AttributeTable>;
  for (const owner of OWNERS) {
    const entries = directory.attributes[owner];
    tables[owner] = storedTable(entries, index, (entry, at) => storedColumn(pieces, entry, at, rowList));
    index += entries.length;
  }
  return tables;
}

/** Entries up to which a key is looked for one by one. */
const SCANNED_ENTRIES = 64;

/**
 * Makes columns when they are asked for: a query names one of dozens. `first`: the number of its first column in the
 * group.
 */
function storedTable(
  entries: readonly AttributeEntry[],
  first: number,
  make: (entry: AttributeEntry, index: number) => AttributeColumn,
): AttributeTable {
  const made = new Array<AttributeColumn | undefined>(entries.length).fill(undefined);
  const column = (i: number) => (made[i] ??= make(entries[i]!, first + i));
  const found = new Map<string, readonly AttributeColumn[]>();
  const places = once(() => placesByKey(entries));
  const placesOf = (key: string): readonly number[] => {
    if (entries.length > SCANNED_ENTRIES) return places().get(key) ?? [];
    const out: number[] = [];
    for (let i = 0; i < entries.length; i++) if (entries[i]!.key === key) out.push(i);
    return out;
  };
  return {
    get columns() {
      for (let i = 0; i < entries.length; i++) column(i);
      return made as AttributeColumn[];
    },
    keys: () => [...new Set(entries.map((entry) => entry.key))],
    of(key) {
      let columns = found.get(key);
      if (columns === undefined) found.set(key, (columns = placesOf(key).map(column)));
      return columns;
    },
  };
}

function placesByKey(entries: readonly AttributeEntry[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  entries.forEach(({ key }, i) => {
    const list = places.get(key);
    if (list) list.push(i);
    else places.set(key, [i]);
  });
  return places;
}

function storedColumn(
  pieces: PieceReader,
  entry: AttributeEntry,
  index: number,
  rowListOf: (number: number) => Uint32Array,
): AttributeColumn {
  const { key, type, count, rowList, exact } = entry;
  const read = <T>(decode: (input: ByteReader, n: number) => T): T =>
    pieces.column(index, (input) => decode(input, count));
  const exactInts = once(() => read(readExactInts));
  return attributeColumn({
    key,
    type,
    count,
    dense: rowList === undefined,
    rows: () => (rowList === undefined ? identity(count) : rowListOf(rowList)),
    dictionary: (): Dictionary => read(readDictionary),
    numbers: () => {
      if (type === 'double') return read(readDoubles);
      return exact ? Float64Array.from(exactInts(), Number) : read(readWhole);
    },
    exact: () => (exact ? exactInts() : undefined),
    bools: () => Uint8Array.from(read(readWhole)),
  });
}

/** A copy at an offset that typed arrays can view. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}

function readParents(input: ByteReader, n: number): Int32Array {
  const codes = readWhole(input, n);
  const rows = new Int32Array(n);
  for (let row = 0; row < n; row++) {
    const code = codes[row]!;
    if (code === PARENT_CODE.none) rows[row] = NO_PARENT;
    else if (code === PARENT_CODE.elsewhere) rows[row] = PARENT_ELSEWHERE;
    else {
      const zigzag = code - PARENT_CODE.first;
      rows[row] = zigzag % 2 === 0 ? row - zigzag / 2 : row + (zigzag + 1) / 2;
    }
  }
  return rows;
}

function parentIdsOf(parentRows: Int32Array, spanIds: Uint8Array, elsewhere: Uint8Array): Uint8Array {
  const ids = new Uint8Array(parentRows.length * SPAN_ID_BYTES);
  let at = 0;
  for (let row = 0; row < parentRows.length; row++) {
    const parent = parentRows[row]!;
    if (parent === NO_PARENT) continue;
    const from = parent === PARENT_ELSEWHERE ? at : parent * SPAN_ID_BYTES;
    const source = parent === PARENT_ELSEWHERE ? elsewhere : spanIds;
    if (parent === PARENT_ELSEWHERE) at += SPAN_ID_BYTES;
    for (let b = 0; b < SPAN_ID_BYTES; b++) ids[row * SPAN_ID_BYTES + b] = source[from + b]!;
  }
  return ids;
}

function spreadTraceIds(distinct: Uint8Array, traceStarts: Uint32Array): Uint8Array {
  const traces = traceStarts.length - 1;
  const ids = new Uint8Array(traceStarts[traces]! * TRACE_ID_BYTES);
  // Four words a row: both buffers are aligned.
  const from = new Uint32Array(distinct.buffer, distinct.byteOffset, traces * 4);
  const words = new Uint32Array(ids.buffer);
  for (let t = 0; t < traces; t++) {
    const end = traceStarts[t + 1]! * 4;
    for (let w = traceStarts[t]! * 4; w < end; w += 4) {
      words[w] = from[4 * t]!;
      words[w + 1] = from[4 * t + 1]!;
      words[w + 2] = from[4 * t + 2]!;
      words[w + 3] = from[4 * t + 3]!;
    }
  }
  return ids;
}
