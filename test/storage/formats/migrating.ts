/**
 * `node migrating.ts FILE STEP`: migrates the database and dies by SIGKILL in the step from version STEP, when its tables
 * have been made and nothing is committed. Its changes are in the WAL by then, since the page cache holds nothing.
 */

import { openForWriting } from '../../../src/storage/sqlite/database.ts';
import { MIGRATION_WORK } from '../../../src/storage/sqlite/migrations.ts';
import { SCHEMA_VERSION } from '../../../src/storage/sqlite/schema.ts';

const [file, step] = process.argv.slice(2);
const steps = MIGRATION_WORK as Record<number, (typeof MIGRATION_WORK)[number]>;
for (let v = 0; v < SCHEMA_VERSION; v++) {
  const work = steps[v];
  steps[v] = (db) => {
    db.pragma('cache_size = 1');
    work?.(db);
    if (v === Number(step)) process.kill(process.pid, 'SIGKILL');
  };
}
openForWriting(file!, { durability: 'process' });
