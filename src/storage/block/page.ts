/**
 * The page: the unit in which blocks of metrics and logs are stored and read. Its body is the chunks of many
 * series, sorted by series id, compressed as a whole; its directory, a column of its own, says which series are in
 * it and where, so that a page is only read when it is needed. Bytes in docs/format/page.md.
 *
 *   directory   version u8 | crc32 of the page's min and of all that follows u32 | crc32 of body u32 | raw bytes
 *               | prologue bytes | chunks n | per chunk: series delta, length, min - page min, max - min, items
 *                 and, in version 2, bytes of lines
 */

import zlib from 'node:zlib';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { zstdCompress } from '../../base/zstd.ts';
import type { PageRow } from '../sqlite/block-table.ts';

const PAGE_VERSION = 1;
/** Of log entries: with the bytes of each chunk's lines, so that volumes are told without opening it. */
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
  readonly minMs: number;
  readonly maxMs: number;
  readonly items: number;
  /** Bytes of its lines; undefined where the page does not say. */
  readonly lineBytes: number | undefined;
}

/** What a directory says of the body as a whole. */
export interface BodyFacts {
  readonly rawBytes: number;
  readonly crc: number;
  readonly prologueBytes: number;
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
  readonly minMs: Float64Array;
  readonly maxMs: Float64Array;
  readonly items: Uint32Array;
  /** Bytes of lines; undefined where the page does not say. */
  readonly lineBytes: Float64Array | undefined;
}

/** Collects chunks, in ascending series order, into one page. */
export class PageBuilder {
  readonly body = new ByteWriter(1 << 16);
  #chunks: ChunkPlace[] = [];
  items = 0;

  get count(): number {
    return this.#chunks.length;
  }

  /** `write` puts the chunk's bytes into `body`. `lineBytes` is said of all chunks of a page or of none. */
  add(
    series: number,
    minMs: number,
    maxMs: number,
    items: number,
    write: (body: ByteWriter) => void,
    lineBytes?: number,
  ): void {
    const start = this.body.length;
    write(this.body);
    this.#chunks.push({ series, start, end: this.body.length, minMs, maxMs, items, lineBytes });
    this.items += items;
  }

  /** The page, and an empty builder for the next. `prologue` is what all chunks share. */
  finish(number: number, level: number, prologue: Uint8Array): PageRow & { items: number } {
    const raw = scratchOf(prologue.length + this.body.length);
    raw.set(prologue);
    raw.set(this.body.view(), prologue.length);
    const body = zstdCompress(raw, level);
    const chunks = this.#chunks;
    let minMs = Number.POSITIVE_INFINITY;
    let maxMs = Number.NEGATIVE_INFINITY;
    for (const c of chunks) {
      minMs = Math.min(minMs, c.minMs);
      maxMs = Math.max(maxMs, c.maxMs);
    }
    const page = {
      number,
      firstSeries: chunks[0]!.series,
      lastSeries: chunks.at(-1)!.series,
      minMs,
      maxMs,
      directory: writeDirectory(chunks, zlib.crc32(body), raw.length, prologue.length, minMs),
      body,
      items: this.items,
    };
    this.body.clear();
    this.#chunks = [];
    this.items = 0;
    return page;
  }
}

let scratch = new Uint8Array(0);

/** What pages are put together in, one after another. */
function scratchOf(bytes: number): Uint8Array {
  if (scratch.length < bytes) scratch = new Uint8Array(Math.max(bytes, 2 * scratch.length));
  return scratch.subarray(0, bytes);
}

function writeDirectory(
  chunks: readonly ChunkPlace[],
  crc: number,
  raw: number,
  prologue: number,
  minMs: number,
): Uint8Array {
  const out = new ByteWriter(16 + chunks.length * 8);
  const withLines = chunks[0]?.lineBytes !== undefined;
  out.u8(withLines ? PAGE_VERSION_LINES : PAGE_VERSION);
  out.u32(0);
  out.u32(crc);
  out.varint(raw);
  out.varint(prologue);
  out.varint(chunks.length);
  let series = 0;
  for (const c of chunks) {
    out.varint(c.series - series);
    out.varint(c.end - c.start);
    out.varint(c.minMs - minMs);
    out.varint(c.maxMs - c.minMs);
    out.varint(c.items);
    if (withLines) out.varint(c.lineBytes!);
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
  const { series, starts, minMs, maxMs, items, lineBytes, rawBytes, crc, prologueBytes } = columns;
  const chunks = Array.from(
    { length: columns.count },
    (_, i): ChunkPlace => ({
      series: series[i]!,
      start: starts[i]!,
      end: starts[i + 1]!,
      minMs: minMs[i]!,
      maxMs: maxMs[i]!,
      items: items[i]!,
      lineBytes: lineBytes?.[i],
    }),
  );
  return { rawBytes, crc, prologueBytes, chunks };
}

/** The same in columns. */
export function readDirectoryColumns(bytes: Uint8Array, pageMinMs: number): DirectoryColumns {
  const input = new ByteReader(bytes);
  const version = input.u8();
  const withLines = version === PAGE_VERSION_LINES;
  if (version !== PAGE_VERSION && !withLines) throw new DamagedPageError(`page version ${version}`);
  if (input.u32() !== directoryCrc(bytes, pageMinMs))
    throw new DamagedPageError('checksum of the directory differs');
  const crc = input.u32();
  const rawBytes = input.varint();
  const prologueBytes = input.varint();
  if (rawBytes > PAGE_RAW_BYTES_MAX) throw new DamagedPageError(`page of ${rawBytes} bytes`);
  const count = input.varint();
  if (count * (withLines ? 6 : 5) > bytes.length)
    throw new DamagedPageError(`${count} chunks in ${bytes.length} bytes`);
  const columns = {
    series: new Uint32Array(count),
    starts: new Uint32Array(count + 1),
    minMs: new Float64Array(count),
    maxMs: new Float64Array(count),
    items: new Uint32Array(count),
    lineBytes: withLines ? new Float64Array(count) : undefined,
  };
  let series = 0;
  let start = prologueBytes;
  for (let i = 0; i < count; i++) {
    columns.series[i] = series += input.varint();
    columns.starts[i] = start;
    start += input.varint();
    const minMs = pageMinMs + input.varint();
    columns.minMs[i] = minMs;
    columns.maxMs[i] = minMs + input.varint();
    columns.items[i] = input.varint();
    if (columns.lineBytes) columns.lineBytes[i] = input.varint();
  }
  columns.starts[count] = start;
  if (start !== rawBytes) throw new DamagedPageError('chunks do not fill the page');
  return { count, rawBytes, crc, prologueBytes, ...columns };
}

/** Decompresses a body and checks it against its directory. */
export function openBody(body: Uint8Array, directory: BodyFacts): Buffer {
  if (zlib.crc32(body) !== directory.crc) throw new DamagedPageError('checksum differs');
  const raw = zlib.zstdDecompressSync(body, {
    maxOutputLength: Math.max(1, directory.rawBytes),
    chunkSize: Math.max(64, directory.rawBytes),
  });
  if (raw.length !== directory.rawBytes) throw new DamagedPageError('decompressed length differs');
  return raw;
}
