/**
 * Damage to the database file itself, as opposed to the pages in its rows (which carry checksums of their own):
 * how it shows, and the note beside the database that asks the next start to salvage what can be read.
 */

import fs from 'node:fs';
import { TriliteError } from '../../model/errors.ts';

/** Beside the database: asks for `salvage` at the next start. Its text says what was found. */
const NOTE_SUFFIX = '.salvage';

/** Told of damage in one line: what is damaged, and what became of it. */
export type Report = (what: string) => void;

/** Whether the error is SQLite's word for a file whose structure is broken. */
export function isCorruption(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string') return false;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_IOERR_SHORT_READ')
    return true;
  // Statements name only what the schema has: a table or column is missing where the schema's own rows are damaged.
  return code === 'SQLITE_ERROR' && /^(no such|table \w+ already exists)/.test((error as Error).message);
}

/** The error of work that would go round in circles in a file whose structure is broken. */
export function brokenStructure(what: string): Error {
  return Object.assign(new Error(what), { code: 'SQLITE_CORRUPT' });
}

/** Asks the next start to salvage the database. Where the note cannot be written, that start finds the damage itself. */
export function noteCorruption(path: string, what: string): void {
  try {
    fs.writeFileSync(path + NOTE_SUFFIX, `${what}\n`);
  } catch {
    // A full or read-only disk has told of itself elsewhere.
  }
}

/** What an earlier process found, where it did. */
export function notedCorruption(path: string): string | undefined {
  try {
    return fs.readFileSync(path + NOTE_SUFFIX, 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function forgetCorruption(path: string): void {
  fs.rmSync(path + NOTE_SUFFIX, { force: true });
}

/** What a request is told that met such damage. */
export function corruptionError(path: string, error: unknown): TriliteError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TriliteError(
    'internal',
    `database ${path} is damaged (${reason}): what can be read is salvaged at the next start`,
  );
}
