/**
 * The log entries of one head generation: per stream and time partition a chain of *segments* in shared slabs.
 * A segment is a small columnar chunk that is filled in place, so that a reader makes an `EntryChunk` of it by
 * laying views over the bytes:
 *
 *   offsets f64 × N | line ends u32 × N | pair ends u32 × N | pairs u32 × P | string ends u32 × S
 *   | lines, growing upwards →                                          ← strings, growing downwards |
 *
 * String i of the metadata dictionary lies at [size - stringEnds[i], size - stringEnds[i - 1]).
 */

import { utf8Decode, utf8Encode } from '../../base/bytes.ts';
import type { LogBatch } from '../../model/batch.ts';
import { Arena } from './arena.ts';

/** A stream's first segment; each next one of the stream doubles, so that quiet streams stay small. */
const SEGMENT_BYTES_MIN = 256;
const SEGMENT_BYTES_MAX = 262_144;
/** Columns are dimensioned for lines of this length; shorter lines end a segment early. */
const LINE_BYTES_TYPICAL = 64;
/** A segment of fewer entries tells little of the next. */
const LIKENESS_ENTRIES_MIN = 16;
const MARGIN = 1.25;
/** Columns are not dimensioned for shorter lines than these: empty ones would ask for no end of them. */
const LINE_BYTES_MIN = 16;
/** … nor for longer ones: short lines that come next would fill the columns and leave the segment empty. */
const LINE_BYTES_MAX = 256;
/** A few strings are there in the smallest segment. */
const STRINGS_SPARE = 64;
/** Metadata pairs per entry that the columns have room for, and distinct strings per entry. */
const PAIRS_PER_ENTRY = 4;
const STRINGS_PER_ENTRY = 3;
/** Segments that are kept open: the views of one take more than a quiet stream's entries. */
const OPEN_MAX = 8192;
/** Exactness of nanosecond offsets as float64: 2^53 ns. */
const NS_PER_MS = 1e6;

export interface Segment {
  readonly slot: number;
  readonly partitionMs: number;
  readonly slab: number;
  readonly offset: number;
  readonly size: number;
  readonly entriesMax: number;
  readonly pairsMax: number;
  readonly stringsMax: number;
  /** Lines start here, from the segment's beginning. */
  readonly linesAt: number;
  count: number;
  lineBytes: number;
  pairCount: number;
  stringCount: number;
  stringBytes: number;
  /** Ascending in time? */
  ordered: boolean;
  minMs: number;
  maxMs: number;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly offsets: Float64Array;
  readonly lineEnds: Uint32Array;
  readonly pairEnds: Uint32Array;
  readonly pairs: Uint32Array;
  readonly stringEnds: Uint32Array;
  readonly bytes: Uint8Array;
  readonly strings: Map<string, number>;
}

export class LogSegments {
  readonly #arena = new Arena();
  readonly #open = new Map<number, Map<number, OpenSegment>>();
  #openCount = 0;
  readonly #bySlot = new Map<number, Segment[]>();
  readonly #partitionSpanMs: number;
  /** Segments of all streams. */
  count = 0;
  entries = 0;
  lineBytes = 0;

