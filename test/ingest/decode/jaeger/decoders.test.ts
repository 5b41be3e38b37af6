/** Random batches by every protocol, against the translation on plain objects; fields nobody knows; broken bytes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodePostSpans } from '../../../../src/ingest/decode/jaeger/proto.ts';
import { decodeEmitBatch, decodeJaegerThrift } from '../../../../src/ingest/decode/jaeger/thrift.ts';
import { TriliteError } from '../../../../src/model/errors.ts';
import { batchArbitrary, jaegerRoot, type PlainBatch, postSpans, thriftBatch } from './batches.ts';
import { decoded } from './decoded.ts';
import { binary, call, type ThriftValue } from './thrift-writer.ts';
import { translated } from './translate.ts';

/** Attributes are a set: where one stands says nothing. */
function ordered(spans: readonly object[]): unknown {
  const sort = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(sort);
      const isAttributes =
        items.length > 0 && items.every((v) => typeof v === 'object' && v !== null && 'key' in v);
      return isAttributes
        ? items.sort((a, b) => ((a as { key: string }).key < (b as { key: string }).key ? -1 : 1))
        : items;
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, sort(v)]));
  };
  return spans
    .map((span) =>
      JSON.stringify(sort(span), (_, v) =>
        typeof v === 'number' && !Number.isFinite(v) ? String(v) : Object.is(v, -0) ? '-0' : v,
      ),
    )
    .sort();
}

function check(batch: PlainBatch, isProto: boolean, decode: () => ReturnType<typeof decodePostSpans>): void {
  assert.deepEqual(ordered(decoded(decode())), ordered(translated(batch, isProto)));
}

describe("Jaeger's decoders", () => {
  it('read a batch as the collector translates it, whichever protocol it comes by', () => {
    fc.assert(
      fc.property(batchArbitrary, (batch) => {
        const struct = thriftBatch(batch);
        check(batch, false, () => decodeJaegerThrift(binary(struct)));
        check(batch, false, () => decodeEmitBatch(call('binary', struct)));
        check(batch, false, () => decodeEmitBatch(call('binary', struct, { isOld: true, kind: 1 })));
        check(batch, false, () => decodeEmitBatch(call('compact', struct)));
        check(batch, true, () => decodePostSpans(postSpans(batch)));
      }),
      { numRuns: 300 },
    );
  });
});

const SPAN = {
  high: 0n,
  low: 10n,
  spanId: 11n,
  parentId: 0n,
  name: 'op',
  references: [],
  start: 1767268800000000n,
  duration: 5n,
  tags: [],
  logs: [],
  process: undefined,
};
const BATCH: PlainBatch = {
  process: { name: 'shop', tags: [{ key: 'a', value: { int: 1n } }] },
  spans: [SPAN],
};

type Struct = { readonly struct: readonly (readonly [number, ThriftValue])[] };

/** The same value with more fields in each struct, of every type and with ids on both sides. */
function withStrangers(value: ThriftValue): ThriftValue {
  if ('list' in value) return { list: value.list.map(withStrangers) };
  if (!('struct' in value)) return value;
  const nested: ThriftValue = {
    struct: [
      [1, { bool: false }],
      [900, { list: [{ bool: true }, { bool: false }] }],
    ],
  };
  const strangers: (readonly [number, ThriftValue])[] = [
    [-3, { bool: true }],
    [20, { byte: -1 }],
    [21, { i16: -300 }],
    [22, { double: 1.5 }],
    [40, { set: Array.from({ length: 20 }, (_, i) => ({ i32: i })) }],
    [41, { map: [[{ string: 'k' }, nested]] }],
    [42, { map: [] }],
    [43, nested],
    // Known ids with another type.
    [1, { byte: 1 }],
    [5, { set: [] }],
  ];
  return {
    struct: [...strangers, ...value.struct.map(([id, v]) => [id, withStrangers(v)] as const), ...strangers],
  };
}

function withoutField(struct: Struct, id: number): Struct {
  return { struct: struct.struct.filter(([field]) => field !== id) };
}

const isBadData = (error: unknown) => error instanceof TriliteError && error.kind === 'bad_data';

