/** What migrations do beside their SQL; entry v belongs to entry v of `MIGRATIONS` and runs in the same transaction. */

import type { Connection } from './database.ts';
import type { SignalNumber } from './schema.ts';
import { seriesWriter } from './series-table.ts';

/** Series read at a time. */
const BATCH_SERIES = 4096;

export const MIGRATION_WORK: Readonly<Record<number, (db: Connection) => void>> = { 3: rebuildLabelIndex };

/** From version 3 to 4: series go from rows of their own into chunks, and postings into lists. */
function rebuildLabelIndex(db: Connection): void {
  const writer = seriesWriter(db);
  const rows = db.prepare('SELECT id, labels FROM series_1 WHERE signal = ? AND id > ? ORDER BY id LIMIT ?');
  for (const signal of [1, 2] as const satisfies readonly SignalNumber[]) {
    for (let after = 0; ; ) {
      const batch = rows.all(signal, after, BATCH_SERIES) as { id: number; labels: Buffer }[];
      if (batch.length === 0) break;
      writer.addCanonical(
        signal,
        batch.map((r) => r.id),
        batch.map((r) => r.labels),
      );
      after = batch.at(-1)!.id;
    }
  }
  db.exec('DROP TABLE series_1');
}
