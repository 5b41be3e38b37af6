import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { openForReading, openForWriting } from '../../../src/storage/sqlite/database.ts';
import { SCHEMA_VERSION } from '../../../src/storage/sqlite/schema.ts';
import { openEngine, tempDir } from '../local-engine.ts';

const OPTIONS = { durability: 'process' } as const;
const TIMEOUT = { timeout: 30_000 };

describe('the database file', () => {
  test('a new file gets the current version, and keeps it', () => {
    const file = path.join(tempDir(), 'trilite.db');
    for (let round = 0; round < 2; round++) {
      const db = openForWriting(file, OPTIONS);
      assert.equal(db.pragma('user_version', { simple: true }), SCHEMA_VERSION);
      assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
      db.close();
    }
    const reader = openForReading(file);
    assert.throws(() => reader.exec('DELETE FROM wal'), /readonly/);
    reader.close();
  });

  test('a newer version is refused with one clear line, and left as it is', TIMEOUT, async () => {
    const dir = tempDir();
    const file = path.join(dir, 'trilite.db');
    const db = openForWriting(file, OPTIONS);
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    await assert.rejects(openEngine(dir), (error: Error) => {
      assert.match(
        error.message,
        /written by a newer version of Trilite \(format \d+, this one reads up to \d+\)/,
      );
      assert.ok(error.message.includes(file));
      assert.ok(!error.message.includes('\n'), 'one line');
      return true;
    });
    const after = openForReading(file);
    assert.equal(after.pragma('user_version', { simple: true }), SCHEMA_VERSION + 1);
    after.close();
  });

  test(
    'a file that is no database, and a directory that is not there, are refused with one line',
    TIMEOUT,
    async () => {
      const dir = tempDir();
      fs.writeFileSync(
        path.join(dir, 'trilite.db'),
        'not a database, but long enough to be looked at'.repeat(100),
      );
      for (const place of [dir, path.join(dir, 'none')]) {
        await assert.rejects(openEngine(place), (error: Error) => {
          assert.match(error.message, /database/);
          assert.ok(!error.message.includes('\n'), error.message);
          return true;
        });
      }
    },
  );
});
