/** Thrift values as trees, and their bytes in the binary and the compact protocol. */

export type ThriftValue =
  | { readonly bool: boolean }
  | { readonly byte: number }
  | { readonly i16: number }
  | { readonly i32: number }
  | { readonly i64: bigint }
  | { readonly double: number }
  | { readonly string: string | Uint8Array }
  | { readonly list: readonly ThriftValue[] }
  | { readonly set: readonly ThriftValue[] }
  | { readonly map: readonly (readonly [ThriftValue, ThriftValue])[] }
  | { readonly struct: readonly (readonly [number, ThriftValue])[] };

export type Protocol = 'binary' | 'compact';

const NUMBERS: Readonly<Record<Protocol, Readonly<Record<string, number>>>> = {
  binary: {
    bool: 2,
    byte: 3,
    double: 4,
    i16: 6,
    i32: 8,
    i64: 10,
    string: 11,
    struct: 12,
    map: 13,
    set: 14,
    list: 15,
  },
  compact: {
    bool: 1,
    byte: 3,
    i16: 4,
    i32: 5,
    i64: 6,
    double: 7,
    string: 8,
    list: 9,
    set: 10,
    map: 11,
    struct: 12,
  },
};

function kindOf(value: ThriftValue | undefined): string {
  return value === undefined ? 'struct' : Object.keys(value)[0]!;
}

export function varint(value: bigint): number[] {
  const out: number[] = [];
  for (; value > 127n; value >>= 7n) out.push(Number(value & 127n) | 128);
  return [...out, Number(value)];
}

function zigzag(value: bigint): number[] {
  return varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

function fixed(bytes: number, write: (into: Buffer) => void): Buffer {
  const out = Buffer.alloc(bytes);
  write(out);
  return out;
}

const bytesOf = (text: string | Uint8Array) => Buffer.from(text as string);

export function binary(value: ThriftValue): Buffer {
  const number = (v: ThriftValue | undefined) => NUMBERS.binary[kindOf(v)]!;
  const size = (n: number) => fixed(4, (b) => b.writeInt32BE(n));
  if ('bool' in value) return Buffer.from([value.bool ? 1 : 0]);
  if ('byte' in value) return fixed(1, (b) => b.writeInt8(value.byte));
  if ('i16' in value) return fixed(2, (b) => b.writeInt16BE(value.i16));
  if ('i32' in value) return size(value.i32);
  if ('i64' in value) return fixed(8, (b) => b.writeBigInt64BE(value.i64));
  if ('double' in value) return fixed(8, (b) => b.writeDoubleBE(value.double));
  if ('string' in value) return Buffer.concat([size(bytesOf(value.string).length), bytesOf(value.string)]);
  if ('map' in value) {
    const [first] = value.map;
    const head = Buffer.from([number(first?.[0]), number(first?.[1])]);
    return Buffer.concat([head, size(value.map.length), ...value.map.flat().map(binary)]);
  }
  if ('struct' in value) {
    const field = ([id, v]: readonly [number, ThriftValue]) =>
      Buffer.concat([fixed(3, (b) => b.writeInt16BE(id, b.writeUInt8(number(v)))), binary(v)]);
    return Buffer.concat([...value.struct.map(field), Buffer.from([0])]);
  }
  const items = 'list' in value ? value.list : value.set;
  return Buffer.concat([Buffer.from([number(items[0])]), size(items.length), ...items.map(binary)]);
}

export function compact(value: ThriftValue): Buffer {
  const number = (v: ThriftValue | undefined) => NUMBERS.compact[kindOf(v)]!;
  if ('bool' in value) return Buffer.from([value.bool ? 1 : 2]);
  if ('byte' in value) return fixed(1, (b) => b.writeInt8(value.byte));
  if ('i16' in value) return Buffer.from(zigzag(BigInt(value.i16)));
  if ('i32' in value) return Buffer.from(zigzag(BigInt(value.i32)));
  if ('i64' in value) return Buffer.from(zigzag(value.i64));
  if ('double' in value) return fixed(8, (b) => b.writeDoubleLE(value.double));
  if ('string' in value) {
    const text = bytesOf(value.string);
    return Buffer.concat([Buffer.from(varint(BigInt(text.length))), text]);
  }
  if ('map' in value) {
    const [first] = value.map;
    const types = first ? [(number(first[0]) << 4) | number(first[1])] : [];
    const head = Buffer.from([...varint(BigInt(value.map.length)), ...types]);
    return Buffer.concat([head, ...value.map.flat().map(compact)]);
  }
  if ('struct' in value) return compactStruct(value.struct);
  const items = 'list' in value ? value.list : value.set;
  const head =
    items.length < 15
      ? [(items.length << 4) | number(items[0])]
      : [0xf0 | number(items[0]), ...varint(BigInt(items.length))];
  return Buffer.concat([Buffer.from(head), ...items.map(compact)]);
}

function compactStruct(fields: readonly (readonly [number, ThriftValue])[]): Buffer {
  const out: Buffer[] = [];
  let last = 0;
  for (const [id, v] of fields) {
    const isBool = 'bool' in v;
    const type = isBool ? (v.bool ? 1 : 2) : NUMBERS.compact[kindOf(v)]!;
    const delta = id - last;
    const head = delta > 0 && delta < 16 ? [(delta << 4) | type] : [type, ...zigzag(BigInt(id))];
    out.push(Buffer.from(head));
    if (!isBool) out.push(compact(v));
    last = id;
  }
  return Buffer.concat([...out, Buffer.from([0])]);
}

export interface CallOptions {
  readonly name?: string;
  /** 1 call, 2 reply, 3 exception, 4 oneway. */
  readonly kind?: number;
  /** The binary protocol's old envelope. */
  readonly isOld?: boolean;
}

/** A call with one argument, as a datagram has it. */
export function call(protocol: Protocol, argument: ThriftValue, options: CallOptions = {}): Buffer {
  const { name = 'emitBatch', kind = 4, isOld = false } = options;
  const args: ThriftValue = { struct: [[1, argument]] };
  if (protocol === 'compact') {
    return Buffer.concat([Buffer.from([0x82, (kind << 5) | 1, 7]), compact({ string: name }), compact(args)]);
  }
  const named = binary({ string: name });
  const sequence = Buffer.from([0, 0, 0, 7]);
  const head = isOld ? [named, Buffer.from([kind])] : [Buffer.from([0x80, 1, 0, kind]), named];
  return Buffer.concat([...head, sequence, binary(args)]);
}
