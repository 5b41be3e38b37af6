/** What a start finds: WAL rows that are in blocks already, damaged rows, commits and flushes that failed before. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { openForReading, openForWriting } from '../../src/storage/sqlite/database.ts';
import { eventually } from '../support/poll.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { copyOfFiles } from './engine-states.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const T = 1_767_268_800_000;
const EVERYTHING = { minMs: -8e15, maxMs: 8e15 };
const signal = new AbortController().signal;

/** One sample of series `s`, one entry and one span, all numbered `i`. */
async function append(storage: LocalStorage, i: number, s = 'a'): Promise<void> {
  const timeMs = T + i * 1000;
  const sample = { labels: { __name__: 'm', s }, timestampMs: timeMs, value: i };
  const metrics = await storage.metrics.append(metricBatch([sample]), { mode: 'atomic' });
  const entry = { stream: { s }, timeMs, timeNs: 0, line: `line ${i}`, metadata: [] };
  const logs = await storage.logs.append(logBatch([entry]));
  const span = { service: s, trace: i + 1, span: 1, name: 'op', startMs: timeMs, durationMs: 1 };
  const traces = await storage.traces.append(spanBatch([span]));
  const settled = await Promise.allSettled([metrics.durable, logs.durable, traces.durable]);
  for (const r of settled) if (r.status === 'rejected') throw r.reason;
}

/** Numbers of all samples, entries and spans. */
function readAll(storage: LocalStorage, dir: string) {
  return withReader(storage, dir, async ({ metrics, logs, traces }) => {
    const out = { metrics: [] as number[], logs: [] as number[], traces: [] as number[] };
    const series = await metrics.select({ matchers: [], ...EVERYTHING }, signal);
    const columns = new SampleColumns();
    while (await series.nextBatch()) {
      while (series.next()) {
        series.read(columns);
        out.metrics.push(...columns.values.subarray(0, columns.count));
      }
    }
    const entries = await logs.select({ matchers: [], ...EVERYTHING, direction: 'forward' }, signal);
    while (await entries.nextBatch()) {
      while (entries.next()) {
        const c = entries.chunk();
        for (const ns of c.offsetsNs) out.logs.push((c.baseMs + ns / 1e6 - T) / 1000);
      }
    }
    const groups = await traces.select(EVERYTHING, signal);
    while (await groups.nextBatch()) {
      while (groups.next()) {
        const g = groups.group();
        for (const ns of g.startsNs()) out.traces.push(Math.floor((g.baseMs + ns / 1e6 - T) / 1000));
      }
    }
    for (const list of Object.values(out)) list.sort((a, b) => a - b);
    return out;
  });
}

function all(...numbers: number[]) {
  return { metrics: numbers, logs: numbers, traces: numbers };
}

describe('recovery', () => {
  test('WAL rows whose blocks became visible before the crash are not replayed', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 0);
    await append(storage, 1);
    const before = openForReading(path.join(dir, 'trilite.db'));
    const rows = before.prepare('SELECT * FROM wal').all() as Record<string, unknown>[];
    before.close();
    assert.ok(rows.length > 0);
    await storage.flush();
    await append(storage, 2);
    // The process dies after the flush was published and before the WAL was cut.
    const copy = copyOfFiles(dir);
    await storage.close();
    const db = openForWriting(path.join(copy, 'trilite.db'), { durability: 'process' });
    for (const r of rows)
      db.prepare('INSERT INTO wal VALUES (?, ?, ?)').run(Number(r.seq) + 1000, r.generation, r.data);
    db.close();
    const again = await openEngine(copy);
    assert.deepEqual(await readAll(again, copy), all(0, 1, 2));
    await again.flush({ compact: true });
    assert.deepEqual(await readAll(again, copy), all(0, 1, 2));
    assert.equal((await again.stats()).walBytes, 0, 'and they are cut in the end');
    await again.close();
  });

  test('a damaged WAL row is skipped, with what depends on it; the rest is replayed', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    for (const [i, s] of ['a', 'b', 'a', 'b', 'c'].entries()) await append(storage, i, s);
    const copy = copyOfFiles(dir);
    await storage.close();
    const db = openForWriting(path.join(copy, 'trilite.db'), { durability: 'process' });
    const first = db.prepare('SELECT seq, data FROM wal ORDER BY seq LIMIT 2').all();
    for (const { seq, data } of first as { seq: number; data: Buffer }[]) {
      data[data.length - 1]! ^= 1;
      db.prepare('UPDATE wal SET data = ? WHERE seq = ?').run(data, seq);
    }
    db.close();
    const again = await openEngine(copy);
    // Series a was defined in the damaged rows.
    const rest = { metrics: [1, 3, 4], logs: [1, 3, 4], traces: [1, 2, 3, 4] };
    assert.deepEqual(await readAll(again, copy), rest);
    await append(again, 5, 'a');
    await again.flush({ compact: true });
    const more = { metrics: [1, 3, 4, 5], logs: [1, 3, 4, 5], traces: [1, 2, 3, 4, 5] };
    assert.deepEqual(await readAll(again, copy), more);
    await again.close();
  });

  test('after a commit and a flush that failed nothing is lost or doubled', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 0, 'a');
    // Another process holds the database's lock for longer than the writer waits.
    const blocker = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
    blocker.exec('BEGIN IMMEDIATE');
    await assert.rejects(append(storage, 1, 'b'), /locked/);
    await assert.rejects(storage.flush(), /locked/);
    blocker.exec('ROLLBACK');
    blocker.close();
    // Refused, but it stays in the head, and later commits build on it. For a moment nothing new is taken.
    await eventually(() => append(storage, 2, 'b'));
    assert.deepEqual(await readAll(storage, dir), all(0, 1, 2));
    const copy = copyOfFiles(dir);
    const again = await openEngine(copy);
    assert.deepEqual(await readAll(again, copy), all(0, 1, 2), 'killed before the next flush');
    await again.close();
    await storage.flush({ compact: true });
    assert.deepEqual(await readAll(storage, dir), all(0, 1, 2), 'flushed');
    const later = copyOfFiles(dir);
    const third = await openEngine(later);
    assert.deepEqual(await readAll(third, later), all(0, 1, 2), 'killed after the flush');
    await third.close();
    await storage.close();
  });
});
