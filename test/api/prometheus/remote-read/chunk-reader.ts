/**
 * Reads what remote read answers, for tests: frames, messages and chunks, after the descriptions of the formats in
 * Prometheus' own documents and bit by bit with bigints, so that nothing is shared with what writes them.
 */

import zlib from 'node:zlib';
import protobuf from 'protobufjs';
import { decompressSnappy } from '../../../../src/base/snappy.ts';

const PROTO = `
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Span { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  oneof count { uint64 count_int = 1; double count_float = 2; }
  double sum = 3; sint32 schema = 4; double zero_threshold = 5;
  oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated Span negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
  repeated Span positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
  uint32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
}
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
message QueryResult { repeated TimeSeries timeseries = 1; }
message ReadResponse { repeated QueryResult results = 1; }
message Chunk { int64 min_time_ms = 1; int64 max_time_ms = 2; uint32 type = 3; bytes data = 4; }
message ChunkedSeries { repeated Label labels = 1; repeated Chunk chunks = 2; }
message ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1; int64 query_index = 2; }
message Matcher { uint32 type = 1; string name = 2; string value = 3; }
message Hints {
  int64 step_ms = 1; string func = 2; int64 start_ms = 3; int64 end_ms = 4;
  repeated string grouping = 5; bool by = 6; int64 range_ms = 7;
}
message Query { int64 start = 1; int64 end = 2; repeated Matcher matchers = 3; Hints hints = 4; }
message ReadRequest { repeated Query queries = 1; repeated uint32 accepted = 2; }
`;
const root = protobuf.parse(PROTO).root;
export const ReadRequest = root.lookupType('ReadRequest');
const ReadResponse = root.lookupType('ReadResponse');
const ChunkedReadResponse = root.lookupType('ChunkedReadResponse');

// biome-ignore lint/suspicious/noExplicitAny: messages are looked at as they are
export type Message = any;

const asObject = (type: protobuf.Type, bytes: Uint8Array): Message =>
  type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: true, oneofs: true });

/** The results of an answer in samples. */
export function readSamplesAnswer(body: Uint8Array): Message[] {
  return asObject(ReadResponse, decompressSnappy(body)).results;
}

/** The messages of a stream of frames, whose checksums are verified. */
export function readFrames(bytes: Uint8Array): Message[] {
  const out: Message[] = [];
  for (let pos = 0; pos < bytes.length; ) {
    let length = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[pos++]!;
      length += (byte & 127) * shift;
      if (byte < 128) break;
    }
    const crc = Buffer.from(bytes).readUInt32BE(pos);
    const message = bytes.subarray(pos + 4, pos + 4 + length);
    if (message.length !== length) throw new Error('a frame is cut off');
    if (slowCrc(message) !== crc) throw new Error('a frame has a wrong checksum');
    pos += 4 + length;
    out.push(asObject(ChunkedReadResponse, message));
  }
  return out;
}

/** Bit by bit. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
// The two differ in their polynomial alone; this one tells whether the test's own is what it says.
if (zlib.crc32(Buffer.from('123456789')) === slowCrc(Buffer.from('123456789'))) throw new Error('same CRC');

class Bits {
  readonly #bytes: Uint8Array;
  #pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(n: number): bigint {
    let value = 0n;
    for (let i = 0; i < n; i++, this.#pos++) {
      const byte = this.#bytes[this.#pos >> 3];
      if (byte === undefined) throw new Error('the chunk ends early');
      value = (value << 1n) | BigInt((byte >> (7 - (this.#pos & 7))) & 1);
    }
    return value;
  }

  /** Ones before the next zero, `max` at most. */
  ones(max: number): number {
    let n = 0;
    while (n < max && this.read(1) === 1n) n++;
    return n;
  }

  uvarint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.read(8);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  }

  varint(): bigint {
    const v = this.uvarint();
    return v & 1n ? -(v >> 1n) - 1n : v >> 1n;
  }

  /** `n` bits of which the largest positive number is 2^(n-1). */
  signed(n: number): bigint {
    const v = this.read(n);
    if (n === 64) return BigInt.asIntN(64, v);
    return v > 1n << BigInt(n - 1) ? v - (1n << BigInt(n)) : v;
  }

  varbitUint(): bigint {
    const bits = [0, 3, 6, 9, 12, 18, 25, 56, 64][this.ones(8)]!;
    return bits === 0 ? 0n : this.read(bits);
  }

  varbitInt(): bigint {
    const bits = [0, 3, 6, 9, 12, 18, 25, 56, 64][this.ones(8)]!;
    return bits === 0 ? 0n : this.signed(bits);
  }

  atEnd(): boolean {
    return this.#bytes.length * 8 - this.#pos < 8;
  }
}

interface Xor {
  word: bigint;
  leading: number;
  trailing: number;
}

function readXor(bits: Bits, state: Xor): void {
  if (bits.read(1) === 0n) return;
  if (bits.read(1) === 1n) {
    state.leading = Number(bits.read(5));
    const significant = Number(bits.read(6)) || 64;
    state.trailing = 64 - state.leading - significant;
  }
  state.word ^= bits.read(64 - state.leading - state.trailing) << BigInt(state.trailing);
}

