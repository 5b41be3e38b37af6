/**
 * The front's look-ups in the series table: which id a label set had in an earlier process, or before it was evicted.
 * The connection is opened when it is first needed.
 */

import { IdSet } from '../select/id-set.ts';
import { corruptionError, isCorruption, noteCorruption } from './corruption.ts';
import { type Connection, openForReading } from './database.ts';
import type { SignalNumber } from './schema.ts';
import { type SeriesReader, seriesReader } from './series-table.ts';

export class PersistedSeries {
  readonly #path: string;
  readonly #nativeBinding: string | undefined;
  #open: { readonly db: Connection; readonly table: SeriesReader } | undefined;

  #hidden = new IdSet();

  constructor(path: string, nativeBinding?: string) {
    this.#path = path;
    this.#nativeBinding = nativeBinding;
  }

  /** Series that are being removed: they are not found any more. */
  hide(lists: readonly Uint32Array[]): void {
    this.#hidden = new IdSet();
    for (const ids of lists) for (const id of ids) this.#hidden.add(id);
  }

  #table(): SeriesReader {
    if (!this.#open) {
      const db = openForReading(this.#path, this.#nativeBinding);
      this.#open = { db, table: seriesReader(db) };
    }
    return this.#open.table;
  }

  find(signal: SignalNumber, low: number, high: number, canonical: Uint8Array): number | undefined {
    const id = this.#guarded((table) => table.find(signal, low, high, canonical));
    return id !== undefined && this.#hidden.has(id) ? undefined : id;
  }

  /** Canonical bytes of a series. */
  labels(signal: SignalNumber, id: number): Uint8Array | undefined {
    return this.#guarded((table) => table.chunks.labels(signal, id));
  }

  /** A look-up that meets a broken structure fails, since a series must not get a second id; the next start salvages. */
  #guarded<T>(look: (table: SeriesReader) => T): T {
    try {
      return look(this.#table());
    } catch (error) {
      if (!isCorruption(error)) throw error;
      const clear = corruptionError(this.#path, error);
      noteCorruption(this.#path, clear.message);
      // What was opened may be a file that is about to be replaced.
      this.close();
      throw clear;
    }
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }
}
