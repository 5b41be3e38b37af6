/** Deleting log entries: hidden from every answer at once, shown again when cancelled, then gone for good, and nothing else with them. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode } from '../../src/base/bytes.ts';
import type { Labels } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { parseDeletion } from '../../src/query/logs/entry-predicate.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import type { TimeRange } from '../../src/storage/interface.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import { logBatch, type TestEntry } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const ALL = { minMs: -8e15, maxMs: 8e15 };
const DAY = 86_400_000;
const never = new AbortController().signal;

const streamOf = (n: number) => ({ app: `a${n}`, kind: n % 2 ? 'odd' : 'even' });

async function append(storage: LocalStorage, entries: readonly TestEntry[]): Promise<void> {
  await (await storage.logs.append(logBatch(entries))).durable;
}

const entry = (n: number, timeMs: number, line: string, timeNs = 0): TestEntry => ({
  stream: streamOf(n),
  timeMs,
  timeNs,
  line,
  metadata: ['pod', `p${n}`],
});

const keyOf = (e: TestEntry) => `${e.stream.app} ${e.timeMs}.${e.timeNs} ${e.line}`;

/** Every entry as `keyOf` has it, sorted. */
function readAll(storage: LocalStorage, dir: string, matchers: readonly Matcher[] = []): Promise<string[]> {
  return withReader(storage, dir, async ({ logs }) => {
    const out: string[] = [];
    const cursor = await logs.select({ matchers, direction: 'forward', ...ALL }, never);
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const c = cursor.chunk();
        for (let i = 0; i < c.count; i++) {
          const line = utf8Decode(c.lines.subarray(i === 0 ? 0 : c.lineEnds[i - 1]!, c.lineEnds[i]!));
          const ms = c.baseMs + Math.floor(c.offsetsNs[i]! / 1e6);
          out.push(`${cursor.labels().get('app')} ${ms}.${c.offsetsNs[i]! % 1e6} ${line}`);
        }
      }
    }
    return out.sort();
  });
}

/** Bytes of lines by stream and bucket, against those of `readAll`'s texts. */
async function checkVolume(storage: LocalStorage, dir: string, shown: readonly string[]): Promise<void> {
  const edges = [-1, 3, 10, 13, 22].map((tick) => ({ ms: timeOf(tick), ns: 1 }));
  const wanted = new Map<string, number>();
  for (const text of shown) {
    const [, app, ms, ns, line] = /^(\S+) (\d+)\.(\d+) (.*)$/.exec(text)!;
    const bucket = edges.findLastIndex(
      (e) => Number(ms) > e.ms || (Number(ms) === e.ms && Number(ns) >= e.ns),
    );
    const key = `${app} ${bucket}`;
    wanted.set(key, (wanted.get(key) ?? 0) + Buffer.byteLength(line!));
  }
  const got = new Map<string, number>();
  const add = (stream: Labels, bucket: number, _: number, bytes: number) => {
    const key = `${stream.get('app')} ${bucket}`;
    got.set(key, (got.get(key) ?? 0) + bytes);
  };
  await withReader(storage, dir, ({ logs }) => logs.volume({ matchers: [], edges }, { add }, never));
  assert.deepEqual(new Map([...got].sort()), new Map([...wanted].sort()));
}

const appsIn = (storage: LocalStorage, dir: string, range: TimeRange = ALL) =>
  withReader(storage, dir, async ({ logs }) => {
    const query = { matcherSets: [], ...range };
    const apps = (await logs.series(query)).map((l) => l.get('app')).sort();
    assert.deepEqual(await logs.labelValues('app', query), [...new Set(apps)]);
    return apps;
  });

function ask(storage: LocalStorage, query: string, minMs: number, maxMs: number): Promise<string> {
  return storage.logDeletes.add({ query, ...parseDeletion(query), minMs, maxMs });
}

const statusesOf = async (storage: LocalStorage) => (await storage.logDeletes.list()).map((r) => r.status);

