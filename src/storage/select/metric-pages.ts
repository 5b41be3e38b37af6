/**
 * Pages of metric blocks as a reader thread keeps them from one query to the next: a dashboard asks for the same
 * series again and again, and what a page costs is finding, checking and decompressing it. Blocks never change and their
 * numbers are never used again, so nothing here is ever wrong; the pages used longest ago make room.
 */

import { ByteReader } from '../../base/bytes.ts';
import { type DirectoryColumns, openBody, readDirectoryColumns } from '../block/page.ts';
import type { OnDamage } from '../block/page-cursor.ts';
import { decodeSeriesChunk } from '../chunkenc/series-chunk.ts';
import { TimestampColumns } from '../chunkenc/timestamps.ts';
import type { SampleColumns } from '../interface.ts';
import type { BlockReader, PageSpan } from '../sqlite/block-table.ts';
import { type DeletedTimes, dropDeleted, isDeleted } from './deletions.ts';

/** Of directories and decompressed bodies. 100,000 series over an hour take about 30 MiB. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;
/** Pages of a block, in the key of a page: a block is far smaller. */
const PAGES_MAX = 2 ** 20;
/** Of a directory, per chunk: see `DirectoryColumns`. */
const CHUNK_BYTES = 28;

interface Body {
  readonly reader: ByteReader;
  readonly timestamps: TimestampColumns;
}

class MetricPage {
  readonly directory: DirectoryColumns;
  body: Body | undefined;
  isDamaged = false;

  constructor(directory: DirectoryColumns) {
    this.directory = directory;
  }
}

export class MetricPages {
  readonly #reader: BlockReader;
  readonly #onDamage: OnDamage;
  readonly #pages = new Map<number, MetricPage | undefined>();
  #bytes = 0;

  constructor(reader: BlockReader, onDamage: OnDamage) {
    this.#reader = reader;
    this.#onDamage = onDamage;
  }

  /** The page with its directory; undefined where that is damaged, which has been told. */
  page(block: number, number: number): MetricPage | undefined {
    const key = block * PAGES_MAX + number;
    const known = this.#pages.get(key);
    if (known !== undefined || this.#pages.has(key)) {
      this.#pages.delete(key);
      this.#pages.set(key, known);
      return known;
    }
    let page: MetricPage | undefined;
    try {
      const row = this.#reader.page(block, number)!;
      page = new MetricPage(readDirectoryColumns(row.directory, row.minMs));
      this.#bytes += bytesOf(page);
    } catch (error) {
      this.#onDamage(block, number, error instanceof Error ? error.message : String(error));
    }
    this.#pages.set(key, page);
    this.#makeRoom(key);
    return page;
  }

  /** The page's decompressed body; undefined where it is damaged, which has been told. */
  body(page: MetricPage, block: number, number: number): Body | undefined {
    if (page.body !== undefined || page.isDamaged) return page.body;
    const key = block * PAGES_MAX + number;
    try {
      const raw = openBody(this.#reader.body(block, number), page.directory);
      const timestamps = new TimestampColumns(new ByteReader(raw, 0, page.directory.prologueBytes));
      // A page that made room meanwhile is opened all the same, and kept by who holds it alone.
      const isKept = this.#pages.get(key) === page;
      if (isKept) this.#bytes -= bytesOf(page);
      page.body = { reader: new ByteReader(raw), timestamps };
      if (isKept) this.#bytes += bytesOf(page);
      this.#makeRoom(key);
    } catch (error) {
      this.#onDamage(block, number, error instanceof Error ? error.message : String(error));
      page.isDamaged = true;
    }
    return page.body;
  }

  #makeRoom(exceptFor: number): void {
    for (const [key, page] of this.#pages) {
      if (this.#bytes <= KEPT_BYTES_MAX || key === exceptFor) return;
      this.#pages.delete(key);
      if (page !== undefined) this.#bytes -= bytesOf(page);
    }
  }
}

function bytesOf({ directory, body }: MetricPage): number {
  return directory.count * CHUNK_BYTES + (body === undefined ? 0 : directory.rawBytes);
}

/** Reads the samples of one block for series asked for in ascending order. */
export class BlockSamples {
  readonly #pages: MetricPages;
  readonly #block: number;
  readonly #spans: readonly PageSpan[];
  #at = 0;
  /** The page that was looked into last, and where in it the next series may begin. */
  #open: MetricPage | undefined;
  #openAt = -1;
  #next = 0;

  /** `spans`: the pages that may have something, in their order. */
  constructor(pages: MetricPages, block: number, spans: readonly PageSpan[]) {
    this.#pages = pages;
    this.#block = block;
    this.#spans = spans;
  }

  /**
   * Appends the series' chunks that overlap the range, whole but for the samples that are deleted, in the order in which
   * they were written.
   */
  read(series: number, minMs: number, maxMs: number, into: SampleColumns, deleted?: DeletedTimes): void {
    const spans = this.#spans;
    while (this.#at < spans.length && spans[this.#at]!.lastSeries < series) this.#at++;
    // A series may reach into the next page.
    for (let i = this.#at; i < spans.length && spans[i]!.firstSeries <= series; i++) {
      const page = this.#page(i);
      if (page !== undefined) this.#readPage(page, i, series, minMs, maxMs, into, deleted);
    }
  }

  #page(i: number): MetricPage | undefined {
    if (i !== this.#openAt) {
      this.#open = this.#pages.page(this.#block, this.#spans[i]!.number);
      this.#openAt = i;
      this.#next = 0;
    }
    return this.#open;
  }

  #readPage(
    page: MetricPage,
    i: number,
    series: number,
    minMs: number,
    maxMs: number,
    into: SampleColumns,
    deleted: DeletedTimes | undefined,
  ): void {
    const { directory } = page;
    const { series: ids, starts } = directory;
    let k = this.#next;
    if (ids[k] !== series) k = firstOf(ids, series, k > 0 && ids[k - 1]! < series ? k : 0);
    for (; ids[k] === series; k++) {
      if (directory.maxMs[k]! < minMs || directory.minMs[k]! > maxMs) continue;
      if (deleted !== undefined && isDeleted(deleted, directory.minMs[k]!, directory.maxMs[k]!)) continue;
      const body = this.#pages.body(page, this.#block, this.#spans[i]!.number);
      if (body === undefined) return;
      const from = into.count;
      decodeSeriesChunk(body.reader.seek(starts[k]!, starts[k + 1]!), into, body.timestamps);
      if (deleted !== undefined) dropDeleted(into, from, deleted);
    }
    this.#next = k;
  }
}

/** Index of the first id at or above `series`, at or after `from`. */
function firstOf(ids: Uint32Array, series: number, from: number): number {
  let low = from;
  let high = ids.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (ids[mid]! < series) low = mid + 1;
    else high = mid;
  }
  return low;
}
