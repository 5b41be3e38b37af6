/** The contract of `LogReader`. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8Decode } from '../../src/base/bytes.ts';
import type { EntryChunk } from '../../src/model/entry-chunk.ts';
import type { Labels } from '../../src/model/labels.ts';
import type { Instant } from '../../src/model/time.ts';
import type { LogReader } from '../../src/storage/interface.ts';
import type { LabelRecord, TestEntry } from './batches.ts';
import {
  keyOf,
  LABEL_NAMES,
  labelRecord,
  matcherSet,
  matchesNaively,
  QUERIES,
  rangeOver,
  SEED,
  type Subject,
  type TestMatcher,
  toMatchers,
  within,
} from './conformance.ts';
import { checkBetween } from './conformance-metrics.ts';

const MINUTE_MS = 60_000;
/** Entries lie on both sides of the ends of partitions. */
const BASE_MS = 1_767_268_800_000;
const TICKS = 1200;

const timeOf = (tick: number) => BASE_MS + (tick - TICKS / 2) * MINUTE_MS;

const LINES = ['', 'a', 'level=info msg="hello"', 'ü'.repeat(70), 'x'.repeat(6000)] as const;
const METADATA = [[], [], ['trace_id', 't1'], ['a', '', 'b', 'ü'], ['trace_id', 't2', 'z', 'z']] as const;

function steps(streams: readonly LabelRecord[]): fc.Arbitrary<TestEntry[][]> {
  const entry = fc
    .tuple(
      fc.nat(streams.length - 1),
      // Few places, so that times are shared; and all of them.
      fc.oneof(fc.nat(5), fc.nat(TICKS)),
      fc.constantFrom(0, 1, 999_999),
      fc.constantFrom(...LINES),
      fc.constantFrom(...METADATA),
    )
    .map(([s, tick, timeNs, line, metadata]) => ({
      stream: streams[s]!,
      timeMs: timeOf(tick),
      timeNs,
      line,
      metadata,
    }));
  const step = fc.array(entry, { minLength: 1, maxLength: 80 });
  return fc.array(step, { minLength: 2, maxLength: 5 }).chain((all) =>
    // Some client got no answer and sent its batch again.
    fc.nat(all.length - 1).map((i) => [...all, all[i]!]),
  );
}

/** Edges of buckets. */
const cuts: fc.Arbitrary<Instant[]> = fc
  .uniqueArray(
    fc.record({ ms: fc.oneof(fc.nat(5), fc.nat(TICKS)).map(timeOf), ns: fc.constantFrom(0, 1, 999_999) }),
    { maxLength: 6, selector: ({ ms, ns }) => `${ms}.${ns}` },
  )
  .map((all) => all.sort((a, b) => a.ms - b.ms || a.ns - b.ns));

const cases = fc.uniqueArray(labelRecord, { selector: keyOf, minLength: 1, maxLength: 6 }).chain((streams) =>
  fc.record({
    steps: steps(streams),
    queries: fc.array(
      fc.record({
        sets: fc.array(matcherSet, { minLength: 1, maxLength: 2 }),
        range: rangeOver([0, 3, 5, 6, 240, 600, 601, TICKS].map(timeOf)),
        direction: fc.constantFrom('forward' as const, 'backward' as const),
        cuts,
      }),
      { minLength: QUERIES, maxLength: QUERIES },
    ),
  }),
);

interface Query {
  readonly sets: readonly (readonly TestMatcher[])[];
  readonly range: { readonly minMs: number; readonly maxMs: number };
  readonly direction: 'forward' | 'backward';
  /** Ascending. */
  readonly cuts: readonly Instant[];
}

interface Entry {
  readonly timeMs: number;
  readonly timeNs: number;
  readonly text: string;
}

/** Stream key → entries in order, each once. */
type Expected = Map<string, { labels: LabelRecord; entries: Entry[] }>;

