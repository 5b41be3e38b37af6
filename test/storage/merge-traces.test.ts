/** Merging trace blocks: which are merged, and that blocks of several groups come out with every span once. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planTraceMerge } from '../../src/storage/merge-traces.ts';
import type { BlockRow } from '../../src/storage/sqlite/block-table.ts';
import { openForReading } from '../../src/storage/sqlite/database.ts';
import { SIGNAL } from '../../src/storage/sqlite/schema.ts';
import { spanBatch, type TestSpan, traceIdOf } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const T = 1_767_268_800_000;
const signal = new AbortController().signal;

function block(id: number, items: number, level = 0): BlockRow {
  const bounds = { partitionMs: 0, minMs: id, maxMs: id, bytes: 0, generation: id };
  return { id, signal: SIGNAL.traces, tenant: 0, level, items, ...bounds };
}

describe('which trace blocks are merged', () => {
  const small = (n: number, level = 0, from = 0) =>
    Array.from({ length: n }, (_, i) => block(from + i, 100, level));

  test('eight of a level', () => {
    assert.equal(planTraceMerge(small(7), false), undefined);
    assert.equal(planTraceMerge([...small(7), ...small(7, 1, 50)], false), undefined);
    assert.deepEqual(planTraceMerge(small(9), false), small(8));
  });

  test('large ones stay as they are', () => {
    const large = Array.from({ length: 20 }, (_, i) => block(i, 200_000));
    assert.equal(planTraceMerge(large, false), undefined);
    assert.deepEqual(planTraceMerge([...large, ...small(8, 0, 50)], false), small(8, 0, 50));
  });

  test('all on request, as long as the result is not too large', () => {
    assert.equal(planTraceMerge([block(1, 10)], true), undefined);
    assert.deepEqual(planTraceMerge([block(2, 10), block(1, 10, 3)], true), [block(1, 10, 3), block(2, 10)]);
    const large = [block(1, 900_000), block(2, 200_000), block(3, 200_000), block(4, 900_000)];
    assert.deepEqual(planTraceMerge(large, true), large.slice(1, 3));
    assert.equal(planTraceMerge([block(1, 900_000), block(2, 200_000)], true), undefined);
    assert.ok(planTraceMerge(small(100), true)!.length < 20, 'a bounded number at a time');
  });
});

/** Spans of many traces; those of every seventh trace go on in each batch, and some spans are sent every time. */
function spansOfBatch(batch: number): TestSpan[] {
  const spans: TestSpan[] = [];
  const add = (trace: number, span: number) =>
    spans.push({
      service: `s${trace % 5}`,
      trace,
      span,
      name: `op ${span % 11}`,
      startMs: T + trace + span,
      durationMs: span % 50,
    });
  for (let i = 0; i < 2000; i++) {
    const shared = i % 7 === 0;
    const trace = shared ? 1 + i : 1 + i * 3 + batch * 10_000;
    for (let k = 0; k < 5; k++) add(trace, 1 + (shared ? 10 * batch : 0) + k);
    if (shared) add(trace, 1000);
  }
  return spans;
}

