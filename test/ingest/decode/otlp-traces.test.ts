/** OTLP trace requests to batches: against protobufjs, messages in pieces, refusals, broken bytes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { allRows } from '../../../src/model/span-rows.ts';
import { spansOf } from '../../../src/model/spans-of.ts';
import { buildSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { decode, encode, messageArbitrary, type PlainMessage, protoType } from './otlp-arbitrary.ts';

const TRACE_ID = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
const SPAN_ID = Buffer.from('0102030405060708', 'hex');

function slice(batch: SpanBatch, start: Uint32Array, end: Uint32Array, i: number): Uint8Array {
  return batch.bytes.subarray(start[i]!, end[i]!);
}

/** A length-delimited field. */
function field(number: number, bytes: Uint8Array): Buffer {
  const length = [];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  const tag = number < 16 ? [number * 8 + 2] : [((number * 8 + 2) & 127) | 128, (number * 8 + 2) >>> 7];
  return Buffer.concat([Buffer.from([...tag, ...length]), bytes]);
}

test('random requests are cut at their messages', () => {
  fc.assert(
    fc.property(messageArbitrary('TracesData'), (message) => {
      const batch = decodeOtlpTraces(encode('TracesData', message));
      let i = 0;
      for (const resourceSpans of (message.resourceSpans ?? []) as PlainMessage[]) {
        for (const scopeSpans of (resourceSpans.scopeSpans ?? []) as PlainMessage[]) {
          for (const span of (scopeSpans.spans ?? []) as PlainMessage[]) {
            const resource = (resourceSpans.resource ?? {}) as PlainMessage;
            const scope = (scopeSpans.scope ?? {}) as PlainMessage;
            const r = slice(batch, batch.resourceStart, batch.resourceEnd, batch.spanResource[i]!);
            const s = slice(batch, batch.scopeStart, batch.scopeEnd, batch.spanScope[i]!);
            assert.deepEqual(Buffer.from(r), Buffer.from(encode('Resource', resource)));
            assert.deepEqual(Buffer.from(s), Buffer.from(encode('InstrumentationScope', scope)));
            const bytes = slice(batch, batch.spanStart, batch.spanEnd, i);
            assert.deepEqual(Buffer.from(bytes), Buffer.from(encode('Span', span)));
            const id = batch.traceIds.subarray(i * 16, i * 16 + 16);
            assert.deepEqual(Buffer.from(id), Buffer.from(span.traceId as Uint8Array));
            const startNs = BigInt((span.startTimeUnixNano as string) ?? 0);
            const endNs = BigInt((span.endTimeUnixNano as string) ?? 0);
            const startMs = Number(startNs / 1000000n);
            assert.equal(batch.startMs[i], startMs);
            assert.equal(batch.endMs[i], Math.max(startMs, Number((endNs + 999999n) / 1000000n)));
            i++;
          }
        }
      }
      assert.equal(batch.spanCount, i);
    }),
    { numRuns: 60 },
  );
});

test('a resource and a scope in pieces, before and behind the spans, are merged', () => {
  const attribute = (key: string) => encode('Resource', { attributes: [{ key, value: { intValue: 1 } }] });
  const span = encode('Span', { traceId: TRACE_ID, spanId: SPAN_ID });
  const scopeSpans = Buffer.concat([
    field(1, encode('InstrumentationScope', { name: 'a' })),
    field(2, span),
    field(1, encode('InstrumentationScope', { version: '2' })),
  ]);
  const resourceSpans = Buffer.concat([
    field(1, attribute('x')),
    field(2, scopeSpans),
    field(1, attribute('y')),
    field(1000, scopeSpans),
    field(1, attribute('z')),
  ]);
  const batch = decodeOtlpTraces(field(1, resourceSpans));
  assert.equal(batch.spanCount, 2);
  const resource = decode('Resource', slice(batch, batch.resourceStart, batch.resourceEnd, 0));
  assert.deepEqual(
    (resource.attributes as PlainMessage[]).map((a) => a.key),
    ['x', 'y', 'z'],
  );
  const scope = decode('InstrumentationScope', slice(batch, batch.scopeStart, batch.scopeEnd, 1));
  assert.equal(scope.name, 'a');
  assert.equal(scope.version, '2');
});

