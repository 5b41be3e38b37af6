/**
 * Span groups: what goes in as OTLP comes out as OTLP, through columns, through pieces on disk and through merging;
 * damaged pieces end in `DamagedPageError`. Spans are compared as protobufjs decodes them, attributes as sets.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { Dictionary } from '../../../src/model/dictionary.ts';
import {
  type AttributeColumn,
  NO_PARENT,
  occurrenceOf,
  PARENT_ELSEWHERE,
  type SpanGroup,
} from '../../../src/model/span-group.ts';
import { allRows } from '../../../src/model/span-rows.ts';
import { spansOf } from '../../../src/model/spans-of.ts';
import { DamagedPageError } from '../../../src/storage/block/page.ts';
import {
  readDictionary,
  readDoubles,
  readWhole,
  writeDictionary,
  writeDoubles,
  writeWhole,
} from '../../../src/storage/chunkenc/column.ts';
import { buildSpanGroup, encodeSpanGroup, openSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { GroupSplicer, type Run } from '../../../src/storage/chunkenc/span-splice.ts';
import { encode, messageArbitrary, type PlainMessage } from '../../ingest/decode/otlp-arbitrary.ts';
import { batchOfJson, goldenBatches } from '../memory-traces.ts';
import { contents } from '../span-contents.ts';

const requests = fc
  .array(messageArbitrary('TracesData'), { minLength: 1, maxLength: 3 })
  .map((messages) => messages.map((m) => decodeOtlpTraces(encode('TracesData', m))));

/** The group as it is after a stay on disk. */
function reopened(group: SpanGroup): SpanGroup {
  const pieces = new Map(encodeSpanGroup(group).map(({ column, data }) => [column, data]));
  return openSpanGroup((column) => pieces.get(column));
}

test('random requests survive columns and pieces', () => {
  fc.assert(
    fc.property(requests, (batches) => {
      const group = buildSpanGroup(allRows(batches));
      const want = contents(batches);
      assert.deepEqual(contents([spansOf(group)]), want);
      assert.deepEqual(contents([spansOf(reopened(group))]), want);
      assert.equal(group.spanCount, want.length);
    }),
    { numRuns: 80 },
  );
});

test('a reopened group has the same columns', () => {
  fc.assert(
    fc.property(requests, (batches) => {
      const group = buildSpanGroup(allRows(batches));
      assert.deepEqual(columnsOf(reopened(group)), columnsOf(group));
    }),
    { numRuns: 40 },
  );
});

/** Every column that the group offers, as plain data. */
function columnsOf(group: SpanGroup): unknown {
  const plain = (value: unknown): unknown => {
    if (typeof value === 'function') return plain(value());
    if (value instanceof Dictionary)
      return { indexes: value.indexes, pieces: value.messages.map((m) => [...m]) };
    if (value instanceof Map) return [...value];
    if (Array.isArray(value)) return value.map(plain);
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
    if (value === null || typeof value !== 'object') return value;
    if ('dense' in value) {
      const column = value as AttributeColumn;
      const exact = column.type === 'int' ? column.exact() : undefined;
      return { ...column, rows: plain(column.rows()), values: plain(column.values()), exact: plain(exact) };
    }
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== 'of')
        .map(([name, inner]) => [name, plain(inner)]),
    );
  };
  return plain(group);
}

/** The traces of the groups by id, each trace from the first group that has it. */
function runsOf(groups: readonly SpanGroup[]): Run[] {
  const runs = new Map<string, Run>();
  for (const group of groups) {
    const starts = group.traceStarts();
    for (let t = 0; t + 1 < starts.length; t++) {
      const id = Buffer.from(group.traceIds().slice(16 * starts[t]!, 16 * starts[t]! + 16)).toString('hex');
      if (!runs.has(id)) runs.set(id, { group, from: starts[t]!, to: starts[t + 1]! });
    }
  }
  return [...runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, run]) => run);
}

