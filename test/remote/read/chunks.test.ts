/** What the server's side of remote read writes, its client's side reads; and no bytes make it do anything but refuse. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitWriter } from '../../../src/api/prometheus/remote-read/bit-writer.ts';
import { framesOf } from '../../../src/api/prometheus/remote-read/frames.ts';
import { SamplesAnswer } from '../../../src/api/prometheus/remote-read/samples-answer.ts';
import { wireChunks } from '../../../src/api/prometheus/remote-read/wire-chunk.ts';
import { ByteError } from '../../../src/base/bytes.ts';
import { decompressSnappy } from '../../../src/base/snappy.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { Labels } from '../../../src/model/labels.ts';
import { CHUNK_ENCODING } from '../../../src/model/remote-read-wire.ts';
import { isStale, wordsOf } from '../../../src/model/sample.ts';
import { readChunkedMessage, readSamplesAnswer } from '../../../src/remote/read/answer-messages.ts';
import { FrameSplitter } from '../../../src/remote/read/frame-splitter.ts';
import { RemoteSeries } from '../../../src/remote/read/remote-series.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';
import { columnsOf, samples, shown } from './sample-arbitraries.ts';

const ALL = { minMs: -(2 ** 50), maxMs: 2 ** 50 };
const LABELS = Labels.from({ __name__: 'm', ü: 'é', empty: '' });
/** Times of an era are far from zero and near each other. */
const given = fc
  .tuple(fc.constantFrom(0, 1.7e12), samples(3_000_000))
  .map(([base, list]) => list.map((s) => ({ ...s, timestampMs: s.timestampMs + base })));

function readBack(series: RemoteSeries): unknown[] {
  const columns = new SampleColumns();
  assert.equal(series.read(columns), columns.count);
  return shown(columns);
}

test('chunks: every sample comes back, histograms and markers too', () => {
  fc.assert(
    fc.property(given, (list) => {
      const columns = columnsOf(list);
      const series = new RemoteSeries(LABELS, ALL);
      for (const chunk of wireChunks(columns, 0, columns.count)) series.add(chunk);
      assert.deepEqual(readBack(series), shown(columns));
    }),
  );
});

test('frames: a stream in pieces of any size gives the same series', () => {
  fc.assert(
    fc.property(given, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (list, sizes) => {
      if (list.length === 0) return;
      const columns = columnsOf(list);
      const stream = framesOf(0, LABELS, wireChunks(columns, 0, columns.count), 300);
      const splitter = new FrameSplitter(1e6);
      const series = new RemoteSeries(LABELS, ALL);
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length]!;
        for (const message of splitter.push(stream.subarray(at, at + size))) {
          readChunkedMessage(message, (labels, chunks) => {
            assert.ok(labels.equals(LABELS));
            for (const chunk of chunks) series.add(chunk);
          });
        }
        at += size;
      }
      splitter.end();
      assert.deepEqual(readBack(series), shown(columns));
    }),
  );
});

test('samples: every sample comes back', () => {
  fc.assert(
    fc.property(given, (list) => {
      const columns = columnsOf(list);
      const answer = new SamplesAnswer();
      answer.beginResult();
      answer.add(LABELS, columns, 0, columns.count);
      answer.endResult();
      const found: RemoteSeries[] = [];
      readSamplesAnswer(decompressSnappy(Buffer.concat(answer.finish())), (labels, message) => {
        const series = new RemoteSeries(labels, ALL);
        series.add({ message });
        found.push(series);
      });
      assert.equal(found.length, 1);
      assert.ok(found[0]!.labels.equals(LABELS));
      assert.deepEqual(readBack(found[0]!), shown(columns));
    }),
  );
});

test('what lies beside the range is left out; disorder and repetition are put right, the first of a time counts', () => {
  const range = { minMs: 10, maxMs: 30 };
  const series = new RemoteSeries(LABELS, range);
  const chunk = (times: readonly number[], value: number) => {
    const columns = columnsOf(times.map((timestampMs) => ({ timestampMs, value })));
    for (const c of wireChunks(columns, 0, columns.count)) series.add(c);
  };
  chunk([20, 25, 31], 1);
  chunk([9, 10, 20, 30], 2);
  const columns = new SampleColumns();
  series.read(columns);
  assert.deepEqual([...columns.timestamps.subarray(0, columns.count)], [10, 20, 25, 30]);
  assert.deepEqual([...columns.values.subarray(0, columns.count)], [2, 1, 1, 2]);
});

