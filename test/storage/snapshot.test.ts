/** Snapshots: copies of a database in use that open as databases of their own and have what was acknowledged. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { logBatch, metricBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const never = new AbortController().signal;
const ALL = { minMs: -8e15, maxMs: 8e15 };

async function append(storage: LocalStorage, from: number, to: number): Promise<void> {
  const samples = [];
  for (let i = from; i < to; i++)
    samples.push({ labels: { __name__: 'm', s: String(i % 50) }, timestampMs: i * 1000, value: i });
  await (await storage.metrics.append(metricBatch(samples), { mode: 'atomic' })).durable;
}

/** The values that are there. */
async function values(dir: string): Promise<number[]> {
  const storage = await openEngine(dir);
  const out = await withReader(storage, dir, async ({ metrics }) => {
    const cursor = await metrics.select({ matchers: [], ...ALL }, never);
    const columns = new SampleColumns();
    const found: number[] = [];
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const n = cursor.read(columns);
        found.push(...columns.values.subarray(0, n));
      }
    }
    return found.sort((a, b) => a - b);
  });
  await storage.close();
  return out;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

function copyPath(): { dir: string; file: string } {
  const dir = tempDir();
  return { dir, file: path.join(dir, 'trilite.db') };
}

describe('a snapshot', () => {
  test('has what blocks and the head hold, or what blocks hold alone; what comes later is not in it', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 0, 500);
    await storage.flush();
    await append(storage, 500, 800);
    const entry = { stream: { job: 'a' }, timeMs: 1000, timeNs: 0, line: 'x', metadata: [] };
    await (await storage.logs.append(logBatch([entry]))).durable;
    const [whole, blocks] = [copyPath(), copyPath()];
    await storage.snapshot(whole.file, { skipHead: false });
    await storage.snapshot(blocks.file, { skipHead: true });
    await append(storage, 800, 900);
    assert.deepEqual(fs.readdirSync(whole.dir), ['trilite.db']);
    assert.deepEqual(fs.readdirSync(blocks.dir), ['trilite.db']);
    assert.deepEqual(await values(whole.dir), upTo(800));
    assert.deepEqual(await values(blocks.dir), upTo(500));
    const copy = await openEngine(whole.dir);
    const lines = await withReader(copy, whole.dir, async ({ logs }) =>
      logs.labelValues('job', { matcherSets: [], ...ALL }),
    );
    assert.deepEqual(lines, ['a']);
    await copy.close();
    // Deletions are in it, too.
    await storage.deleteSeries({ matcherSets: [[]], minMs: 0, maxMs: 99_000 });
    const deleted = copyPath();
    await storage.snapshot(deleted.file, { skipHead: false });
    assert.deepEqual(await values(deleted.dir), upTo(900).slice(100));
    await storage.close();
  });

  test('is whole though data comes in, is flushed and merged meanwhile', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 0, 60_000);
    await storage.flush();
    let next = 60_000;
    let running = true;
    const load = (async () => {
      while (running) {
        await append(storage, next, next + 500);
        next += 500;
        if (next % 5000 === 0) await storage.flush({ compact: next % 10_000 === 0 });
      }
    })();
    for (let i = 0; i < 4; i++) {
      const acknowledged = next;
      const { dir: copyDir, file } = copyPath();
      await storage.snapshot(file, { skipHead: false });
      const found = await values(copyDir);
      assert.ok(found.length >= acknowledged, `${found.length} of ${acknowledged}`);
      assert.deepEqual(found, upTo(found.length));
    }
    running = false;
    await load;
    await storage.close();
  });

  test('that cannot be written fails, and all goes on', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 0, 10);
    await assert.rejects(storage.snapshot(path.join(dir, 'none', 'x.db'), { skipHead: false }));
    await append(storage, 10, 20);
    await storage.close();
    assert.deepEqual(await values(dir), upTo(20));
  });
});
