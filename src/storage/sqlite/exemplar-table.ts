/** SQL of exemplars and of metric metadata. */

import type { Connection } from './database.ts';

export interface ExemplarRow {
  readonly series: number;
  readonly timestampMs: number;
  readonly value: number;
  readonly labels: Uint8Array;
}

export type MetadataRow = readonly [family: string, type: string, help: string, unit: string];

export interface ExemplarTable {
  add(row: ExemplarRow): void;
  /** Of one series, ascending in time. */
  of(series: number, minMs: number, maxMs: number): ExemplarRow[];
  /** Drops exemplars older than `beforeMs`. */
  dropBefore(beforeMs: number): void;
  /** Drops those of one series that are older. */
  dropOf(series: number, beforeMs: number): void;
  /** The next series, by id, that has exemplars. */
  nextSeries(after: number): number | undefined;
  /** Drops the exemplars of a series. */
  dropSeries(series: number): void;
  addMetadata(row: MetadataRow): void;
  metadata(): MetadataRow[];
}

export function exemplarTable(db: Connection): ExemplarTable {
  const add = db.prepare(
    'INSERT OR IGNORE INTO exemplar (series, timestamp_ms, value, labels) VALUES (?, ?, ?, ?)',
  );
  const of = db.prepare(
    'SELECT series, timestamp_ms AS timestampMs, value, labels FROM exemplar WHERE series = ? AND timestamp_ms BETWEEN ? AND ? ORDER BY timestamp_ms',
  );
  const drop = db.prepare('DELETE FROM exemplar WHERE timestamp_ms < ?');
  const dropOf = db.prepare('DELETE FROM exemplar WHERE series = ? AND timestamp_ms < ?');
  const next = db.prepare('SELECT series FROM exemplar WHERE series > ? ORDER BY series LIMIT 1').pluck();
  const dropSeries = db.prepare('DELETE FROM exemplar WHERE series = ?');
  const addMetadata = db.prepare(
    'INSERT OR IGNORE INTO metric_metadata (family, type, help, unit, position) VALUES (?, ?, ?, ?, (SELECT count(*) FROM metric_metadata))',
  );
  const metadata = db.prepare('SELECT family, type, help, unit FROM metric_metadata ORDER BY position').raw();
  return {
    // SQLite keeps a NaN as NULL.
    add: (row) => void add.run(row.series, row.timestampMs, row.value, row.labels),
    of: (series, minMs, maxMs) =>
      (of.all(series, minMs, maxMs) as (ExemplarRow & { value: number | null })[]).map((r) => ({
        ...r,
        value: r.value ?? Number.NaN,
      })),
    dropBefore: (beforeMs) => void drop.run(beforeMs),
    dropOf: (series, beforeMs) => void dropOf.run(series, beforeMs),
    nextSeries: (after) => next.get(after) as number | undefined,
    dropSeries: (series) => void dropSeries.run(series),
    addMetadata: (row) => void addMetadata.run(...row),
    metadata: () => metadata.all() as unknown as MetadataRow[],
  };
}