function expectedOf(all: readonly (readonly TestEntry[])[]): Expected {
  const out: Expected = new Map();
  const seen = new Set<string>();
  for (const e of all.flat()) {
    const key = keyOf(e.stream);
    if (!out.has(key)) out.set(key, { labels: e.stream, entries: [] });
    const text = JSON.stringify([e.timeMs, e.timeNs, e.line, ...e.metadata]);
    if (seen.has(key + text)) continue;
    seen.add(key + text);
    out.get(key)!.entries.push({ timeMs: e.timeMs, timeNs: e.timeNs, text });
  }
  // Sorting is stable: ties stay in insertion order.
  for (const { entries } of out.values()) {
    entries.sort((a, b) => a.timeMs - b.timeMs || a.timeNs - b.timeNs);
  }
  return out;
}

function entriesOf(c: EntryChunk): Entry[] {
  const out: Entry[] = [];
  for (let i = 0; i < c.count; i++) {
    const line = utf8Decode(c.lines.subarray(i === 0 ? 0 : c.lineEnds[i - 1]!, c.lineEnds[i]!));
    const metadata: string[] = [];
    for (let p = i === 0 ? 0 : c.pairEnds[i - 1]!; p < c.pairEnds[i]!; p++) {
      metadata.push(c.strings[c.pairs[p]!]!);
    }
    const timeMs = c.baseMs + Math.floor(c.offsetsNs[i]! / 1e6);
    const timeNs = c.offsetsNs[i]! - (timeMs - c.baseMs) * 1e6;
    out.push({ timeMs, timeNs, text: JSON.stringify([timeMs, timeNs, line, ...metadata]) });
  }
  return out;
}

async function checkSelect(reader: LogReader, expected: Expected, query: Query): Promise<void> {
  const [set] = query.sets;
  const select = { matchers: toMatchers(set!), ...query.range, direction: query.direction };
  const cursor = await reader.select(select, new AbortController().signal);
  const got = new Map<string, { labels: Labels; partitions: Entry[][] }>();
  let edge = query.direction === 'forward' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  while (await cursor.nextBatch()) {
    const partition = new Map<string, Entry[]>();
    let last = '';
    while (cursor.next()) {
      const labels = cursor.labels();
      const key = keyOf(labels.toObject());
      assert.ok(matchesNaively(set!, labels.toObject()), `stream ${key} matches`);
      if (key === last) assert.equal(labels, got.get(key)!.labels, 'one object for the chunks of a stream');
      else assert.ok(!partition.has(key), `the chunks of ${key} come one after another`);
      last = key;
      const entries = entriesOf(cursor.chunk());
      const own = partition.get(key) ?? [];
      partition.set(key, query.direction === 'forward' ? [...own, ...entries] : [...entries, ...own]);
      if (!got.has(key)) got.set(key, { labels, partitions: [] });
    }
    const all = [...partition.values()].flat().map((e) => e.timeMs);
    if (all.length > 0) {
      const [min, max] = [Math.min(...all), Math.max(...all)];
      if (query.direction === 'forward') assert.ok(min >= edge, 'partitions ascend');
      else assert.ok(max <= edge, 'partitions descend');
      edge = query.direction === 'forward' ? max : min;
    }
    for (const [key, entries] of partition) got.get(key)!.partitions.push(entries);
  }
  cursor.close();
  const wanted = new Map<string, string[]>();
  for (const [key, { labels, entries }] of expected) {
    if (!matchesNaively(set!, labels)) continue;
    const own = entries.filter((e) => within(e.timeMs, query.range)).map((e) => e.text);
    if (own.length > 0) wanted.set(key, own);
  }
  const read = new Map<string, string[]>();
  for (const [key, { partitions, labels }] of got) {
    assert.equal(keyOf(labels.toObject()), key, 'labels outlive the cursor');
    const ordered = query.direction === 'forward' ? partitions : [...partitions].reverse();
    const own = ordered.flat().filter((e) => within(e.timeMs, query.range));
    if (own.length > 0)
      read.set(
        key,
        own.map((e) => e.text),
      );
    const known = new Set(expected.get(key)?.entries.map((e) => e.text));
    for (const e of partitions.flat()) assert.ok(known.has(e.text), 'every entry was appended');
  }
  assert.deepEqual(new Map([...read].sort()), new Map([...wanted].sort()));
}

