/** The writer's entry for a test: the real one, on a disk that takes its time for every commit. */

import Database from 'better-sqlite3';

/** How long a commit of the WAL takes, in ms. */
const COMMIT_MS = 15;

const { prepare } = Database.prototype;
Database.prototype.prepare = function (this: Database.Database, source: string) {
  const statement = prepare.call(this, source);
  if (!source.startsWith('INSERT INTO wal')) return statement;
  const run = statement.run.bind(statement) as (...values: unknown[]) => Database.RunResult;
  statement.run = (...values: unknown[]) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, COMMIT_MS);
    return run(...values);
  };
  return statement;
} as typeof prepare;

await import('../../src/storage/sqlite/writer-entry.ts');