/** Time in ms and the value's bits. */
export function readXorChunk(data: Uint8Array): [time: number, word: bigint][] {
  const bits = new Bits(data);
  const count = Number(bits.read(16));
  const out: [number, bigint][] = [];
  const state: Xor = { word: 0n, leading: 0, trailing: 0 };
  let time = 0n;
  let delta = 0n;
  for (let i = 0; i < count; i++) {
    if (i === 0) {
      time = bits.varint();
      state.word = bits.read(64);
    } else {
      if (i === 1) delta = bits.uvarint();
      else {
        const length = [0, 14, 17, 20, 64][bits.ones(4)]!;
        if (length > 0) delta += bits.signed(length);
      }
      time += delta;
      readXor(bits, state);
    }
    out.push([Number(time), state.word]);
  }
  if (!bits.atEnd()) throw new Error('the chunk goes on behind its samples');
  return out;
}

export interface ReadHistogram {
  readonly timeMs: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly customBounds: number[];
  readonly count: number;
  readonly zeroCount: number;
  readonly sumWord: bigint;
  /** Index → count, without empty ones. */
  readonly positive: Record<number, number>;
  readonly negative: Record<number, number>;
}

const floatOf = (word: bigint) => new Float64Array(BigUint64Array.of(word).buffer)[0]!;

function readSpans(bits: Bits): number[] {
  const indexes: number[] = [];
  let index = 0;
  for (let n = bits.varbitUint(); n > 0n; n--) {
    const length = Number(bits.varbitUint());
    index += Number(bits.varbitInt());
    for (let i = 0; i < length; i++) indexes.push(index++);
  }
  return indexes;
}

function readLayout(bits: Bits) {
  const head = Number(bits.read(8));
  const zeroThreshold = head === 0 ? 0 : head === 255 ? floatOf(bits.read(64)) : 0.5 * 2 ** (head - 243);
  const schema = Number(bits.varbitInt());
  const positive = readSpans(bits);
  const negative = readSpans(bits);
  const customBounds: number[] = [];
  for (let n = schema === -53 ? bits.varbitUint() : 0n; n > 0n; n--) {
    const bound = bits.varbitUint();
    customBounds.push(bound === 0n ? floatOf(bits.read(64)) : Number(bound - 1n) / 1000);
  }
  return { zeroThreshold, schema, positive, negative, customBounds };
}

function counted(indexes: readonly number[], counts: readonly number[]): Record<number, number> {
  return Object.fromEntries(
    indexes.map((index, i) => [index, counts[i]!] as const).filter(([, c]) => c !== 0),
  );
}

/** A chunk of native histograms and what its head says of counter resets. */
export function readHistogramChunk(
  data: Uint8Array,
  isFloat: boolean,
): { flags: number; histograms: ReadHistogram[] } {
  const bits = new Bits(data);
  const n = Number(bits.read(16));
  const flags = Number(bits.read(8));
  const layout = readLayout(bits);
  const buckets = layout.positive.length + layout.negative.length;
  const histograms: ReadHistogram[] = [];
  let time = 0n;
  let timeDelta = 0n;
  const sum: Xor = { word: 0n, leading: 0, trailing: 0 };
  const floats = Array.from({ length: buckets + 2 }, (): Xor => ({ word: 0n, leading: 0, trailing: 0 }));
  const numbers = new Array<bigint>(buckets + 2).fill(0n);
  const deltas = new Array<bigint>(buckets + 2).fill(0n);
  for (let i = 0; i < n; i++) {
    if (i === 0) time = bits.varbitInt();
    else time += timeDelta += bits.varbitInt();
    const readNumber = (k: number) => {
      if (isFloat) {
        if (i === 0) floats[k]!.word = bits.read(64);
        else readXor(bits, floats[k]!);
      } else if (i === 0) numbers[k] = k < 2 ? bits.varbitUint() : bits.varbitInt();
      else numbers[k]! += deltas[k]! += bits.varbitInt();
    };
    readNumber(0);
    readNumber(1);
    if (i === 0) sum.word = bits.read(64);
    else readXor(bits, sum);
    for (let k = 2; k < buckets + 2; k++) readNumber(k);
    const own = isFloat ? floats.map((x) => floatOf(x.word)) : numbers.map(Number);
    const side = (from: number, to: number) => {
      let total = 0;
      return own.slice(from, to).map((c) => (isFloat ? c : (total += c)));
    };
    histograms.push({
      timeMs: Number(time),
      schema: layout.schema,
      zeroThreshold: layout.zeroThreshold,
      customBounds: layout.customBounds,
      count: own[0]!,
      zeroCount: own[1]!,
      sumWord: sum.word,
      positive: counted(layout.positive, side(2, 2 + layout.positive.length)),
      negative: counted(layout.negative, side(2 + layout.positive.length, buckets + 2)),
    });
  }
  if (!bits.atEnd()) throw new Error('the chunk goes on behind its samples');
  return { flags, histograms };
}
