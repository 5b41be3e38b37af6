/** Zipkin's spans to batches: the mapping, both encodings alike, refusals that say where, broken bytes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeZipkinJson } from '../../../src/ingest/decode/zipkin-json.ts';
import { decodeZipkinProtobuf } from '../../../src/ingest/decode/zipkin-protobuf.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { decode, type PlainMessage } from './otlp-arbitrary.ts';
import { listOfSpans, type PlainSpan, spanArbitrary } from './zipkin-arbitrary.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const TRACE = 'abcdef0123456789abcdef0123456789';
const SPAN: PlainSpan = { traceId: TRACE, id: '00000000000000a1', timestamp: 1_767_270_600_000_000 };

interface Decoded {
  readonly resource: PlainMessage;
  readonly scope: PlainMessage;
  readonly span: PlainMessage;
}

/** Every span with its resource and scope, attributes as an object. */
function spans(batch: SpanBatch): Decoded[] {
  const of = (type: string, start: Uint32Array, end: Uint32Array, i: number) =>
    readable(decode(type, batch.bytes.subarray(start[i]!, end[i]!), false)) as PlainMessage;
  return Array.from({ length: batch.spanCount }, (_, i) => ({
    resource: of('Resource', batch.resourceStart, batch.resourceEnd, batch.spanResource[i]!),
    scope: of('InstrumentationScope', batch.scopeStart, batch.scopeEnd, batch.spanScope[i]!),
    span: of('Span', batch.spanStart, batch.spanEnd, i),
  }));
}

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, v]) => {
    if (key !== 'attributes') return [key, readable(v)];
    const pairs = (v as { key?: string; value: object }[]).map((a) => [
      a.key ?? '',
      Object.values(a.value)[0],
    ]);
    return [key, Object.fromEntries(pairs)];
  });
  return Object.fromEntries(entries);
}

const one = (span: object) => spans(decodeZipkinJson(bytes([{ ...SPAN, ...span }])))[0]!;

