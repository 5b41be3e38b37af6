/** The semantics of TraceQL search on small traces that are written out, whole and split over groups. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanGroup } from '../../../src/model/span-group.ts';
import { searchPipeline } from '../../../src/query/traces/query-text.ts';
import type { FoundTrace } from '../../../src/query/traces/search.ts';
import { searchTraces, searchUpdates } from '../../../src/query/traces/search.ts';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';

type Json = Record<string, unknown>;
const START_MS = 1_767_268_800_000;

interface SpanSpec {
  readonly id: string;
  readonly parent?: string;
  readonly attrs?: Json;
  readonly resource?: Json;
  readonly more?: Json;
  readonly atMs?: number;
  readonly ms?: number;
}

function anyValue(value: unknown): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  return { arrayValue: { values: (value as unknown[]).map(anyValue) } };
}

function attributes(attrs: Json = {}): Json[] {
  return Object.entries(attrs).map(([key, value]) => ({ key, value: anyValue(value) }));
}

const spanId = (id: string) => Buffer.from(id.padEnd(8, '_')).toString('hex');

function request(trace: number, span: SpanSpec): Json {
  const startMs = START_MS + trace * 10_000 + (span.atMs ?? 0);
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes(span.resource ?? { 'service.name': 'svc' }) },
        scopeSpans: [
          {
            spans: [
              {
                traceId: String(trace).padStart(32, '0'),
                spanId: spanId(span.id),
                parentSpanId: span.parent === undefined ? '' : spanId(span.parent),
                name: span.id,
                startTimeUnixNano: String(BigInt(startMs) * 1_000_000n),
                endTimeUnixNano: String(BigInt(startMs + (span.ms ?? 1)) * 1_000_000n),
                attributes: attributes(span.attrs),
                ...span.more,
              },
            ],
          },
        ],
      },
    ],
  };
}

const TRACES: Readonly<Record<number, readonly SpanSpec[]>> = {
  1: [
    {
      id: 'root',
      ms: 100,
      attrs: { int: 5n, f: 5, s: 'x', flag: true, level: 'low' },
      resource: { level: 'high' },
    },
    { id: 'a', parent: 'root', atMs: 10, attrs: { int: 6n, tags: ['red', 'blue'], big: 9007199254740993n } },
    { id: 'b', parent: 'a', atMs: 20, ms: 50, attrs: { int: 7n, empty: [] }, more: { status: { code: 2 } } },
    {
      id: 'c',
      parent: 'root',
      atMs: 30,
      attrs: { one: [4n] },
      resource: { 'service.name': 'other', level: 'mid' },
    },
  ],
  2: [
    {
      id: 'ev',
      more: {
        events: [
          {
            name: 'A',
            timeUnixNano: String(BigInt(START_MS + 20_005) * 1_000_000n),
            attributes: attributes({ k: 'x' }),
          },
          { name: 'B', attributes: attributes({ k: 'y', n: 1n }) },
        ],
        links: [
          { traceId: 'abcd'.padStart(32, '0'), spanId: spanId('far'), attributes: attributes({ w: 3n }) },
        ],
      },
    },
    { id: 'orphan', parent: 'gone', attrs: { int: 1n } },
  ],
};

function store(groupSize: number): MemoryTraces {
  const batches = Object.entries(TRACES).flatMap(([trace, spans]) =>
    spans.map((span) => batchOfJson(request(Number(trace), span))),
  );
  return MemoryTraces.of(batches, groupSize);
}

const signal = new AbortController().signal;

async function search(traces: MemoryTraces, q: string, limit = 20): Promise<readonly FoundTrace[]> {
  const wanted = { pipeline: searchPipeline(q), range: undefined, limit, spansPerSpanset: 100 };
  return (await searchTraces(traces, wanted, signal)).traces;
}

const names = (traces: readonly FoundTrace[]) =>
  traces
    .flatMap((t) =>
      t.spansets.flatMap((s) =>
        s.spans.map((span) => Buffer.from(span.spanId, 'hex').toString().replace(/_+$/, '')),
      ),
    )
    .sort()
    .join(' ');

/** Query and the names of the spans that it finds. */
const CASES: readonly (readonly [query: string, spans: string])[] = [
  ['{ }', 'a b c ev orphan root'],
  ['{ span.int = 5 }', 'root'],
  // Types are strict: an int is no float, for any operator.
  ['{ span.int = 5.0 }', ''],
  ['{ span.int != 5.0 }', ''],
  ['{ span.f = 5.0 }', 'root'],
  ['{ span.f = 5 }', ''],
  ['{ span.int != 5 }', 'a b orphan'],
  ['{ span.s !~ "y" }', 'root'],
  ['{ span.big = 9007199254740993 }', 'a'],
  ['{ span.big = 9007199254740992 }', ''],
  ['{ span.flag }', 'root'],
  ['{ 5 < span.int }', 'a b'],
  // A missing attribute satisfies nothing but `= nil`.
  ['{ span.int = nil }', 'c ev'],
  ['{ span.int != nil }', 'a b orphan root'],
  ['{ span.empty = nil }', 'a c ev orphan root'],
  ['{ span.empty != nil }', ''],
  ['{ !(span.int = 5) }', 'a b c ev orphan'],
  // Unscoped: the span's own, else the resource's.
  ['{ .level = "low" }', 'root'],
  ['{ .level = "high" }', ''],
  ['{ .level = "mid" }', 'c'],
  ['{ resource.level = "high" }', 'root'],
  ['{ resource.service.name = "" }', 'root'],
  // Arrays: any element, for every operator.
  ['{ span.tags = "red" && span.tags = "blue" }', 'a'],
  ['{ span.tags != "red" }', 'a'],
  ['{ span.tags =~ "bl.*" }', 'a'],
  // An array of one is that one.
  ['{ span.one = 4 }', 'c'],
  ['{ span.one * 2 = 8 }', 'c'],
  // Events: conditions of one filter meet in one event, filters of their own need not.
  ['{ event:name = "A" && event.k = "x" }', 'ev'],
  ['{ event:name = "A" && event.k = "y" }', ''],
  ['{ event:name = "A" } && { event.k = "y" }', 'ev'],
  ['{ event.n = nil }', 'ev'],
  ['{ event:timeSinceStart = 5ms }', 'ev'],
  ['{ link.w > 2 && link:traceID = "abcd" }', 'ev'],
  ['{ .k = "x" }', ''],
  // Arithmetic mixes numbers.
  ['{ span.int * 2 = 14 }', 'b'],
  ['{ span.int / 2.0 > 2.9 }', 'a b'],
  ['{ span.f = span.int }', 'root'],
  ['{ duration > 49ms }', 'b root'],
  ['{ duration * 2 > 150ms }', 'root'],
  // What only the whole trace can tell.
  ['{ traceDuration >= 100ms && span.int = 7 }', 'b'],
  ['{ rootName = "root" && status = error }', 'b'],
  ['{ span:childCount = 2 }', 'root'],
  ['{ nestedSetParent = -1 }', 'ev root'],
  ['{ nestedSetLeft = 0 }', 'orphan'],
  ['{ trace:id = "1" && name = "a" }', 'a'],
  // Structure.
  ['{ name = "root" } > { }', 'a c'],
  ['{ name = "root" } >> { }', 'a b c'],
  ['{ name = "b" } << { }', 'a root'],
  ['{ name = "a" } ~ { }', 'c'],
  ['{ name = "root" } !> { }', 'b ev orphan root'],
  ['{ name = "b" } &< { }', 'a b'],
  ['{ name = "a" } && { name = "ev" }', ''],
  ['{ name = "a" } || { name = "ev" }', 'a ev'],
  // Pipelines.
  ['{ } | count() > 3', 'a b c root'],
  ['{ } | by(resource.service.name) | count() > 1', 'a b ev orphan'],
  ['{ } | avg(span.int) = 6', 'a b c root'],
  ['{ } | max(duration) > 60ms | { name = "c" }', 'c'],
  ['({ } | count() > 3) && ({ name = "a" })', 'a b c root'],
  ['{ } | sum(span.big) = 9007199254740993', 'a b c root'],
  ['{ } | max(event.n) = 1', 'ev orphan'],
  ['{ span.nope = 1 } | count() >= 0', ''],
];

