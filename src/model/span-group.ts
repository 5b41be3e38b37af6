/**
 * A group of spans in columns, as TraceQL reads them and blocks keep them: some thousand spans, sorted by trace
 * id, then start. A column is loaded and decoded when it is first asked for, so that a search pays only for the
 * columns that it names; asking again costs nothing. Columns belong to the group: never write to them.
 *
 * Shapes that recur:
 * - a *row* is a span; tables beside the spans (resources, scopes, events, links) have rows of their own;
 * - texts are *dictionary columns*: an index per row into distinct strings, so that a predicate is evaluated once
 *   per distinct value and then mapped over the indexes;
 * - attributes are columns per (key, type of value), each a list of *occurrences* with ascending rows. A row has
 *   several occurrences where a span repeats a key, in one column or (with values of several types) in several.
 *
 * Times are nanosecond offsets from `baseMs`, as float64: exact up to 104 days (2^53 ns) from the base, nearest
 * float beyond.
 */

import type { Dictionary } from './dictionary.ts';

export interface SpanGroup {
  /** Number of spans: every span column has so many rows. */
  readonly spanCount: number;
  /** Integer milliseconds since 1970; offset 0 of the time columns. */
  readonly baseMs: number;
  /** Floor of the first start and ceiling of the last end, in ms: what `TimeRange` is compared with. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Lowest and highest trace id, where they are known without loading a column. */
  readonly traceBounds?: { readonly first: Uint8Array; readonly last: Uint8Array } | undefined;

  /** First row of each trace, ascending, then `spanCount`: trace t has rows [starts[t], starts[t + 1]). Cheap. */
  traceStarts(): Uint32Array;
  /** 16 bytes a row. */
  traceIds(): Uint8Array;
  /** 8 bytes a row. */
  spanIds(): Uint8Array;
  /** 8 bytes a row, all zero where the span has no parent. */
  parentIds(): Uint8Array;
  /**
   * The row of this group that holds the parent: the first row of the same trace with that span id, not the row
   * itself. `NO_PARENT` for a span without parent id, `PARENT_ELSEWHERE` where the parent id is in no other row of
   * the trace in this group (it may be in another group, or nowhere).
   */
  parentRows(): Int32Array;

  /** Start, ns from `baseMs`. */
  startsNs(): Float64Array;
  /** End minus start in ns; 0 where the end lies before the start. */
  durationsNs(): Float64Array;

  names(): DictionaryColumn;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer (`model/span.ts`); other numbers as sent. */
  kinds(): Int32Array;
  /** 0 unset, 1 ok, 2 error; other numbers as sent. */
  statusCodes(): Int32Array;
  /** '' where there is none. */
  statusMessages(): DictionaryColumn;
  traceStates(): DictionaryColumn;
  flags(): Uint32Array;
  droppedAttributes(): Uint32Array;
  droppedEvents(): Uint32Array;
  droppedLinks(): Uint32Array;

  /** Attributes of the spans themselves; rows are span rows. */
  readonly attributes: AttributeTable;
  /** Row in `resources` of each span. */
  resourceRows(): Uint32Array;
  readonly resources: ResourceTable;
  /** Row in `scopes` of each span. */
  scopeRows(): Uint32Array;
  readonly scopes: ScopeTable;
  readonly events: EventTable;
  readonly links: LinkTable;
  /** Spans whose times do not fit the float columns exactly; mostly empty. */
  exactTimes(): readonly ExactTimes[];
}

export const NO_PARENT = -1;
export const PARENT_ELSEWHERE = -2;

