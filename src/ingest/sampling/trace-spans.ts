/**
 * A trace as policies see it: its spans in the order in which they came, as places in the batches that hold them. One
 * such object is filled for trace after trace; times and status are read when a policy asks first.
 */

import { WIRE } from '../../base/protobuf.ts';
import { NO_SPAN, type Piece } from './held-batch.ts';

const lengthTag = (field: number) => field * 8 + WIRE.length;
const TAG = {
  start: 7 * 8 + WIRE.fixed64,
  end: 8 * 8 + WIRE.fixed64,
  parent: lengthTag(4),
  traceState: lengthTag(3),
  status: lengthTag(15),
  flags: 16 * 8 + WIRE.fixed32,
  statusCode: 3 * 8 + WIRE.varint,
} as const;

/** Spans that the columns begin with. */
const SPANS_MIN = 256;

export class TraceSpans {
  pieces: readonly Piece[] = [];
  count = 0;
  /** Piece and number in its batch of each span. */
  piece = new Uint32Array(SPANS_MIN);
  span = new Uint32Array(SPANS_MIN);
  /** Nanoseconds since the epoch as two halves; the status code; W3C's flags. Filled by `readFields`. */
  startLow = new Uint32Array(SPANS_MIN);
  startHigh = new Uint32Array(SPANS_MIN);
  endLow = new Uint32Array(SPANS_MIN);
  endHigh = new Uint32Array(SPANS_MIN);
  status = new Int32Array(SPANS_MIN);
  flags = new Uint32Array(SPANS_MIN);
  #hasFields = false;

  load(pieces: readonly Piece[]): void {
    this.pieces = pieces;
    this.#hasFields = false;
    this.#ensure(pieces.reduce((n, p) => n + p.spanCount, 0));
    let count = 0;
    for (let p = 0; p < pieces.length; p++) {
      const { held, first } = pieces[p]!;
      for (let s = first; s !== NO_SPAN; s = held.next[s]!) {
        this.piece[count] = p;
        this.span[count] = s;
        count++;
      }
    }
    this.count = count;
  }

  #ensure(count: number): void {
    if (count <= this.piece.length) return;
    const size = Math.max(count, 2 * this.piece.length);
    for (const name of ['piece', 'span', 'startLow', 'startHigh', 'endLow', 'endHigh', 'flags'] as const)
      this[name] = new Uint32Array(size);
    this.status = new Int32Array(size);
  }

  /** Whether span i begins what the collector has as one ResourceSpans: another resource, or another request. */
  beginsResource(i: number): boolean {
    if (i === 0 || this.piece[i] !== this.piece[i - 1]) return true;
    const { spanResource } = this.pieces[this.piece[i]!]!.held.batch;
    return spanResource[this.span[i]!] !== spanResource[this.span[i - 1]!];
  }

  /** Fills the columns, once a trace. */
  readFields(): void {
    if (this.#hasFields) return;
    this.#hasFields = true;
    for (let i = 0; i < this.count; i++) this.#readSpan(i);
  }

  #readSpan(i: number): void {
    const { held } = this.pieces[this.piece[i]!]!;
    const { reader, batch } = held;
    const s = this.span[i]!;
    this.startLow[i] = this.startHigh[i] = this.endLow[i] = this.endHigh[i] = 0;
    this.status[i] = this.flags[i] = 0;
    reader.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
    const { end } = reader;
    while (reader.pos < end) {
      switch (reader.tag()) {
        case TAG.start:
          reader.fixed64();
          this.startLow[i] = reader.low;
          this.startHigh[i] = reader.high;
          break;
        case TAG.end:
          reader.fixed64();
          this.endLow[i] = reader.low;
          this.endHigh[i] = reader.high;
          break;
        case TAG.flags:
          this.flags[i] = reader.fixed32();
          break;
        case TAG.status: {
          const outer = reader.enter();
          while (reader.pos < reader.end) {
            if (reader.tag() === TAG.statusCode) this.status[i] = reader.uint32();
            else reader.skip();
          }
          reader.leave(outer);
          break;
        }
        default:
          reader.skip();
      }
    }
  }

  /** Span i's trace state as it came, in UTF-8; undefined where it has none. */
  traceState(i: number): Uint8Array | undefined {
    return this.#lastField(i, TAG.traceState);
  }

  #lastField(i: number, tag: number): Uint8Array | undefined {
    const { held } = this.pieces[this.piece[i]!]!;
    const { reader, batch } = held;
    const s = this.span[i]!;
    reader.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
    let found: Uint8Array | undefined;
    while (reader.pos < reader.end) {
      if (reader.tag() === tag) found = reader.bytes();
      else reader.skip();
    }
    return found;
  }
}

/** Whether a piece has a span without a parent. */
export function hasRoot({ held, first }: Piece): boolean {
  const { reader, batch } = held;
  for (let s = first; s !== NO_SPAN; s = held.next[s]!) {
    reader.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
    let isRoot = true;
    while (reader.pos < reader.end) {
      if (reader.tag() !== TAG.parent) {
        reader.skip();
        continue;
      }
      isRoot = reader.bytes().every((byte) => byte === 0);
    }
    if (isRoot) return true;
  }
  return false;
}
