/** The local engine, logs: every entry once, in order, before and after flush, restart and compaction. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8Decode } from '../../src/base/bytes.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { Matcher } from '../../src/model/matcher.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import type { EntrySelect } from '../../src/storage/interface.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const HOUR = 3_600_000;
const T = 1_767_268_800_000;

type Entry = readonly [
  stream: Record<string, string>,
  ns: bigint,
  line: string,
  metadata?: Record<string, string>,
];

function push(storage: LocalStorage, entries: readonly Entry[]) {
  const streams = entries.map(([stream, ns, line, metadata]) => ({
    stream,
    values: [metadata ? [String(ns), line, metadata] : [String(ns), line]],
  }));
  const body = new TextEncoder().encode(JSON.stringify({ streams }));
  const { batch, refused } = decodeLokiPushJson(body, T + 100 * HOUR);
  assert.deepEqual(refused, []);
  return storage.logs.append(batch);
}

function readAll(storage: LocalStorage, dir: string, query: Partial<EntrySelect> = {}): Promise<string[]> {
  const select: EntrySelect = { matchers: [], minMs: 0, maxMs: 8e15, direction: 'forward', ...query };
  return withReader(storage, dir, async (reader) => {
    const cursor = await reader.logs.select(select, new AbortController().signal);
    const out: string[] = [];
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const c = cursor.chunk();
        for (let i = 0; i < c.count; i++) {
          const line = utf8Decode(c.lines.subarray(i === 0 ? 0 : c.lineEnds[i - 1]!, c.lineEnds[i]!));
          const ns = BigInt(c.baseMs) * 1_000_000n + BigInt(c.offsetsNs[i]!);
          const pairs: string[] = [];
          for (let p = i === 0 ? 0 : c.pairEnds[i - 1]!; p < c.pairEnds[i]!; p++)
            pairs.push(c.strings[c.pairs[p]!]!);
          out.push([cursor.labels().get('app'), ns, line, ...pairs].join(' '));
        }
      }
    }
    return out;
  });
}

describe('logs in the local engine', () => {
  test('every entry once and in order, in the head, in blocks, after a restart and after compaction', async () => {
    const dir = tempDir();
    let storage = await openEngine(dir);
    const expected = new Map<string, [bigint, string][]>();
    for (let round = 0; round < 4; round++) {
      const entries: Entry[] = [];
      for (let i = 0; i < 300; i++) {
        // Out of order within a round, two partitions, nanoseconds that matter, ties.
        const ns = BigInt(T + ((i * 7919) % 300) * 60_000 + round) * 1_000_000n + BigInt(i % 3);
        const stream = { app: `a${i % 5}`, service_name: 'x', level: 'info' };
        const line = `line ${round}/${i} ${'é'.repeat(i % 40)}`;
        entries.push([stream, ns, line, { trace_id: `t${i % 11}`, detected_level: 'info' }]);
        const key = stream.app;
        const text = `${key} ${ns} ${line} detected_level info trace_id t${i % 11}`;
        expected.set(key, [...(expected.get(key) ?? []), [ns, text]]);
      }
      await (await push(storage, entries)).durable;
      // A client that got no answer sends again.
      if (round === 1) await (await push(storage, entries)).durable;
      await check(storage, dir, expected, `round ${round}, head`);
      if (round < 3) await storage.flush();
      // … and again when the first copy is in a block.
      if (round === 2) await (await push(storage, entries)).durable;
      await check(storage, dir, expected, `round ${round}, flushed`);
    }
    await storage.close();
    storage = await openEngine(dir);
    await check(storage, dir, expected, 'restarted');
    await storage.flush({ compact: true });
    await check(storage, dir, expected, 'compacted');
    const narrow = await readAll(storage, dir, { matchers: [new Matcher('=~', 'app', 'a1|a2')] });
    assert.equal(narrow.length, 480);
    const backward = await readAll(storage, dir, { direction: 'backward' });
    assert.deepEqual([...backward].sort(), [...(await readAll(storage, dir))].sort());
    assert.ok(backward[0]! > 'a0 17672', 'the newest partition comes first');
    await storage.close();
  });

  test('streams of a high rate get a block that compaction leaves alone, and answer with the rest', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const line = (i: number) => `${i} ${'long line '.repeat(100)}`;
    const all: string[] = [];
    for (let round = 0; round < 2; round++) {
      const entries: Entry[] = [];
      for (let i = 0; i < 9000; i++) {
        // A fast stream with entries out of order, and a quiet one.
        const n = round * 9000 + (i ^ 1);
        const app = i % 500 === 0 ? 'quiet' : 'fast';
        entries.push([{ app, level: 'info', service_name: 'x' }, BigInt(T + n) * 1_000_000n, line(n)]);
        all.push(`${app} ${BigInt(T + n) * 1_000_000n} ${line(n)} detected_level info`);
      }
      for (let from = 0; from < entries.length; from += 1500) {
        await (await push(storage, entries.slice(from, from + 1500))).durable;
      }
      await storage.flush();
      assert.deepEqual((await readAll(storage, dir)).sort(), [...all].sort(), `round ${round}`);
    }
    assert.equal((await storage.stats()).blocks.logs, 4);
    await storage.flush({ compact: true });
    assert.equal((await storage.stats()).blocks.logs, 3, 'the quiet ones are merged');
    assert.deepEqual((await readAll(storage, dir)).sort(), [...all].sort(), 'compacted');
    await storage.close();
  });
});

async function check(
  storage: LocalStorage,
  dir: string,
  expected: ReadonlyMap<string, readonly [bigint, string][]>,
  when: string,
): Promise<void> {
  const got = await readAll(storage, dir);
  for (const [app, entries] of expected) {
    const want = [...entries].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map((e) => e[1]);
    assert.deepEqual(
      got.filter((line) => line.startsWith(`${app} `)),
      want,
      `${when}, ${app}`,
    );
  }
}

test('who follows the logs is told of every batch, in order, when it can be queried', async () => {
  const problems: string[] = [];
  const dir = tempDir();
  const storage = await openEngine(dir, { onProblem: (what) => problems.push(what) });
  const told: [apps: string[], ids: readonly number[], held: Promise<string[]>][] = [];
  storage.logFeed.follow(() => {
    throw new Error('a follower of its own');
  });
  const end = storage.logFeed.follow((batch, ids) => {
    told.push([batch.streams.map((labels) => labels.get('app')), ids, readAll(storage, dir)]);
  });
  const at = BigInt(T) * 1_000_000n;
  const entry = (app: string, ns: bigint, line: string): Entry => [{ app }, ns, line];
  await push(storage, [entry('a', at, 'one'), entry('b', at, 'two')]);
  await push(storage, [entry('b', at + 1n, 'three')]);
  end();
  await push(storage, [entry('a', at + 2n, 'four')]);
  assert.deepEqual(
    told.map(([apps]) => apps),
    [['a', 'b'], ['b']],
  );
  const [a, b] = told[0]![1];
  assert.notEqual(a, b);
  assert.deepEqual(told[1]![1], [b]);
  assert.ok((await told[0]![2]).some((line) => line.startsWith(`b ${at} two`)));
  // One that fails harms neither the others nor who appends.
  assert.deepEqual(problems, Array(3).fill('following the logs failed'));
  await Promise.all(told.map(([, , held]) => held));
  await storage.close();
});