test('blocks of several groups are merged group by group', { timeout: 60_000 }, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  const expected = new Map<number, Set<number>>();
  for (let b = 0; b < 4; b++) {
    const spans = spansOfBatch(b);
    for (const { trace, span } of spans) {
      const of = expected.get(trace) ?? new Set();
      expected.set(trace, of.add(span));
    }
    await (await storage.traces.append(spanBatch(spans))).durable;
    await storage.flush();
  }
  assert.equal((await storage.stats()).blocks.traces, 4);
  await storage.flush({ compact: true });
  assert.equal((await storage.stats()).blocks.traces, 1);
  const total = [...expected.values()].reduce((n, spans) => n + spans.size, 0);
  const db = openForReading(`${dir}/trilite.db`);
  const groups = db
    .prepare('SELECT spans, first_trace AS first, last_trace AS last FROM span_group ORDER BY id')
    .all() as { spans: number; first: Buffer; last: Buffer }[];
  db.close();
  assert.ok(groups.length >= 4, `${groups.length} groups`);
  assert.equal(
    groups.reduce((n, g) => n + g.spans, 0),
    total,
    'every span once, what was sent again too',
  );
  for (let i = 0; i < groups.length; i++) {
    assert.ok(groups[i]!.spans < 9000);
    if (i > 0) assert.ok(groups[i - 1]!.last.compare(groups[i]!.first) < 0, 'in the order of trace ids');
  }
  await withReader(storage, dir, async (reader) => {
    for (const [trace, spans] of [...expected].filter(([n]) => n % 61 === 1)) {
      const id = Buffer.from(traceIdOf(trace), 'hex');
      const cursor = await reader.traces.trace(id, signal);
      const found: number[] = [];
      while (await cursor.nextBatch()) {
        while (cursor.next()) {
          const g = cursor.group();
          const ids = Buffer.from(g.traceIds());
          const names = g.names();
          for (let row = 0; row < g.spanCount; row++) {
            if (id.compare(ids, 16 * row, 16 * row + 16) !== 0) continue;
            const span = Number(Buffer.from(g.spanIds()).readBigUInt64BE(8 * row) & 0xffffffn);
            assert.equal(names.strings[names.indexes[row]!], `op ${span % 11}`);
            assert.equal(g.baseMs + Math.floor(g.startsNs()[row]! / 1e6), T + trace + span);
            found.push(span);
          }
        }
      }
      assert.deepEqual(
        found.sort((a, b) => a - b),
        [...spans].sort((a, b) => a - b),
      );
    }
    const none = await reader.traces.trace(Buffer.alloc(16, 9), signal);
    assert.equal(await none.nextBatch(), false);
  });
  await storage.close();
});

test('a trace longer than a group may be goes on in the next', { timeout: 60_000 }, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  const long = 70_000;
  const part = (from: number, to: number): TestSpan[] =>
    Array.from({ length: to - from }, (_, i) => ({
      service: 's',
      trace: 7,
      span: from + i + 1,
      name: 'op',
      startMs: T + ((from + i) % 1000),
      durationMs: 1,
    }));
  const others = [1, 9].map((trace) => ({ ...part(0, 1)[0]!, trace }));
  for (const spans of [others.slice(0, 1), part(0, 40_000), part(40_000, long), others.slice(1)]) {
    await (await storage.traces.append(spanBatch(spans))).durable;
  }
  const check = async (groups: number) => {
    await withReader(storage, dir, async (reader) => {
      const cursor = await reader.traces.trace(Buffer.from(traceIdOf(7), 'hex'), signal);
      const sizes: number[] = [];
      const ids = new Set<bigint>();
      while (await cursor.nextBatch()) {
        while (cursor.next()) {
          const g = cursor.group();
          sizes.push(g.spanCount);
          const starts = g.startsNs();
          const bytes = Buffer.from(g.spanIds());
          const trace = Buffer.from(g.traceIds());
          for (let row = 0; row < g.spanCount; row++) {
            if (trace[16 * row + 15] !== 7) continue;
            ids.add(bytes.readBigUInt64BE(8 * row));
            if (row > 0 && trace[16 * row - 1] === 7) assert.ok(starts[row]! >= starts[row - 1]!);
          }
        }
      }
      assert.equal(ids.size, long);
      assert.equal(sizes.length, groups);
      assert.ok(Math.max(...sizes) < 66_000, sizes.join());
    });
  };
  await storage.flush();
  await check(2);
  await (await storage.traces.append(spanBatch(part(0, 10)))).durable;
  await storage.flush({ compact: true });
  assert.equal((await storage.stats()).blocks.traces, 1);
  await check(2);
  await storage.close();
});
