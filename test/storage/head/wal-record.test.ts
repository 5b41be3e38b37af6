/** Records of the WAL, all three kinds: what goes in comes out, damaged bytes end in `ByteError`. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { compress } from 'snappyjs';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import { Labels } from '../../../src/model/labels.ts';
import { LogHead } from '../../../src/storage/head/log-head.ts';
import { chunkOfSegment } from '../../../src/storage/head/segment-chunk.ts';
import { SeriesIndex } from '../../../src/storage/head/series-index.ts';
import { ROW_FLOATS, TraceHead } from '../../../src/storage/head/trace-head.ts';
import {
  decodeMetricRecord,
  encodeMetricRecord,
  type MetricRecord,
  WAL_KIND,
} from '../../../src/storage/head/wal-record.ts';
import { packCommit, unpackCommit } from '../../../src/storage/sqlite/wal-commit.ts';
import { logBatch, spanBatch, type TestEntry, type TestSpan } from '../batches.ts';
import { labelRecord } from '../conformance.ts';
import { endsCleanly, mutated } from '../fuzz.ts';
import { histogram } from '../histograms.ts';

const labels = labelRecord.map((r) => Labels.from(r));
const id = fc.nat(2 ** 31);
const time = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
/** Mostly one that the sample before has too. */
const start = fc.oneof(fc.constantFrom(0, 1_767_268_800_000), time);
const noProto = { noNullPrototype: true } as const;

const metricRecord: fc.Arbitrary<MetricRecord> = fc
  .record({
    definitions: fc.array(fc.tuple(id, labels), { maxLength: 4 }),
    samples: fc.array(fc.tuple(id, time, fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), start), { maxLength: 20 }),
    histograms: fc.array(fc.record({ id, timestampMs: time, startMs: start, histogram }, noProto), {
      maxLength: 3,
    }),
    hasStarts: fc.boolean(),
    exemplars: fc.array(
      fc.record(
        {
          id,
          exemplar: fc.record({ timestampMs: time, value: fc.double({ noNaN: true }), labels }, noProto),
        },
        noProto,
      ),
      { maxLength: 3 },
    ),
    metadata: fc.array(
      fc.record(
        { family: fc.string(), type: fc.constant('gauge'), help: fc.string(), unit: fc.string() },
        noProto,
      ),
      { maxLength: 3 },
    ),
  })
  .map((r) => ({
    definitions: { ids: r.definitions.map((d) => d[0]), labels: r.definitions.map((d) => d[1]) },
    count: r.samples.length,
    ids: Uint32Array.from(r.samples, (s) => s[0]),
    timestamps: Float64Array.from(r.samples, (s) => s[1]),
    valueWords: Uint32Array.from(r.samples.flatMap((s) => [s[2], s[3]])),
    startTimestamps: r.hasStarts ? Float64Array.from(r.samples, (s) => s[4]) : undefined,
    histograms: r.hasStarts ? r.histograms : r.histograms.map((h) => ({ ...h, startMs: 0 })),
    exemplars: r.exemplars,
    metadata: r.metadata as MetricRecord['metadata'],
  }));

function encodedMetrics(record: MetricRecord): Uint8Array {
  const out = new ByteWriter();
  encodeMetricRecord(out, record);
  return out.take();
}

describe('metric records', () => {
  test('keep everything', () => {
    fc.assert(
      fc.property(metricRecord, (record) => {
        const input = new ByteReader(encodedMetrics(record));
        const kind = input.u8();
        const starts = record.startTimestamps;
        const hasStarts = starts?.some((s) => s !== 0) || record.histograms.some((h) => h.startMs !== 0);
        assert.equal(kind, hasStarts ? WAL_KIND.startedMetrics : WAL_KIND.metrics);
        const defined: [number, string][] = [];
        const got = decodeMetricRecord(kind, input, (n, bytes) =>
          defined.push([n, Labels.fromBytes(bytes).key()]),
        );
        assert.ok(input.done);
        const { definitions, exemplars, startTimestamps, ...rest } = record;
        assert.deepEqual(
          got.startTimestamps ?? new Float64Array(record.count),
          startTimestamps ?? new Float64Array(record.count),
        );
        assert.deepEqual(
          defined,
          definitions.ids.map((n, i) => [n, definitions.labels[i]!.key()]),
        );
        const keyed = (list: MetricRecord['exemplars']) =>
          list.map((e) => ({ ...e, exemplar: { ...e.exemplar, labels: e.exemplar.labels.key() } }));
        assert.deepEqual(keyed(got.exemplars), keyed(exemplars));
        const { startTimestamps: _, ...gotRest } = got;
        assert.deepEqual({ ...gotRest, exemplars: [] }, { ...rest, exemplars: [] });
      }),
    );
  });

  test('damaged', () => {
    fc.assert(
      fc.property(
        metricRecord.chain((r) => mutated(encodedMetrics(r))),
        (bytes) =>
          endsCleanly(() => {
            const input = new ByteReader(bytes);
            decodeMetricRecord(input.u8(), input, (_, canonical) => Labels.fromBytes(canonical));
          }),
      ),
      { numRuns: 2000 },
    );
  });
});