  constructor(partitionSpanMs: number) {
    this.#partitionSpanMs = partitionSpanMs;
  }

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#arena.slabs;
  }

  get bytes(): number {
    return this.#arena.bytes;
  }

  segmentsOf(slot: number): readonly Segment[] {
    return this.#bySlot.get(slot) ?? [];
  }

  slots(): IterableIterator<number> {
    return this.#bySlot.keys();
  }

  /** Adds the entries of the batch; stream i of it is `slots[i]`, negative where its entries are left out. */
  append(batch: LogBatch, slots: readonly number[]): void {
    const span = this.#partitionSpanMs;
    // Entries of a stream mostly come one after another: the open segment of the one before is the first guess.
    let open: OpenSegment | undefined;
    let stream = -1;
    let partitionMs = 0;
    const source = asBuffer(batch.bytes);
    let pairStart = 0;
    for (let i = 0; i < batch.count; i++) {
      const pairEnd = batch.pairEnd[i]!;
      const own = batch.stream[i]!;
      const slot = slots[own]!;
      if (slot >= 0) {
        const timeMs = batch.timeMs[i]!;
        if (own !== stream || timeMs < partitionMs || timeMs >= partitionMs + span) {
          stream = own;
          partitionMs = Math.floor(timeMs / span) * span;
          open = this.#opened(slot, partitionMs);
        }
        const lineStart = batch.lineStart[i]!;
        const lineBytes = batch.lineEnd[i]! - lineStart;
        if (!open || !this.#fits(open, batch, lineBytes, pairStart, pairEnd)) {
          const strings = this.#stringBytes(batch, pairStart, pairEnd);
          open = this.#start(slot, partitionMs, lineBytes, strings, pairEnd - pairStart);
        }
        addEntry(open, batch, i, pairStart);
        source.copy(
          open.bytes,
          open.segment.linesAt + open.segment.lineBytes,
          lineStart,
          lineStart + lineBytes,
        );
        open.segment.lineBytes += lineBytes;
        open.lineEnds[open.segment.count - 1] = open.segment.lineBytes;
        this.entries++;
        this.lineBytes += lineBytes;
      }
      pairStart = pairEnd;
    }
  }

  /** The segment that takes the stream's entries of the partition, opened again where it was closed. */
  #opened(slot: number, partitionMs: number): OpenSegment | undefined {
    const open = this.#open.get(slot)?.get(partitionMs);
    if (open) return open;
    const chain = this.#bySlot.get(slot);
    if (!chain) return undefined;
    for (let i = chain.length - 1; i >= 0; i--) {
      if (chain[i]!.partitionMs === partitionMs) return this.#keepOpen(chain[i]!);
    }
    return undefined;
  }

  #keepOpen(segment: Segment): OpenSegment {
    const columns = columnsOf(this.#arena.slabs[segment.slab]!, segment);
    const strings = new Map<string, number>();
    for (let i = 0, start = 0; i < segment.stringCount; i++) {
      const end = columns.stringEnds[i]!;
      strings.set(utf8Decode(columns.bytes.slice(segment.size - end, segment.size - start)), i);
      start = end;
    }
    const open = { segment, ...columns, strings };
    if (this.#openCount >= OPEN_MAX) {
      this.#open.clear();
      this.#openCount = 0;
    }
    let partitions = this.#open.get(segment.slot);
    if (!partitions) this.#open.set(segment.slot, (partitions = new Map()));
    if (!partitions.has(segment.partitionMs)) this.#openCount++;
    partitions.set(segment.partitionMs, open);
    return open;
  }

  #stringBytes(batch: LogBatch, from: number, to: number): number {
    let n = 0;
    // At most three UTF-8 bytes per UTF-16 unit.
    for (let p = from; p < to; p++) n += 3 * batch.strings[batch.pairs[p]!]!.length;
    return n;
  }

  #fits(open: OpenSegment, batch: LogBatch, lineBytes: number, pairStart: number, pairEnd: number): boolean {
    const s = open.segment;
    if (s.count === s.entriesMax || s.pairCount + pairEnd - pairStart > s.pairsMax) return false;
    if (s.stringCount + pairEnd - pairStart > s.stringsMax) return false;
    const strings = pairEnd > pairStart ? this.#stringBytes(batch, pairStart, pairEnd) : 0;
    return s.linesAt + s.lineBytes + lineBytes + s.stringBytes + strings <= s.size;
  }

  #start(
    slot: number,
    partitionMs: number,
    lineBytes: number,
    stringBytes: number,
    pairs: number,
  ): OpenSegment {
    const chain = this.#bySlot.get(slot);
    const doubled = chain ? chain.at(-1)!.size * 2 : SEGMENT_BYTES_MIN;
    let size = Math.max(SEGMENT_BYTES_MIN, Math.min(SEGMENT_BYTES_MAX, doubled));
    const like = likeness(chain?.at(-1), pairs > 0);
    const entriesMax = Math.ceil(size / like.lineBytes);
    const pairsMax = Math.max(Math.ceil(entriesMax * like.pairs), pairs * 2);
    const stringsMax = Math.max(Math.ceil(entriesMax * like.strings), pairs * 2);
    const linesAt = 8 * entriesMax + 4 * entriesMax + 4 * entriesMax + 4 * pairsMax + 4 * stringsMax;
    size = Math.max(size + linesAt, linesAt + lineBytes + stringBytes + 64);
    size = (size + 7) & ~7;
    this.#arena.allocate(size);
    const { slab, offset } = this.#arena;
    const segment: Segment = {
      slot,
      partitionMs,
      slab,
      offset,
      size,
      entriesMax,
      pairsMax,
      stringsMax,
      linesAt,
      count: 0,
      lineBytes: 0,
      pairCount: 0,
      stringCount: 0,
      stringBytes: 0,
      ordered: true,
      minMs: Number.POSITIVE_INFINITY,
      maxMs: Number.NEGATIVE_INFINITY,
    };
    this.count++;
    if (chain) chain.push(segment);
    else this.#bySlot.set(slot, [segment]);
    return this.#keepOpen(segment);
  }
}