/** Good bytes with some overwritten, cut off or added. */
const damaged = (bytes: Uint8Array) =>
  fc
    .record({
      spots: fc.array(fc.tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.nat(255)), { maxLength: 8 }),
      length: fc.nat(bytes.length + 8),
    })
    .map(({ spots, length }) => {
      const out = new Uint8Array(length);
      out.set(bytes.subarray(0, length));
      for (const [at, byte] of spots) if (at < length) out[at] = byte;
      return out;
    });

test('fuzz: a damaged chunk is read or refused as `execution`', () => {
  const columns = new SampleColumns();
  const withDamage = samples(1e6).chain((list) => {
    const whole = columnsOf(list);
    const [chunk] = wireChunks(whole, 0, whole.count);
    return fc.tuple(fc.integer({ min: 0, max: 7 }), damaged(chunk?.data ?? new Uint8Array(40)));
  });
  fc.assert(
    fc.property(withDamage, ([encoding, data]) => {
      const series = new RemoteSeries(LABELS, ALL);
      series.add({ encoding, data });
      try {
        series.read(columns);
      } catch (error) {
        assert.ok(error instanceof TriliteError && error.kind === 'execution', String(error));
        return;
      }
      for (let i = 1; i < columns.count; i++) assert.ok(columns.timestamps[i - 1]! < columns.timestamps[i]!);
    }),
    { numRuns: 2000 },
  );
});

test('fuzz: damaged messages and frames are read or refused', () => {
  const list = columnsOf(Array.from({ length: 10 }, (_, i) => ({ timestampMs: i, value: i })));
  const stream = framesOf(0, LABELS, wireChunks(list, 0, list.count));
  const refused = (read: () => void) => {
    try {
      read();
    } catch (error) {
      const isKnown = error instanceof ByteError || (error as Error).constructor === Error;
      assert.ok(isKnown, String((error as Error).stack));
    }
  };
  fc.assert(
    fc.property(damaged(stream), damaged(stream.subarray(5)), (frames, message) => {
      refused(() => {
        const splitter = new FrameSplitter(1e5);
        for (const m of splitter.push(frames)) readChunkedMessage(m, () => {});
        splitter.end();
      });
      refused(() => readChunkedMessage(message, () => {}));
      refused(() => readSamplesAnswer(message, () => {}));
    }),
    { numRuns: 3000 },
  );
});

test('newer chunks of floats: every kind of sample, with start times that change from the second on', () => {
  const bits = new BitWriter();
  const float = (value: number) => wordsOf(Float64Array.of(value)) as unknown as [number, number];
  bits.bits(7, 16);
  bits.bits(0x80 | 1, 8);
  bits.varint(1000);
  bits.word(...float(1));
  bits.varint(300);
  // 1.5 differs from 1 in one bit behind twelve others.
  bits.uvarint(100);
  bits.bits(0b110, 3);
  bits.bits(12, 5);
  bits.bits(1, 6);
  bits.bits(1, 1);
  bits.varbitInt(300);
  bits.bits(0, 1);
  bits.varbitInt(100);
  bits.bits(0b11111, 5);
  bits.varbitInt(100);
  // In the same window: back to 1, 20 ms later than expected; then the same a second earlier than that.
  bits.bits(0b110, 3);
  bits.bits(20, 13);
  bits.bits(0b10, 2);
  bits.bits(1, 1);
  bits.varbitInt(100);
  bits.bits(0b1110, 4);
  bits.bits(-50 & 0xfffff, 20);
  bits.bits(0, 1);
  bits.varbitInt(120);
  bits.bits(0b10, 2);
  bits.bits(0, 1);
  bits.bits(1, 1);
  bits.varbitInt(70);
  const series = new RemoteSeries(LABELS, ALL);
  series.add({ encoding: CHUNK_ENCODING.xor2, data: bits.take() });
  const columns = new SampleColumns();
  assert.equal(series.read(columns), 7);
  assert.deepEqual([...columns.timestamps.subarray(0, 7)], [1000, 1100, 1200, 1300, 1420, 1490, 1560]);
  assert.deepEqual([...columns.values.subarray(0, 7)], [1, 1.5, 1.5, Number.NaN, 1, 1, 1.5]);
  assert.ok(isStale(columns.words, 3));
  assert.deepEqual([...columns.startTimestamps!.subarray(0, 7)], new Array(7).fill(700));
});
