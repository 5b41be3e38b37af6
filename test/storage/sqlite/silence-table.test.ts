/** Silences in the database. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createEmpty, openForWriting } from '../../../src/storage/sqlite/database.ts';
import { silenceTable } from '../../../src/storage/sqlite/silence-table.ts';
import { tempDir } from '../local-engine.ts';

const OPTIONS = { durability: 'process' } as const;
const silence = (id: string, definition = '{}', tenant = 'fake') => ({ tenant, id, definition });

describe('the table of silences', () => {
  it('has one row for a key, and gives them in order', () => {
    const db = openForWriting(path.join(tempDir(), 'trilite.db'), OPTIONS);
    const table = silenceTable(db);
    table.put([silence('b'), silence('a', '1'), silence('a', '2'), silence('a', '3', 'other')]);
    assert.deepEqual(table.all(), [silence('a', '2'), silence('b'), silence('a', '3', 'other')]);
    table.remove([silence('a'), silence('none')]);
    assert.deepEqual(table.all(), [silence('b'), silence('a', '3', 'other')]);
    db.close();
  });

  it('takes all or none', () => {
    const db = openForWriting(path.join(tempDir(), 'trilite.db'), OPTIONS);
    const table = silenceTable(db);
    const broken = { ...silence('c'), definition: undefined as unknown as string };
    assert.throws(() => table.put([silence('a'), broken]), /NOT NULL/);
    assert.deepEqual(table.all(), []);
    db.close();
  });

  it('leaves a damaged row out and tells of it', () => {
    const db = openForWriting(path.join(tempDir(), 'trilite.db'), OPTIONS);
    const told: string[] = [];
    const table = silenceTable(db, (what) => told.push(what));
    table.put([silence('a'), silence('b')]);
    db.exec(`UPDATE silence SET definition = '[]' WHERE id = 'a'`);
    assert.deepEqual(table.all(), [silence('b')]);
    assert.deepEqual(told, ['silence a is damaged: what it hid is shown again']);
    db.close();
  });

  it('comes to a database of the version before it', () => {
    const file = path.join(tempDir(), 'trilite.db');
    createEmpty(file, OPTIONS, 9).close();
    const db = openForWriting(file, OPTIONS);
    silenceTable(db).put([silence('a')]);
    assert.equal(silenceTable(db).all().length, 1);
    db.close();
  });
});
