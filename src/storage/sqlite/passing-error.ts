/**
 * Errors of SQLite that pass by themselves, or once someone makes room: what could not be written may be tried
 * again. SQLite has rolled the transaction back, so nothing of it is stored.
 */

import { TriliteError } from '../../model/errors.ts';

/** The error as one that asks for another try; undefined where another try is of no use. */
export function passingError(error: unknown): TriliteError | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== 'string') return undefined;
  if (code === 'SQLITE_FULL') return new TriliteError('overloaded', 'the disk is full');
  if (code.startsWith('SQLITE_IOERR')) {
    return new TriliteError('overloaded', `the disk cannot be written: ${String(message)} (${code})`);
  }
  if (code.startsWith('SQLITE_BUSY')) return new TriliteError('overloaded', String(message));
  return undefined;
}
