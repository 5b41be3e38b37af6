/**
 * What the file at the database's place is, read from its bytes and its WAL's before SQLite opens either: opening alone may
 * copy the WAL back, and a file that is not this program's to write is left as it is, to the byte.
 *
 *   page 1     magic 16 bytes | … | user_version @60                 https://sqlite.org/fileformat2.html
 *   -wal       header 32 bytes (page size @8, salts @16) | frames: header 24 bytes (page @0, size after commit @4, salts @8), page
 */

import fs from 'node:fs';
import { TriliteError } from '../../model/errors.ts';
import { SCHEMA_VERSION } from './schema.ts';

const MAGIC = Buffer.from('SQLite format 3\0');
const VERSION_AT = 60;
const PAGE_1_BYTES = 100;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Salts, after the header's page number and size. */
const SALTS = { header: 16, frame: 8, bytes: 8 } as const;

/** Throws `TriliteError` where a newer version of Trilite wrote the file. */
export function refuseNewerVersion(path: string): void {
  const version = fileVersion(path);
  if (version !== undefined && version > SCHEMA_VERSION) throw newerVersion(path, version);
}

export function newerVersion(path: string, version: number): TriliteError {
  return new TriliteError(
    'internal',
    `database ${path} was written by a newer version of Trilite (format ${version}, this one reads up to ${SCHEMA_VERSION}): start that version, or give this one another --data directory`,
  );
}

/** `user_version` as of the last commit; undefined where there is no file or none of SQLite's. */
function fileVersion(path: string): number | undefined {
  const page = readFrom(path, (read) => read(0, PAGE_1_BYTES));
  if (!page?.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return walVersion(`${path}-wal`) ?? page.readUInt32BE(VERSION_AT);
}

/** The version in the newest committed copy of page 1 in the WAL. Frames of an earlier use of the file have other salts. */
function walVersion(wal: string): number | undefined {
  return readFrom(wal, (read) => {
    const header = read(0, WAL_HEADER_BYTES);
    if (header.length < WAL_HEADER_BYTES) return undefined;
    const salts = header.subarray(SALTS.header, SALTS.header + SALTS.bytes);
    const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
    let uncommitted: number | undefined;
    let committed: number | undefined;
    for (let at = WAL_HEADER_BYTES; ; at += frameBytes) {
      const frame = read(at, FRAME_HEADER_BYTES + PAGE_1_BYTES);
      if (frame.length < FRAME_HEADER_BYTES + PAGE_1_BYTES) return committed;
      if (!frame.subarray(SALTS.frame, SALTS.frame + SALTS.bytes).equals(salts)) return committed;
      if (frame.readUInt32BE(0) === 1) uncommitted = frame.readUInt32BE(FRAME_HEADER_BYTES + VERSION_AT);
      if (frame.readUInt32BE(4) !== 0) committed = uncommitted;
    }
  });
}

/** `work` reads pieces of the file, shorter at its end; undefined where there is no file. */
function readFrom<T>(
  path: string,
  work: (read: (at: number, length: number) => Buffer) => T | undefined,
): T | undefined {
  let file: number;
  try {
    file = fs.openSync(path, 'r');
  } catch {
    // Whatever keeps it from being opened is told by SQLite.
    return undefined;
  }
  try {
    return work((at, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, fs.readSync(file, bytes, 0, length, at));
    });
  } finally {
    fs.closeSync(file);
  }
}
