/** Volumes are told from page directories where they can be, and are the same where they cannot. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Labels } from '../../src/model/labels.ts';
import type { Instant } from '../../src/model/time.ts';
import { openBody, PageBuilder, readDirectory } from '../../src/storage/block/page.ts';
import { ENTRY_CHUNK_VERSION_WHOLE } from '../../src/storage/chunkenc/codec.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import { logBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const never = new AbortController().signal;
const T = 20_000 * 86_400_000;

/** Entries of `app` at `T + ms` for each `ms`. */
async function append(storage: LocalStorage, app: string, times: readonly number[]): Promise<void> {
  const entries = times.map((ms) => {
    return { stream: { app }, timeMs: T + ms, timeNs: 0, line: `${app} at ${ms}`, metadata: ['k', `${ms}`] };
  });
  await (await storage.logs.append(logBatch(entries))).durable;
}

interface Measured {
  /** `app bucket` → entries and bytes. */
  readonly volume: Readonly<Record<string, readonly [entries: number, bytes: number]>>;
  readonly pagesRead: number;
}

function measure(storage: LocalStorage, dir: string, ...edges: readonly number[]): Promise<Measured> {
  return withReader(storage, dir, async (reader) => {
    const volume: Record<string, [number, number]> = {};
    const add = (stream: Labels, bucket: number, entries: number, bytes: number) => {
      const own = (volume[`${stream.get('app')} ${bucket}`] ??= [0, 0]);
      own[0] += entries;
      own[1] += bytes;
    };
    const at = (ms: number): Instant => ({ ms: T + ms, ns: 0 });
    await reader.logs.volume({ matchers: [], edges: edges.map(at) }, { add }, never);
    return { volume, pagesRead: reader.pagesRead };
  });
}

const bytesOf = (app: string, times: readonly number[]) =>
  times.reduce((n, ms) => n + `${app} at ${ms}`.length, 0);

const TIMES = [0, 10, 20, 30, 40];

describe('volumes', () => {
  test('open no page where chunks lie within a bucket, and only those that are cut', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 'a', TIMES);
    await storage.flush();
    await append(storage, 'a', [50, 60]);
    await storage.flush();
    const all = [...TIMES, 50, 60];
    assert.deepEqual(await measure(storage, dir, 0, 61), {
      volume: { 'a 0': [7, bytesOf('a', all)] },
      pagesRead: 0,
    });
    assert.deepEqual(await measure(storage, dir, -100, 0, 45, 1000), {
      volume: { 'a 1': [5, bytesOf('a', TIMES)], 'a 2': [2, bytesOf('a', [50, 60])] },
      pagesRead: 0,
    });
    assert.deepEqual(await measure(storage, dir, 20, 1000), {
      volume: { 'a 0': [5, bytesOf('a', [20, 30, 40, 50, 60])] },
      pagesRead: 1,
    });
    assert.deepEqual((await measure(storage, dir, 0, 60)).volume, {
      'a 0': [6, bytesOf('a', all.slice(0, 6))],
    });
    await storage.close();
  });

  test('count an entry once that several places have', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, 'a', TIMES);
    await storage.flush();
    await append(storage, 'b', [500]);
    await append(storage, 'a', [30, 40, 50]);
    const wanted = { 'a 0': [6, bytesOf('a', [...TIMES, 50])], 'b 0': [1, bytesOf('b', [500])] };
    assert.deepEqual((await measure(storage, dir, 0, 1000)).volume, wanted);
    await append(storage, 'b', [500, 500]);
    assert.deepEqual((await measure(storage, dir, 0, 1000)).volume, wanted, 'also within a segment');
    await storage.flush();
    assert.deepEqual(
      await measure(storage, dir, 0, 1000),
      { volume: wanted, pagesRead: 4 },
      'bodies and lines',
    );
    await storage.flush({ compact: true });
    assert.deepEqual(await measure(storage, dir, 0, 1000), { volume: wanted, pagesRead: 0 });
    await storage.close();
  });

  test('are the same of pages that do not say them', async () => {
    const dir = tempDir();
    const first = await openEngine(dir);
    for (const app of ['a', 'b']) await append(first, app, TIMES);
    await first.flush();
    const wanted = await measure(first, dir, 0, 25, 1000);
    await first.close();
    toVersion1(path.join(dir, 'trilite.db'));
    const second = await openEngine(dir);
    assert.deepEqual((await measure(second, dir, 0, 25, 1000)).volume, wanted.volume);
    assert.deepEqual(await measure(second, dir, 0, 1000), {
      volume: { 'a 0': [5, bytesOf('a', TIMES)], 'b 0': [5, bytesOf('b', TIMES)] },
      pagesRead: 1,
    });
    await second.close();
  });
});

/** Writes the pages as they were before they had lines of their own, which so stood in the chunks. */
function toVersion1(file: string): void {
  const db = openForWriting(file, { durability: 'process' });
  const rows = db.prepare('SELECT rowid AS id, min_ms AS minMs, directory, body, lines FROM page').all() as {
    id: number;
    minMs: number;
    directory: Buffer;
    body: Buffer;
    lines: Buffer;
  }[];
  assert.ok(rows.length > 0);
  for (const { id, minMs, directory, body, lines } of rows) {
    const facts = readDirectory(directory, minMs);
    const raw = openBody(body, facts);
    const rawLines = openBody(lines, facts.lines!);
    const builder = new PageBuilder();
    for (const c of facts.chunks) {
      builder.add(c.series, c.minMs, c.maxMs, c.items, (out) => {
        out.u8(ENTRY_CHUNK_VERSION_WHOLE);
        out.bytes(raw.subarray(c.start + 1, c.end));
        out.bytes(rawLines.subarray(c.linesStart, c.linesEnd));
      });
    }
    const page = builder.finish(0, 1, raw.subarray(0, facts.prologueBytes));
    const update = db.prepare('UPDATE page SET directory = ?, body = ?, lines = NULL WHERE rowid = ?');
    update.run(page.directory, page.body, id);
  }
  db.close();
}
