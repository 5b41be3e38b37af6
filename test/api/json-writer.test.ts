/** The JSON writer: everything reads back, numbers have the API's form. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonWriter, sampleText, TimeTexts } from '../../src/api/json-writer.ts';

function written(write: (out: JsonWriter) => void): string {
  const out = new JsonWriter(1);
  write(out);
  return new TextDecoder().decode(out.take());
}

test('values are the shortest digits', () => {
  for (const [value, text] of [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [0.001, '0.001'],
    [12.34, '12.34'],
    [100.05, '100.05'],
    [1e15, '1000000000000000'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1e-6, '0.000001'],
    [1e-7, '1e-07'],
    [1.5e-10, '1.5e-10'],
    [5e-324, '5e-324'],
    [0.06904761904761904, '0.06904761904761904'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ] as const) {
    assert.equal(
      written((out) => out.sampleValue(value)),
      `"${text}"`,
    );
  }
});

test('the fast paths write what the slow one does', () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -2_000_000_000_000_000, max: 2_000_000_000_000_000 }),
    fc.tuple(fc.integer(), fc.constantFrom(10, 100, 1000, 8)).map(([n, d]) => n / d),
    fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 }).map((n) => n / 1000),
  );
  fc.assert(
    fc.property(numbers, (value) => {
      const text = written((out) => out.sampleValue(value));
      assert.equal(text, `"${sampleText(value)}"`);
      assert.ok(Object.is(Number(text.slice(1, -1)), value));
    }),
    { numRuns: 5000 },
  );
});

test('points are as their times and values one by one, also with the texts of a grid', () => {
  const grid = fc.record({ startMs: fc.integer(), stepMs: fc.integer({ min: 1, max: 100_000 }) });
  const steps = fc.array(fc.tuple(fc.nat(60), fc.double()), { maxLength: 50 });
  fc.assert(
    fc.property(grid, steps, ({ startMs, stepMs }, points) => {
      const times = Float64Array.from(points, ([step]) => startMs + step * stepMs);
      const values = Float64Array.from(points, ([, v]) => v);
      const parts = points.map(([, v], i) => {
        const time = written((out) => out.timestamp(times[i]!));
        return `[${time},${written((out) => out.sampleValue(v))}]`;
      });
      const wanted = `[${parts.join(',')}]`;
      const texts = new TimeTexts(startMs, stepMs, 61);
      assert.equal(
        written((out) => out.points(times, values)),
        wanted,
      );
      assert.equal(
        written((out) => out.points(times, values, texts)),
        wanted,
      );
    }),
  );
});

test('timestamps are seconds with three decimals or none', () => {
  for (const [ms, text] of [
    [0, '0'],
    [1767270600000, '1767270600'],
    [1050, '1.050'],
    [1767270600123, '1767270600.123'],
    [-1500, '-1.500'],
    [-5, '-0.005'],
  ] as const) {
    assert.equal(
      written((out) => out.timestamp(ms)),
      text,
    );
  }
  fc.assert(
    fc.property(fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }), (ms) => {
      assert.equal(Math.round(Number(written((out) => out.timestamp(ms))) * 1000), ms);
    }),
  );
});

test('strings read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      assert.equal(JSON.parse(written((out) => out.string(text))), text);
    }),
  );
  assert.equal(
    JSON.parse(written((out) => out.string('a"\\\n\u0000\u007f é 😀'))),
    'a"\\\n\u0000\u007f é 😀',
  );
  assert.equal(
    written((out) => out.strings([])),
    '[]',
  );
  assert.equal(
    written((out) => out.strings(['a', 'b'])),
    '["a","b"]',
  );
});