for (const groupSize of [100, 2, 1]) {
  test(`search with ${groupSize} spans to a group`, async () => {
    const traces = store(groupSize);
    for (const [query, expected] of CASES) assert.equal(names(await search(traces, query)), expected, query);
  });
}

test('newest first, and no more than the limit', async () => {
  const found = await search(store(2), '{ }', 1);
  assert.deepEqual(
    found.map((t) => t.traceId),
    ['2'],
  );
});

test('a long chain of operators is evaluated', async () => {
  const chain = Array.from({ length: 700 }, (_, i) => `span.int = ${i + 5}`).join(' || ');
  assert.equal(names(await search(store(100), `{ ${chain} }`)), 'a b root');
});

test('groupings name their values', async () => {
  const [trace] = await search(store(100), '{ name =~ "a|b|c" } | by(span.int > 6)');
  assert.deepEqual(
    trace!.spansets.map((s) => [s.matched, ...s.attributes.map(([name, value]) => [name, value])]),
    [
      [2, ['by(span.int > 6)', { type: 'bool', value: false }]],
      [1, ['by(span.int > 6)', { type: 'bool', value: true }]],
    ],
  );
});

async function shownBy(q: string, span: string): Promise<unknown[]> {
  const found = (await search(store(100), q)).flatMap((t) => t.spansets.flatMap((s) => s.spans));
  const attributes = found.find(({ spanId: id }) => id === spanId(span))?.attributes ?? [];
  return attributes.map(([name, value]) => [name, 'value' in value ? value.value : value.type]);
}