/** What entries are expected to have: as those of the stream's last segment, and a quarter more. */
function likeness(
  last: Segment | undefined,
  hasPairs: boolean,
): { readonly lineBytes: number; readonly pairs: number; readonly strings: number } {
  if (!last || last.count < LIKENESS_ENTRIES_MIN) {
    return {
      lineBytes: LINE_BYTES_TYPICAL,
      pairs: hasPairs ? PAIRS_PER_ENTRY : 0,
      strings: hasPairs ? STRINGS_PER_ENTRY : 0,
    };
  }
  const { count } = last;
  return {
    lineBytes: Math.min(LINE_BYTES_MAX, Math.max(LINE_BYTES_MIN, last.lineBytes / count / MARGIN)),
    pairs: (last.pairCount / count) * MARGIN,
    strings: (last.stringCount / count) * MARGIN + STRINGS_SPARE / count,
  };
}

type SegmentLayout = Pick<Segment, 'offset' | 'size' | 'entriesMax' | 'pairsMax' | 'stringsMax'>;

/** Views of a segment's columns over its slab. */
export function columnsOf(buffer: SharedArrayBuffer, s: SegmentLayout) {
  const lineEndsAt = s.offset + 8 * s.entriesMax;
  const pairEndsAt = lineEndsAt + 4 * s.entriesMax;
  const pairsAt = pairEndsAt + 4 * s.entriesMax;
  const stringEndsAt = pairsAt + 4 * s.pairsMax;
  return {
    offsets: new Float64Array(buffer, s.offset, s.entriesMax),
    lineEnds: new Uint32Array(buffer, lineEndsAt, s.entriesMax),
    pairEnds: new Uint32Array(buffer, pairEndsAt, s.entriesMax),
    pairs: new Uint32Array(buffer, pairsAt, s.pairsMax),
    stringEnds: new Uint32Array(buffer, stringEndsAt, s.stringsMax),
    bytes: new Uint8Array(buffer, s.offset, s.size),
  };
}

/** Adds the entry's time and metadata; the line is the caller's. */
function addEntry(open: OpenSegment, batch: LogBatch, i: number, pairStart: number): void {
  const s = open.segment;
  const n = s.count;
  const timeMs = batch.timeMs[i]!;
  const offset = (timeMs - s.partitionMs) * NS_PER_MS + batch.timeNs[i]!;
  if (n > 0 && offset < open.offsets[n - 1]!) s.ordered = false;
  open.offsets[n] = offset;
  const pairEnd = batch.pairEnd[i]!;
  for (let p = pairStart; p < pairEnd; p++) {
    open.pairs[s.pairCount++] = intern(open, batch.strings[batch.pairs[p]!]!);
  }
  open.pairEnds[n] = s.pairCount;
  s.count = n + 1;
  if (timeMs < s.minMs) s.minMs = timeMs;
  if (timeMs > s.maxMs) s.maxMs = timeMs;
}

function intern(open: OpenSegment, text: string): number {
  const known = open.strings.get(text);
  if (known !== undefined) return known;
  const s = open.segment;
  const bytes = utf8Encode(text);
  s.stringBytes += bytes.length;
  open.bytes.set(bytes, s.size - s.stringBytes);
  const index = s.stringCount++;
  open.stringEnds[index] = s.stringBytes;
  open.strings.set(text, index);
  return index;
}

/** `Buffer.copy` takes half as long as `set` of a `subarray`. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Columns of numbers by which a segment travels to another thread. */
export const SEGMENT_FIELDS = [
  'partitionMs',
  'slab',
  'offset',
  'size',
  'entriesMax',
  'pairsMax',
  'stringsMax',
  'linesAt',
  'count',
  'lineBytes',
  'pairCount',
  'stringCount',
  'stringBytes',
  'minMs',
  'maxMs',
] as const;
/** Id, then `SEGMENT_FIELDS`, then whether it is ordered. */
export const SEGMENT_ROW = SEGMENT_FIELDS.length + 2;

/** Writes the segment's row at `at`. */
export function segmentRow(id: number, s: Segment, into: Float64Array, at: number): void {
  into[at++] = id;
  for (const f of SEGMENT_FIELDS) into[at++] = s[f];
  into[at] = s.ordered ? 1 : 0;
}

/** The same segment, read back out of row `i`; its slot is the series id. */
export function segmentFromRow(rows: Float64Array, i: number): Segment {
  const at = i * SEGMENT_ROW;
  const s: Record<string, number | boolean> = { slot: rows[at]! };
  SEGMENT_FIELDS.forEach((f, k) => {
    s[f] = rows[at + 1 + k]!;
  });
  s.ordered = rows[at + SEGMENT_ROW - 1] === 1;
  return s as unknown as Segment;
}