describe("Jaeger's thrift", () => {
  it('steps over fields that are not known, and over known ones of another type', () => {
    const strange = withStrangers(thriftBatch(BATCH));
    const want = ordered(translated(BATCH, false));
    for (const batch of [
      decodeJaegerThrift(binary(strange)),
      decodeEmitBatch(call('binary', strange)),
      decodeEmitBatch(call('compact', strange)),
    ]) {
      assert.deepEqual(ordered(decoded(batch)), want);
    }
  });

  it('takes the process behind the spans, and the last of two', () => {
    const { struct } = thriftBatch(BATCH);
    const other = thriftBatch({ process: { name: 'other', tags: [] }, spans: [SPAN, SPAN] }).struct;
    const twice = binary({ struct: [...other].reverse().concat([...struct].reverse()) });
    assert.deepEqual(ordered(decoded(decodeJaegerThrift(twice))), ordered(translated(BATCH, false)));
  });

  it('needs the fields that are required', () => {
    const batch = thriftBatch(BATCH);
    assert.throws(() => decodeJaegerThrift(binary(withoutField(batch, 1))), /a batch without process/);
    assert.throws(() => decodeJaegerThrift(binary(withoutField(batch, 2))), /a batch without spans/);
    const [span] = (batch.struct[1]![1] as { list: Struct[] }).list;
    for (const [id, name] of [
      [1, 'traceIdLow'],
      [5, 'operationName'],
      [7, 'flags'],
      [9, 'duration'],
    ] as const) {
      const less = { struct: [batch.struct[0]!, [2, { list: [withoutField(span!, id)] }]] } as Struct;
      assert.throws(() => decodeJaegerThrift(binary(less)), new RegExp(`a span without ${name} at byte`));
    }
  });

  it('leaves out spans of which nothing is said, and refuses those without ids', () => {
    const blank = { ...SPAN, low: 0n, spanId: 0n, name: '', start: 0n, duration: 0n };
    assert.equal(decodeJaegerThrift(binary(thriftBatch({ ...BATCH, spans: [blank, SPAN] }))).spanCount, 1);
    assert.equal(decodePostSpans(postSpans({ ...BATCH, spans: [blank, SPAN] })).spanCount, 1);
    for (const spans of [[{ ...SPAN, low: 0n }], [{ ...SPAN, spanId: 0n }]]) {
      assert.throws(() => decodeJaegerThrift(binary(thriftBatch({ ...BATCH, spans }))), isBadData);
      assert.throws(() => decodePostSpans(postSpans({ ...BATCH, spans })), isBadData);
    }
  });

  it('names the types of tags that are none, and mends texts that are not UTF-8', () => {
    const tag = (type: number, value: ThriftValue): ThriftValue => ({
      struct: [
        [1, { string: Buffer.from([0x6b, 0xff]) }],
        [2, { i32: type }],
        [3, value],
      ],
    });
    const process: ThriftValue = {
      struct: [
        [1, { string: 'shop' }],
        [2, { list: [tag(9, { string: 'x' }), tag(0, { string: Buffer.from([0xc3, 0x28]) })] }],
      ],
    };
    const batch = decodeJaegerThrift(binary({ struct: [[1, process], thriftBatch(BATCH).struct[1]!] }));
    const want = [
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'k\ufffd', value: { stringValue: '\ufffd(' } },
    ];
    assert.deepEqual(decoded(batch)[0]!.resource, want);
    const alone: ThriftValue = {
      struct: [
        [1, { string: 'shop' }],
        [2, { list: [tag(9, { string: 'x' })] }],
      ],
    };
    const [first] = decoded(
      decodeJaegerThrift(binary({ struct: [[1, alone], thriftBatch(BATCH).struct[1]!] })),
    );
    assert.deepEqual((first!.resource[1] as { value: unknown }).value, {
      stringValue: '<Unknown Jaeger TagType "<UNSET>">',
    });
  });

  it('refuses other calls, answers and envelopes', () => {
    const batch = thriftBatch(BATCH);
    for (const protocol of ['binary', 'compact'] as const) {
      const other = () => decodeEmitBatch(call(protocol, batch, { name: 'emitZipkinBatch' }));
      assert.throws(other, /unknown call "emitZipkinBatch", expected emitBatch/);
      for (const kind of [0, 2, 3]) {
        assert.throws(() => decodeEmitBatch(call(protocol, batch, { kind })), /message of kind/);
      }
      assert.equal(decodeEmitBatch(call(protocol, batch, { name: 'Agent::emitBatch' })).spanCount, 1);
      assert.throws(() => decodeEmitBatch(call(protocol, { i32: 1 })), /emitBatch without a batch/);
    }
    for (const bytes of [
      [],
      [0x82],
      [0x82, 0x82, 0],
      [0x80, 2, 0, 4],
      [0xff, 1, 2, 3],
      [0x7f, 0xff, 0xff, 0xff],
    ]) {
      assert.throws(() => decodeEmitBatch(Uint8Array.from(bytes)), isBadData);
    }
  });

  it('believes no size that there are no bytes for, and no depth', () => {
    const huge = [0x0f, 0, 2, 0x0c, 0x7f, 0xff, 0xff, 0xff];
    assert.throws(() => decodeJaegerThrift(Uint8Array.from(huge)), /2147483647 elements beyond the end/);
    // Elements of type stop take no bytes.
    assert.throws(() => decodeJaegerThrift(Uint8Array.from([0x0f, 0, 9, 0, 0, 0, 0, 1, 0])), isBadData);
    const deep = (bytes: number[]) => Uint8Array.from(Array.from({ length: 10_000 }, () => bytes).flat());
    assert.throws(() => decodeJaegerThrift(deep([0x0c, 0, 9])), /nested deeper than 64/);
    assert.throws(() => decodeJaegerThrift(deep([0x0f, 0, 9, 0x0f, 0, 0, 0, 1])), isBadData);
    const compactDeep = Buffer.concat([
      Buffer.from([0x82, 0x81, 0, 9]),
      Buffer.from('emitBatch'),
      deep([0x9c]),
    ]);
    assert.throws(() => decodeEmitBatch(compactDeep), /nested deeper than 64/);
  });
});

