/** The front's look-ups in the series table: which id a label set had in an earlier process. */

import { compareBytes } from '../../base/bytes.ts';
import { openForReading } from './database.ts';
import type { SignalNumber } from './schema.ts';
import { type SeriesReader, seriesReader, sqlHash } from './series-table.ts';

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
  const persisted: PersistedSeries = {
    find(signal, low, high, canonical) {
      const rows = table().find(signal, sqlHash(low, high));
      return rows.find((r) => compareBytes(r.labels, canonical) === 0)?.id;
    },
    labels: (id) => table().labels(id),
  };
  open.set(path, persisted);
  return persisted;
}
