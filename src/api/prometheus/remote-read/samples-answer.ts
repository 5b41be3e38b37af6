/**
 * The answer of remote read in samples: one snappy block with all results in it. It is compressed piece by piece, a
 * piece being some series, so that only the compressed form is ever held as a whole, and that within a bound:
 *
 *   ReadResponse  1 results, one a query, in their order     QueryResult  1 timeseries
 */

import { compress } from 'snappyjs';
import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import { TriliteError } from '../../../model/errors.ts';
import type { Labels } from '../../../model/labels.ts';
import type { SampleColumns } from '../../../storage/interface.ts';
import { writeTimeSeries } from './messages.ts';

const LIMITS = {
  /** Of one query; the original's default. */
  samples: 50_000_000,
  /** Compressed, of all queries: what the answer may take of the reader's memory. */
  bytes: 256 * 1024 * 1024,
};
/** What is compressed at a time. */
const PIECE_BYTES = 256 * 1024;

export class SamplesAnswer {
  readonly #limits: typeof LIMITS;
  readonly #pieces: Uint8Array[] = [];
  #compressedBytes = 0;
  #rawBytes = 0;
  readonly #series = new ProtoWriter(PIECE_BYTES);
  readonly #open = new ProtoWriter(PIECE_BYTES);
  /** Of the open result: where its head goes among the pieces, its bytes, its samples. */
  #resultAt = 0;
  #resultBytes = 0;
  #samples = 0;

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  beginResult(): void {
    this.#resultAt = this.#pieces.length;
    this.#resultBytes = 0;
    this.#samples = 0;
  }

  /** Samples `[from, to)` of a series. Throws `limit`. */
  add(labels: Labels, columns: SampleColumns, from: number, to: number): void {
    this.#samples += to - from;
    const { samples } = this.#limits;
    if (this.#samples > samples) {
      throw new TriliteError('limit', `exceeded sample limit (${samples})`);
    }
    this.#series.clear();
    writeTimeSeries(this.#series, labels, columns, from, to);
    this.#open.bytesField(1, this.#series.view());
    if (this.#open.length >= PIECE_BYTES) this.#closePiece();
  }

  #closePiece(): void {
    if (this.#open.length === 0) return;
    this.#resultBytes += this.#open.length;
    this.#pieces.push(this.#compressed(this.#open.view()));
    this.#open.clear();
  }

  /** The tags of a snappy block without the length that it begins with: blocks refer to nothing before them. */
  #compressed(raw: Uint8Array): Uint8Array {
    const block = compress(raw);
    const head = new ByteReader(block);
    head.varint();
    this.#rawBytes += raw.length;
    this.#compressedBytes += block.length;
    const { bytes } = this.#limits;
    if (this.#compressedBytes > bytes) {
      const advice = 'ask for less, or for streamed chunks';
      throw new TriliteError('limit', `the answer has more than ${bytes} bytes: ${advice}`);
    }
    return block.subarray(head.pos);
  }

  endResult(): void {
    this.#closePiece();
    const head = new ProtoWriter(16);
    head.tag(1, WIRE.length);
    head.varint(this.#resultBytes);
    this.#pieces.splice(this.#resultAt, 0, this.#compressed(head.view()));
  }

  /** The answer in pieces, in their order; it is over with this object. */
  finish(): Uint8Array[] {
    const length = new ByteWriter(16);
    length.varint(this.#rawBytes);
    this.#pieces.unshift(length.take());
    return this.#pieces;
  }
}