describe("Jaeger's protobuf", () => {
  it('takes short trace ids, and refuses ids and times that are none', () => {
    const good = Buffer.from(postSpans(BATCH));
    const replaced = (from: number[], to: number[]) => {
      const at = good.indexOf(Buffer.from(from));
      assert.ok(at > 0);
      const out = Buffer.from(good);
      out.set(to, at);
      return out;
    };
    // Field 1 of 16 bytes becomes field 1 of 8 and an unknown field 15 of 6.
    const short = replaced([0x0a, 16, 0, 0, 0, 0, 0, 0, 0, 0], [0x0a, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0x7a, 6]);
    assert.equal(decoded(decodePostSpans(short))[0]!.span.traceId, '00000000000000000000000000000007');
    assert.throws(() => decodePostSpans(replaced([0x0a, 16, 0, 0], [0x0a, 14, 0, 0])), isBadData);
    assert.throws(() => decodePostSpans(replaced([0x12, 8, 0, 0], [0x12, 7, 0, 0])), isBadData);
  });

  it('has times before their seconds and spans that end before they start', () => {
    const type = jaegerRoot.lookupType('jaeger.api_v2.PostSpansRequest');
    const request = (startTime: object, duration: object) => {
      const message = type.toObject(type.decode(postSpans(BATCH))) as { batch: { spans: object[] } };
      Object.assign(message.batch.spans[0]!, { startTime, duration });
      return type.encode(type.fromObject(message)).finish();
    };
    const times = (startTime: object, duration: object) => {
      const { start, end } = decoded(decodePostSpans(request(startTime, duration)))[0]!.span;
      return [BigInt.asIntN(64, BigInt(start)), BigInt.asIntN(64, BigInt(end))];
    };
    assert.deepEqual(times({ seconds: 5, nanos: 7 }, { seconds: -2, nanos: -9 }), [
      5_000_000_007n,
      2_999_999_998n,
    ]);
    assert.deepEqual(times({ seconds: -1, nanos: 999_999_999 }, { nanos: 2 }), [-1n, 1n]);
    for (const bad of [{ nanos: -1 }, { nanos: 1_000_000_000 }, { seconds: 253_402_300_800 }]) {
      assert.throws(() => decodePostSpans(request(bad, {})), /not a time/);
    }
    for (const bad of [{ seconds: 1, nanos: -1 }, { nanos: 1_000_000_000 }, { seconds: 315_576_000_001 }]) {
      assert.throws(() => decodePostSpans(request({}, bad)), /not a duration/);
    }
  });

  it('is empty where nothing is in it', () => {
    assert.equal(decodePostSpans(new Uint8Array(0)).spanCount, 0);
    assert.equal(decodePostSpans(postSpans({ ...BATCH, spans: [] })).spanCount, 0);
    assert.equal(decodeJaegerThrift(binary(thriftBatch({ ...BATCH, spans: [] }))).spanCount, 0);
  });

  it('gives no resource to what exporters say there was none for', () => {
    const process = { name: 'OTLPResourceNoServiceName', tags: BATCH.process.tags };
    assert.deepEqual(decoded(decodePostSpans(postSpans({ ...BATCH, process })))[0]!.resource, []);
  });
});

describe('broken bytes', () => {
  const rich = fc.sample(batchArbitrary, { numRuns: 40, seed: 7 }).find((b) => b.spans.length > 2)!;
  const struct = thriftBatch(rich);
  const forms = [
    ['binary struct', binary(struct), decodeJaegerThrift],
    ['binary call', call('binary', struct), decodeEmitBatch],
    ['compact call', call('compact', struct), decodeEmitBatch],
    ['protobuf', Buffer.from(postSpans(rich)), decodePostSpans],
  ] as const;

  for (const [name, good, decode] of forms) {
    const survives = (bytes: Uint8Array) => {
      try {
        decode(bytes);
      } catch (error) {
        assert.ok(isBadData(error), `${(error as Error).stack}`);
      }
    };

    it(`${name}: cut anywhere it is refused, or was whole`, () => {
      for (let end = 0; end < good.length; end++) {
        if (name === 'protobuf') survives(good.subarray(0, end));
        else if (end < good.length - (name === 'binary struct' ? 0 : 1)) {
          assert.throws(() => decode(good.subarray(0, end)), isBadData, `cut at ${end}`);
        }
      }
    });

    it(`${name}: any bytes changed, nothing but a refusal comes of it`, () => {
      const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
          const bytes = Buffer.from(good);
          for (const [at, byte] of edits) bytes[at] = byte;
          survives(bytes);
        }),
        { numRuns: 3000 },
      );
    });

    it(`${name}: nor of bytes at random`, () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 2000 });
    });
  }
});
