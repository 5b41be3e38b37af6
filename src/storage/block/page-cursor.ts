/**
 * Reads chunks out of the pages of one block for series asked for in ascending order: directories are read as they
 * are reached, a body only when a chunk of it is wanted. A damaged page is reported once and skipped.
 */

import { ByteReader } from '../../base/bytes.ts';
import { TimestampColumns } from '../chunkenc/timestamps.ts';
import type { BlockReader, PageRow } from '../sqlite/block-table.ts';
import { type ChunkPlace, openBody, type PageDirectory, readDirectory } from './page.ts';

/** Told of a page that cannot be read. */
export type OnDamage = (block: number, page: number, reason: string) => void;

/** Decompressed bodies kept at a time. */
const BODIES_MAX = 2;

interface OpenPage {
  readonly row: Omit<PageRow, 'body'>;
  readonly directory: PageDirectory;
  body: Uint8Array | undefined;
  timestamps: TimestampColumns | undefined;
  isDamaged: boolean;
}

export class PageCursor {
  readonly #reader: BlockReader;
  readonly #block: number;
  readonly #rows: Omit<PageRow, 'body'>[];
  readonly #onDamage: OnDamage;
  #at = 0;
  /** The pages at and after `#at` that were opened: a series may reach into the next page. */
  #open = new Map<number, OpenPage | undefined>();
  /** Those whose bodies are kept: a series may fill many pages, which are wanted one after another. */
  readonly #bodies: OpenPage[] = [];

  constructor(reader: BlockReader, block: number, rows: Omit<PageRow, 'body'>[], onDamage: OnDamage) {
    this.#reader = reader;
    this.#block = block;
    this.#rows = rows;
    this.#onDamage = onDamage;
  }

  /** Calls `visit` with every chunk of the series that overlaps the range, in the order in which they were written. */
  each(series: number, minMs: number, maxMs: number, visit: (page: PageChunk) => void): void {
    while (this.#at < this.#rows.length && this.#rows[this.#at]!.lastSeries < series)
      this.#open.delete(this.#at++);
    for (let i = this.#at; i < this.#rows.length && this.#rows[i]!.firstSeries <= series; i++) {
      const page = this.#openPage(i);
      if (!page) continue;
      const chunks = page.directory.chunks;
      for (let k = firstOf(chunks, series); k < chunks.length && chunks[k]!.series === series; k++) {
        const place = chunks[k]!;
        if (place.maxMs >= minMs && place.minMs <= maxMs) visit(new PageChunk(place, () => this.#body(page)));
      }
    }
  }

  /** Every series of the block, ascending. */
  *series(): IterableIterator<number> {
    let last = -1;
    for (let i = 0; i < this.#rows.length; i++) {
      for (const c of this.#openPage(i)?.directory.chunks ?? []) {
        if (c.series !== last) yield (last = c.series);
      }
    }
  }

  #openPage(i: number): OpenPage | undefined {
    if (this.#open.has(i)) return this.#open.get(i);
    const row = this.#rows[i]!;
    let page: OpenPage | undefined;
    try {
      page = {
        row,
        directory: readDirectory(row.directory, row.minMs),
        body: undefined,
        timestamps: undefined,
        isDamaged: false,
      };
    } catch (error) {
      this.#onDamage(this.#block, row.number, error instanceof Error ? error.message : String(error));
    }
    this.#open.set(i, page);
    return page;
  }

  #body(page: OpenPage): { bytes: Uint8Array; timestamps: TimestampColumns } | undefined {
    if (page.isDamaged) return undefined;
    if (!page.body) {
      try {
        page.body = openBody(this.#reader.body(this.#block, page.row.number), page.directory);
        page.timestamps = new TimestampColumns(new ByteReader(page.body, 0, page.directory.prologueBytes));
        this.#bodies.push(page);
        if (this.#bodies.length > BODIES_MAX) this.#bodies.shift()!.body = undefined;
      } catch (error) {
        this.#onDamage(this.#block, page.row.number, error instanceof Error ? error.message : String(error));
        page.isDamaged = true;
        return undefined;
      }
    }
    return { bytes: page.body, timestamps: page.timestamps! };
  }
}

/** A chunk that was found; its page is read when the chunk is opened. */
export class PageChunk {
  readonly place: ChunkPlace;
  readonly #body: () => { bytes: Uint8Array; timestamps: TimestampColumns } | undefined;

  constructor(
    place: ChunkPlace,
    body: () => { bytes: Uint8Array; timestamps: TimestampColumns } | undefined,
  ) {
    this.place = place;
    this.#body = body;
  }

  /** The chunk's bytes and its page's shared timestamps; undefined where the page is damaged. */
  open(): { reader: ByteReader; timestamps: TimestampColumns } | undefined {
    const body = this.#body();
    if (!body) return undefined;
    return {
      reader: new ByteReader(body.bytes, this.place.start, this.place.end),
      timestamps: body.timestamps,
    };
  }
}

/** Index of the first chunk of the series, or of the first one after it. */
function firstOf(chunks: readonly ChunkPlace[], series: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (chunks[mid]!.series < series) low = mid + 1;
    else high = mid;
  }
  return low;
}
