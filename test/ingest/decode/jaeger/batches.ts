/** Random batches of Jaeger's spans as plain objects, and their forms on the wire. */

import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { ThriftValue } from './thrift-writer.ts';

export type TagValue =
  | { readonly string: string }
  | { readonly double: number }
  | { readonly bool: boolean }
  | { readonly int: bigint }
  | { readonly binary: Uint8Array };

export interface PlainTag {
  readonly key: string;
  readonly value: TagValue;
}

export interface PlainReference {
  readonly kind: 0 | 1;
  readonly high: bigint;
  readonly low: bigint;
  readonly spanId: bigint;
}

export interface PlainProcess {
  readonly name: string;
  readonly tags: readonly PlainTag[];
}

/** Times in µs. */
export interface PlainSpan {
  readonly high: bigint;
  readonly low: bigint;
  readonly spanId: bigint;
  readonly parentId: bigint;
  readonly name: string;
  readonly references: readonly PlainReference[];
  readonly start: bigint;
  readonly duration: bigint;
  readonly tags: readonly PlainTag[];
  readonly logs: readonly { readonly time: bigint; readonly fields: readonly PlainTag[] }[];
  /** Of the span alone, which protobuf has. */
  readonly process: PlainProcess | undefined;
}

export interface PlainBatch {
  readonly process: PlainProcess;
  readonly spans: readonly PlainSpan[];
}

// ------------------------------------------------------------------------------------------------- arbitraries