test('metric records without start timestamps are what they were before there were any', () => {
  const hex =
    '010109050101610162021214001e000000000000f03f000000000000044001093c010000000000000000000000' +
    '000000000000000000000000084000000000000010400100010100000000000008400000000001016d0567617567650000';
  const input = new ByteReader(Uint8Array.from(Buffer.from(hex, 'hex')));
  const kind = input.u8();
  const defined: string[] = [];
  const got = decodeMetricRecord(kind, input, (n, b) => defined.push(`${n} ${Labels.fromBytes(b).key()}`));
  assert.deepEqual(defined, [`9 ${Labels.from({ a: 'b' }).key()}`]);
  assert.deepEqual([...got.ids], [9, 9]);
  assert.deepEqual([...got.timestamps], [10, 25]);
  assert.deepEqual([...new Float64Array(got.valueWords.buffer)], [1, 2.5]);
  assert.equal(got.startTimestamps, undefined);
  assert.deepEqual(
    got.histograms.map((h) => [h.id, h.timestampMs, h.startMs, h.histogram.count]),
    [[9, 30, 0, 3]],
  );
  assert.deepEqual(got.metadata, [{ family: 'm', type: 'gauge', help: '', unit: '' }]);
  assert.ok(input.done);
});

const entries: fc.Arbitrary<TestEntry[]> = fc.array(
  fc.record(
    {
      stream: labelRecord,
      timeMs: fc.integer({ min: -(2 ** 43), max: 2 ** 43 }),
      timeNs: fc.nat(999_999),
      line: fc.string(),
      metadata: fc.constantFrom([], ['k', 'v'], ['k', 'ü', 'z', '']),
    },
    noProto,
  ),
  { maxLength: 10 },
);

function newLogHead(): LogHead {
  let next = 1;
  return new LogHead(new SeriesIndex(() => next++), 1, 1000);
}

function encodedLogs(entries: readonly TestEntry[], packed: boolean): Uint8Array {
  const out = new ByteWriter();
  const batch = logBatch(entries);
  const body = { codec: 'snappy', bytes: compress(batch.bytes) } as const;
  newLogHead().append(packed ? { ...batch, packed: body } : batch, out);
  return out.take();
}

/** A head that took the record; ids that it does not define are unknown. */
function replayLogs(bytes: Uint8Array): LogHead {
  const head = newLogHead();
  const input = new ByteReader(bytes);
  head.replay(
    input.u8(),
    input,
    (n, canonical) => void head.series.restore(n, canonical, 1),
    (n) => head.series.slotOfId(n) ?? -1,
  );
  return head;
}

function contentOf(head: LogHead): unknown[] {
  const { segments } = head.current;
  return [...segments.slots()].map((slot) => [
    head.series.labels(slot).key(),
    segments.segmentsOf(slot).map((s) => chunkOfSegment(segments.slabs, s)),
  ]);
}

