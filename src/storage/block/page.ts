/**
 * The page: the unit in which blocks of metrics and logs are stored and read. Its body is the chunks of many
 * series, sorted by series id, compressed as a whole; its directory, a column of its own, says which series are in
 * it and where, so that a page is only read when it is needed. A page of logs has the bytes of its lines in a third
 * column: what asks for times and counts alone never reads them. Bytes in docs/format/page.md.
 *
 *   directory   version u8 | crc32 of the page's min and of all that follows u32 | crc32 of body u32
 *               | version 2: crc32 of lines u32 | raw bytes | prologue bytes | version 2: raw bytes of lines
 *               | chunks n | per chunk: series delta, length, version 2: bytes of lines, min - page min, max - min, items
 */

import zlib from 'node:zlib';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { zstdCompress } from '../../base/zstd.ts';
import { buildGramFilter } from '../chunkenc/gram-filter.ts';
import type { PageRow } from '../sqlite/block-table.ts';

/** The body is all there is. */
const PAGE_VERSION = 1;
/** The lines of the chunks stand by themselves. */
const PAGE_VERSION_LINES = 2;
/** Where the directory's own checksum stands, and where what it covers begins. */
const DIRECTORY_CRC_AT = 1;
const DIRECTORY_CRC_END = 5;
/** A page that says more is damaged: pages are closed at about a megabyte, one chunk may be larger. */
const PAGE_RAW_BYTES_MAX = 512 * 1024 * 1024;

/** The page's checksum or layout is wrong: it is reported, counted and skipped. */
export class DamagedPageError extends Error {
  override name = 'DamagedPageError';
}

export interface ChunkPlace {
  readonly series: number;
  /** In the decompressed body. */
  readonly start: number;
  readonly end: number;
  /** In the decompressed lines; 0 where the page has none of its own. */
  readonly linesStart: number;
  readonly linesEnd: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly items: number;
}

/** What a directory says of the body as a whole. */
export interface BodyFacts {
  readonly rawBytes: number;
  readonly crc: number;
  readonly prologueBytes: number;
  /** Undefined where the chunks have their lines, if any, in the body. */
  readonly lines: CompressedBytes | undefined;
}

/** What a directory says of a column that is compressed as a whole. */
export interface CompressedBytes {
  readonly rawBytes: number;
  readonly crc: number;
}

export interface PageDirectory extends BodyFacts {
  readonly chunks: readonly ChunkPlace[];
}

/** A directory in columns, an entry a chunk: for who looks up many series in it. */
export interface DirectoryColumns extends BodyFacts {
  readonly count: number;
  readonly series: Uint32Array;
  /** Chunk i is `[starts[i], starts[i + 1])` of the decompressed body. */
  readonly starts: Uint32Array;
  /** The lines of chunk i are `[lineStarts[i], lineStarts[i + 1])` of the decompressed lines. */
  readonly lineStarts: Uint32Array;
  readonly minMs: Float64Array;
  readonly maxMs: Float64Array;
  readonly items: Uint32Array;
}

/** Collects chunks, in ascending series order, into one page. */
export class PageBuilder {
  readonly body = new ByteWriter(1 << 16);
  /** Of all chunks; undefined where pages have no lines of their own. */
  readonly lines: ByteWriter | undefined;
  #chunks: ChunkPlace[] = [];
  items = 0;

  constructor(options: { readonly withLines: boolean } = { withLines: false }) {
    this.lines = options.withLines ? new ByteWriter(1 << 16) : undefined;
  }

  get count(): number {
    return this.#chunks.length;
  }

  get rawBytes(): number {
    return this.body.length + (this.lines?.length ?? 0);
  }

  /** `write` puts the chunk's bytes into `body`, and those of its lines into `lines`. */
  add(series: number, minMs: number, maxMs: number, items: number, write: ChunkWriter): void {
    const start = this.body.length;
    const linesStart = this.lines?.length ?? 0;
    write(this.body, this.lines);
    const end = this.body.length;
    const linesEnd = this.lines?.length ?? 0;
    this.#chunks.push({ series, start, end, linesStart, linesEnd, minMs, maxMs, items });
    this.items += items;
  }

  /** The page, and an empty builder for the next. `prologue` is what all chunks share. */
  finish(number: number, level: number, prologue: Uint8Array): PageRow & { items: number } {
    const raw = scratchOf(prologue.length + this.body.length);
    raw.set(prologue);
    raw.set(this.body.view(), prologue.length);
    const body = zstdCompress(raw, level);
    const lines = this.lines && zstdCompress(this.lines.view(), level);
    const grams = this.lines && buildGramFilter(this.lines.view());
    const chunks = this.#chunks;
    let minMs = Number.POSITIVE_INFINITY;
    let maxMs = Number.NEGATIVE_INFINITY;
    for (const c of chunks) {
      minMs = Math.min(minMs, c.minMs);
      maxMs = Math.max(maxMs, c.maxMs);
    }
    const facts: BodyFacts = {
      rawBytes: raw.length,
      crc: zlib.crc32(body),
      prologueBytes: prologue.length,
      lines: lines && { rawBytes: this.lines!.length, crc: zlib.crc32(lines) },
    };
    const page = {
      number,
      firstSeries: chunks[0]!.series,
      lastSeries: chunks.at(-1)!.series,
      minMs,
      maxMs,
      directory: writeDirectory(chunks, facts, minMs),
      body,
      ...(lines && { lines }),
      ...(grams && { grams }),
      items: this.items,
    };
    this.body.clear();
    this.lines?.clear();
    this.#chunks = [];
    this.items = 0;
    return page;
  }
}

