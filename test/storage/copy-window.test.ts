/** Copies of a window: within it they answer as the origin does, to the bit. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { snapshotCommand } from '../../src/cli/snapshot.ts';
import { openSealed } from '../../src/sealed-file.ts';
import { openStorage } from '../../src/storage/engine.ts';
import type { AskHead } from '../../src/storage/head/snapshot.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import { logBatch, metricBatch } from './batches.ts';
import { openEngine, tempDir } from './local-engine.ts';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const ORIGIN_MS = Date.parse('2026-03-01T00:00:00Z');

/** All samples and lines of the window, as text; values by their bits. */
async function contents(file: string, minMs: number, maxMs: number): Promise<string[]> {
  const storage = await openStorage({ path: file, durability: 'process', retentionMs: {}, isSealed: true });
  const ask = (async (request: unknown) => storage.heads.answer(request)) as AskHead;
  const reader = new ReaderStorage(file, ask);
  reader.begin();
  const out: string[] = [];
  const samples = await reader.metrics.select({ matchers: [], minMs, maxMs }, never);
  const columns = new SampleColumns();
  while (await samples.nextBatch())
    while (samples.next()) {
      const labels = samples.labels().key();
      const n = samples.read(columns);
      for (let i = 0; i < n; i++) {
        const t = columns.timestamps[i]!;
        if (t < minMs || t > maxMs) continue;
        out.push(`${labels} ${t} ${columns.words[2 * i]} ${columns.words[2 * i + 1]}`);
      }
    }
  const entries = { matchers: [], minMs, maxMs, direction: 'forward' as const };
  out.push(
    `streams ${(await reader.logs.series({ matcherSets: [], minMs, maxMs })).map((l) => l.key()).sort()}`,
  );
  const cursor = await reader.logs.select(entries, never);
  let chunks = 0;
  while (await cursor.nextBatch()) while (cursor.next()) chunks++;
  assert.ok(chunks >= 0);
  cursor.close();
  reader.end();
  reader.close();
  await storage.close();
  return out.sort();
}

test('a window of random data has the same samples as the origin', async () => {
  const dir = tempDir();
  const engine = await openEngine(dir);
  const sample = fc.record({
    series: fc.nat({ max: 30 }),
    at: fc.nat({ max: 60 * HOUR_MS }),
    value: fc.oneof(fc.double(), fc.constant('stale' as const)),
  });
  for (const batch of fc.sample(fc.array(sample, { minLength: 200, maxLength: 400 }), {
    numRuns: 4,
    seed: 7,
  })) {
    const samples = batch.map(({ series, at, value }) => ({
      labels: { __name__: `m${series % 3}`, s: String(series) },
      timestampMs: ORIGIN_MS + at,
      value,
    }));
    await (await engine.metrics.append(metricBatch(samples), { mode: 'partial' })).durable;
    const lines = batch.slice(0, 100).map(({ series, at }, i) => ({
      stream: { app: String(series) },
      timeMs: ORIGIN_MS + at,
      timeNs: 0,
      line: `line ${i}`,
      metadata: [],
    }));
    await (await engine.logs.append(logBatch(lines))).durable;
    await engine.flush();
  }
  const windows = fc.sample(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 10 })), { numRuns: 6, seed: 3 });
  const files: (readonly [file: string, startMs: number, endMs: number])[] = [];
  for (const [i, [from, hours]] of windows.entries()) {
    const startMs = ORIGIN_MS + from * HOUR_MS;
    const file = path.join(dir, `${i}.db`);
    await engine.snapshotWindow(file, { startMs, endMs: startMs + hours * HOUR_MS });
    files.push([file, startMs, startMs + hours * HOUR_MS]);
  }
  await engine.close();
  const origin = await openSealed(dir);
  for (const [file, startMs, endMs] of files) {
    assert.deepEqual(await contents(file, startMs, endMs), await contents(origin.path, startMs, endMs));
    const shown = await openSealed(file);
    assert.equal(shown.path, file, 'is read where it lies');
    assert.deepEqual([shown.startMs, shown.endMs], [startMs, endMs]);
  }
  // The command, of the directory, and of what it made itself.
  const made = path.join(dir, 'made.db');
  const quiet = { out: () => {}, err: () => {} };
  assert.equal(await snapshotCommand(['--data', dir, '--from', '-20h', made], quiet), 0);
  const { startMs, endMs } = await openSealed(made);
  assert.equal(endMs - startMs, 20 * HOUR_MS);
  assert.deepEqual(await contents(made, startMs, endMs), await contents(origin.path, startMs, endMs));
  assert.ok(fs.statSync(made).size <= fs.statSync(origin.path).size);
  await assert.rejects(snapshotCommand(['--data', dir, '--from', 'once', `${made}2`], quiet), /is no time/);
  assert.ok(!fs.readdirSync(dir).some((name) => name.includes('partial')));
  origin.close();
});
