/** Rule groups in the database. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { StoredRuleGroup } from '../../../src/storage/interface.ts';
import { createEmpty, openForWriting } from '../../../src/storage/sqlite/database.ts';
import { ruleTable } from '../../../src/storage/sqlite/rule-table.ts';
import { tempDir } from '../local-engine.ts';

const OPTIONS = { durability: 'process' } as const;

function group(namespace: string, name: string, definition = '{}'): StoredRuleGroup {
  return { tenant: 'fake', language: 'logql', namespace, name, definition };
}

function names(groups: readonly StoredRuleGroup[]): string[] {
  return groups.map((g) => `${g.tenant} ${g.namespace}/${g.name} ${g.definition}`);
}

describe('the table of rule groups', () => {
  it('has one row for a key, and gives them in order', () => {
    const db = openForWriting(path.join(tempDir(), 'trilite.db'), OPTIONS);
    const table = ruleTable(db);
    for (const g of [group('b', 'x'), group('a', 'y'), group('a', 'x', '1'), group('a', 'x', '2')])
      table.put(g);
    table.put({ ...group('a', 'x', '3'), tenant: 'other' });
    assert.deepEqual(names(table.all()), ['fake a/x 2', 'fake a/y {}', 'fake b/x {}', 'other a/x 3']);
    const where = { tenant: 'fake', language: 'logql', namespace: 'a' };
    assert.equal(table.remove({ ...where, name: 'none' }), 0);
    assert.equal(table.remove({ ...where, name: 'x' }), 1);
    assert.equal(table.remove(where), 1);
    assert.deepEqual(names(table.all()), ['fake b/x {}', 'other a/x 3']);
    db.close();
  });

  it('leaves a damaged row out and tells of it', () => {
    const db = openForWriting(path.join(tempDir(), 'trilite.db'), OPTIONS);
    const told: string[] = [];
    const table = ruleTable(db, (what) => told.push(what));
    table.put(group('a', 'x', '{"limit":1}'));
    table.put(group('a', 'y'));
    db.exec(`UPDATE rule_group SET definition = '{"limit":9}' WHERE name = 'x'`);
    assert.deepEqual(names(table.all()), ['fake a/y {}']);
    assert.deepEqual(told, ['rule group "a/x" is damaged and left out']);
    db.close();
  });

  it('comes to a database of the version before it', () => {
    const file = path.join(tempDir(), 'trilite.db');
    createEmpty(file, OPTIONS, 6).close();
    const db = openForWriting(file, OPTIONS);
    ruleTable(db).put(group('a', 'x'));
    assert.equal(ruleTable(db).all().length, 1);
    db.close();
  });
});
