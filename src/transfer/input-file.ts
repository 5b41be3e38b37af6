/** A file as it comes, decompressed where its first bytes say so, or standard input. */

import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { fileError } from '../base/file-error.ts';
import { TriliteError } from '../model/errors.ts';

const TAIL_BYTES = 64;

export interface InputFile {
  /** `-` is standard input. */
  readonly path: string;
  /** Enough to tell what it is. */
  readonly head: Uint8Array;
  /** On disk; undefined for standard input. */
  readonly bytesTotal: number | undefined;
  /** Of those, what was read so far. */
  bytesRead(): number;
  /** Everything, `head` included; once. Throws `execution` where it cannot be read, `bad_data` where it is cut off. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

const HEAD_BYTES = 64 * 1024;

export async function openInput(path: string): Promise<InputFile> {
  let bytesTotal: number | undefined;
  if (path !== '-') {
    const info = await stat(path).catch((error: Error) => {
      throw new TriliteError('execution', fileError(error, path));
    });
    bytesTotal = info.size;
  }
  let bytesRead = 0;
  const raw = path === '-' ? process.stdin : createReadStream(path);
  const counted = counting(raw, (n) => {
    bytesRead += n;
  });
  const first = await counted.next();
  const magic: Uint8Array = first.done ? new Uint8Array(0) : first.value;
  const plain = decompressed(magic, chained([magic], counted), path);
  const head: Uint8Array[] = [];
  for (let held = 0; held < HEAD_BYTES; ) {
    const next = await plain.next();
    if (next.done) break;
    head.push(next.value);
    held += next.value.length;
  }
  return {
    path,
    head: Buffer.concat(head),
    bytesTotal,
    bytesRead: () => bytesRead,
    pieces: chained(head, plain),
  };
}

async function* counting(stream: Readable, told: (bytes: number) => void): AsyncGenerator<Uint8Array, void> {
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    told(piece.length);
    yield piece;
  }
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* first;
  yield* rest;
}

async function* decompressed(
  magic: Uint8Array,
  pieces: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void> {
  const unpack = unpackerOf(magic);
  try {
    if (!unpack) yield* pieces;
    else yield* unpack(pieces);
  } catch (error) {
    if (error instanceof TriliteError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    const what = /^(Z_|ERR_|ZSTD)/.test(code) ? (error as Error).message : fileError(error, path);
    throw new TriliteError('bad_data', `${path}: ${what}`);
  }
}

function unpackerOf(magic: Uint8Array) {
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  const isZstd = magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd;
  if (!isGzip && !isZstd) return undefined;
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const unpack = isGzip ? createGunzip() : createZstdDecompress();
    const feeding = feed(pieces, unpack);
    feeding.catch((error: Error) => unpack.destroy(error));
    yield* unpack as AsyncIterable<Uint8Array>;
    await feeding;
  };
}

async function feed(pieces: AsyncIterable<Uint8Array>, to: NodeJS.WritableStream): Promise<void> {
  for await (const piece of pieces) {
    if (!to.write(piece)) await new Promise<void>((resolve) => void to.once('drain', resolve));
  }
  to.end();
}

/** Whether the text ends as OpenMetrics does. Reads a compressed file through. */
export async function endsAsOpenMetrics(path: string): Promise<boolean> {
  let tail = Buffer.alloc(0);
  if (!unpackerOf(await firstBytes(path))) {
    const { size } = await stat(path);
    const file = await open(path);
    try {
      tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      await file.read(tail, 0, tail.length, size - tail.length);
    } finally {
      await file.close();
    }
  } else {
    for await (const piece of (await openInput(path)).pieces) {
      tail = Buffer.concat([tail, piece.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    }
  }
  return /(^|\n)# EOF\n?$/.test(tail.toString('latin1'));
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(4);
    await file.read(bytes, 0, 4, 0);
    return bytes;
  } finally {
    await file.close();
  }
}
