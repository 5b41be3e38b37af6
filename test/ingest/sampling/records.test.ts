/** Records of the sampler's journals: they come back as they were, and bytes that are none are refused as such. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteError, ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import { type Decided, readDecided, writeDecided } from '../../../src/ingest/sampling/decisions.ts';
import { HeldBatch, heldRecord, NO_SPAN } from '../../../src/ingest/sampling/held-batch.ts';
import { gathered, subsetOf } from '../../../src/ingest/sampling/span-subset.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { type MadeResource, requestOf, traceId } from './traces.ts';

const span = fc.record(
  {
    trace: fc.integer({ min: 1, max: 4 }).map(traceId),
    span: fc.integer({ min: 1, max: 1e6 }),
    status: fc.constantFrom(0, 2),
  },
  { noNullPrototype: true },
);
const resource: fc.Arbitrary<MadeResource> = fc.record(
  {
    attributes: fc.constantFrom({}, { a: { stringValue: 'x' } }, { a: { stringValue: 'y' } }),
    scopes: fc.array(fc.array(span, { maxLength: 5 }), { maxLength: 3 }),
  },
  { noNullPrototype: true },
);
const batch = fc.array(resource, { maxLength: 4 }).map((r) => decodeOtlpTraces(requestOf(r)));

/** Every span with all that belongs to it, as text. */
function rowsOf(b: SpanBatch): string[] {
  const hex = (from: number, to: number) => Buffer.from(b.bytes.subarray(from, to)).toString('hex');
  return Array.from({ length: b.spanCount }, (_, i) => {
    const [r, s] = [b.spanResource[i]!, b.spanScope[i]!];
    return [
      Buffer.from(b.traceIds.subarray(i * 16, i * 16 + 16)).toString('hex'),
      hex(b.resourceStart[r]!, b.resourceEnd[r]!),
      hex(b.scopeStart[s]!, b.scopeEnd[s]!),
      hex(b.spanStart[i]!, b.spanEnd[i]!),
      b.startMs[i],
      b.endMs[i],
    ].join(' ');
  });
}

test('spans that wait are those that came, and pieces are their traces', () => {
  fc.assert(
    fc.property(batch, fc.string(), fc.integer({ min: 0, max: 4e12 }), (b, tenant, nowMs) => {
      const held = new HeldBatch(heldRecord(b, tenant, nowMs), 7);
      assert.deepEqual(rowsOf(held.batch), rowsOf(b));
      assert.deepEqual([held.tenant, held.arrivedMs, held.number], [tenant, nowMs, 7]);
      const seen: number[] = [];
      for (const piece of held.pieces) {
        let spans = 0;
        for (let i = piece.first; i !== NO_SPAN; i = held.next[i]!, spans++) {
          seen.push(i);
          const id = Buffer.from(b.traceIds.subarray(i * 16, i * 16 + 16)).toString('latin1');
          assert.ok(piece.key.endsWith(id));
        }
        assert.equal(spans, piece.spanCount);
      }
      assert.deepEqual(
        seen.sort((x, y) => x - y),
        Array.from({ length: b.spanCount }, (_, i) => i),
      );
    }),
  );
});

test('what is gathered, or picked, has every span with its resource and scope', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 3 }), fc.func(fc.boolean()), (batches, wants) => {
      const held = batches.map((b, i) => new HeldBatch(heldRecord(b, 't', 0), i));
      const pieces = held.flatMap((h) => h.pieces).filter((p) => wants(p.key));
      const wanted = batches
        .flatMap((b) => rowsOf(b))
        .filter((row) => {
          const key = `t/${Buffer.from(row.slice(0, 32), 'hex').toString('latin1')}`;
          return wants(key);
        });
      assert.deepEqual(rowsOf(gathered(pieces)).sort(), wanted.sort());
      for (const b of batches) {
        const rows = Array.from({ length: b.spanCount }, (_, i) => i).filter((i) => wants(String(i)));
        assert.deepEqual(
          rowsOf(subsetOf(b, rows)),
          rows.map((i) => rowsOf(b)[i]),
        );
      }
    }),
  );
});

test('decisions come back as they were', () => {
  const key = fc.uint8Array({ minLength: 16, maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1'));
  const decided: fc.Arbitrary<Decided> = fc.record(
    { key, isSampled: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(decided), (list) => {
      const out = new ByteWriter();
      writeDecided(out, list);
      assert.deepEqual(readDecided(new ByteReader(out.take())), list);
    }),
  );
});

test('bytes that are no record are refused as such, however they are wrong', () => {
  const record = heldRecord(
    decodeOtlpTraces(requestOf([{ scopes: [[{ trace: traceId(1), span: 1 }]] }])),
    't',
    1,
  );
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 0, max: record.length - 1 }).map((n) => record.slice(0, n)),
    fc
      .tuple(fc.integer({ min: 0, max: record.length - 1 }), fc.integer({ min: 0, max: 255 }))
      .map(([at, value]) => {
        const copy = record.slice();
        copy[at] = value;
        return copy;
      }),
  );
  const refuses = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof ByteError, String(error));
    }
  };
  fc.assert(
    fc.property(broken, (bytes) => {
      refuses(() => new HeldBatch(bytes, 1));
      refuses(() => readDecided(new ByteReader(bytes)));
    }),
    { numRuns: 500 },
  );
});
