/** Literals, positions: what all three languages read their texts by. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TriliteError } from '../../../src/model/errors.ts';
import { quote, unquote } from '../../../src/model/go-string.ts';
import { formatNumber, parseNumber } from '../../../src/query/lang/literals.ts';
import { ByteOffsets, lineColumn } from '../../../src/query/lang/position.ts';

test('strings with escapes', () => {
  for (const [literal, value] of [
    ['"a"', 'a'],
    ["'it\\'s'", "it's"],
    ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\x07\b\f\n\r\t\v\\"'],
    ['"\\x41\\101\\u00e9\\U0001F600"', 'AAé😀'],
    ['"\\xc3\\xa9"', 'é'],
    ['`raw \\n "x"`', 'raw \\n "x"'],
  ] as const) {
    assert.equal(unquote(literal), value);
  }
});

test('escapes that are none', () => {
  for (const [literal, message] of [
    ['"\\q"', "unknown escape sequence U+0071 'q'"],
    ['"\\\'"', "unknown escape sequence U+0027 '''"],
    ['"\\xZZ"', "illegal character U+005A 'Z' in escape sequence"],
    ['"\\08"', "illegal character U+0038 '8' in escape sequence"],
    ['"\\ud800"', 'escape sequence is an invalid Unicode code point U+D800'],
    ['"\\U00110000"', 'escape sequence is an invalid Unicode code point U+110000'],
    ['"\\777"', 'escape sequence is an invalid Unicode code point U+01FF'],
    ['"\\x4"', 'escape sequence not terminated'],
  ] as const) {
    assert.throws(() => unquote(literal), { kind: 'bad_data', message });
  }
});

test('bytes that are no UTF-8 are quoted as they came and encoded as U+FFFD', () => {
  for (const [literal, again, encoded] of [
    ['"a\\xc5z"', '"a\\xc5z"', 'a\ufffdz'],
    ['"\\377\\xfe"', '"\\xff\\xfe"', '\ufffd\ufffd'],
    ['"\\xe2\\x82"', '"\\xe2\\x82"', '\ufffd\ufffd'],
    ['"\\xe2\\x82\\xac\\x80"', '"€\\x80"', '€\ufffd'],
    ['"\\xef\\xbf\\xbd\\xc3"', '"\ufffd\\xc3"', '\ufffd\ufffd'],
  ] as const) {
    const text = unquote(literal);
    assert.equal(quote(text), again);
    assert.ok(!text.isWellFormed());
    assert.equal(new TextDecoder().decode(new TextEncoder().encode(text)), encoded);
    assert.equal(unquote(quote(text)), text);
  }
});

test('quoted strings read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(unquote(quote(text)), text);
      assert.doesNotMatch(quote(text), /[\n\0]/);
    }),
  );
});

test('any quoted text is a string or a clean error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'\\xuUabn0178fD"\'é😀') }), (body) => {
      try {
        unquote(`"${body}"`);
      } catch (error) {
        assert.ok(error instanceof TriliteError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('numbers', () => {
  for (const [text, value] of [
    ['1', 1],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1_000', 1000],
    ['0x1F', 31],
    ['0x_1f', 31],
    ['017', 15],
    ['08', 8],
    ['1e-400', 0],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['1e400', undefined],
    ['x', undefined],
    ['', undefined],
  ] as const) {
    assert.ok(Object.is(parseNumber(text), value), text);
  }
  fc.assert(fc.property(fc.double(), (x) => Object.is(parseNumber(formatNumber(x)), x)));
});

test('positions count bytes', () => {
  const text = 'é😀\nab\n';
  const bytes = new ByteOffsets(text);
  assert.deepEqual(
    [0, 1, 3, 4, 5, 6, 7, 99].map((i) => bytes.at(i)),
    [0, 2, 6, 7, 8, 9, 10, 10],
  );
  assert.deepEqual(lineColumn(text, 2), { line: 1, column: 3 });
  assert.deepEqual(lineColumn(text, 7), { line: 2, column: 1 });
  assert.deepEqual(lineColumn(text, 9), { line: 2, column: 3 });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (s, n) => {
      const at = n % (s.length + 1);
      const high = s.charCodeAt(at - 1);
      fc.pre(!(high >= 0xd800 && high <= 0xdbff));
      assert.equal(new ByteOffsets(s).at(at), Buffer.byteLength(s.slice(0, at)));
    }),
  );
});
