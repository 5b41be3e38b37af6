/**
 * Builds one block of pages: chunks come in ascending series order, a page is closed when it is full and written
 * to a block that stays invisible until `publish`. So a block may take many transactions, other work of the writer
 * thread goes on between them, and a crash half-way leaves nothing that is read.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { TimestampTable } from '../chunkenc/timestamps.ts';
import type { BlockWriter } from '../sqlite/block-table.ts';
import { SIGNAL, type SignalNumber } from '../sqlite/schema.ts';
import { type ChunkWriter, PageBuilder } from './page.ts';

export interface BlockOptions {
  readonly signal: SignalNumber;
  readonly level: number;
  readonly partitionMs: number;
  readonly generation: number;
  /** 0 where it is not said. */
  readonly tenant?: number;
  /** A page is closed when its raw body passes this. */
  readonly pageRawBytes: number;
}

/**
 * Level of log blocks that merging would not improve: their chunks are as long as chunks get. They stay as the flush
 * wrote them, so that what comes in at a high rate is written once.
 */
export const LEVEL_FULL = 64;

/** zstd level by block level: blocks of a flush are written under load, compacted ones once in a while. */
export function zstdLevel(level: number): number {
  return level === 0 || level === LEVEL_FULL ? 1 : 3;
}

export class BlockBuilder {
  readonly #writer: BlockWriter;
  readonly #options: BlockOptions;
  readonly #page: PageBuilder;
  readonly #prologue = new ByteWriter(1024);
  /** Timestamp columns that the chunks of the open page share (metrics only). */
  readonly timestamps = new TimestampTable();
  readonly block: number;
  #number = 0;
  #items = 0;
  #bytes = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;

  constructor(writer: BlockWriter, options: BlockOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#page = new PageBuilder({ withLines: options.signal === SIGNAL.logs });
    const { signal, level, partitionMs, generation, tenant } = options;
    this.block = writer.begin(signal, level, partitionMs, generation, tenant);
  }

  add(series: number, minMs: number, maxMs: number, items: number, write: ChunkWriter): void {
    this.#page.add(series, minMs, maxMs, items, write);
    this.#items += items;
    this.#minMs = Math.min(this.#minMs, minMs);
    this.#maxMs = Math.max(this.#maxMs, maxMs);
    if (this.#page.rawBytes >= this.#options.pageRawBytes) this.#closePage();
  }

  /** Number of the page that the next chunk goes into. */
  get page(): number {
    return this.#number;
  }

  #closePage(): void {
    if (this.#page.count === 0) return;
    this.#prologue.clear();
    this.timestamps.writeTo(this.#prologue);
    const page = this.#page.finish(this.#number++, zstdLevel(this.#options.level), this.#prologue.view());
    this.#bytes +=
      page.body.length + (page.lines?.length ?? 0) + (page.grams?.length ?? 0) + page.directory.length;
    this.#writer.addPage(this.block, page);
    this.timestamps.clear();
  }

  /** Writes the last page. The block is complete, and invisible until `publish`. */
  finish(): void {
    this.#closePage();
  }

  /** Makes the block visible, or drops it where it got no chunk. Belongs into the transaction that replaces its source. */
  publish(): void {
    if (this.#items > 0) this.#writer.publish(this.block, this.#minMs, this.#maxMs, this.#items, this.#bytes);
  }
}
