/** Damage in a real database: the page is counted and skipped, the rest answers, and compaction goes on. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import type { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import { logBatch, metricBatch, spanBatch, traceIdOf } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const DAY_MS = 86_400_000;
const T = 20_000 * DAY_MS;
const EVERYTHING = { minMs: -8e15, maxMs: 8e15 };
const signal = new AbortController().signal;

const COLUMNS = ['directory', 'body'] as const;

/** Flips bits in the middle of what the query selects. */
function damage(dir: string, table: string, column: string, where: string): void {
  const db = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
  const rows = db.prepare(`SELECT rowid AS id, ${column} AS data FROM ${table} WHERE ${where}`).all();
  assert.ok(rows.length > 0, 'something to damage');
  for (const { id, data } of rows as { id: number; data: Buffer }[]) {
    data[data.length >> 1]! ^= 0x55;
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(data, id);
  }
  db.close();
}

async function metricTimes(reader: ReaderStorage): Promise<number[]> {
  const cursor = await reader.metrics.select({ matchers: [], ...EVERYTHING }, signal);
  const columns = new SampleColumns();
  const out: number[] = [];
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      cursor.read(columns);
      out.push(...columns.timestamps.subarray(0, columns.count));
    }
  }
  return out.sort((a, b) => a - b);
}

async function logTimes(reader: ReaderStorage): Promise<number[]> {
  const cursor = await reader.logs.select({ matchers: [], ...EVERYTHING, direction: 'forward' }, signal);
  const out: number[] = [];
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const c = cursor.chunk();
      for (let i = 0; i < c.count; i++) out.push(c.baseMs + c.offsetsNs[i]! / 1e6);
    }
  }
  return out;
}

/** Like a query: what it read before it met damage is dropped, and it asks again. */
async function spanTimes(reader: ReaderStorage, trace?: number): Promise<number[]> {
  for (;;) {
    const known = reader.traces.damagedGroups;
    try {
      const id = trace && Buffer.from(traceIdOf(trace), 'hex');
      const cursor = id
        ? await reader.traces.trace(id, signal)
        : await reader.traces.select(EVERYTHING, signal);
      const out: number[] = [];
      while (await cursor.nextBatch()) {
        while (cursor.next()) {
          const g = cursor.group();
          for (const ns of g.startsNs()) out.push(g.baseMs + Math.floor(ns / 1e6));
          g.names();
        }
      }
      return out.sort((a, b) => a - b);
    } catch (error) {
      if (reader.traces.damagedGroups === known) throw error;
    }
  }
}

/** Three flushes of one item each, in one partition. */
async function filled(dir: string): Promise<void> {
  const storage = await openEngine(dir);
  for (let i = 0; i < 3; i++) {
    const timeMs = T + i * 1000;
    const labels = { __name__: 'm' };
    await storage.metrics.append(metricBatch([{ labels, timestampMs: timeMs, value: i }]), {
      mode: 'atomic',
    });
    await storage.logs.append(
      logBatch([{ stream: { a: 'b' }, timeMs, timeNs: 0, line: `line ${i}`, metadata: [] }]),
    );
    const span = { service: 's', trace: 1, span: i + 1, name: 'op', startMs: timeMs, durationMs: 1 };
    await (await storage.traces.append(spanBatch([span]))).durable;
    await storage.flush();
  }
  await storage.close();
}

async function checkRest(storage: LocalStorage, dir: string, read: (r: ReaderStorage) => Promise<number[]>) {
  await withReader(storage, dir, async (reader) => {
    assert.deepEqual(await read(reader), [T, T + 2000], 'the rest answers');
    assert.ok(reader.damagedPages > 0, 'and the damage is counted');
  });
}

describe('damage', () => {
  for (const [signal, number, read] of [
    ['metrics', 1, metricTimes],
    ['logs', 2, logTimes],
  ] as const) {
    for (const column of COLUMNS) {
      test(`in the ${column} of a page of ${signal}`, TIMEOUT, async () => {
        const dir = tempDir();
        await filled(dir);
        const block = `(SELECT id FROM block WHERE signal = ${number} ORDER BY id LIMIT 1 OFFSET 1)`;
        damage(dir, 'page', column, `block = ${block}`);
        const storage = await openEngine(dir);
        await checkRest(storage, dir, read);
        await storage.flush({ compact: true });
        assert.equal((await storage.stats()).blocks[signal], 1);
        await withReader(storage, dir, async (reader) => {
          assert.deepEqual(await read(reader), [T, T + 2000], 'compacted');
          assert.equal(reader.damagedPages, 0, 'what was damaged is gone');
        });
        await storage.close();
      });
    }
  }

  for (const piece of ['meta', '0']) {
    test(`in piece ${piece} of a span group`, TIMEOUT, async () => {
      const dir = tempDir();
      await filled(dir);
      const group = '(SELECT id FROM span_group ORDER BY id LIMIT 1 OFFSET 1)';
      damage(dir, 'span_column', 'data', `span_group = ${group} AND name = '${piece}'`);
      const storage = await openEngine(dir);
      await checkRest(storage, dir, (r) => spanTimes(r));
      await checkRest(storage, dir, (r) => spanTimes(r, 1));
      await storage.flush({ compact: true });
      assert.equal((await storage.stats()).blocks.traces, 1);
      await withReader(storage, dir, async (reader) => {
        assert.deepEqual(await spanTimes(reader), [T, T + 2000], 'compacted');
        assert.equal(reader.damagedPages, 0);
      });
      await storage.close();
    });
  }

  test('in the filter of a span group: it is told, and nothing is hidden', TIMEOUT, async () => {
    const dir = tempDir();
    await filled(dir);
    damage(dir, 'span_column', 'data', "name = 'filter'");
    const storage = await openEngine(dir);
    await withReader(storage, dir, async (reader) => {
      assert.deepEqual(await spanTimes(reader, 1), [T, T + 1000, T + 2000]);
      assert.equal(reader.damagedPages, 3);
    });
    await storage.flush({ compact: true });
    await withReader(storage, dir, async (reader) => {
      assert.deepEqual(await spanTimes(reader, 1), [T, T + 1000, T + 2000]);
      assert.equal(reader.damagedPages, 0, 'the merged block has a filter of its own');
    });
    await storage.close();
  });

  test('when all span groups of a partition are damaged', TIMEOUT, async () => {
    const dir = tempDir();
    await filled(dir);
    damage(dir, 'span_column', 'data', '1');
    const storage = await openEngine(dir);
    await withReader(storage, dir, async (reader) => assert.deepEqual(await spanTimes(reader), []));
    await storage.flush({ compact: true });
    assert.equal((await storage.stats()).blocks.traces, 0);
    await withReader(storage, dir, async (reader) => {
      assert.deepEqual(await metricTimes(reader), [T, T + 1000, T + 2000]);
    });
    await storage.close();
  });
});