/** Bounds and edges within lie on entries, or a nanosecond behind them. */
async function checkVolume(reader: LogReader, expected: Expected, query: Query): Promise<void> {
  const [set] = query.sets;
  const { minMs, maxMs } = query.range;
  const inner = query.cuts.filter((at) => at.ms > minMs && at.ms < maxMs);
  const edges = [{ ms: minMs, ns: 1 }, ...inner, { ms: maxMs, ns: 0 }];
  if (maxMs <= minMs) return;
  const isBehind = (e: Entry, at: Instant) => e.timeMs > at.ms || (e.timeMs === at.ms && e.timeNs >= at.ns);
  const wanted = new Map<string, [entries: number, bytes: number]>();
  for (const [key, { labels, entries }] of expected) {
    if (!matchesNaively(set!, labels)) continue;
    for (const e of entries) {
      const bucket = edges.findLastIndex((at) => isBehind(e, at));
      if (bucket < 0 || bucket === edges.length - 1) continue;
      const [n, bytes] = wanted.get(`${key} ${bucket}`) ?? [0, 0];
      const line = (JSON.parse(e.text) as [number, number, string])[2];
      wanted.set(`${key} ${bucket}`, [n + 1, bytes + Buffer.byteLength(line)]);
    }
  }
  const got = new Map<string, [entries: number, bytes: number]>();
  const sink = {
    add: (stream: Labels, bucket: number, entries: number, bytes: number) => {
      assert.ok(entries > 0);
      const key = `${keyOf(stream.toObject())} ${bucket}`;
      const [n, b] = got.get(key) ?? [0, 0];
      got.set(key, [n + entries, b + bytes]);
    },
  };
  await reader.volume({ matchers: toMatchers(set!), edges }, sink, new AbortController().signal);
  assert.deepEqual(new Map([...got].sort()), new Map([...wanted].sort()));
}

async function checkLabels(reader: LogReader, expected: Expected, query: Query): Promise<void> {
  const label = { ...query.range, matcherSets: query.sets.map(toMatchers) };
  const matching = [...expected.values()].filter((s) =>
    query.sets.some((set) => matchesNaively(set, s.labels)),
  );
  const must = matching.filter((s) => s.entries.some((e) => within(e.timeMs, query.range)));
  const may = matching.filter(
    (s) => s.entries[0]!.timeMs <= query.range.maxMs && s.entries.at(-1)!.timeMs >= query.range.minMs,
  );
  const keys = (list: typeof may) => list.map((s) => keyOf(s.labels));
  const got = (await reader.series(label)).map((l) => keyOf(l.toObject()));
  checkBetween(got, keys(must), keys(may), 'streams');
  const names = (list: typeof may) => [...new Set(list.flatMap((s) => Object.keys(s.labels)))];
  checkBetween(await reader.labelNames(label), names(must), names(may), 'label names');
  for (const name of [...LABEL_NAMES, 'absent']) {
    const values = (list: typeof may) => [...new Set(list.map((s) => s.labels[name] ?? ''))].filter(Boolean);
    const read = await reader.labelValues(name, label);
    checkBetween(read, values(must), values(may), `values of ${name}`);
    assert.deepEqual(read, [...read].sort(), `values of ${name} are sorted`);
  }
}

/** Returns how many fillings were checked. */
export async function conformLogs(subject: Subject<readonly TestEntry[], 'logs'>): Promise<number> {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      checked++;
      const expected = expectedOf(c.steps);
      const filled = await subject.fill(c.steps);
      const everything = {
        sets: [[]],
        range: { minMs: -8e15, maxMs: 8e15 },
        direction: 'backward' as const,
        cuts: [],
      };
      try {
        for (const query of [...c.queries, everything]) {
          await filled.read(async (reader) => {
            await checkSelect(reader, expected, query);
            await checkVolume(reader, expected, query);
            await checkLabels(reader, expected, query);
          });
        }
      } finally {
        await filled.close();
      }
    }),
    { numRuns: subject.runs, seed: SEED, endOnFailure: true },
  );
  return checked;
}