describe('a Zipkin span as an OTLP span', () => {
  it('has its ids, times, kind and endpoints', () => {
    const { resource, span } = one({
      parentId: 'b2',
      name: 'get /z',
      kind: 'SERVER',
      duration: 207_001,
      localEndpoint: { serviceName: 'front', ipv4: '10.0.0.1', port: 8080 },
      remoteEndpoint: { serviceName: 'caller', ipv4: '10.0.0.9', ipv6: '2001:DB8::0:9', port: 4444 },
    });
    assert.deepEqual(resource, { attributes: { 'service.name': 'front' } });
    assert.deepEqual(span, {
      traceId: Buffer.from(TRACE, 'hex').toString('base64'),
      spanId: Buffer.from('00000000000000a1', 'hex').toString('base64'),
      parentSpanId: Buffer.from('00000000000000b2', 'hex').toString('base64'),
      name: 'get /z',
      kind: 2,
      startTimeUnixNano: '1767270600000000000',
      endTimeUnixNano: '1767270600207001000',
      attributes: {
        'network.local.address': '10.0.0.1',
        'net.host.port': '8080',
        'service.peer.name': 'caller',
        'network.peer.address': '2001:db8::9',
        'net.peer.port': '4444',
      },
      status: {},
    });
  });

  it('has a trace id of 128 bits, whatever came', () => {
    const { span } = one({ traceId: '1234567890ABCDEF' });
    assert.equal(
      Buffer.from(span.traceId as string, 'base64').toString('hex'),
      '00000000000000001234567890abcdef',
    );
  });

  it('is not its own parent', () => {
    for (const parentId of ['00000000000000a1', '0000000000000000', '', null]) {
      assert.equal(one({ parentId }).span.parentSpanId, undefined, String(parentId));
    }
  });

  it('has its kind from a tag where Zipkin has none', () => {
    assert.equal(one({ tags: { 'span.kind': 'internal' } }).span.kind, 1);
    assert.equal(one({ tags: { 'span.kind': 'consumer' } }).span.kind, 5);
    const both = one({ kind: 'CLIENT', tags: { 'span.kind': 'internal' } }).span;
    assert.deepEqual([both.kind, both.attributes], [3, { 'span.kind': 'internal' }]);
  });

  it('fails with any error tag, which stays where it says more', () => {
    const plain = one({ tags: { error: 'true' } }).span;
    assert.deepEqual([plain.status, plain.attributes], [{ code: 2 }, undefined]);
    const telling = one({ tags: { error: '' } }).span;
    assert.deepEqual([telling.status, telling.attributes], [{ code: 2 }, { error: '' }]);
    const named = one({ tags: { 'otel.status_code': 'Error', 'otel.status_description': 'boom' } }).span;
    assert.deepEqual([named.status, named.attributes], [{ code: 2, message: 'boom' }, undefined]);
    assert.deepEqual(one({ tags: { 'otel.status_code': 'ERROR' } }).span.status, { code: 2 });
    assert.deepEqual(one({ tags: { 'otel.status_code': 'OK' } }).span.status, {});
    const fine = one({ tags: { 'otel.status_code': 'STATUS_CODE_OK', 'w3c.tracestate': 'a=b' } }).span;
    assert.deepEqual([fine.status, fine.traceState, fine.attributes], [{ code: 1 }, 'a=b', undefined]);
  });

  it('says where no time came', () => {
    const { timestamp: _, ...timeless } = SPAN;
    const { span } = spans(decodeZipkinJson(bytes([{ ...timeless, duration: 5 }])))[0]!;
    assert.deepEqual(
      [span.startTimeUnixNano, span.endTimeUnixNano, span.attributes],
      [undefined, '5000', { 'otel.zipkin.absentField.startTime': true }],
    );
  });

  it('has annotations for events, unpacked where they are packed', () => {
    const values = [
      'cache.miss',
      'ev|{"k":"v|w","n":3,"d":0.5,"b":true,"l":[1]}|2',
      'GET|x|y',
      'a|{"b"|1',
      'z||3',
    ];
    const annotations = values.map((value) => ({ timestamp: 7, value }));
    const attributes = { k: 'v|w', n: '3', d: 0.5, b: true, l: '[1]' };
    const plain = (name: string) => ({ timeUnixNano: '7000', name });
    assert.deepEqual(one({ annotations }).span.events, [
      plain('cache.miss'),
      { timeUnixNano: '7000', name: 'ev', attributes, droppedAttributesCount: 2 },
      plain('GET|x|y'),
      plain('a|{"b"|1'),
      plain('z||3'),
    ]);
  });

  it('has links that are packed into tags, and keeps what is none', () => {
    const tags = {
      'otlp.link.0': `${TRACE}|00000000000000b2|a=b|{"r":"retry"}|1`,
      'otlp.link.1': 'neither',
      'otlp.link.2': '||||0',
      'otlp.link.3': '|||null|0',
      'otlp.link.5': `${TRACE}|00000000000000b2||{}|0`,
    };
    const { links, attributes } = one({ tags }).span;
    assert.deepEqual(links, [
      {
        traceId: Buffer.from(TRACE, 'hex').toString('base64'),
        spanId: Buffer.from('00000000000000b2', 'hex').toString('base64'),
        traceState: 'a=b',
        attributes: { r: 'retry' },
        droppedAttributesCount: 1,
      },
      {},
    ]);
    assert.deepEqual(Object.keys(attributes as object), ['otlp.link.1', 'otlp.link.2', 'otlp.link.5']);
  });

  it('takes numbers and truths for texts in tags', () => {
    assert.deepEqual(one({ tags: { a: 1.5, b: true, c: null } }).span.attributes, { a: '1.5', b: 'true' });
  });
});

