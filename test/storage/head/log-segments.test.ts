import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode } from '../../../src/base/bytes.ts';
import type { EntryChunk } from '../../../src/model/entry-chunk.ts';
import {
  LogSegments,
  SEGMENT_ROW,
  segmentFromRow,
  segmentRow,
} from '../../../src/storage/head/log-segments.ts';
import { chunkOfSegment } from '../../../src/storage/head/segment-chunk.ts';
import { logBatch, type TestEntry } from '../batches.ts';

const SPAN_MS = 1000;

function textsOf(c: EntryChunk): string[] {
  const out: string[] = [];
  for (let i = 0; i < c.count; i++) {
    const line = utf8Decode(c.lines.subarray(i === 0 ? 0 : c.lineEnds[i - 1]!, c.lineEnds[i]!));
    const metadata = [...c.pairs.subarray(i === 0 ? 0 : c.pairEnds[i - 1]!, c.pairEnds[i]!)].map(
      (p) => c.strings[p]!,
    );
    out.push(JSON.stringify([c.baseMs * 1e6 + c.offsetsNs[i]!, line, metadata]));
  }
  return out;
}

function textOf(e: TestEntry): string {
  return JSON.stringify([e.timeMs * 1e6 + e.timeNs, e.line, e.metadata]);
}

const entry = (timeMs: number, line = '', metadata: readonly string[] = []): TestEntry => ({
  stream: { a: '1' },
  timeMs,
  timeNs: 5,
  line,
  metadata,
});

/** Appends and reads back; every segment also by the row in which it travels. */
function roundTrip(entries: readonly TestEntry[]): { got: string[]; segments: number } {
  const segments = new LogSegments(SPAN_MS);
  const batch = logBatch(entries);
  segments.append(
    batch,
    batch.streams.map((_, i) => i),
  );
  const row = new Float64Array(SEGMENT_ROW);
  const got: string[] = [];
  let rows = 0;
  for (const slot of segments.slots()) {
    for (const s of segments.segmentsOf(slot)) {
      segmentRow(slot, s, row, 0);
      rows++;
      const travelled = segmentFromRow(row, 0);
      assert.deepEqual({ ...travelled }, { ...s });
      const chunk = chunkOfSegment(segments.slabs, travelled);
      const times = [...chunk.offsetsNs];
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
        'ascending',
      );
      for (const t of times) assert.ok(t >= 0 && t < SPAN_MS * 1e6, 'within its partition');
      got.push(...textsOf(chunk));
    }
  }
  assert.equal(segments.entries, entries.length);
  return { got, segments: rows };
}

function check(entries: readonly TestEntry[]): number {
  const { got, segments } = roundTrip(entries);
  assert.deepEqual([...got].sort(), entries.map(textOf).sort());
  return segments;
}

describe('log segments', () => {
  test('keep every entry', () => {
    const any = fc.record(
      {
        stream: fc.constantFrom({ a: '1' }, { a: '2' }),
        timeMs: fc.integer({ min: -3000, max: 3000 }),
        timeNs: fc.constantFrom(0, 999_999),
        line: fc.oneof(
          fc.string(),
          fc.string({ minLength: 49, maxLength: 200 }),
          fc.constant('ü'.repeat(3000)),
        ),
        metadata: fc.constantFrom([], ['k', 'v'], ['k', 'w', 'ü', ''], ['k', 'x'.repeat(500)]),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 120 }), (entries) => {
        check(entries);
      }),
    );
  });

  test('ties stay in the order in which they came', () => {
    // As many as a stream's first segment takes.
    const entries = [entry(5, 'a'), entry(3, 'b'), entry(5, 'c'), entry(3, 'a')];
    const { got } = roundTrip(entries);
    const wanted = [...entries].sort((a, b) => a.timeMs - b.timeMs).map(textOf);
    assert.deepEqual(got, wanted);
  });

  test('a full column ends a segment: entries, lines, pairs, strings', () => {
    const many = (n: number, make: (i: number) => TestEntry) => Array.from({ length: n }, (_, i) => make(i));
    assert.ok(check(many(500, () => entry(1))) > 1, 'empty lines fill the entries');
    assert.ok(check(many(40, () => entry(1, 'x'.repeat(400)))) > 1, 'long lines fill the bytes');
    const wide = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'e'];
    assert.ok(check(many(100, () => entry(1, '', wide))) > 1, 'many pairs of few strings fill the pairs');
    const distinct = (i: number) => entry(1, '', ['a', `${i}`, 'b', `${i}b`, 'c', `${i}c`, 'd', `${i}d`]);
    assert.ok(check(many(100, distinct)) > 1, 'distinct strings fill the dictionary');
    const large = (i: number) => entry(1, '', ['a', `${i}`.padEnd(2000, 'ü')]);
    assert.ok(check(many(20, large)) > 1, 'large strings fill the bytes from the other end');
  });

  test('outsized lines and dictionaries get a segment that holds them', () => {
    check([entry(1, 'x'.repeat(3_000_000)), entry(2, 'after'), entry(1, 'y'.repeat(300_000))]);
    const names = Array.from({ length: 20_000 }, (_, i) => `name ${i}`);
    check([entry(1), entry(2, 'line', names), entry(3, 'line', names.slice(0, 2))]);
    check([entry(1, '', ['k', 'v'.repeat(2_000_000)]), entry(1, '', ['k', 'v'])]);
  });

  test('metadata after entries without any', () => {
    const entries = Array.from({ length: 300 }, (_, i) =>
      entry(i, `line ${i}`, i < 10 ? [] : ['k', `v${i % 7}`]),
    );
    check(entries);
  });
});
