/** The walk over a span's bytes: what it notes, and the bytes it counts, which are Tempo's whatever encoding came. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyValueText } from '../../src/derive/attribute-text.ts';
import { SpanScan } from '../../src/derive/span-scan.ts';
import { tempoSize } from '../../src/derive/span-size.ts';
import { WantedKeys } from '../../src/derive/wanted-keys.ts';

type Field = readonly [field: number, wire: number, value: Uint8Array];

function varint(value: bigint, padding = 0): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let i = 0; i < padding && out.length < 9; i++) out.push(0x80);
  out[out.length - 1]! &= 0x7f;
  return out;
}

function message(fields: readonly Field[], padding = 0): Uint8Array {
  const out: number[] = [];
  for (const [field, wire, value] of fields) {
    out.push(...varint(BigInt(field * 8 + wire)));
    if (wire === 2) out.push(...varint(BigInt(value.length), padding));
    out.push(...value);
  }
  return Uint8Array.from(out);
}

const bytes = (text: string) => new TextEncoder().encode(text);
const number = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: -5n, max: 300n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const fixed64 = fc.oneof(fc.constant(new Uint8Array(8)), fc.uint8Array({ minLength: 8, maxLength: 8 }));
const padding = fc.constantFrom(0, 0, 0, 1);
const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constant('y'.repeat(130)),
  fc.constant('z'.repeat(20_000)),
);
const textField = (field: number) => text.map((t): Field => [field, 2, bytes(t)]);
const numberField = (field: number) => number.map((n): Field => [field, 0, Uint8Array.from(varint(n))]);
const fixedField = (field: number) => fixed64.map((value): Field => [field, 1, value]);
const unknown = fc.constantFrom<Field>(
  [20, 0, Uint8Array.of(3)],
  [21, 2, bytes('?')],
  [22, 5, new Uint8Array(4)],
);
const shuffled = (fields: fc.Arbitrary<Field>[], maxLength: number) =>
  fc
    .tuple(fc.array(fc.oneof(...fields, unknown), { maxLength }), padding)
    .map(([list, pad]) => message(list, pad));

const { value } = fc.letrec<{ value: Uint8Array }>((tie) => {
  const nested = tie('value').map((v) => message([[1, 2, v]]));
  return {
    value: fc.oneof(
      { depthSize: 'small' },
      shuffled(
        [
          textField(1),
          fc.boolean().map((b): Field => [2, 0, Uint8Array.of(b ? 1 : 0)]),
          numberField(3),
          fixedField(4),
          textField(7),
        ],
        2,
      ),
      nested.map((v) => message([[5, 2, v]])),
      nested.map((v) =>
        message([
          [
            6,
            2,
            message([
              [
                1,
                2,
                message([
                  [1, 2, bytes('k')],
                  [2, 2, v],
                ]),
              ],
            ]),
          ],
        ]),
      ),
    ),
  };
});
const attribute = shuffled([textField(1), value.map((v): Field => [2, 2, v])], 3);
const attributeField = (field: number) => attribute.map((a): Field => [field, 2, a]);
const event = shuffled([fixedField(1), textField(2), attributeField(3), numberField(4)], 4);
const id = (field: number, length: number) =>
  fc
    .oneof(fc.constant(new Uint8Array(length)), fc.uint8Array({ minLength: length, maxLength: length }))
    .map((v): Field => [field, 2, v]);
const realId = (field: number, length: number) =>
  id(field, length).filter(([, , v]) => v.some((b) => b !== 0));
const link = shuffled([id(1, 16), id(2, 8), textField(3), attributeField(4), numberField(5)], 4);
const status = shuffled([textField(2), numberField(3)], 2);
const flags = fc.constantFrom<Field>([16, 5, new Uint8Array(4)], [16, 5, Uint8Array.of(1, 1, 0, 0)]);
const span = shuffled(
  [
    // Of zeros they are refused at the door.
    realId(1, 16),
    realId(2, 8),
    textField(3),
    id(4, 8),
    textField(5),
    numberField(6),
    fixedField(7),
    fixedField(8),
    attributeField(9),
    numberField(10),
    event.map((e): Field => [11, 2, e]),
    numberField(12),
    link.map((l): Field => [13, 2, l]),
    numberField(14),
    status.map((s): Field => [15, 2, s]),
    flags,
  ],
  12,
);

describe('the scan of a span', () => {
  it('counts the bytes of Tempo in every encoding', () => {
    const scan = new SpanScan(new WantedKeys());
    fc.assert(
      fc.property(span, fc.nat(3), (encoded, before) => {
        const all = new Uint8Array(before + encoded.length + 2);
        all.set(encoded, before);
        scan.begin(all);
        scan.scan(before, before + encoded.length);
        assert.equal(scan.sizeBytes, tempoSize('Span', encoded, 0, encoded.length));
      }),
      { numRuns: 2000 },
    );
  });

  it('counts a status that is not there, and no zeros', () => {
    const zeros = message([
      [6, 0, Uint8Array.of(0)],
      [4, 2, new Uint8Array(8)],
      [10, 0, Uint8Array.of(0)],
      [15, 2, new Uint8Array(0)],
    ]);
    assert.equal(tempoSize('Span', zeros, 0, zeros.length), 2);
    const plain = message([
      [2, 2, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
      [5, 2, bytes('name')],
    ]);
    assert.equal(tempoSize('Span', plain, 0, plain.length), plain.length + 2);
  });

  it('finds the first value of wanted keys, whatever the order of fields', () => {
    const wanted = new WantedKeys();
    const [a, b, missing, other] = ['db.name', 'x'.repeat(200), 'db.nbme', 'zz'].map((k) => wanted.id(k));
    const scan = new SpanScan(wanted);
    const kv = (key: string, text: string, turned = false): Field => {
      const fields: Field[] = [
        [1, 2, bytes(key)],
        [2, 2, message([[1, 2, bytes(text)]])],
      ];
      return [9, 2, message(turned ? fields.reverse() : fields)];
    };
    for (const turned of [false, true]) {
      const encoded = message([
        kv('db.name', 'one', turned),
        kv('db.name', 'two'),
        kv('x'.repeat(200), 'y'.repeat(150), turned),
      ]);
      scan.begin(encoded);
      scan.scan(0, encoded.length);
      const textOf = (key: number) => anyValueText(encoded, scan.valueFrom(key), scan.valueTo(key));
      assert.deepEqual([textOf(a!), textOf(b!)], ['one', 'y'.repeat(150)]);
      assert.deepEqual([scan.has(missing!), scan.has(other!)], [false, false]);
    }
    scan.begin(new Uint8Array(0));
    scan.scan(0, 0);
    assert.equal(scan.has(a!), false);
  });
});

describe('the text of a value', () => {
  const cases: readonly (readonly [Field[], string])[] = [
    [[[1, 2, bytes('text')]], 'text'],
    [[[2, 0, Uint8Array.of(1)]], 'true'],
    [[[3, 0, Uint8Array.from(varint(-(2n ** 63n)))]], '-9223372036854775808'],
    [[[4, 1, new Uint8Array(new Float64Array([1e21]).buffer)]], '1000000000000000000000'],
    [[[7, 2, bytes('bytes')]], ''],
    [
      [
        [
          5,
          2,
          message([
            [1, 2, message([[1, 2, bytes('a')]])],
            [1, 2, message([[3, 0, Uint8Array.of(7)]])],
          ]),
        ],
      ],
      '[a7]',
    ],
    [
      [
        [
          6,
          2,
          message([
            [
              1,
              2,
              message([
                [1, 2, bytes('k')],
                [2, 2, message([[2, 0, Uint8Array.of(0)]])],
              ]),
            ],
          ]),
        ],
      ],
      '{k:false}',
    ],
    [[], ''],
  ];
  for (const [fields, want] of cases) {
    it(JSON.stringify(want), () => {
      const encoded = message(fields);
      assert.equal(anyValueText(encoded, 0, encoded.length), want);
    });
  }
});