function splice(runs: readonly Run[]): SpanGroup {
  const steps = new GroupSplicer().splice(runs);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

test('traces spliced from several groups are those that rows would give', () => {
  fc.assert(
    fc.property(requests, fc.boolean(), (batches, stored) => {
      const built = batches.map((batch) => buildSpanGroup(allRows([batch])));
      const runs = runsOf(stored ? built.map(reopened) : built);
      const rows = (run: Run) => Uint32Array.from({ length: run.to - run.from }, (_, i) => run.from + i);
      const alone = runs.map((run) => spansOf(run.group, rows(run)));
      const spliced = splice(runs);
      const rebuilt = buildSpanGroup(allRows(alone));
      assert.deepEqual(contents([spansOf(spliced)]), contents(alone));
      assert.deepEqual(contents([spansOf(reopened(spliced))]), contents(alone));
      for (const column of ['traceStarts', 'traceIds', 'spanIds', 'parentIds', 'parentRows'] as const) {
        assert.deepEqual(spliced[column](), rebuilt[column](), column);
      }
      const counts = (g: SpanGroup) => [g.spanCount, g.minMs, g.maxMs, g.resources.count, g.scopes.count];
      assert.deepEqual(counts(spliced), counts(rebuilt));
      assert.deepEqual(columnsOf(reopened(spliced)), columnsOf(spliced));
    }),
    { numRuns: 80 },
  );
});

test('recorded traces spliced from groups by turns keep every column', (t) => {
  const batches = goldenBatches();
  if (!batches) return t.skip('no recordings beside the checkout');
  const built = batches.map((batch) => buildSpanGroup(allRows([batch])));
  const spliced = splice(runsOf(built));
  assert.equal(new Set(contents([spansOf(spliced)])).size, spliced.spanCount);
  assert.deepEqual(columnsOf(reopened(spliced)), columnsOf(spliced));
  const all = new Set(contents(batches));
  for (const span of contents([spansOf(spliced)])) assert.ok(all.has(span));
});

test('some rows only', () => {
  fc.assert(
    fc.property(requests, fc.nat(), (batches, seed) => {
      const group = buildSpanGroup(allRows(batches));
      const rows = Uint32Array.from({ length: group.spanCount }, (_, i) => i).filter(
        (i) => (i * 7 + seed) % 3 === 0,
      );
      const all = contents([spansOf(group)]);
      const some = spansOf(group, rows);
      assert.equal(some.spanCount, rows.length);
      for (const span of contents([some])) assert.ok(all.includes(span));
    }),
    { numRuns: 40 },
  );
});

/** A request of one resource and scope with these spans; times in ns after 2026-01-01. */
function request(spans: readonly PlainMessage[]): SpanBatch {
  return batchOfJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

const T = '000000000000000000000000000000aa';
const BASE = 1767225600000000000n;

test('rows are sorted by trace, then start; parents are found', () => {
  const span = (traceId: string, spanId: string, parentSpanId: string, at: number) => ({
    traceId,
    spanId: spanId.padStart(16, '0'),
    parentSpanId: parentSpanId?.padStart(16, '0'),
    startTimeUnixNano: String(BASE + BigInt(at)),
    endTimeUnixNano: String(BASE + BigInt(at) + 5n),
  });
  const other = '000000000000000000000000000000ab';
  const many = Array.from({ length: 60 }, (_, i) =>
    span(other, `f${i + 10}`, i === 0 ? '' : `f${i + 9}`, 1000 + i),
  );
  const batch = request([
    ...many.reverse(),
    span(T, '2', '1', 20),
    span(T, '1', '', 10),
    span(T, '3', '99', 30),
    span(T, '4', '4', 40),
    span(T, '2', '2', 50),
  ]);
  for (const group of [buildSpanGroup(allRows([batch])), reopened(buildSpanGroup(allRows([batch])))]) {
    assert.deepEqual([...group.traceStarts()], [0, 5, 65]);
    assert.deepEqual([...group.startsNs().subarray(0, 5)], [10, 20, 30, 40, 50]);
    assert.deepEqual(
      [...group.parentRows().subarray(0, 5)],
      [NO_PARENT, 0, PARENT_ELSEWHERE, PARENT_ELSEWHERE, 1],
    );
    assert.deepEqual([...group.parentRows().subarray(5, 9)], [NO_PARENT, 5, 6, 7]);
    assert.equal(
      Buffer.from(group.parentIds()).toString('hex', 16, 40),
      '000000000000009900000000000000040000000000000002',
    );
  }
});

test('times that no float holds are kept exactly', () => {
  const span = (spanId: string, start: bigint, end: bigint, event: bigint) => ({
    traceId: T,
    spanId,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
    events: [{ timeUnixNano: String(event) }],
  });
  const max = (1n << 64n) - 1n;
  const batch = request([
    span('0000000000000001', BASE + 1n, BASE + 3n, BASE),
    span('0000000000000002', BASE + 2n, BASE + 1n, 0n),
    span('0000000000000003', 0n, max, max),
    span('0000000000000004', max, 0n, BASE),
    span('0000000000000005', BASE + 7n, BASE + 9n, BASE + 8n),
  ]);
  const group = reopened(buildSpanGroup(allRows([batch])));
  assert.deepEqual(contents([spansOf(group)]), contents([batch]));
  assert.equal(group.durationsNs()[2], 0);
  assert.equal(group.exactTimes().length, 3);
});

test('starts far apart, on both sides of the base', () => {
  const day = 86_400_000_000_000n;
  const batch = request(
    [-103n, -60n, -3n, 0n, 0n, 0n, 5n, 60n, 103n].map((days, i) => ({
      traceId: T,
      spanId: `000000000000000${i + 1}`,
      startTimeUnixNano: String(BASE + days * day + BigInt(i)),
      endTimeUnixNano: String(BASE + days * day + 9n),
    })),
  );
  const group = reopened(buildSpanGroup(allRows([batch])));
  assert.deepEqual(contents([spansOf(group)]), contents([batch]));
});

test('attributes: types apart, repeated and empty keys, exact integers', () => {
  const attributes = [
    { key: 'a', value: { intValue: '9007199254740993' } },
    { key: 'a', value: { stringValue: 'x' } },
    { key: 'a', value: { intValue: '1' } },
    { key: '', value: { boolValue: true } },
    { key: 'e', value: {} },
    { key: 'l', value: { arrayValue: { values: [{ stringValue: 'p' }] } } },
    { key: 'd', value: { doubleValue: -0 } },
  ];
  const spans = [1, 2, 3].map((i) => ({
    traceId: T,
    spanId: `000000000000000${i}`,
    attributes: i === 2 ? [] : attributes,
  }));
  const batch = request(spans);
  const group = reopened(buildSpanGroup(allRows([batch])));
  const table = group.attributes;
  assert.deepEqual(table.keys(), ['a', '', 'e', 'l', 'd']);
  assert.deepEqual(
    table.of('a').map((c) => [c.type, c.count, [...c.rows()]]),
    [
      ['int', 4, [0, 0, 2, 2]],
      ['string', 2, [0, 2]],
    ],
  );
  const ints = table.of('a')[0]!;
  assert.ok(ints.type === 'int');
  assert.deepEqual([...ints.exact()!], [9007199254740993n, 1n, 9007199254740993n, 1n]);
  assert.equal(occurrenceOf(ints, 2), 2);
  assert.equal(occurrenceOf(ints, 1), -1);
  assert.equal(table.of('nothing').length, 0);
  assert.deepEqual(contents([spansOf(group)]), contents([batch]));
});

test('an empty group', () => {
  const group = reopened(buildSpanGroup(allRows([])));
  assert.equal(group.spanCount, 0);
  assert.equal(spansOf(group).spanCount, 0);
});

test('damage is found', () => {
  const batch = request(
    Array.from({ length: 40 }, (_, i) => ({
      traceId: T,
      spanId: (i + 1).toString(16).padStart(16, '0'),
      name: `n${i}`,
      attributes: [{ key: 'k', value: { intValue: String(i * i) } }],
    })),
  );
  const pieces = encodeSpanGroup(buildSpanGroup(allRows([batch])));
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
      const damaged = pieces.map(({ column, data }) => ({ column, data: data.slice() }));
      const { data } = damaged[which % damaged.length]!;
      data[at % data.length]! ^= flip;
      const map = new Map(damaged.map((p) => [p.column, p.data]));
      assert.throws(() => spansOf(openSpanGroup((column) => map.get(column))), DamagedPageError);
    }),
  );
  assert.throws(() => openSpanGroup(() => undefined), DamagedPageError);
});

