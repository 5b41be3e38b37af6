import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import SnappyJS from 'snappyjs';
import { decompress } from '../../../src/ingest/decode/compression.ts';
import { type DecodeScratch, DecodeScratches } from '../../../src/ingest/decode/decode-scratch.ts';
import { decodeRemoteWrite1 } from '../../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../../src/ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../../../src/model/batch.ts';
import { encode, Request2, WriteRequest } from './remote-write-proto.ts';

const MAX_BYTES = 1 << 24;

// Few names and values: series of one request share them, in several orders, and some values are empty.
const pairs = fc.uniqueArray(
  fc.tuple(fc.constantFrom('a', 'instance', 'job', 'z'), fc.constantFrom('', '1', 'ü', 'x'.repeat(130))),
  { selector: ([name]) => name },
);
const series = fc.record({
  labels: pairs.map((p) => [['__name__', 'm'], ...p]),
  samples: fc.array(fc.record({ value: fc.double({ noNaN: true }), timestamp: fc.nat() }), {
    minLength: 1,
    maxLength: 3,
  }),
  exemplars: fc.boolean(),
});
const request = fc.record({ version: fc.constantFrom(1, 2), series: fc.array(series, { maxLength: 40 }) });
type Request = ReturnType<typeof request.generate>['value'];

function body(r: Request): Uint8Array {
  const exemplar = { value: 7, timestamp: 3 };
  if (r.version === 1) {
    const timeseries = r.series.map((s) => ({
      labels: s.labels.map(([name, value]) => ({ name, value })),
      samples: s.samples,
      exemplars: s.exemplars ? [{ ...exemplar, labels: [{ name: 'trace_id', value: 'abc' }] }] : [],
    }));
    return encode(WriteRequest, { timeseries });
  }
  const symbols = [''];
  const ref = (text: string) => {
    if (!symbols.includes(text)) symbols.push(text);
    return symbols.indexOf(text);
  };
  const timeseries = r.series.map((s) => ({
    labelsRefs: s.labels.flat().map((text) => ref(text!)),
    samples: s.samples,
    exemplars: s.exemplars ? [{ ...exemplar, labelsRefs: [ref('trace_id'), ref('abc')] }] : [],
    metadata: { type: s.exemplars ? 1 : 2, helpRef: ref('help') },
  }));
  return encode(Request2, { symbols, timeseries });
}

function decode(r: Request, wire: Uint8Array, scratch: DecodeScratch | undefined): MetricBatch {
  const plain = decompress(wire, 'snappy', MAX_BYTES, scratch && { room: scratch.body });
  if (r.version === 1) return decodeRemoteWrite1(plain, scratch?.rows());
  return decodeRemoteWrite2(plain, scratch?.rows(), scratch?.keys()).batch;
}

function contents(b: MetricBatch): unknown {
  const n = b.sampleCount;
  return {
    labels: Array.from({ length: b.seriesCount }, (_, i) => b.labels(i)?.toObject()),
    keys: Array.from({ length: b.seriesCount }, (_, i) =>
      Buffer.from(b.keys.subarray(b.keyStart[i]!, b.keyEnd[i]!)).toString('hex'),
    ),
    samples: Array.from({ length: n }, (_, i) => [b.sampleSeries[i], b.timestamps[i], b.values[i]]),
    exemplars: b.exemplars,
    metadata: b.metadata,
  };
}

describe('memory lent to decoding', () => {
  test('what is decoded into used memory is what is decoded into new memory', () => {
    const scratches = new DecodeScratches();
    fc.assert(
      fc.property(fc.array(request, { maxLength: 4 }), (requests) => {
        for (const r of requests) {
          const wire = new Uint8Array(SnappyJS.compress(body(r)));
          const scratch = scratches.take();
          assert.deepEqual(contents(decode(r, wire, scratch)), contents(decode(r, wire, undefined)));
          scratches.give(scratch);
        }
      }),
    );
  });

  test('two requests at once do not share memory', () => {
    const scratches = new DecodeScratches();
    const first = scratches.take();
    const room = first.body(100).fill(1);
    const second = scratches.take();
    second.body(100).fill(2);
    assert.deepEqual(room, new Uint8Array(100).fill(1));
    assert.notEqual(first.rows(), second.rows());
    scratches.give(first);
    assert.equal(scratches.take(), first);
  });

  test('memory of outsized requests is not kept', () => {
    const scratches = new DecodeScratches();
    const scratch = scratches.take();
    const large = scratch.body(20 << 20);
    const rows = scratch.rows();
    for (let i = 0; i < 100_000; i++) rows.addSample(rows.addSeries(0, 0), i, i);
    scratches.give(scratch);
    assert.equal(scratches.take(), scratch);
    assert.notEqual(scratch.body(1).buffer, large.buffer);
    assert.ok(scratch.rows().values.length < 100_000);
  });
});