/** Times of a row as sent, in ns since 1970: kept where an offset is beyond 2^53 or the end lies before the start. */
export interface ExactTimes {
  readonly row: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/**
 * Texts by dictionary: `indexes` per row into distinct `strings`, each of which occurs in at least one row. Made on
 * demand; `piece(i)` gives the UTF-8 bytes without making a string.
 */
export type DictionaryColumn = Pick<Dictionary, 'indexes' | 'size' | 'bytes' | 'ends' | 'piece' | 'strings'>;

export type AttributeType = 'string' | 'int' | 'double' | 'bool' | 'complex';

/** All attributes of one kind of owner. What exists is known without loading a value. */
export interface AttributeTable {
  /** Every column, in an order in which the owners mostly have their attributes. */
  readonly columns: readonly AttributeColumn[];
  /** Distinct keys, in the order of `columns`; the empty key may be one of them. */
  keys(): readonly string[];
  /** The columns of one key, at most one for each type; empty where no row has the key. */
  of(key: string): readonly AttributeColumn[];
}

/**
 * The occurrences of one key with values of one type. Discriminated by `type`; each occurrence has one value:
 *
 *     for (const column of group.attributes.of('http.method')) {
 *       if (column.type !== 'string') continue;
 *       const { indexes, strings } = column.values();
 *       const hit = strings.map(predicate);
 *       const rows = column.rows();
 *       for (let i = 0; i < column.count; i++) if (hit[indexes[i]]) mask[rows[i]] = 1;
 *     }
 */
export type AttributeColumn =
  | StringAttribute
  | IntAttribute
  | DoubleAttribute
  | BoolAttribute
  | ComplexAttribute;

interface AttributeColumnBase {
  readonly key: string;
  /** Number of occurrences, at least 1. */
  readonly count: number;
  /** Every row of the owner has exactly one occurrence: occurrence i belongs to row i. */
  readonly dense: boolean;
  /** Row of the owner for each occurrence, ascending; equal neighbours where a row repeats the key. */
  rows(): Uint32Array;
}

export interface StringAttribute extends AttributeColumnBase {
  readonly type: 'string';
  /** `indexes` is per occurrence. */
  values(): DictionaryColumn;
}

export interface IntAttribute extends AttributeColumnBase {
  readonly type: 'int';
  /** Per occurrence; the nearest float where the integer is beyond 2^53. */
  values(): Float64Array;
  /** The exact values, only where some value of the column is beyond 2^53. */
  exact(): BigInt64Array | undefined;
}

export interface DoubleAttribute extends AttributeColumnBase {
  readonly type: 'double';
  values(): Float64Array;
}

export interface BoolAttribute extends AttributeColumnBase {
  readonly type: 'bool';
  /** 0 or 1 per occurrence. */
  values(): Uint8Array;
}

/** Arrays, key-value lists, bytes and empty values. */
export interface ComplexAttribute extends AttributeColumnBase {
  readonly type: 'complex';
  values(): ComplexValues;
}

/**
 * `indexes` per occurrence into distinct AnyValue `messages`, for `decodeAnyValue` (`model/attributes.ts`); an empty
 * value is an empty message.
 */
export type ComplexValues = Pick<Dictionary, 'indexes' | 'size' | 'bytes' | 'ends' | 'piece' | 'messages'>;

export interface ResourceTable {
  readonly count: number;
  readonly attributes: AttributeTable;
  droppedAttributes(): Uint32Array;
}

export interface ScopeTable {
  readonly count: number;
  names(): DictionaryColumn;
  versions(): DictionaryColumn;
  readonly attributes: AttributeTable;
  droppedAttributes(): Uint32Array;
}

export interface EventTable {
  readonly count: number;
  /** Span row of each event, ascending; events of a span stand in the order in which they were sent. */
  spanRows(): Uint32Array;
  /** Event time minus the span's start in ns; negative where the event is earlier. Nearest float beyond 2^53. */
  sinceStartNs(): Float64Array;
  names(): DictionaryColumn;
  /** Rows are event rows. */
  readonly attributes: AttributeTable;
  droppedAttributes(): Uint32Array;
  /** Events whose time does not fit the float column exactly, by event row; mostly empty. */
  exactTimes(): ReadonlyMap<number, bigint>;
}

export interface LinkTable {
  readonly count: number;
  /** Span row of each link, ascending. */
  spanRows(): Uint32Array;
  /** 16 bytes a link; all zero where the link has none. */
  traceIds(): Uint8Array;
  /** 8 bytes a link; all zero where the link has none. */
  spanIds(): Uint8Array;
  traceStates(): DictionaryColumn;
  flags(): Uint32Array;
  /** Rows are link rows. */
  readonly attributes: AttributeTable;
  droppedAttributes(): Uint32Array;
}

/** First occurrence of `row` in the column, or -1. Further occurrences of the row follow it. */
export function occurrenceOf(column: AttributeColumn, row: number): number {
  if (column.dense) return row;
  const rows = column.rows();
  const first = lowerBound(rows, row);
  return rows[first] === row ? first : -1;
}

/** First index of `row` in ascending `rows`, or where it would stand. */
export function lowerBound(rows: Uint32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
