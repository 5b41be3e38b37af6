/** The log of metrics: what is appended is read once, in order, by its labels, through flushes, kills and damage; what was sent goes. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { LocalMetricLog } from '../../src/storage/select/metric-log.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import { eventually } from '../support/poll.ts';
import { logBatch, metricBatch } from './batches.ts';
import { copyOfFiles } from './engine-states.ts';
import { openEngine, tempDir } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const T = 1_767_268_800_000;
const KEEPS = { keepsMetricLog: true };

async function append(storage: LocalStorage, i: number, s = 'a'): Promise<void> {
  const sample = { labels: { __name__: 'm', s }, timestampMs: T + i * 1000, value: i };
  const { durable } = await storage.metrics.append(metricBatch([sample]), { mode: 'atomic' });
  const entry = { stream: { s }, timeMs: T + i * 1000, timeNs: 0, line: `line ${i}`, metadata: [] };
  const logs = await storage.logs.append(logBatch([entry]));
  await Promise.all([durable, logs.durable]);
}

interface Read {
  readonly items: readonly string[];
  readonly last: number;
  readonly damage: readonly string[];
}

/** Everything behind `after`, as `series value`. */
function readAll(dir: string, after = 0): Read {
  const damage: string[] = [];
  const log = new LocalMetricLog(path.join(dir, 'trilite.db'), after, undefined, (what) => damage.push(what));
  const items: string[] = [];
  let last = after;
  for (let row = log.next(after); row; row = log.next(row.number)) {
    last = row.number;
    for (const { count, ids, timestamps, valueWords } of row.appended) {
      const values = new Float64Array(valueWords.buffer, 0, count);
      for (let i = 0; i < count; i++) {
        assert.equal(timestamps[i], T + values[i]! * 1000);
        items.push(`${log.labels(ids[i]!)?.get('s')} ${values[i]}`);
      }
    }
  }
  log.close();
  return { items, last, damage };
}

test('each sample is in it once, also what a flush has put into blocks', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir, KEEPS);
  await append(storage, 0);
  await append(storage, 1, 'b');
  // The same again is no new sample.
  await append(storage, 1, 'b');
  assert.deepEqual(readAll(dir).items, ['a 0', 'b 1']);
  await storage.flush();
  await append(storage, 2);
  assert.deepEqual(readAll(dir).items, ['a 0', 'b 1', 'a 2']);
  // Killed, and closed: it is there, and nothing is replayed twice.
  const copy = copyOfFiles(dir);
  await storage.close();
  for (const where of [copy, dir]) {
    const again = await openEngine(where, KEEPS);
    await append(again, 3, 'c');
    assert.deepEqual(readAll(where).items, ['a 0', 'b 1', 'a 2', 'c 3']);
    await again.close();
  }
});

test('of rows that stay only the metrics do', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir, KEEPS);
  await append(storage, 0);
  const before = (await storage.stats()).walBytes;
  await storage.flush();
  const after = (await storage.stats()).walBytes;
  assert.ok(after > 0 && after < before, `${before} bytes became ${after}`);
  await storage.close();
});

test('what was sent goes, at once or with its flush, and numbers are never used again', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir, KEEPS);
  await append(storage, 0);
  await storage.flush();
  const first = readAll(dir);
  storage.metricLog.keepAfter(first.last);
  await eventually(async () => assert.equal((await storage.stats()).walBytes, 0));
  await append(storage, 1);
  const second = readAll(dir, first.last);
  assert.deepEqual(second.items, ['a 1']);
  storage.metricLog.keepAfter(second.last);
  await storage.flush();
  assert.equal((await storage.stats()).walBytes, 0);
  await storage.close();
  // Nothing is left that the numbers could be told from.
  const again = await openEngine(dir, KEEPS);
  assert.equal(again.metricLog.lastRow, second.last);
  await append(again, 2);
  assert.deepEqual(readAll(dir, second.last).items, ['a 2']);
  again.metricLog.keepAfter(undefined);
  await again.flush();
  assert.equal((await again.stats()).walBytes, 0, 'nobody sends any more');
  await again.close();
});

test('without it nothing stays', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  await append(storage, 0);
  await storage.flush();
  assert.equal((await storage.stats()).walBytes, 0);
  assert.deepEqual(readAll(dir).items, []);
  await storage.close();
});

test(
  'who reads on from a number knows the series of before, from their rows or from the table',
  TIMEOUT,
  async () => {
    const dir = tempDir();
    const storage = await openEngine(dir, KEEPS);
    await append(storage, 0, 'flushed');
    await storage.flush();
    await append(storage, 1, 'fresh');
    const { last } = readAll(dir);
    await append(storage, 2, 'flushed');
    await append(storage, 3, 'fresh');
    assert.deepEqual(readAll(dir, last).items, ['flushed 2', 'fresh 3']);
    await storage.close();
  },
);

test('a damaged row is told of and passed by', TIMEOUT, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir, KEEPS);
  for (let i = 0; i < 3; i++) await append(storage, i, `s${i}`);
  const copy = copyOfFiles(dir);
  await storage.close();
  const db = openForWriting(path.join(copy, 'trilite.db'), { durability: 'process' });
  const rows = db.prepare('SELECT seq, data FROM wal ORDER BY seq').all() as { seq: number; data: Buffer }[];
  const [{ seq, data }] = [rows[0]!];
  data[data.length - 1]! ^= 1;
  db.prepare('UPDATE wal SET data = ? WHERE seq = ?').run(data, seq);
  db.close();
  const read = readAll(copy);
  assert.deepEqual(read.items, ['s1 1', 's2 2']);
  assert.match(read.damage.join('\n'), new RegExp(`WAL row ${seq} is damaged and is not sent on`));
});
