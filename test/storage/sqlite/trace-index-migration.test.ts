/** A database whose trace ids are in the index of format 1: its groups get bounds and are found by them. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { openSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { createEmpty } from '../../../src/storage/sqlite/database.ts';
import { spanBatch, traceIdOf } from '../batches.ts';
import { openEngine, tempDir, withReader } from '../local-engine.ts';

const T = 1_767_268_800_000;
const TRACES = [3, 5, 900, 0xffffff];

/** Puts the spans into a database of format 1, which takes the file's place. */
function toFormatOne(file: string): void {
  const db = createEmpty(`${file}.old`, { durability: 'process' }, 1);
  db.prepare('ATTACH ? AS now').run(file);
  db.exec(`
    INSERT INTO setting SELECT * FROM now.setting;
    INSERT INTO block SELECT * FROM now.block;
    INSERT INTO span_group SELECT id, block, spans, min_ms, max_ms FROM now.span_group;
    INSERT INTO span_column SELECT * FROM now.span_column WHERE name <> 'filter';
  `);
  const piece = db.prepare('SELECT data FROM span_column WHERE span_group = ? AND name = ?').pluck();
  const index = db.prepare('INSERT OR IGNORE INTO trace_index (trace_id, kind, place) VALUES (?, 0, ?)');
  for (const id of db.prepare('SELECT id FROM span_group').pluck().all() as number[]) {
    const group = openSpanGroup((name) => piece.get(id, name) as Buffer);
    for (let row = 0; row < group.spanCount; row++) {
      index.run(group.traceIds().slice(16 * row, 16 * row + 16), id);
    }
  }
  db.exec('DETACH now');
  db.close();
  for (const suffix of ['-wal', '-shm']) fs.rmSync(file + suffix, { force: true });
  fs.renameSync(`${file}.old`, file);
}

test('spans of a file of format 1 are found by trace id, also after a merge', {
  timeout: 30_000,
}, async () => {
  const dir = tempDir();
  let storage = await openEngine(dir);
  for (const [i, trace] of [...TRACES, ...TRACES].entries()) {
    const span = { service: 's', trace, span: i + 1, name: 'op', startMs: T + i, durationMs: 1 };
    await (await storage.traces.append(spanBatch([span]))).durable;
    if (i % 3 === 2) await storage.flush();
  }
  await storage.flush();
  await storage.close();
  toFormatOne(`${dir}/trilite.db`);
  storage = await openEngine(dir);
  const check = (when: string) =>
    withReader(storage, dir, async (reader) => {
      for (const [i, trace] of TRACES.entries()) {
        const id = Buffer.from(traceIdOf(trace), 'hex');
        const cursor = await reader.traces.trace(id, new AbortController().signal);
        const found: number[] = [];
        while (await cursor.nextBatch()) {
          while (cursor.next()) {
            const g = cursor.group();
            const ids = Buffer.from(g.traceIds());
            for (let row = 0; row < g.spanCount; row++) {
              if (id.compare(ids, 16 * row, 16 * row + 16) === 0) {
                found.push(Buffer.from(g.spanIds()).readUInt32BE(8 * row + 4));
              }
            }
          }
        }
        assert.deepEqual(
          found.sort((a, b) => a - b),
          [i + 1, i + 1 + TRACES.length],
          when,
        );
      }
    });
  await check('migrated');
  await storage.flush({ compact: true });
  await check('merged');
  await storage.close();
});
