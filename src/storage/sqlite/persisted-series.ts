/** The front's look-ups in the series table: which id a label set had in an earlier process. */

import { compareBytes } from '../../base/bytes.ts';
import { corruptionError, isCorruption, noteCorruption } from './corruption.ts';
import { openForReading } from './database.ts';
import type { SignalNumber } from './schema.ts';
import { isWhole, type SeriesReader, seriesReader, sqlHash } from './series-table.ts';

export interface PersistedSeries {
  find(signal: SignalNumber, low: number, high: number, canonical: Uint8Array): number | undefined;
  /** Canonical bytes of a series. */
  labels(id: number): Uint8Array | undefined;
}

const open = new Map<string, PersistedSeries>();

/** One connection per database, opened when it is first needed. */
export function openPersistedSeries(path: string, nativeBinding?: string): PersistedSeries {
  const known = open.get(path);
  if (known) return known;
  let reader: SeriesReader | undefined;
  const table = () => (reader ??= seriesReader(openForReading(path, nativeBinding)));
  /** A look-up that meets a broken structure fails, since a series must not get a second id; the next start salvages. */
  const guarded = <T>(look: () => T): T => {
    try {
      return look();
    } catch (error) {
      if (!isCorruption(error)) throw error;
      const clear = corruptionError(path, error);
      noteCorruption(path, clear.message);
      // What was opened may be a file that is about to be replaced.
      open.delete(path);
      throw clear;
    }
  };
  const persisted: PersistedSeries = {
    find(signal, low, high, canonical) {
      const hash = sqlHash(low, high);
      const rows = guarded(() => table().find(signal, hash));
      const same = rows.find((r) => compareBytes(r.labels, canonical) === 0);
      // Labels that do not have the hash by which they were found are damaged: they were these.
      return (same ?? rows.find((r) => !isWhole(r.labels, hash)))?.id;
    },
    labels: (id) => guarded(() => table().labels(id)),
  };
  open.set(path, persisted);
  return persisted;
}