describe('spans of a request', () => {
  it('share the resource of their service, which is that of its first span, and the scope of their library', () => {
    const library = { 'otel.library.name': 'lib', 'otel.library.version': '9' };
    const given = [
      {
        id: '1',
        localEndpoint: { serviceName: 'a' },
        tags: { 'host.name': 'h1', 'k8s.pod.uid': 'u', x: 'y' },
      },
      { id: '2', localEndpoint: { serviceName: 'b' }, tags: { 'service.name': 'c' } },
      { id: '3', localEndpoint: { serviceName: 'a' }, tags: { 'host.name': 'h2', ...library } },
      { id: '4', tags: { 'os.type': 'linux' } },
      { id: '5', localEndpoint: { serviceName: 'd' }, tags: { 'otlp.service.name.source': 'job' } },
    ];
    const batch = decodeZipkinJson(bytes(given.map((span) => ({ ...SPAN, ...span }))));
    assert.equal(batch.resourceCount, 4);
    const told = spans(batch).map(({ resource, scope, span }) => [
      Buffer.from(span.spanId as string, 'base64')[7],
      resource.attributes,
      scope,
      span.attributes,
    ]);
    const first = { 'service.name': 'a', 'host.name': 'h1', 'k8s.pod.uid': 'u' };
    assert.deepEqual(told, [
      [1, first, {}, { x: 'y' }],
      [3, first, { name: 'lib', version: '9' }, undefined],
      [2, { 'service.name': 'c' }, {}, undefined],
      [4, { 'os.type': 'linux' }, {}, undefined],
      [5, { job: 'd' }, {}, undefined],
    ]);
  });

  it('may be none', () => {
    assert.equal(decodeZipkinJson(bytes('[]')).spanCount, 0);
    assert.equal(decodeZipkinJson(bytes(' [ null ] ')).spanCount, 0);
    assert.equal(decodeZipkinProtobuf(new Uint8Array(0)).spanCount, 0);
  });

  it('are the same in both encodings', () => {
    fc.assert(
      fc.property(fc.array(spanArbitrary, { maxLength: 5 }), (list) => {
        const json = decodeZipkinJson(bytes(list));
        const protobuf = decodeZipkinProtobuf(listOfSpans(list));
        assert.equal(json.spanCount, list.length);
        assert.deepEqual(Buffer.from(protobuf.bytes), Buffer.from(json.bytes));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is refused', () => {
  const refusal = (decodeBody: () => unknown): string => {
    try {
      decodeBody();
    } catch (error) {
      assert.ok(error instanceof TriliteError, String(error));
      assert.equal(error.kind, 'bad_data');
      return error.message;
    }
    return assert.fail('was taken');
  };

  it('is told with its place in JSON', () => {
    const cases: [body: unknown, message: RegExp][] = [
      ['', /unexpected end/],
      ['{}', /^invalid Zipkin JSON: expected an array at byte 0$/],
      [[SPAN, { ...SPAN, id: undefined }], /^invalid Zipkin JSON: \[1\]: a span without an id/],
      [[{ id: '1' }], /\[0\]: a span without a traceId/],
      [[{ ...SPAN, traceId: '0'.repeat(32) }], /\[0\]\.traceId: expected 1 to 32 hex digits/],
      [[{ ...SPAN, traceId: '1'.repeat(33) }], /\[0\]\.traceId/],
      [[{ ...SPAN, id: 'xyz' }], /\[0\]\.id: expected 1 to 16 hex digits/],
      [[{ ...SPAN, id: 5 }], /\[0\]\.id: expected a string/],
      [[{ ...SPAN, parentId: '1'.repeat(17) }], /\[0\]\.parentId/],
      [[{ ...SPAN, timestamp: 1.5 }], /\[0\]\.timestamp: expected an integer/],
      [[{ ...SPAN, timestamp: -1 }], /\[0\]\.timestamp: integer out of range/],
      [[{ ...SPAN, timestamp: '18446744073709552' }], /\[0\]\.timestamp: integer out of range/],
      [[{ ...SPAN, duration: '18446744073709551' }], /\[0\]: a span that ends too late/],
      [[{ ...SPAN, localEndpoint: { ipv4: '1.2.3' } }], /\[0\]\.localEndpoint\.ipv4: expected an IP address/],
      [[{ ...SPAN, remoteEndpoint: { port: 65_536 } }], /\[0\]\.remoteEndpoint\.port: integer out of range/],
      [
        [{ ...SPAN, annotations: [{ value: 'x' }] }],
        /\[0\]\.annotations\[0\]: an annotation without a timestamp/,
      ],
      [[{ ...SPAN, tags: { a: [] } }], /\[0\]\.tags\.a: expected a string/],
      ['[1]', /\[0\]: expected an object/],
      ['[] []', /unexpected text/],
    ];
    for (const [body, message] of cases)
      assert.match(
        refusal(() => decodeZipkinJson(bytes(body))),
        message,
      );
  });

  it('is told in protobuf', () => {
    const cases: [span: object, message: RegExp][] = [
      [{ traceId: '0011' }, /trace_id of 2 bytes, not 16/],
      [{ traceId: '00'.repeat(16) }, /a span without a trace_id/],
      [{ id: '0011' }, /id of 2 bytes, not 8/],
      [{ id: '00'.repeat(8) }, /a span without an id/],
      [{ parentId: '0011' }, /parent_id of 2 bytes, not 8/],
      [{ timestamp: '18446744073709552' }, /field 6 out of range/],
      [{ localEndpoint: { ipv6: '0011' } }, /an IP address of 2 bytes/],
      [{ localEndpoint: { port: -1 } }, /port \d+ out of range/],
    ];
    for (const [span, message] of cases) {
      const body = listOfSpans([{ ...SPAN, ...span }]);
      assert.match(
        refusal(() => decodeZipkinProtobuf(body)),
        message,
      );
    }
  });

  it('is told of broken bytes, which never do anything else', () => {
    const whole = fc.array(spanArbitrary, { minLength: 1, maxLength: 3 });
    const damage = fc.record({
      spans: whole,
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      piece: fc.uint8Array({ maxLength: 3 }),
      removed: fc.nat(3),
    });
    fc.assert(
      fc.property(damage, ({ spans: list, at, piece, removed }) => {
        for (const [body, decodeBody] of [
          [bytes(list), decodeZipkinJson],
          [listOfSpans(list), decodeZipkinProtobuf],
        ] as const) {
          const cut = Math.floor(at * body.length);
          const broken = Buffer.concat([body.subarray(0, cut), piece, body.subarray(cut + removed)]);
          try {
            decodeBody(broken);
          } catch (error) {
            assert.ok(error instanceof TriliteError && error.kind === 'bad_data', String(error));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
