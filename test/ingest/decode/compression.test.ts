import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { compress as snappyCompress } from 'snappyjs';
import { decompress } from '../../../src/ingest/decode/compression.ts';
import { TriliteError } from '../../../src/model/errors.ts';

const MAX_BYTES = 1 << 20;

/** Bytes that compress: pieces of a small alphabet, repeated. */
const body = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(60)), { maxLength: 30 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([piece, n]) => new Array(n).fill(Buffer.from(piece)))));

function framed(data: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [
    Buffer.from([0xff, 6, 0, 0]),
    Buffer.from('sNaPpY'),
    Buffer.from([0xfe, 2, 0, 0, 9, 9]),
  ];
  for (let from = 0, i = 0; from < data.length; from += 65536, i++) {
    const piece = data.subarray(from, from + 65536);
    const packed = i % 2 === 0 ? Buffer.from(snappyCompress(new Uint8Array(piece))) : piece;
    const size = packed.length + 4;
    chunks.push(Buffer.from([i % 2, size & 255, (size >> 8) & 255, size >> 16, 0, 0, 0, 0]), packed);
  }
  return Buffer.concat(chunks);
}

/** LZ4 with literals and, where bytes repeat, matches of distance one: enough to exercise every branch. */
function lz4(data: Uint8Array): Uint8Array {
  const out: number[] = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0];
  const length = (n: number): number[] => {
    const rest: number[] = [];
    for (n -= 15; n >= 255; n -= 255) rest.push(255);
    rest.push(n);
    return rest;
  };
  const block: number[] = [];
  let from = 0;
  for (let i = 1; i < data.length - 12; i++) {
    let run = 0;
    while (i + run < data.length - 12 && data[i + run] === data[i - 1]) run++;
    if (run < 4) continue;
    const literals = i - from;
    block.push((Math.min(literals, 15) << 4) | Math.min(run - 4, 15));
    if (literals >= 15) block.push(...length(literals));
    block.push(...data.subarray(from, i), 1, 0);
    if (run - 4 >= 15) block.push(...length(run - 4));
    from = i + run;
    i = from;
  }
  const literals = data.length - from;
  block.push(Math.min(literals, 15) << 4);
  if (literals >= 15) block.push(...length(literals));
  block.push(...data.subarray(from));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(block.length);
  return Buffer.concat([
    Buffer.from(out),
    head,
    Buffer.from(block),
    Buffer.from([3, 0, 0, 0x80, 1, 2, 3, 0, 0, 0, 0]),
  ]);
}

const LZ4_TAIL = Buffer.from([1, 2, 3]);

const encoders: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  identity: (d) => d,
  gzip: (d) => zlib.gzipSync(d),
  zlib: (d) => zlib.deflateSync(d),
  deflate: (d) => zlib.deflateSync(d),
  zstd: (d) => zlib.zstdCompressSync(d),
  snappy: (d) => new Uint8Array(snappyCompress(new Uint8Array(d))),
  'x-snappy-framed': framed,
};

function kindOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    assert.ok(error instanceof TriliteError, String(error));
    return error.kind;
  }
  return 'accepted';
}

