/**
 * Which columns a stored span group has, in which order, and its directory: counts, attribute keys, and where each
 * column lies. Bytes in docs/format/span-group.md.
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import type { AttributeType } from '../../model/span-group.ts';
import { readWhole, writeWhole } from './column.ts';
import { ATTRIBUTE_TYPES } from './span-columns.ts';

/** Columns that every group has, by their number. Row lists and attribute values follow. On disk: append only. */
export const FIXED_COLUMNS = [
  'traceStarts',
  'starts',
  'durations',
  'parents',
  'exactTimes',
  'names',
  'kinds',
  'statusCodes',
  'resourceRows',
  'scopeRows',
  'resourceDropped',
  'scopeNames',
  'scopeVersions',
  'scopeDropped',
  'statusMessages',
  'traceStates',
  'flags',
  'droppedAttributes',
  'droppedEvents',
  'droppedLinks',
  'traceIds',
  'spanIds',
  'parentsElsewhere',
  'eventSpans',
  'eventTimes',
  'eventExactTimes',
  'eventNames',
  'eventDropped',
  'linkSpans',
  'linkTraceIds',
  'linkSpanIds',
  'linkStates',
  'linkFlags',
  'linkDropped',
] as const;

export type FixedColumn = (typeof FIXED_COLUMNS)[number];

/** Owners of attributes, in the order of their tables in the directory. */
export const OWNERS = ['resources', 'scopes', 'spans', 'events', 'links'] as const;
export type Owner = (typeof OWNERS)[number];

/** The name of the directory's piece; the others are numbered from 0. */
export const DIRECTORY_PIECE = 'meta';

export interface Counts {
  readonly spans: number;
  readonly traces: number;
  readonly resources: number;
  readonly scopes: number;
  readonly events: number;
  readonly links: number;
  readonly exactTimes: number;
  readonly exactEvents: number;
  readonly parentsElsewhere: number;
}

const COUNT_NAMES = [
  'spans',
  'traces',
  'resources',
  'scopes',
  'events',
  'links',
  'exactTimes',
  'exactEvents',
  'parentsElsewhere',
] as const;

export interface AttributeEntry {
  readonly key: string;
  readonly type: AttributeType;
  readonly count: number;
  /** Number of its row list; undefined where the column is dense. */
  readonly rowList: number | undefined;
  /** An int column with values beyond 2^53, kept as 64-bit words. */
  readonly exact: boolean;
}

export interface SpanDirectory {
  readonly baseMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly counts: Counts;
  /** Length of each row list; several attributes mostly share one. */
  readonly rowLists: readonly number[];
  readonly attributes: Readonly<Record<Owner, readonly AttributeEntry[]>>;
  /** Bytes of each column, in order. */
  readonly lengths: Float64Array;
  /** First column of each piece. */
  readonly pieces: Float64Array;
}

const FLAG_DENSE = 8;
const FLAG_EXACT = 16;
const TYPE_MASK = 7;

/** More columns than any real group; a damaged count must not ask for memory. */
const COLUMNS_MAX = 1 << 22;

export function writeDirectory(out: ByteWriter, directory: SpanDirectory): void {
  const { counts, rowLists, attributes, lengths, pieces } = directory;
  out.f64(directory.baseMs);
  out.f64(directory.minMs);
  out.f64(directory.maxMs);
  for (const name of COUNT_NAMES) out.varint(counts[name]);
  out.varint(rowLists.length);
  for (const count of rowLists) out.varint(count);
  for (const owner of OWNERS) {
    out.varint(attributes[owner].length);
    for (const entry of attributes[owner]) {
      out.text(entry.key);
      const type = ATTRIBUTE_TYPES.indexOf(entry.type);
      const dense = entry.rowList === undefined;
      out.u8(type | (dense ? FLAG_DENSE : 0) | (entry.exact ? FLAG_EXACT : 0));
      out.varint(entry.count);
      if (entry.rowList !== undefined) out.varint(entry.rowList);
    }
  }
  out.varint(lengths.length);
  writeWhole(out, lengths);
  out.varint(pieces.length);
  writeWhole(out, pieces);
}

/** Throws `ByteError` where the bytes are not a directory. */
export function readDirectory(input: ByteReader): SpanDirectory {
  const baseMs = input.f64();
  const minMs = input.f64();
  const maxMs = input.f64();
  const counts = {} as Record<(typeof COUNT_NAMES)[number], number>;
  for (const name of COUNT_NAMES) counts[name] = input.varint();
  const rowLists = Array.from({ length: bounded(input) }, () => input.varint());
  const attributes = {} as Record<Owner, AttributeEntry[]>;
  for (const owner of OWNERS) {
    const entries: AttributeEntry[] = [];
    for (let n = bounded(input); n > 0; n--) {
      const key = input.text();
      const flags = input.u8();
      const type = ATTRIBUTE_TYPES[flags & TYPE_MASK];
      if (type === undefined) throw new ByteError(`attribute type ${flags & TYPE_MASK}`, input.pos);
      const count = input.varint();
      const rowList = flags & FLAG_DENSE ? undefined : input.varint();
      entries.push({ key, type, count, rowList, exact: (flags & FLAG_EXACT) !== 0 });
    }
    attributes[owner] = entries;
  }
  const lengths = readWhole(input, bounded(input));
  const pieces = readWhole(input, bounded(input));
  return { baseMs, minMs, maxMs, counts, rowLists, attributes, lengths, pieces };
}

function bounded(input: ByteReader): number {
  const n = input.varint();
  if (n > COLUMNS_MAX) throw new ByteError(`${n} columns`, input.pos);
  return n;
}