/** Until all requests are carried out. */
async function carriedOut(storage: LocalStorage): Promise<void> {
  while ((await statusesOf(storage)).includes('received')) {
    storage.logDeletes.tick();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A query and what it selects by itself. */
const QUERIES: readonly (readonly [query: string, selects: (e: TestEntry) => boolean])[] = [
  ['{app=~".+"}', () => true],
  ['{kind="odd"}', (e) => e.stream.kind === 'odd'],
  ['{app="a2"} | json', (e) => e.stream.app === 'a2'],
  ['{app="none"}', () => false],
  ['{app=~".+"} |= "red"', (e) => e.line.includes('red')],
  ['{kind="even"} != "red"', (e) => e.stream.kind === 'even' && !e.line.includes('red')],
  ['{app=~"a.*"} |~ "gr(e|a)y$"', (e) => /gr[ea]y$/.test(e.line)],
  ['{app=~"a.*"} | logfmt | n > 10', (e) => Number(/n=(\d+)/.exec(e.line)?.[1]) > 10],
  ['{app=~"a.*"} | pod="p1"', (e) => e.stream.app === 'a1'],
  ['{app=~"a.*"} | kind="odd" |= "red"', (e) => e.stream.kind === 'odd' && e.line.includes('red')],
];

/** On both sides of the end of a partition. */
const timeOf = (tick: number) => 20_000 * DAY + (tick - 10) * 1_800_000;

type Op =
  | { readonly do: 'append'; readonly entries: readonly TestEntry[] }
  | { readonly do: 'ask'; readonly query: number; readonly from: number; readonly to: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'flush' | 'compact' | 'reopen' | 'wait' };

const testEntry = fc
  .record({
    s: fc.nat(4),
    tick: fc.nat(20),
    ns: fc.constantFrom(0, 1, 999_999),
    line: fc.constantFrom('red n=1', 'gray', 'n=20 grey', 'red n=30', ''),
  })
  .map(({ s, tick, ns, line }) => entry(s, timeOf(tick), line, ns));

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      entries: fc.array(testEntry, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      query: fc.nat(QUERIES.length - 1),
      from: fc.integer({ min: -1, max: 20 }),
      to: fc.integer({ min: -1, max: 21 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom<'flush' | 'compact' | 'reopen' | 'wait'>('flush', 'compact', 'reopen', 'wait'),
    }),
  },
);

interface Asked {
  readonly id: string;
  readonly createdMs: number;
  readonly hides: ReadonlySet<string>;
}

test('whatever comes in which order, what is there is what no request hides or took', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 25 }), async (ops) => {
      const dir = tempDir();
      let nowMs = 30_000 * DAY;
      const open = () => openEngine(dir, { now: () => nowMs, deleteCancelPeriodMs: DAY });
      let storage = await open();
      /** By key and the batch that it came with: an entry that a request hides and that comes again is there. */
      let there = new Map<string, { readonly entry: TestEntry; readonly since: number }>();
      let pending: Asked[] = [];
      const hidden = (key: string, since: number) => pending.some((a) => a.hides.has(`${key}#${since}`));
      const shown = () => {
        const keys = new Set<string>();
        for (const [copy, { entry: e, since }] of there) {
          assert.equal(copy, `${keyOf(e)}#${since}`);
          if (!hidden(keyOf(e), since)) keys.add(keyOf(e));
        }
        return [...keys].sort();
      };
      for (const [i, o] of ops.entries()) {
        if (o.do === 'append') {
          await append(storage, o.entries);
          for (const e of o.entries) there.set(`${keyOf(e)}#${i}`, { entry: e, since: i });
        } else if (o.do === 'ask') {
          const [query, selects] = QUERIES[o.query]!;
          const [minMs, maxMs] = [timeOf(o.from), timeOf(o.to)];
          const id = await ask(storage, query, minMs, maxMs);
          const isWithin = (e: TestEntry) =>
            e.timeMs >= minMs && (e.timeMs < maxMs || (e.timeMs === maxMs && e.timeNs === 0));
          const meant = [...there].filter(([, { entry: e }]) => isWithin(e) && selects(e));
          pending.push({ id, createdMs: nowMs, hides: new Set(meant.map(([copy]) => copy)) });
        } else if (o.do === 'cancel') {
          const which = pending[o.which];
          if (!which) continue;
          assert.equal(await storage.logDeletes.cancel(which.id, { force: false }), 'cancelled');
          pending = pending.filter((a) => a !== which);
        } else if (o.do === 'reopen') {
          await storage.close();
          storage = await open();
        } else if (o.do === 'wait') {
          nowMs += DAY + 1;
          await carriedOut(storage);
          there = new Map([...there].filter(([copy]) => !pending.some((a) => a.hides.has(copy))));
          pending = [];
          nowMs += 1;
        } else await storage.flush({ compact: o.do === 'compact' });
        assert.deepEqual(await readAll(storage, dir), shown(), `after ${o.do} at ${i}`);
        await checkVolume(storage, dir, shown());
      }
      const apps = [...new Set(shown().map((key) => key.split(' ')[0]!))].sort();
      assert.deepEqual(await appsIn(storage, dir), apps);
      assert.deepEqual(await appsIn(storage, dir), apps, 'what was remembered is the same');
      await storage.close();
    }),
    { numRuns: 25 },
  );
});

