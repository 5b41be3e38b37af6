/**
 * The front's look-ups in the series table: which id a label set had in an earlier process, or before it was evicted.
 * The connection is opened when it is first needed.
 */

import { IdSet } from '../select/id-set.ts';
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
    const id = this.#table().find(signal, low, high, canonical);
    return id !== undefined && this.#hidden.has(id) ? undefined : id;
  }

  /** Canonical bytes of a series. */
  labels(signal: SignalNumber, id: number): Uint8Array | undefined {
    return this.#table().chunks.labels(signal, id);
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }
}
