/** Protobuf's wire format: what is written reads back, foreign fields are stepped over, broken bytes end cleanly. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteError } from '../../src/base/bytes.ts';
import { ProtoReader, WIRE } from '../../src/base/protobuf.ts';
import { ProtoWriter } from '../../src/base/protobuf-writer.ts';

/** A reader behind the tag of the one field, number 1, that `write` fills. */
function fieldOf(wire: number, write: (out: ProtoWriter) => void): ProtoReader {
  const out = new ProtoWriter();
  out.tag(1, wire);
  write(out);
  const r = new ProtoReader(out.take());
  assert.ok(r.next());
  assert.deepEqual([r.field, r.wire], [1, wire]);
  return r;
}

describe('numbers', () => {
  const safe = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n });

  it('int64 as a number and as halves', () => {
    fc.assert(
      fc.property(safe, (value) => {
        const write = (out: ProtoWriter) => out.varint64(value);
        assert.equal(fieldOf(WIRE.varint, write).asInt64(), Number(value));
        const r = fieldOf(WIRE.varint, write);
        r.varint64();
        assert.equal(BigInt.asIntN(64, (BigInt(r.high) << 32n) | BigInt(r.low)), value);
      }),
    );
  });

  it('unsigned varints of every length', () => {
    for (let bits = 0; bits <= 53; bits++) {
      for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1].filter(Number.isSafeInteger)) {
        const r = fieldOf(WIRE.varint, (out) => out.varint64(BigInt(value)));
        assert.equal(r.asVarint(), value);
        assert.equal(r.pos, r.end);
      }
    }
  });

  it('zigzag', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        assert.equal(fieldOf(WIRE.varint, (out) => out.zigzag(value)).asZigzag(), value);
      }),
    );
  });

  it('doubles and fixed64 of either sign', () => {
    fc.assert(
      fc.property(fc.double(), safe, (number, whole) => {
        assert.deepEqual(fieldOf(WIRE.fixed64, (out) => out.f64(number)).asDouble(), number);
        assert.equal(fieldOf(WIRE.fixed64, (out) => out.fixed64(whole)).asSfixed64(), Number(whole));
      }),
    );
  });

  it('repeated, packed or not', () => {
    const out = new ProtoWriter();
    const read = (r: ProtoReader) => r.varint();
    out.tag(1, WIRE.varint);
    out.varint(300);
    out.bytesField(1, Uint8Array.of(1, 2, 0xac, 0x02));
    const numbers: number[] = [];
    const r = new ProtoReader(out.take());
    while (r.next()) r.repeated(numbers, WIRE.varint, read);
    assert.deepEqual(numbers, [300, 1, 2, 300]);
  });
});

describe('messages', () => {
  it('are entered and left', () => {
    const r = fieldOf(WIRE.length, (out) => {
      const start = out.length;
      out.uint32Field(2, 7);
      out.closeLength(start);
      out.uint32Field(3, 8);
    });
    const outer = r.enter();
    assert.ok(r.next());
    assert.deepEqual([r.field, r.asVarint(), r.next()], [2, 7, false]);
    r.leave(outer);
    assert.ok(r.next());
    assert.deepEqual([r.field, r.asVarint(), r.next()], [3, 8, false]);
  });

  it('have fields of any type skipped, groups in groups among them', () => {
    const out = new ProtoWriter();
    out.uint32Field(5, 9);
    out.tag(6, WIRE.fixed64);
    out.f64(1);
    out.tag(7, WIRE.fixed32);
    out.u32(1);
    out.tag(8, WIRE.groupStart);
    out.bytesField(1, Uint8Array.of(1, 2, 3));
    out.tag(9, WIRE.groupStart);
    out.tag(9, WIRE.groupEnd);
    out.tag(8, WIRE.groupEnd);
    out.uint32Field(1, 4);
    const r = new ProtoReader(out.take());
    const seen: number[] = [];
    for (; r.next(); r.skip()) seen.push(r.field);
    assert.deepEqual(seen, [5, 6, 7, 8, 1]);
  });

  it('are refused where a wire type is another than expected', () => {
    assert.throws(() => fieldOf(WIRE.varint, (out) => out.varint(1)).bytes(), ByteError);
    assert.throws(() => fieldOf(WIRE.varint, (out) => out.varint(1)).enter(), ByteError);
    assert.throws(
      () => fieldOf(WIRE.length, (out) => out.varint(0)).asDouble(),
      /field 1 has the wrong wire type/,
    );
  });
});

describe('broken bytes', () => {
  it('have a reason', () => {
    const f = (bytes: number[], want: RegExp) => {
      const r = new ProtoReader(Uint8Array.from(bytes));
      assert.throws(() => {
        while (r.next()) r.skip();
      }, want);
    };
    f([0x00], /field number/);
    f([0x08], /unexpected end/);
    f([0x08, ...new Array(11).fill(0xff)], /longer than ten bytes/);
    f([0x0a, 0x05, 0x01], /length beyond/);
    f([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], /length beyond/);
    f([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], /length beyond/);
    f([0x0b], /end of a group/);
    f([0x0b, 0x14], /another number/);
    f([0x0c], /wire type 4/);
    f(new Array(100).fill(0x0b), /too deep/);
  });

  it('end in a walk or a ByteError, never behind the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const r = new ProtoReader(bytes);
        try {
          while (r.next()) r.skip();
          assert.equal(r.pos, bytes.length);
        } catch (error) {
          assert.ok(error instanceof ByteError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
