/** SQL of the ID index over log entries: runs of a block, and their buckets as rows side by side. */

import { BUCKET_BITS_MAX, type EncodedIdRun } from '../chunkenc/id-run.ts';
import type { Connection } from './database.ts';

export interface IdRunRow {
  readonly id: number;
  readonly header: Buffer;
}

export interface IdTable {
  addRun(block: number, run: EncodedIdRun): void;
  /** In the order of their pages. */
  runs(block: number): IdRunRow[];
  bucket(run: number, bucket: number): Buffer | undefined;
  /** Removes the block's runs. */
  drop(block: number): void;
}

/** Key of a bucket: buckets of a run follow one another, so that they fill the database's pages. */
function placeOf(run: number, bucket: number): number {
  return run * 2 ** BUCKET_BITS_MAX + bucket;
}

export function idTable(db: Connection): IdTable {
  const addRun = db.prepare('INSERT INTO id_run (block, header) VALUES (?, ?)');
  const addBucket = db.prepare('INSERT INTO id_bucket (place, data) VALUES (?, ?)');
  const runs = db.prepare('SELECT id, header FROM id_run WHERE block = ? ORDER BY id');
  const bucket = db.prepare('SELECT data FROM id_bucket WHERE place = ?').pluck();
  const ids = db.prepare('SELECT id FROM id_run WHERE block = ?').pluck();
  const dropBuckets = db.prepare('DELETE FROM id_bucket WHERE place >= ? AND place < ?');
  const dropRuns = db.prepare('DELETE FROM id_run WHERE block = ?');
  return {
    addRun: db.transaction((block: number, run: EncodedIdRun) => {
      const id = Number(addRun.run(block, run.header).lastInsertRowid);
      run.buckets.forEach((data, i) => {
        addBucket.run(placeOf(id, i), data);
      });
    }),
    runs: (block) => runs.all(block) as IdRunRow[],
    bucket: (run, i) => bucket.get(placeOf(run, i)) as Buffer | undefined,
    drop(block) {
      for (const id of ids.all(block) as number[]) dropBuckets.run(placeOf(id, 0), placeOf(id + 1, 0));
      dropRuns.run(block);
    },
  };
}