describe('decompress', () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`round-trips ${name}`, () => {
      fc.assert(
        fc.property(body, (data) => {
          assert.deepEqual(Buffer.from(decompress(encode(data), name, MAX_BYTES)), data);
        }),
        { numRuns: 60 },
      );
    });
  }

  it('round-trips lz4, an uncompressed block after a compressed one', () => {
    fc.assert(
      fc.property(body, (data) => {
        const all = Buffer.from(decompress(lz4(data), 'lz4', MAX_BYTES));
        assert.deepEqual(all, Buffer.concat([data, LZ4_TAIL]));
      }),
      { numRuns: 60 },
    );
  });

  it('reads a body of several snappy frames', () => {
    const data = Buffer.alloc(200_000, 'some text that repeats ');
    assert.deepEqual(Buffer.from(decompress(framed(data), 'x-snappy-framed', MAX_BYTES)), data);
  });

  it('takes raw DEFLATE where asked, and encodings in any case', () => {
    const data = Buffer.from('abcabcabc');
    assert.deepEqual(decompress(zlib.deflateRawSync(data), 'deflate', 100, { rawDeflate: true }), data);
    assert.equal(
      kindOf(() => decompress(zlib.deflateRawSync(data), 'deflate', 100)),
      'bad_data',
    );
    assert.deepEqual(decompress(zlib.gzipSync(data), ' GZIP', 100), data);
    assert.deepEqual(decompress(data, '', 100), data);
  });

  it('refuses what is larger than the bound, by declaration or by expansion', () => {
    const bomb = Buffer.alloc(1 << 21);
    for (const [name, encode] of [...Object.entries(encoders), ['lz4', lz4] as const]) {
      assert.equal(
        kindOf(() => decompress(encode(bomb), name, MAX_BYTES)),
        'too_large',
        name,
      );
    }
    // Four gigabytes declared by six bytes.
    assert.equal(
      kindOf(() => decompress(Buffer.from([255, 255, 255, 255, 15, 0]), 'snappy', MAX_BYTES)),
      'too_large',
    );
  });

  it('refuses other encodings', () => {
    assert.equal(
      kindOf(() => decompress(Buffer.from('x'), 'br', 10)),
      'unsupported',
    );
  });

  it('ends a four-byte literal length near 2^32 in an error', () => {
    const body = Buffer.from([10, 63 << 2, 0xf0, 0xff, 0xff, 0xff, 1, 2, 3]);
    assert.equal(
      kindOf(() => decompress(body, 'snappy', MAX_BYTES)),
      'bad_data',
    );
  });

  it('ends damaged bytes in a result or bad_data', () => {
    const data = Buffer.from('{"level":"info","msg":"repeat repeat repeat"}'.repeat(5));
    const all = { ...encoders, lz4 };
    const damaged = fc
      .tuple(
        fc.constantFrom(...Object.keys(all)),
        fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 3 }),
        fc.option(fc.uint8Array({ maxLength: 60 }), { freq: 3 }),
      )
      .map(([name, edits, random]) => {
        const bytes = random ?? Buffer.from(all[name as keyof typeof all](data));
        for (const [at, to] of edits) if (bytes.length > 0) bytes[at % bytes.length] = to;
        return { name, bytes };
      });
    fc.assert(
      fc.property(damaged, ({ name, bytes }) => {
        const kind = kindOf(() => decompress(bytes, name, MAX_BYTES));
        assert.ok(kind === 'accepted' || kind === 'bad_data' || kind === 'too_large', kind);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Literals and copies one after another, and what they stand for. */
function snappyOf(
  ops: readonly (Uint8Array | readonly [offset: number, length: number])[],
): [Uint8Array, number[]] {
  const tags: number[] = [];
  const plain: number[] = [];
  for (const op of ops) {
    if (op instanceof Uint8Array) {
      if (op.length === 0) continue;
      tags.push(60 << 2, op.length - 1, ...op);
      plain.push(...op);
    } else if (plain.length > 0) {
      const offset = 1 + (op[0] % plain.length);
      tags.push(((op[1] - 1) << 2) | 2, offset & 255, offset >> 8);
      for (let i = 0; i < op[1]; i++) plain.push(plain.at(-offset)!);
    }
  }
  const length = plain.length < 128 ? [plain.length] : [(plain.length & 127) | 128, plain.length >> 7];
  return [Uint8Array.from([...length, ...tags]), plain];
}

describe('snappy', () => {
  it('copies literals and copies of every length and offset, also into memory that was used', () => {
    const literal = fc.uint8Array({ maxLength: 200 });
    const copy = fc.tuple(fc.oneof(fc.nat(20), fc.nat(500)), fc.integer({ min: 1, max: 64 }));
    const used = new Uint8Array(1 << 16).fill(0xee);
    fc.assert(
      fc.property(fc.array(fc.oneof(literal, copy), { maxLength: 40 }), (ops) => {
        const [wire, plain] = snappyOf(ops);
        const room = (bytes: number) => used.subarray(8, 8 + bytes);
        assert.deepEqual([...decompress(wire, 'snappy', MAX_BYTES)], plain);
        assert.deepEqual([...decompress(wire, 'snappy', MAX_BYTES, { room })], plain);
        // Nothing is written behind the room.
        assert.ok(used.subarray(8 + plain.length, 72 + plain.length).every((b) => b === 0xee));
        used.fill(0xee);
      }),
      { numRuns: 300 },
    );
  });
});