test('sub-messages of a span in pieces and unpacked values merge as protobufjs merges them', () => {
  const value = (members: PlainMessage) => encode('AnyValue', members);
  const keyValue = Buffer.concat([
    field(1, Buffer.from('k')),
    field(2, value({ stringValue: 'old' })),
    field(2, value({ intValue: '7' })),
  ]);
  const span = Buffer.concat([
    encode('Span', { traceId: TRACE_ID, spanId: SPAN_ID, name: 'first', status: { code: 2 } }),
    field(5, Buffer.from('second')),
    field(15, encode('Status', { message: 'boom' })),
    field(9, keyValue),
  ]);
  const body = field(1, field(2, field(2, span)));
  const group = buildSpanGroup(allRows([decodeOtlpTraces(body)]));
  const out = spansOf(group);
  const got = decode('Span', slice(out, out.spanStart, out.spanEnd, 0));
  assert.equal(got.name, 'second');
  assert.deepEqual(got.status, { message: 'boom', code: 2 });
  assert.deepEqual((got.attributes as PlainMessage[])[0]!.value, { intValue: '7' });
});

test('ids that are no ids refuse the request', () => {
  const f = (span: PlainMessage, want: string) => {
    const body = encode('TracesData', {
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: SPAN_ID }, span] }] }],
    });
    assert.throws(
      () => decodeOtlpTraces(body),
      (error) => error instanceof TriliteError && error.kind === 'bad_data' && error.message.includes(want),
    );
  };
  f({ spanId: SPAN_ID }, 'trace ids must be 128 bit, received 0 bits');
  f({ traceId: Buffer.alloc(16), spanId: SPAN_ID }, 'trace ids must be 128 bit, received 0 bits');
  f({ traceId: Buffer.alloc(4, 1), spanId: SPAN_ID }, 'trace ids must be 128 bit, received 32 bits');
  f({ traceId: TRACE_ID }, 'span ids must be 64 bit and not all zero, received 0 bits');
  f(
    { traceId: TRACE_ID, spanId: Buffer.alloc(8) },
    'span ids must be 64 bit and not all zero, received 0 bits',
  );
  f({ traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: Buffer.alloc(3, 1) }, 'parentSpanId: 3 bytes');
  f({ traceId: TRACE_ID, spanId: SPAN_ID, links: [{ traceId: Buffer.alloc(15, 1) }] }, 'traceId: 15 bytes');
});

test('malformed nested messages are refused at the door', () => {
  const f = (extra: Uint8Array, want: RegExp) => {
    const span = Buffer.concat([encode('Span', { traceId: TRACE_ID, spanId: SPAN_ID }), extra]);
    assert.throws(
      () => decodeOtlpTraces(field(1, field(2, field(2, span)))),
      (error) => error instanceof TriliteError && want.test(error.message),
    );
  };
  f(field(9, field(2, Buffer.from([0x0a, 5, 1]))), /length beyond the end/);
  f(field(9, field(1, Buffer.from([0xff, 0xfe]))), /KeyValue\.key: invalid UTF-8/);
  f(Buffer.from([0x28, 1]), /Span\.name: wire type 0/);
  f(Buffer.from([0x39, 1, 2]), /unexpected end/);
  f(Buffer.from([0xa3, 0x06]), /unexpected end of a group/);
  f(Buffer.from([0xa4, 0x06]), /wire type 4/);
  f(Buffer.from([0x30, ...Buffer.alloc(11, 0xff)]), /varint longer than ten bytes/);
  let value = encode('AnyValue', { boolValue: true });
  for (let i = 0; i < 200; i++) value = field(5, field(1, value));
  f(field(9, field(2, value)), /nested deeper/);
});

test('broken bytes end in a TriliteError or in spans that can be built', () => {
  fc.assert(
    fc.property(
      messageArbitrary('TracesData'),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      fc.nat(),
      (message, edits, cut) => {
        let bytes = Buffer.from(encode('TracesData', message));
        for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        if (cut % 3 === 0) bytes = bytes.subarray(0, cut % (bytes.length + 1));
        let batch: SpanBatch;
        try {
          batch = decodeOtlpTraces(bytes);
        } catch (error) {
          assert.ok(error instanceof TriliteError, String(error));
          return;
        }
        const out = spansOf(buildSpanGroup(allRows([batch])));
        for (let i = 0; i < out.spanCount; i++) {
          protoType('Span').decode(slice(out, out.spanStart, out.spanEnd, i));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('random bytes end in a TriliteError or in a batch', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeOtlpTraces(bytes);
      } catch (error) {
        assert.ok(error instanceof TriliteError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