test('a trace that starts a nanosecond after the range is not in it', async () => {
  const batch = batchOfJson(request(3, { id: 'late', more: { startTimeUnixNano: `${START_MS}000001` } }));
  const wanted = { pipeline: searchPipeline('{ }'), limit: 20, spansPerSpanset: 3 };
  const found = async (maxMs: number) =>
    (
      await searchTraces(
        MemoryTraces.of([batch]),
        { ...wanted, range: { minMs: START_MS - 1000, maxMs } },
        signal,
      )
    ).traces;
  assert.equal((await found(START_MS)).length, 0);
  assert.equal((await found(START_MS + 1)).length, 1);
});

test('grouping by a condition on what no event has', async () => {
  const [trace] = await search(store(100), '{ name =~ "ev|orphan" } | by(event.n = nil)');
  assert.deepEqual(
    trace!.spansets.map((s) => [s.matched, ...s.attributes.map(([, value]) => value)]),
    [
      [1, { type: 'bool', value: true }],
      [1, { type: 'bool', value: false }],
    ],
  );
});

test('a span shows the values that some condition on its owner lets through', async () => {
  assert.deepEqual(await shownBy('{ .level = "mid" || name = "root" }', 'root'), []);
  assert.deepEqual(await shownBy('{ .level =~ "l.*" }', 'root'), [['level', 'low']]);
  // A condition on another attribute of the span will do.
  assert.deepEqual(await shownBy('{ .level =~ "y" || span.s = "low" || name = "root" }', 'root'), [
    ['level', 'low'],
  ]);
  assert.deepEqual(await shownBy('{ span.int != nil } | select(.level)', 'root'), [
    ['int', 5],
    ['level', 'low'],
    ['level', 'high'],
  ]);
  // Types are strict here too.
  assert.deepEqual(await shownBy('{ span.int > 4.0 || name = "root" }', 'root'), []);
  assert.deepEqual(await shownBy('{ span.tags = "red" }', 'a'), [['tags', 'red']]);
});

