/**
 * Damage to SQLite's own WAL (`trilite.db-wal`), of which SQLite says nothing: it takes the commits up to the first
 * frame whose checksum is wrong and forgets the rest. What was there before shows in two places: in the frames that
 * follow, where they end a commit and carry the WAL's salts, and in the index file (`-shm`) that a killed process
 * left behind, which says how many frames there were.
 *
 *   -wal   header 32 bytes (page size @8, salts @16) | frames: header 24 bytes (size of database after commit @4, salts @8), page
 *   -shm   header 48 bytes (frames @16, salts @32), twice | frames that were copied back @96
 *
 * The layouts are those of https://sqlite.org/fileformat2.html#walformat and https://sqlite.org/walformat.html.
 */

import fs from 'node:fs';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const SALT_BYTES = 8;
const SHM_BYTES = 100;
/** The kernel writes in such pieces: a process killed while it writes leaves the file at the end of one. */
const WRITE_BYTES = 4096;
const WAL_MAGIC = 0x377f0682;

interface WalIndex {
  readonly frames: number;
  readonly copiedBack: number;
  readonly salts: Buffer;
}

/** What is known of the WAL before SQLite opens it. */
export interface WalBefore {
  readonly index: WalIndex | undefined;
  readonly walBytes: number;
}

export function inspectBefore(path: string): WalBefore {
  return { index: readIndex(path), walBytes: sizeOf(`${path}-wal`) };
}

/**
 * What SQLite left out, in one line, or undefined. To be called when the database was opened and read from, and
 * before anything is written.
 */
export function inspectAfter(path: string, before: WalBefore): string | undefined {
  const name = `${path}-wal`;
  const { index: old, walBytes } = before;
  if (old && old.frames > old.copiedBack && walBytes < WAL_HEADER_BYTES)
    return `${name} was cut short: ${old.frames - old.copiedBack} pages of recent commits are lost`;
  if (walBytes < WAL_HEADER_BYTES) return undefined;
  const taken = readIndex(path)?.frames ?? 0;
  const file = fs.openSync(name, 'r');
  try {
    const header = readAt(file, 0, WAL_HEADER_BYTES);
    const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
    if ((header.readUInt32BE(0) & ~1) !== WAL_MAGIC || (taken === 0 && !isSealed(header)))
      return `the header of ${name} is damaged: its ${Math.floor(walBytes / frameBytes)} pages of recent commits are lost`;
    const salts = header.subarray(16, 16 + SALT_BYTES);
    const frames = Math.floor((walBytes - WAL_HEADER_BYTES) / frameBytes);
    const committed = old?.salts.equals(salts) ? old.frames : undefined;
    // A commit whose frames the index does not count was never one: the process was killed while it wrote the last of them.
    if (committed === undefined || committed > taken) {
      const lost = lostFrames(file, salts, taken, frames, frameBytes);
      if (lost > 0) return `${name} is damaged: ${lost} pages of recent commits are lost`;
    }
    if (committed !== undefined && committed > taken)
      return `${name} was cut short: ${committed - taken} pages of recent commits are lost`;
    const rest = walBytes - WAL_HEADER_BYTES - frames * frameBytes;
    if (rest > FRAME_HEADER_BYTES && walBytes % WRITE_BYTES !== 0)
      return `${name} was cut short: it ends within a page`;
    return undefined;
  } finally {
    fs.closeSync(file);
  }
}

/** Frames after those taken, up to the last that ends a commit of this WAL. */
function lostFrames(file: number, salts: Buffer, taken: number, frames: number, frameBytes: number): number {
  let last = taken;
  for (let i = taken; i < frames; i++) {
    const frame = readAt(file, WAL_HEADER_BYTES + i * frameBytes, FRAME_HEADER_BYTES);
    const endsCommit = frame.readUInt32BE(4) !== 0;
    if (endsCommit && frame.subarray(8, 8 + SALT_BYTES).equals(salts)) last = i + 1;
  }
  return last - taken;
}

/** Whether the header's own checksum is right. */
function isSealed(header: Buffer): boolean {
  const read = (at: number) =>
    header.readUInt32BE(0) & 1 ? header.readUInt32BE(at) : header.readUInt32LE(at);
  let a = 0;
  let b = 0;
  for (let at = 0; at < 24; at += 8) {
    a = (a + read(at) + b) >>> 0;
    b = (b + read(at + 4) + a) >>> 0;
  }
  return header.readUInt32BE(24) === a && header.readUInt32BE(28) === b;
}

function readIndex(path: string): WalIndex | undefined {
  let file: number;
  try {
    file = fs.openSync(`${path}-shm`, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = readAt(file, 0, SHM_BYTES);
    const first = bytes.subarray(0, 48);
    // The two copies differ while one is written.
    if (!first.equals(bytes.subarray(48, 96)) || first[12] === 0) return undefined;
    // Numbers are in the machine's own order, which is little-endian wherever this runs.
    return {
      frames: first.readUInt32LE(16),
      copiedBack: bytes.readUInt32LE(96),
      salts: first.subarray(32, 32 + SALT_BYTES),
    };
  } finally {
    fs.closeSync(file);
  }
}

/** Zeros where the file ends earlier. */
function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  fs.readSync(file, bytes, 0, length, at);
  return bytes;
}

function sizeOf(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}