test('whole numbers, doubles and dictionaries as columns', () => {
  const whole = fc.array(
    fc.oneof(
      fc.integer().map(Number),
      fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: 0, max: 50 }).map((n) => n * 1e6),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(whole, fc.boolean(), fc.array(fc.double(), { maxLength: 20 }), (numbers, sort, doubles) => {
      const values = Float64Array.from(sort ? numbers.sort((a, b) => a - b) : numbers, (n) => n + 0);
      const out = new ByteWriter();
      writeWhole(out, values);
      writeDoubles(out, Float64Array.from(doubles));
      const input = new ByteReader(out.take());
      assert.deepEqual(readWhole(input, values.length), values);
      assert.deepEqual(readDoubles(input, doubles.length), Float64Array.from(doubles));
      assert.ok(input.done);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 900 }), (choices) => {
      // Pieces in the order of their first row, as builders make them.
      const order = [...new Set(choices)];
      const texts = order.map((n) => `piece ${n}`);
      const bytes = Buffer.from(texts.join(''));
      let end = 0;
      const ends = Uint32Array.from(texts, (text) => (end += text.length));
      const indexes = Uint32Array.from(choices, (n) => order.indexOf(n));
      const out = new ByteWriter();
      writeDictionary(out, new Dictionary(indexes, bytes, ends));
      const got = readDictionary(new ByteReader(out.take()), indexes.length);
      assert.deepEqual(got.indexes, indexes);
      assert.deepEqual(got.strings, texts);
    }),
    { numRuns: 30 },
  );
});

test('the recorded spans stay below 41 bytes each', (t) => {
  const batches = goldenBatches();
  if (!batches) return t.skip('no recordings beside the checkout');
  const group = buildSpanGroup(allRows(batches));
  const size = encodeSpanGroup(group).reduce((n, { data }) => n + data.length, 0);
  assert.ok(size / group.spanCount < 41, `${size / group.spanCount} bytes per span`);
  assert.deepEqual(contents([spansOf(reopened(group))]), contents(batches));
});