test('an early answer is the same as a full one', async () => {
  // A trace to a group; every tenth also has an early span in the oldest group.
  const count = 300;
  const traces = Array.from({ length: count }, (_, i) => i + 10);
  const old = traces
    .filter((trace) => trace % 10 === 0)
    .map((trace) =>
      batchOfJson(request(trace, { id: 'old', atMs: -trace * 10_000 + trace, attrs: { int: 1n } })),
    );
  const recent = traces.map((trace) =>
    batchOfJson(request(trace, { id: 'new', parent: 'old', attrs: { int: 2n } })),
  );
  const split = new MemoryTraces([...MemoryTraces.of(old).groups, ...MemoryTraces.of(recent, 1).groups]);
  const whole = MemoryTraces.of([...old, ...recent]);
  for (const q of ['{ }', '{ span.int = 2 }', '{ } | count() > 1', '{ span.int = 1 } > { span.int = 2 }']) {
    for (const limit of [1, 5, 40, 1000]) {
      const early = await search(split, q, limit);
      assert.deepEqual(early, await search(whole, q, limit), `${q} limit ${limit}`);
    }
  }
});

test('groups that are older than the answer are not looked at', async () => {
  const count = 200;
  const batches = Array.from({ length: count }, (_, i) =>
    batchOfJson(request(i + 10, { id: 'a', ms: 1, attrs: { int: BigInt(i % 2) } })),
  );
  const read = new Set<SpanGroup>();
  const groups = MemoryTraces.of(batches, 1).groups.map((group): SpanGroup => {
    const guarded: SpanGroup = {
      ...group,
      get attributes() {
        read.add(guarded);
        return group.attributes;
      },
    };
    return guarded;
  });
  const found = await search(new MemoryTraces(groups), '{ span.int = 1 }', 5);
  assert.equal(found.length, 5);
  // Every second matches; a few are looked at to choose where to begin.
  assert.ok(read.size >= 9 && read.size <= 15, `${read.size} groups for 5 traces`);
});

test('a search in parts finds the same, as it goes', async () => {
  // Every fourth trace also has a span in the oldest group.
  const traces = Array.from({ length: 60 }, (_, i) => i + 10);
  const old = traces
    .filter((trace) => trace % 4 === 0)
    .map((trace) =>
      batchOfJson(request(trace, { id: 'old', atMs: -trace * 10_000 + trace, attrs: { int: 1n } })),
    );
  const recent = traces.map((trace) => batchOfJson(request(trace, { id: 'new', attrs: { int: 2n } })));
  const groups = [...MemoryTraces.of(old).groups, ...MemoryTraces.of(recent, 1).groups];
  const split = new MemoryTraces(groups);
  for (const q of ['{ }', '{ span.int = 2 }', '{ } | count() > 1', '{ span.int = 3 }']) {
    for (const limit of [1, 7, 1000]) {
      const wanted = { pipeline: searchPipeline(q), range: undefined, limit, spansPerSpanset: 100 };
      const found: FoundTrace[] = [];
      let updates = 0;
      let parts = 0;
      let seen = 0;
      // After every group.
      for await (const update of searchUpdates(split, wanted, signal, 0)) {
        found.push(...update.traces);
        updates++;
        if (update.traces.length > 0) parts++;
        assert.ok(update.groupsSeen >= seen && update.groupsSeen <= update.groupCount);
        assert.equal(update.groupCount, groups.length);
        seen = update.groupsSeen;
      }
      assert.equal(seen, groups.length);
      assert.ok(limit === 1 || updates > 5, `${updates} updates`);
      // Without a limit that is soon reached every trace is told of when it is found.
      if (limit === 1000) assert.equal(parts, found.length);
      assert.deepEqual(found, await search(split, q, limit), `${q} limit ${limit}`);
    }
  }
});
