/**
 * Reads chunks out of the pages of one block for series asked for in ascending order: directories are read as they
 * are reached, a body or lines only when a chunk of them is wanted. A damaged page is reported once and skipped.
 */

import { ByteReader } from '../../base/bytes.ts';
import { TimestampColumns } from '../chunkenc/timestamps.ts';
import type { BlockReader, PageHead } from '../sqlite/block-table.ts';
import { type ChunkPlace, openBody, type PageDirectory, readDirectory } from './page.ts';

/** Told of a page that cannot be read. */
export type OnDamage = (block: number, page: number, reason: string) => void;

/** Pages whose decompressed bytes are kept at a time. */
const BODIES_MAX = 2;

interface OpenPage {
  readonly row: PageHead;
  readonly directory: PageDirectory;
  body: Uint8Array | undefined;
  timestamps: TimestampColumns | undefined;
  lines: Uint8Array | undefined;
  isDamaged: boolean;
}

export class PageCursor {
  readonly #reader: BlockReader;
  readonly #block: number;
  readonly #rows: readonly PageHead[];
  readonly #onDamage: OnDamage;
  #at = 0;
  /** The pages at and after `#at` that were opened: a series may reach into the next page. */
  #open = new Map<number, OpenPage | undefined>();
  /** Those whose bodies are kept: a series may fill many pages, which are wanted one after another. */
  readonly #bodies: OpenPage[] = [];

  constructor(reader: BlockReader, block: number, rows: readonly PageHead[], onDamage: OnDamage) {
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
        if (place.maxMs >= minMs && place.minMs <= maxMs) {
          visit(
            new PageChunk(
              place,
              page.row.number,
              () => this.#body(page),
              () => this.#lines(page),
            ),
          );
        }
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
        lines: undefined,
        isDamaged: false,
      };
    } catch (error) {
      this.#onDamage(this.#block, row.number, error instanceof Error ? error.message : String(error));
    }
    this.#open.set(i, page);
    return page;
  }

  #body(page: OpenPage): { bytes: Uint8Array; timestamps: TimestampColumns } | undefined {
    if (!page.body && !page.isDamaged) {
      this.#guarded(page, () => {
        page.body = openBody(this.#reader.body(this.#block, page.row.number), page.directory);
        page.timestamps = new TimestampColumns(new ByteReader(page.body, 0, page.directory.prologueBytes));
      });
    }
    return page.body && !page.isDamaged ? { bytes: page.body, timestamps: page.timestamps! } : undefined;
  }

  #lines(page: OpenPage): Uint8Array | undefined {
    const facts = page.directory.lines;
    if (!page.lines && facts && !page.isDamaged) {
      this.#guarded(page, () => {
        page.lines = openBody(this.#reader.lines(this.#block, page.row.number), facts);
      });
    }
    return page.isDamaged ? undefined : page.lines;
  }

  /** Opens something of the page, and lets go of what was opened longest ago. */
  #guarded(page: OpenPage, open: () => void): void {
    try {
      open();
    } catch (error) {
      this.#onDamage(this.#block, page.row.number, error instanceof Error ? error.message : String(error));
      page.isDamaged = true;
      return;
    }
    if (this.#bodies.includes(page)) return;
    this.#bodies.push(page);
    if (this.#bodies.length <= BODIES_MAX) return;
    const old = this.#bodies.shift()!;
    old.body = undefined;
    old.lines = undefined;
  }
}

/** A chunk that was found; its page is read when the chunk is opened. */
export class PageChunk {
  readonly place: ChunkPlace;
  /** Number of its page in the block. */
  readonly page: number;
  readonly #body: () => { bytes: Uint8Array; timestamps: TimestampColumns } | undefined;
  readonly #lines: () => Uint8Array | undefined;

  constructor(
    place: ChunkPlace,
    page: number,
    body: () => { bytes: Uint8Array; timestamps: TimestampColumns } | undefined,
    lines: () => Uint8Array | undefined,
  ) {
    this.place = place;
    this.page = page;
    this.#body = body;
    this.#lines = lines;
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

  /** The bytes of the chunk's lines; undefined where its page has none of its own or is damaged. */
  lines(): Uint8Array | undefined {
    return this.#lines()?.subarray(this.place.linesStart, this.place.linesEnd);
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