/** Puts a chunk into the body of its page and its lines, where it has such, into the page's. */
export type ChunkWriter = (body: ByteWriter, lines: ByteWriter | undefined) => void;

let scratch = new Uint8Array(0);

/** What pages are put together in, one after another. */
function scratchOf(bytes: number): Uint8Array {
  if (scratch.length < bytes) scratch = new Uint8Array(Math.max(bytes, 2 * scratch.length));
  return scratch.subarray(0, bytes);
}

function writeDirectory(chunks: readonly ChunkPlace[], facts: BodyFacts, minMs: number): Uint8Array {
  const { lines } = facts;
  const out = new ByteWriter(16 + chunks.length * 8);
  out.u8(lines ? PAGE_VERSION_LINES : PAGE_VERSION);
  out.u32(0);
  out.u32(facts.crc);
  if (lines) out.u32(lines.crc);
  out.varint(facts.rawBytes);
  out.varint(facts.prologueBytes);
  if (lines) out.varint(lines.rawBytes);
  out.varint(chunks.length);
  let series = 0;
  for (const c of chunks) {
    out.varint(c.series - series);
    out.varint(c.end - c.start);
    if (lines) out.varint(c.linesEnd - c.linesStart);
    out.varint(c.minMs - minMs);
    out.varint(c.maxMs - c.minMs);
    out.varint(c.items);
    series = c.series;
  }
  out.patchU32(DIRECTORY_CRC_AT, directoryCrc(out.view(), minMs));
  return out.take();
}

/** The page's minimum, which the directory's times are relative to, is a column of the row: it is covered too. */
function directoryCrc(directory: Uint8Array, minMs: number): number {
  const min = new Uint8Array(Float64Array.of(minMs).buffer);
  return zlib.crc32(directory.subarray(DIRECTORY_CRC_END), zlib.crc32(min));
}

/** `pageMinMs` is the page row's. Throws `DamagedPageError`. */
export function readDirectory(bytes: Uint8Array, pageMinMs: number): PageDirectory {
  const columns = readDirectoryColumns(bytes, pageMinMs);
  const { series, starts, lineStarts, minMs, maxMs, items, rawBytes, crc, prologueBytes, lines } = columns;
  const chunks = Array.from(
    { length: columns.count },
    (_, i): ChunkPlace => ({
      series: series[i]!,
      start: starts[i]!,
      end: starts[i + 1]!,
      linesStart: lineStarts[i]!,
      linesEnd: lineStarts[i + 1]!,
      minMs: minMs[i]!,
      maxMs: maxMs[i]!,
      items: items[i]!,
    }),
  );
  return { rawBytes, crc, prologueBytes, lines, chunks };
}

/** The same in columns. */
export function readDirectoryColumns(bytes: Uint8Array, pageMinMs: number): DirectoryColumns {
  const input = new ByteReader(bytes);
  const version = input.u8();
  if (version !== PAGE_VERSION && version !== PAGE_VERSION_LINES)
    throw new DamagedPageError(`page version ${version}`);
  const withLines = version === PAGE_VERSION_LINES;
  if (input.u32() !== directoryCrc(bytes, pageMinMs))
    throw new DamagedPageError('checksum of the directory differs');
  const crc = input.u32();
  const linesCrc = withLines ? input.u32() : 0;
  const rawBytes = input.varint();
  const prologueBytes = input.varint();
  const linesBytes = withLines ? input.varint() : 0;
  if (rawBytes + linesBytes > PAGE_RAW_BYTES_MAX)
    throw new DamagedPageError(`page of ${rawBytes + linesBytes} bytes`);
  const count = input.varint();
  // Five varints a chunk.
  if (count * 5 > bytes.length) throw new DamagedPageError(`${count} chunks in ${bytes.length} bytes`);
  const columns = {
    series: new Uint32Array(count),
    starts: new Uint32Array(count + 1),
    lineStarts: new Uint32Array(count + 1),
    minMs: new Float64Array(count),
    maxMs: new Float64Array(count),
    items: new Uint32Array(count),
  };
  let series = 0;
  let start = prologueBytes;
  let lineStart = 0;
  for (let i = 0; i < count; i++) {
    columns.series[i] = series += input.varint();
    columns.starts[i] = start;
    start += input.varint();
    columns.lineStarts[i] = lineStart;
    if (withLines) lineStart += input.varint();
    const minMs = pageMinMs + input.varint();
    columns.minMs[i] = minMs;
    columns.maxMs[i] = minMs + input.varint();
    columns.items[i] = input.varint();
  }
  columns.starts[count] = start;
  columns.lineStarts[count] = lineStart;
  if (start !== rawBytes || lineStart !== linesBytes)
    throw new DamagedPageError('chunks do not fill the page');
  const lines = withLines ? { rawBytes: linesBytes, crc: linesCrc } : undefined;
  return { count, rawBytes, crc, prologueBytes, lines, ...columns };
}

/** Decompresses a page's body, or its lines, and checks them against the directory. Throws `DamagedPageError`. */
export function openBody(body: Uint8Array, facts: CompressedBytes): Buffer {
  if (zlib.crc32(body) !== facts.crc) throw new DamagedPageError('checksum differs');
  const raw = zlib.zstdDecompressSync(body, {
    maxOutputLength: Math.max(1, facts.rawBytes),
    chunkSize: Math.max(64, facts.rawBytes),
  });
  if (raw.length !== facts.rawBytes) throw new DamagedPageError('decompressed length differs');
  return raw;
}
