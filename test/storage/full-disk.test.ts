/**
 * A disk without room: new data is refused in a way that asks for another try, queries are answered, and once there
 * is room again everything goes on by itself. Nothing acknowledged is lost, and what is sent again is stored once.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { setWorkerSources } from '../../src/base/worker-pool.ts';
import type { LocalStorage, StorageOptions } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 120_000 };
const T = 1_767_268_800_000;
const SIGNAL = new AbortController().signal;
const OVERLOADED = { kind: 'overloaded' };
/** Bytes of a line: they do not compress, so that some dozen fill the disk. */
const LINE_BYTES = 60_000;

function line(i: number): string {
  let state = i + 1;
  const out = Buffer.alloc(LINE_BYTES / 2);
  for (let k = 0; k < out.length; k++)
    out[k] = (state = (Math.imul(state, 1_103_515_245) + 12_345) | 0) >>> 23;
  return out.toString('hex');
}

/** Item i of every signal, each in a request of its own; rejects with the first that is refused. */
async function append(storage: LocalStorage, i: number): Promise<void> {
  const timeMs = T + i;
  const sample = metricBatch([{ labels: { __name__: 'm' }, timestampMs: timeMs, value: i }]);
  const span = { service: 's', trace: i, span: 1, name: 'op', startMs: timeMs, durationMs: 1 };
  const entry = { stream: { a: '1' }, timeMs, timeNs: 0, line: line(i), metadata: [] };
  await (await storage.logs.append(logBatch([entry]))).durable;
  await (await storage.metrics.append(sample, { mode: 'atomic' })).durable;
  await (await storage.traces.append(spanBatch([span]))).durable;
}

/** Numbers of the items that answers hold, as often as they hold them. */
async function read(storage: LocalStorage, dir: string) {
  return withReader(storage, dir, async ({ metrics, logs, traces }) => {
    const range = { minMs: 0, maxMs: 8e15 };
    const found = { metrics: [] as number[], logs: [] as number[], traces: [] as number[] };
    const columns = new SampleColumns();
    const series = await metrics.select({ ...range, matchers: [] }, SIGNAL);
    while (await series.nextBatch()) {
      while (series.next()) {
        const n = series.read(columns);
        for (let i = 0; i < n; i++) found.metrics.push(columns.timestamps[i]! - T);
      }
    }
    const entries = await logs.select({ ...range, matchers: [], direction: 'forward' }, SIGNAL);
    while (await entries.nextBatch()) {
      while (entries.next()) {
        const { baseMs, offsetsNs } = entries.chunk();
        for (const ns of offsetsNs) found.logs.push(baseMs - T + ns / 1e6);
      }
    }
    const groups = await traces.select(range, SIGNAL);
    while (await groups.nextBatch()) {
      while (groups.next()) {
        const { spanCount, minMs } = groups.group();
        for (let i = 0; i < spanCount; i++) found.traces.push(minMs - T + i);
      }
    }
    found.logs.sort((a, b) => a - b);
    return found;
  });
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

interface Disk {
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** The story, whatever the disk is. */
async function storyOf(dir: string, disk: Disk, options: Partial<StorageOptions> = {}): Promise<void> {
  const problems: string[] = [];
  const storage = await openEngine(dir, { ...options, onProblem: (what) => problems.push(what) });
  const journal = await storage.openJournal('j', () => {});
  await journal.append(Buffer.from('before')).durable;
  let stored = 0;
  for (; stored < 20; stored++) await append(storage, stored);
  await storage.flush();
  await disk.fill();
  for (; ; stored++) {
    assert.ok(stored < 2000, 'the disk becomes full');
    try {
      await append(storage, stored);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'overloaded', String(error));
      break;
    }
  }
  // Refused at the door from now on, in every signal: the head does not grow.
  const { headBytes } = await storage.stats();
  for (let k = 0; k < 50; k++) await assert.rejects(append(storage, stored), OVERLOADED);
  assert.equal((await storage.stats()).headBytes, headBytes);
  await assert.rejects(storage.flush(), OVERLOADED);
  // More than a page: what little room there is may be enough for less.
  const record = Buffer.from(Array.from({ length: 40 }, (_, i) => line(i)).join(''));
  await assert.rejects(journal.append(record).durable, OVERLOADED);
  const whileFull = await read(storage, dir);
  for (const of of Object.values(whileFull))
    assert.deepEqual(of.slice(0, stored), upTo(stored), 'answers go on');

  await disk.empty();
  // The client sends it again until it is taken.
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 100, 'it goes on by itself');
    try {
      await append(storage, stored);
      break;
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'overloaded', String(error));
      await sleep(100);
    }
  }
  stored++;
  await journal.append(Buffer.from('after')).durable;
  for (const end = stored + 5; stored < end; stored++) await append(storage, stored);
  const all = { metrics: upTo(stored), logs: upTo(stored), traces: upTo(stored) };
  assert.deepEqual(await read(storage, dir), all, 'each once');
  await storage.flush({ compact: true });
  assert.deepEqual(await read(storage, dir), all, 'and in blocks');
  await storage.close();
  const again = await openEngine(dir, options);
  assert.deepEqual(await read(again, dir), all, 'and after a restart');
  const records: string[] = [];
  await again.openJournal('j', (bytes) => records.push(Buffer.from(bytes).toString('utf8', 0, 10)));
  assert.deepEqual(records, ['before', 'after'], 'a record that was refused is not there');
  await again.close();
}

describe('a full disk', () => {
  test('by SQLite’s own limit of pages', TIMEOUT, async () => {
    const entry = new URL('./full-disk-writer.ts', import.meta.url);
    setWorkerSources(() => ({ path: entry }));
    const channel = new BroadcastChannel('trilite-test-disk');
    const limit = (pages: number) =>
      new Promise<void>((resolve) => {
        channel.onmessage = () => resolve();
        channel.postMessage(pages);
      });
    const dir = tempDir();
    try {
      await storyOf(dir, { fill: () => limit(400), empty: () => limit(1_000_000) });
    } finally {
      channel.close();
      setWorkerSources((name) => ({
        path: new URL(`../../src/storage/sqlite/${name}-entry.ts`, import.meta.url),
      }));
    }
  });

  test('by a small file system', TIMEOUT, async (t) => {
    const dir = tempDir();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dir], { stdio: 'ignore' });
    } catch {
      t.skip('a file system can be mounted by root alone');
      return;
    }
    after(() => execFileSync('umount', ['-l', dir]));
    const ballast = path.join(dir, 'ballast');
    const fill = async () => {
      const { bavail, bsize } = fs.statfsSync(dir);
      fs.writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - (2 << 20))));
    };
    await storyOf(dir, { fill, empty: async () => fs.rmSync(ballast) });
  });
});