describe('log records', () => {
  test('keep everything', () => {
    fc.assert(
      fc.property(entries, fc.boolean(), (batch, packed) => {
        const head = newLogHead();
        head.append(logBatch(batch), new ByteWriter());
        assert.deepEqual(contentOf(replayLogs(encodedLogs(batch, packed))), contentOf(head));
      }),
    );
  });

  test('a commit of packed lines is not compressed once more', () => {
    const line = { stream: { a: 'b' }, timeMs: 1, timeNs: 0, line: 'x'.repeat(100_000), metadata: [] };
    const out = new ByteWriter();
    for (let i = 0; i < 2; i++) {
      const record = encodedLogs([line], true);
      out.u32(record.length);
      out.bytes(record);
    }
    const records = out.take();
    const data = packCommit(records, 7);
    assert.equal(data[0], 2);
    assert.deepEqual(unpackCommit(data, 7), records);
  });

  test('damaged', () => {
    fc.assert(
      fc.property(
        fc.tuple(entries, fc.boolean()).chain(([batch, packed]) => mutated(encodedLogs(batch, packed))),
        (bytes) => endsCleanly(() => replayLogs(bytes)),
      ),
      { numRuns: 2000 },
    );
  });
});

const spans: fc.Arbitrary<TestSpan[]> = fc.array(
  fc.record(
    {
      service: fc.string(),
      trace: fc.integer({ min: 1, max: 5 }),
      span: fc.integer({ min: 1, max: 9 }),
      name: fc.string(),
      startMs: fc.nat(2 ** 43),
      durationMs: fc.nat(1000),
    },
    noProto,
  ),
  { maxLength: 8 },
);

function encodedSpans(batch: readonly TestSpan[]): Uint8Array {
  const out = new ByteWriter();
  new TraceHead(1).append(spanBatch(batch), out);
  return out.take();
}

function replaySpans(bytes: Uint8Array): TraceHead {
  const head = new TraceHead(1);
  const input = new ByteReader(bytes);
  input.u8();
  head.replay(input);
  return head;
}

/** Rows without the places, and the bytes of each span. */
function rowsOf(head: TraceHead): unknown[] {
  const { store } = head.current;
  return Array.from({ length: store.spans }, (_, i) => {
    const row = [...new Float64Array(store.rowSlabs[0]!, 8 * i * ROW_FLOATS, ROW_FLOATS)];
    const bytes = Buffer.from(store.slabs[row[0]!]!, row[1]!, row[2]!).toString('hex');
    return [bytes, ...row.slice(3, 7), row[8], row[9]];
  });
}

describe('trace records', () => {
  test('keep everything', () => {
    fc.assert(
      fc.property(spans, (batch) => {
        const head = new TraceHead(1);
        head.append(spanBatch(batch), new ByteWriter());
        assert.deepEqual(rowsOf(replaySpans(encodedSpans(batch))), rowsOf(head));
      }),
    );
  });

  test('damaged', () => {
    fc.assert(
      fc.property(
        spans.chain((batch) => mutated(encodedSpans(batch))),
        (bytes) => endsCleanly(() => replaySpans(bytes)),
      ),
      { numRuns: 2000 },
    );
  });
});

describe('rows of the WAL', () => {
  test('come back, small and large', () => {
    for (const size of [0, 1, 4095, 4096, 100_000]) {
      const records = Uint8Array.from({ length: size }, (_, i) => (i * i) & 0xff);
      assert.deepEqual(Buffer.from(unpackCommit(packCommit(records, 7), 7)), Buffer.from(records));
    }
  });

  test('every changed byte is noticed', () => {
    const row = packCommit(
      Uint8Array.from({ length: 100 }, (_, i) => i),
      7,
    );
    for (let i = 0; i < row.length; i++) {
      const damaged = row.slice();
      damaged[i]! ^= 0x40;
      assert.throws(() => unpackCommit(damaged, 7), `byte ${i}`);
      assert.throws(() => unpackCommit(row.subarray(0, i), 7), `cut at ${i}`);
    }
    assert.throws(() => unpackCommit(row, 8), 'another generation');
  });

  test('of older files are read', () => {
    const payload = Uint8Array.of(1, 2, 3);
    const row = new ByteWriter();
    row.u8(0);
    row.u32(zlib.crc32(payload));
    row.bytes(payload);
    assert.deepEqual(Buffer.from(unpackCommit(row.take(), 7)), Buffer.from(payload));
    const zstd = zlib.zstdCompressSync(payload);
    row.clear();
    row.u8(1);
    row.u32(zlib.crc32(zstd));
    row.bytes(zstd);
    assert.deepEqual(Buffer.from(unpackCommit(row.take(), 7)), Buffer.from(payload));
  });
});
