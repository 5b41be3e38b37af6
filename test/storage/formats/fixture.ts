/**
 * A database as an earlier version of the program left it when it was killed: `NAME/trilite.db.br`, its `-wal` and
 * `-shm`, and `answers.json.br`, what that program answered. NAME is `vN` or `vN-WHAT`, N the version of the format.
 */

import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Answers } from './answers.ts';

const FOLDER = path.join(import.meta.dirname, 'recorded');
const SUFFIX = '.br';
const ANSWERS = 'answers.json';
export const DATABASE = 'trilite.db';
const PARTS = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`];
/** They are part of the repository. */
const BYTES_MAX = 60 * 1024;

export interface Recorded {
  readonly answers: Answers;
  /** Whether a trace waits in a journal for its decision. */
  readonly waiting: boolean;
  /** Whether a receiver was told of an alert; absent before there were any. */
  readonly alerted?: boolean;
}

export interface Fixture {
  readonly name: string;
  readonly version: number;
}

export function fixtures(): Fixture[] {
  const names = fs.readdirSync(FOLDER).map((name) => ({ name, version: Number(/^v(\d+)/.exec(name)?.[1]) }));
  return names.sort((a, b) => a.version - b.version || (a.name < b.name ? -1 : 1));
}

/** Puts the database's files into `dir`. */
export function unpack(name: string, dir: string): Recorded {
  for (const file of fs.readdirSync(path.join(FOLDER, name))) {
    if (file.startsWith(ANSWERS)) continue;
    const bytes = fs.readFileSync(path.join(FOLDER, name, file));
    fs.writeFileSync(path.join(dir, file.slice(0, -SUFFIX.length)), brotliDecompressSync(bytes));
  }
  const answers = brotliDecompressSync(fs.readFileSync(path.join(FOLDER, name, ANSWERS + SUFFIX)));
  return JSON.parse(answers.toString('utf8')) as Recorded;
}

/** Keeps the database in `dir`, which nobody has open. Returns its size. */
export function pack(name: string, dir: string, recorded: Recorded): number {
  const folder = path.join(FOLDER, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const keep = (file: string, bytes: Uint8Array): number => {
    const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
    const packed = brotliCompressSync(bytes, { params });
    fs.writeFileSync(path.join(folder, file + SUFFIX), packed);
    return packed.length;
  };
  const parts = PARTS.filter((part) => fs.existsSync(path.join(dir, part)));
  const sizes = parts.map((part) => keep(part, fs.readFileSync(path.join(dir, part))));
  const answers = keep(ANSWERS, Buffer.from(JSON.stringify(recorded)));
  const size = sizes.reduce((a, b) => a + b, answers);
  if (size > BYTES_MAX) throw new Error(`${name} takes ${size} bytes, more than ${BYTES_MAX}`);
  return size;
}
