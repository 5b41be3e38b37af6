/**
 * Reading while everything moves: appends go on while flushes and compactions run in a loop, and readers check all
 * the while that each item that was acknowledged before they began is there, exactly once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import type { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import { logBatch, metricBatch, spanBatch, traceIdOf } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const T = 1_767_268_800_000;
const EVERYTHING = { minMs: 0, maxMs: 8e15 };
const ROUNDS = 150;
const SERIES = 9;
const READERS = 2;
const signal = new AbortController().signal;

/** Round i appends a sample to every series, an entry to every stream and a span to each of some traces. */
async function append(storage: LocalStorage, i: number): Promise<void> {
  // Over several partitions, and now and then out of order.
  const timeMs = T + (i % 5 === 0 ? ROUNDS - i : i) * 400_000 + i;
  const numbers = Array.from({ length: SERIES }, (_, s) => s);
  const samples = numbers.map((s) => ({
    labels: { __name__: 'm', s: `${s}` },
    timestampMs: timeMs,
    value: i,
  }));
  const entries = numbers.map((s) => {
    return { stream: { s: `${s}` }, timeMs, timeNs: i, line: `${i}`, metadata: ['k', `${i % 3}`] };
  });
  const spans = numbers.map((s) => {
    return { service: `s${s}`, trace: s + 1, span: i + 1, name: `${i}`, startMs: timeMs, durationMs: 5 };
  });
  const outcomes = [
    await storage.metrics.append(metricBatch(samples), { mode: 'atomic' }),
    await storage.logs.append(logBatch(entries)),
    await storage.traces.append(spanBatch(spans)),
  ];
  for (const o of outcomes) {
    assert.deepEqual(o.refused, []);
    await o.durable;
  }
}

/** Each number in [0, acknowledged) is there once; later ones at most once. */
function check(got: readonly number[], acknowledged: number, what: string): void {
  const counts = new Map<number, number>();
  for (const n of got) counts.set(n, (counts.get(n) ?? 0) + 1);
  for (const [n, times] of counts) assert.equal(times, 1, `${what}: ${n} is there ${times} times`);
  for (let n = 0; n < acknowledged; n++)
    assert.ok(counts.has(n), `${what}: ${n} of ${acknowledged} is missing`);
}

async function checkMetrics({ metrics }: ReaderStorage, acknowledged: number): Promise<void> {
  const cursor = await metrics.select({ matchers: [], ...EVERYTHING }, signal);
  const columns = new SampleColumns();
  let series = 0;
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      series++;
      const n = cursor.read(columns);
      check([...columns.values.subarray(0, n)], acknowledged, `series ${cursor.labels().get('s')}`);
    }
  }
  if (acknowledged > 0) assert.equal(series, SERIES);
}

async function checkLogs({ logs }: ReaderStorage, acknowledged: number): Promise<void> {
  const cursor = await logs.select({ matchers: [], ...EVERYTHING, direction: 'backward' }, signal);
  const streams = new Map<string, number[]>();
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const key = cursor.labels().get('s');
      const own = streams.get(key) ?? [];
      const c = cursor.chunk();
      for (let i = 0; i < c.count; i++) {
        const line = c.lines.subarray(i === 0 ? 0 : c.lineEnds[i - 1]!, c.lineEnds[i]!);
        own.push(Number(Buffer.from(line).toString()));
      }
      streams.set(key, own);
    }
  }
  if (acknowledged > 0) assert.equal(streams.size, SERIES);
  for (const [key, own] of streams) check(own, acknowledged, `stream ${key}`);
}

async function checkTraces({ traces }: ReaderStorage, acknowledged: number): Promise<void> {
  for (const trace of [undefined, 1 + (acknowledged % SERIES)]) {
    const id = trace && Buffer.from(traceIdOf(trace), 'hex');
    const cursor = id ? await traces.trace(id, signal) : await traces.select(EVERYTHING, signal);
    const got = new Map<string, number[]>();
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const g = cursor.group();
        const ids = Buffer.from(g.traceIds());
        const names = g.names();
        for (let i = 0; i < g.spanCount; i++) {
          const key = ids.toString('hex', 16 * i, 16 * i + 16);
          got.set(key, [...(got.get(key) ?? []), Number(names.strings[names.indexes[i]!])]);
        }
      }
    }
    for (const t of trace ? [trace] : Array.from({ length: SERIES }, (_, s) => s + 1)) {
      check(got.get(traceIdOf(t)) ?? [], acknowledged, `trace ${t}`);
    }
  }
}

test('readers see every acknowledged item once while flushes and compactions run', {
  timeout: 90_000,
}, async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  let acknowledged = 0;
  let done = false;
  const appending = (async () => {
    for (let i = 0; i < ROUNDS; i++) {
      await append(storage, i);
      acknowledged = i + 1;
    }
  })();
  const moving = (async () => {
    let moves = 0;
    for (; !done; moves++) {
      await storage.flush({ compact: moves % 4 === 3 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return moves;
  })();
  const read = async () => {
    let reads = 0;
    for (; !done; reads++) {
      const held = storage.jobStarted();
      const before = acknowledged;
      try {
        await withReader(storage, dir, async (reader) => {
          // The front goes on between the snapshot and the questions.
          await new Promise((resolve) => setTimeout(resolve, reads % 7));
          await checkMetrics(reader, before);
          await checkLogs(reader, before);
          await checkTraces(reader, before);
        });
      } finally {
        storage.jobEnded(held);
      }
    }
    return reads;
  };
  const reading = Promise.all(Array.from({ length: READERS }, read));
  try {
    // A reader that fails ends the test at once.
    await Promise.race([appending, reading, moving]);
    await appending;
  } finally {
    done = true;
  }
  const [moves, reads] = await Promise.all([moving, reading]);
  assert.ok(moves >= 4, `${moves} flushes`);
  assert.ok(
    reads.every((n) => n >= 3),
    `${reads} reads`,
  );
  await withReader(storage, dir, async (reader) => {
    await checkMetrics(reader, ROUNDS);
    await checkLogs(reader, ROUNDS);
    await checkTraces(reader, ROUNDS);
  });
  await storage.close();
});