describe('a request to delete log entries', () => {
  test('is received, listed, and processed when it can be cancelled no more', async () => {
    const dir = tempDir();
    let nowMs = 100 * DAY;
    const options = { now: () => nowMs, deleteCancelPeriodMs: DAY };
    let storage = await openEngine(dir, options);
    await append(storage, [entry(1, 1000, 'x'), entry(2, 1000, 'x')]);
    const id = await ask(storage, '{kind="odd"} |= "x"', 0, 5000);
    assert.match(id, /^[0-9a-f]{8}$/);
    const [request] = await storage.logDeletes.list();
    assert.deepEqual(
      { ...request, matchers: request!.matchers.map(String) },
      {
        id,
        query: '{kind="odd"} |= "x"',
        filtered: true,
        matchers: ['kind="odd"'],
        minMs: 0,
        maxMs: 5000,
        createdMs: nowMs,
        status: 'received',
        progress: 0,
      },
    );
    nowMs += DAY - 1;
    storage.logDeletes.tick();
    await storage.close();
    storage = await openEngine(dir, options);
    assert.deepEqual(await statusesOf(storage), ['received'], 'not a millisecond early');
    assert.deepEqual(await readAll(storage, dir), ['a2 1000.0 x']);
    nowMs += 1;
    await carriedOut(storage);
    assert.deepEqual(await readAll(storage, dir), ['a2 1000.0 x']);
    assert.equal(
      (await storage.blocks('logs')).reduce((n, b) => n + b.items, 0),
      1,
      'physically gone',
    );
    assert.equal(await storage.logDeletes.cancel(id, { force: true }), 'processed');
    assert.equal(await storage.logDeletes.cancel('00000000', { force: true }), 'unknown');
    await storage.close();
    storage = await openEngine(dir, options);
    assert.deepEqual(await statusesOf(storage), ['processed'], 'and stays listed');
    await storage.close();
  });

  test('that is late is cancelled by force alone', async () => {
    const dir = tempDir();
    let nowMs = 100 * DAY;
    const storage = await openEngine(dir, { now: () => nowMs, deleteCancelPeriodMs: DAY });
    await append(storage, [entry(1, 1000, 'x')]);
    const id = await ask(storage, '{kind="odd"}', 0, 5000);
    nowMs += DAY + 1;
    assert.equal(await storage.logDeletes.cancel(id, { force: false }), 'late');
    assert.deepEqual(await readAll(storage, dir), []);
    assert.equal(await storage.logDeletes.cancel(id, { force: true }), 'cancelled');
    assert.deepEqual(await readAll(storage, dir), ['a1 1000.0 x']);
    assert.deepEqual(await storage.logDeletes.list(), []);
    await storage.close();
  });

  test('takes effect and is carried out at once where it cannot be cancelled', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir, { deleteCancelPeriodMs: 0 });
    await append(storage, [entry(1, 1000, 'x'), entry(1, 1001, 'y')]);
    await ask(storage, '{kind="odd"} |= "x"', 0, 5000);
    assert.deepEqual(await readAll(storage, dir), ['a1 1001.0 y']);
    await carriedOut(storage);
    assert.equal((await storage.blocks('logs'))[0]!.items, 1);
    await storage.close();
  });

  test('is about what was there: the same entry that comes later stays, also through merges', async () => {
    const dir = tempDir();
    let nowMs = 100 * DAY;
    const storage = await openEngine(dir, { now: () => nowMs, deleteCancelPeriodMs: DAY });
    await append(storage, [entry(1, 1000, 'x'), entry(1, 2000, 'y')]);
    const id = await ask(storage, '{kind="odd"}', 0, 5000);
    await append(storage, [entry(1, 1000, 'x')]);
    assert.deepEqual(await readAll(storage, dir), ['a1 1000.0 x']);
    await storage.flush({ compact: true });
    assert.equal((await storage.blocks('logs')).length, 2, 'not merged: the one is hidden, the other is not');
    assert.deepEqual(await readAll(storage, dir), ['a1 1000.0 x']);
    assert.equal(await storage.logDeletes.cancel(id, { force: false }), 'cancelled');
    assert.deepEqual(await readAll(storage, dir), ['a1 1000.0 x', 'a1 2000.0 y']);
    await storage.flush({ compact: true });
    assert.equal((await storage.blocks('logs')).length, 1);
    await ask(storage, '{kind="odd"} |= "y"', 0, 5000);
    nowMs += DAY;
    await carriedOut(storage);
    await storage.flush({ compact: true });
    assert.deepEqual(await readAll(storage, dir), ['a1 1000.0 x']);
    await storage.close();
  });

  test('does not change what a query sees that began before', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(storage, [entry(1, 1000, 'x'), entry(2, 1000, 'y')]);
    await withReader(storage, dir, async ({ logs }) => {
      const job = storage.jobStarted();
      await ask(storage, '{kind="odd"}', 0, 5000);
      const found = await logs.series({ matcherSets: [], ...ALL });
      assert.deepEqual(found.map((l) => l.get('app')).sort(), ['a1', 'a2']);
      storage.jobEnded(job);
    });
    assert.deepEqual(await appsIn(storage, dir), ['a2']);
    await storage.close();
  });

  test('reads no line where its selector and times tell all', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await append(
      storage,
      [1000, 2000, 3000].map((t) => entry(1, t, 'x')),
    );
    await storage.flush();
    await append(storage, [entry(2, 4000, 'y')]);
    await storage.flush();
    await ask(storage, '{app="a1"}', 0, 5000);
    await withReader(storage, dir, async (reader) => {
      const cursor = await reader.logs.select({ matchers: [], direction: 'forward', ...ALL }, never);
      let chunks = 0;
      while (await cursor.nextBatch()) while (cursor.next()) chunks++;
      assert.deepEqual([chunks, reader.pagesRead], [1, 2], 'a body and its lines');
      assert.equal((await reader.logs.series({ matcherSets: [], ...ALL })).length, 1);
      assert.equal(reader.pagesRead, 2, 'labels come from directories');
    });
    await storage.close();
  });

  test('whose row is damaged hides nothing and is told of', async () => {
    const dir = tempDir();
    const first = await openEngine(dir);
    await append(first, [entry(1, 1000, 'x'), entry(2, 1000, 'y')]);
    await ask(first, '{kind="odd"}', 0, 5000);
    await first.close();
    const db = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
    db.exec(`UPDATE delete_request SET selector = replace(selector, 'odd', 'eve')`);
    db.close();
    const told: string[] = [];
    const second = await openEngine(dir, { onDamage: (what) => told.push(what) });
    assert.deepEqual(await appsIn(second, dir), ['a1', 'a2']);
    assert.deepEqual(await second.logDeletes.list(), []);
    assert.match(told.join(), /delete request [0-9a-f]{8} is damaged/);
    await second.close();
  });
});

test('a file of the version before gets the table', async () => {
  const dir = tempDir();
  const file = path.join(dir, 'trilite.db');
  const storage = await openEngine(dir);
  await append(storage, [entry(1, 1000, 'x')]);
  await storage.close();
  const db = openForWriting(file, { durability: 'process' });
  db.exec('DROP TABLE delete_request; DROP TABLE journal; DROP TABLE silence; PRAGMA user_version = 7');
  db.close();
  const again = await openEngine(dir);
  await ask(again, '{app="a1"}', 0, 5000);
  assert.deepEqual(await readAll(again, dir), []);
  await again.close();
});
