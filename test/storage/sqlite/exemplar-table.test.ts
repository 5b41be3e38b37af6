/** Exemplars and metadata come back as they were added, rows of older files too; a damaged row is told of and left out. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Labels } from '../../../src/model/labels.ts';
import { openForWriting } from '../../../src/storage/sqlite/database.ts';
import { exemplarTable, type MetadataRow } from '../../../src/storage/sqlite/exemplar-table.ts';
import { tempDir } from '../local-engine.ts';

const T = 1_767_268_800_000;

function newTable() {
  const db = openForWriting(path.join(tempDir(), 'trilite.db'), { durability: 'process' });
  const damage: string[] = [];
  return { db, damage, table: exemplarTable(db, (what) => damage.push(what)) };
}

const labels = Labels.from({ trace_id: 'abc' }).toBytes();

describe('exemplars', () => {
  test('of every value come back', () => {
    const { db, damage, table } = newTable();
    const values = [1.5, Number.NaN, -0, 0, Number.POSITIVE_INFINITY, -1e300, 2 ** 53];
    for (const [i, value] of values.entries())
      table.add({ series: 7, timestampMs: T + i, value, labels, generation: 0 });
    db.prepare('INSERT INTO exemplar (series, timestamp_ms, value, labels) VALUES (7, ?, 9, ?)').run(
      T + 99,
      labels,
    );
    const rows = table.of(7, T, T + 100);
    assert.deepEqual(
      rows.map((r) => r.value + 0),
      [1.5, Number.NaN, 0, 0, Number.POSITIVE_INFINITY, -1e300, 2 ** 53, 9],
    );
    for (const row of rows) assert.deepEqual(Buffer.from(row.labels), Buffer.from(labels));
    assert.deepEqual(damage, []);
    db.close();
  });

  test('damaged in any column are left out, the rest stays', () => {
    const { db, damage, table } = newTable();
    for (let i = 0; i < 4; i++) table.add({ series: 7, timestampMs: T + i, value: i, labels, generation: 0 });
    db.prepare('UPDATE exemplar SET value = 8 WHERE timestamp_ms = ?').run(T);
    db.prepare('UPDATE exemplar SET timestamp_ms = ? WHERE timestamp_ms = ?').run(T + 50, T + 1);
    db.prepare(
      "UPDATE exemplar SET labels = CAST(replace(labels, 'abc', 'abd') AS BLOB) WHERE timestamp_ms = ?",
    ).run(T + 2);
    assert.deepEqual(
      table.of(7, T, T + 100).map((r) => r.value),
      [3],
    );
    assert.equal(damage.length, 3);
    db.close();
  });
});

describe('metadata', () => {
  test('comes back in order; what is damaged is left out', () => {
    const { db, damage, table } = newTable();
    const rows: MetadataRow[] = ['c', 'a', 'b'].map((family) => [family, 'counter', `help of ${family}`, '']);
    for (const row of rows) table.addMetadata(row);
    db.exec("INSERT INTO metric_metadata VALUES ('old', 'gauge', 'of an older file', '', 3)");
    assert.deepEqual(table.metadata(), [...rows, ['old', 'gauge', 'of an older file', '']]);
    db.exec("UPDATE metric_metadata SET help = 'held of a' WHERE family = 'a'");
    assert.deepEqual(
      table.metadata().map(([family]) => family),
      ['c', 'b', 'old'],
    );
    assert.equal(damage.length, 1);
    db.close();
  });
});