const text = fc.oneof(
  fc.constantFrom('', 'a', 'GET /', 'Überraschung', '日本', 'x'.repeat(300)),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const id = fc.oneof(fc.constantFrom(1n, 2n, 3n, (1n << 63n) + 5n), fc.bigInt(1n, (1n << 64n) - 1n));
const int64 = fc.oneof(
  fc.constantFrom(0n, 404n, 503n, 200n, 399n, -1n),
  fc.bigInt(-(1n << 63n), (1n << 63n) - 1n),
);
const value: fc.Arbitrary<TagValue> = fc.oneof(
  text.map((string) => ({ string })),
  fc
    .constantFrom('OK', 'ERROR', 'error', 'client', 'server', '500', '+404', '12x')
    .map((string) => ({ string })),
  fc.double().map((double) => ({ double })),
  fc.boolean().map((bool) => ({ bool })),
  int64.map((int) => ({ int })),
  fc.uint8Array({ maxLength: 20 }).map((binary) => ({ binary })),
);
const key = fc.oneof(
  fc.constantFrom(
    'span.kind',
    'error',
    'otel.status_code',
    'otel.status_description',
    'http.status_code',
    'http.status_message',
    'event',
    'hostname',
    'host.name',
    'jaeger.version',
    'opencensus.exporterversion',
    'service.name',
    'otel.scope.name',
    'otel.scope.version',
    'w3c.tracestate',
  ),
  fc.constantFrom('a', 'b', 'errOr', 'hostnamE'),
  text,
);
const tag = fc.record({ key, value });
const tags = fc.oneof(
  { weight: 9, arbitrary: fc.array(tag, { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.array(tag, { minLength: 30, maxLength: 60 }) },
);
const process = fc.record({ name: text, tags });
const reference = fc.record({
  kind: fc.constantFrom<(0 | 1)[]>(0, 1),
  high: fc.constantFrom(0n, 1n),
  low: fc.constantFrom(1n, 2n),
  spanId: id,
});
const micros = fc.bigInt(1767268800000000n, 1767272400000000n);
const span: fc.Arbitrary<PlainSpan> = fc.record({
  high: fc.oneof(fc.constantFrom(0n, 1n), id),
  low: fc.oneof(fc.constantFrom(1n, 2n), id),
  spanId: id,
  parentId: fc.oneof(fc.constant(0n), id),
  name: text,
  references: fc.array(reference, { maxLength: 4 }),
  start: micros,
  duration: fc.bigInt(0n, 1n << 40n),
  tags,
  logs: fc.array(fc.record({ time: micros, fields: tags }), { maxLength: 3 }),
  process: fc.option(process, { nil: undefined, freq: 3 }),
});
export const batchArbitrary: fc.Arbitrary<PlainBatch> = fc.record({
  process,
  spans: fc.array(span, { maxLength: 5 }),
});

// ------------------------------------------------------------------------------------------------------ thrift

const signed = (v: bigint) => ({ i64: BigInt.asIntN(64, v) });
const THRIFT_TAGS = ['string', 'double', 'bool', 'int', 'binary'];

function thriftTag({ key: name, value: v }: PlainTag): ThriftValue {
  const type = THRIFT_TAGS.indexOf(Object.keys(v)[0]!);
  const thrift: ThriftValue = 'int' in v ? { i64: v.int } : 'binary' in v ? { string: v.binary } : v;
  return {
    struct: [
      [1, { string: name }],
      [2, { i32: type }],
      [3 + type, thrift],
    ],
  };
}

const thriftTags = (list: readonly PlainTag[]): ThriftValue => ({ list: list.map(thriftTag) });

function thriftSpan(s: PlainSpan): ThriftValue {
  const references = s.references.map(
    (r): ThriftValue => ({
      struct: [
        [1, { i32: r.kind }],
        [2, signed(r.low)],
        [3, signed(r.high)],
        [4, signed(r.spanId)],
      ],
    }),
  );
  const logs = s.logs.map(
    (log): ThriftValue => ({
      struct: [
        [1, { i64: log.time }],
        [2, thriftTags(log.fields)],
      ],
    }),
  );
  return {
    struct: [
      [1, signed(s.low)],
      [2, signed(s.high)],
      [3, signed(s.spanId)],
      [4, signed(s.parentId)],
      [5, { string: s.name }],
      [6, { list: references }],
      [7, { i32: 1 }],
      [8, { i64: s.start }],
      [9, { i64: s.duration }],
      [10, thriftTags(s.tags)],
      [11, { list: logs }],
    ],
  };
}

/** The Batch struct. */
export function thriftBatch({ process: p, spans }: PlainBatch): {
  struct: readonly (readonly [number, ThriftValue])[];
} {
  const processStruct: ThriftValue = {
    struct: [
      [1, { string: p.name }],
      [2, thriftTags(p.tags)],
    ],
  };
  return {
    struct: [
      [1, processStruct],
      [2, { list: spans.map(thriftSpan) }],
    ],
  };
}

// ---------------------------------------------------------------------------------------------------- protobuf

export const jaegerRoot = new protobuf.Root().loadSync(
  fileURLToPath(new URL('../../../../proto/jaeger.proto', import.meta.url)),
);
const REQUEST = jaegerRoot.lookupType('jaeger.api_v2.PostSpansRequest');
const PROTO_TAGS = ['string', 'bool', 'int', 'double', 'binary'];

function bigEndian(...words: bigint[]): Buffer {
  const out = Buffer.alloc(8 * words.length);
  for (const [i, word] of words.entries()) out.writeBigUInt64BE(BigInt.asUintN(64, word), 8 * i);
  return out;
}

function protoTag({ key: name, value: v }: PlainTag) {
  const vType = PROTO_TAGS.indexOf(Object.keys(v)[0]!);
  const rest =
    'string' in v
      ? { vStr: v.string }
      : 'bool' in v
        ? { vBool: v.bool }
        : 'int' in v
          ? { vInt64: String(v.int) }
          : 'double' in v
            ? { vFloat64: v.double }
            : { vBinary: v.binary };
  return { key: name, vType, ...rest };
}

const time = (us: bigint) => ({ seconds: Number(us / 1_000_000n), nanos: Number(us % 1_000_000n) * 1000 });
const protoProcess = (p: PlainProcess) => ({ serviceName: p.name, tags: p.tags.map(protoTag) });

/** A PostSpansRequest; the parent is a reference in front of the others, as Jaeger's exporters have it. */
export function postSpans({ process: p, spans }: PlainBatch): Uint8Array {
  const message = {
    batch: {
      process: protoProcess(p),
      spans: spans.map((s) => ({
        traceId: bigEndian(s.high, s.low),
        spanId: bigEndian(s.spanId),
        operationName: s.name,
        references: referencesOf(s).map((r) => ({
          traceId: bigEndian(r.high, r.low),
          spanId: bigEndian(r.spanId),
          refType: r.kind,
        })),
        flags: 1,
        startTime: time(s.start),
        duration: time(s.duration),
        tags: s.tags.map(protoTag),
        logs: s.logs.map((log) => ({ timestamp: time(log.time), fields: log.fields.map(protoTag) })),
        ...(s.process && { process: protoProcess(s.process) }),
      })),
    },
  };
  return REQUEST.encode(REQUEST.fromObject(message)).finish();
}

/** References with the parent's in front. */
export function referencesOf(s: PlainSpan): PlainReference[] {
  const parent: PlainReference = { kind: 0, high: s.high, low: s.low, spanId: s.parentId };
  return s.parentId === 0n ? [...s.references] : [parent, ...s.references];
}
