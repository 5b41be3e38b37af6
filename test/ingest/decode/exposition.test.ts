import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expositionFormat, parseExposition, readSeriesText } from '../../../src/ingest/decode/exposition.ts';
import type { ScrapeBatch } from '../../../src/ingest/decode/exposition-lines.ts';
import { canonicalFloat, readNumber } from '../../../src/ingest/decode/exposition-number.ts';
import { TriliteError } from '../../../src/model/errors.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

type Line = [pairs: string[], value: number, timestamp: number];

function lines(batch: ScrapeBatch): Line[] {
  return Array.from({ length: batch.count }, (_, i) => [
    readSeriesText(batch.bytes, batch.seriesStart[i]!, batch.seriesEnd[i]!, batch.dialect),
    batch.values[i]!,
    batch.timestamps[i]!,
  ]);
}

/** The error of the exposition as a scrape meets it: in the series texts or in what follows them. */
function errorOf(text: string, format: 'text' | 'openmetrics'): string {
  const batch = parseExposition(bytes(text), format);
  try {
    lines(batch);
  } catch (e) {
    assert.ok(e instanceof TriliteError);
    return e.message;
  }
  return batch.error?.message ?? '';
}

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const label = fc.tuple(
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const escapeValue = (v: string) => v.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
const blank = fc.constantFrom('', ' ', '\t ');
const value = fc.double();
const print = (v: number) => (Object.is(v, -0) ? '-0' : String(v).replace('Infinity', 'Inf'));

test('text: reads what is printed, however it is spaced', () => {
  const line = fc.record({
    name,
    labels: fc.array(label, { maxLength: 4 }),
    value,
    time: fc.option(fc.nat()),
    gap: blank,
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (all, last) => {
      const text = all
        .map(({ name: n, labels, value: v, time, gap }) => {
          const inner = labels.map(([k, x]) => `${gap}${k}${gap}=${gap}"${escapeValue(x)}"${gap}`).join(',');
          const braces = labels.length > 0 ? `${gap}{${inner}}` : '';
          return `${n}${braces} ${gap}${print(v)}${time === null ? '' : ` ${time}${gap}`}`;
        })
        .join('\n');
      const batch = parseExposition(bytes(text + (last ? '\n' : '')), 'text');
      assert.equal(batch.error, undefined);
      const want = all.map((l) => [['__name__', l.name, ...l.labels.flat()], l.value, l.time ?? Number.NaN]);
      assert.deepEqual(lines(batch), want);
    }),
  );
});

test('openmetrics: reads what is printed', () => {
  const line = fc.record({
    name,
    labels: fc.array(label, { maxLength: 4 }),
    value,
    time: fc.option(fc.nat(1e9)),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (all) => {
      const text = all
        .map(({ name: n, labels, value: v, time }) => {
          const inner = labels.map(([k, x]) => `${k}="${escapeValue(x)}"`).join(',');
          return `${n}${labels.length > 0 ? `{${inner}}` : ''} ${print(v)}${time === null ? '' : ` ${time}`}\n`;
        })
        .join('');
      const batch = parseExposition(bytes(`${text}# EOF\n`), 'openmetrics');
      assert.equal(batch.error, undefined);
      const want = all.map((l) => [
        ['__name__', l.name, ...l.labels.flat()],
        l.value,
        l.time === null ? Number.NaN : l.time * 1000,
      ]);
      assert.deepEqual(lines(batch), want);
    }),
  );
});

test('numbers: exactly what Number() makes of them, and nothing that only Number() takes', () => {
  const read = (text: string) => {
    const b = bytes(text);
    const v = readNumber(b, 0, b.length);
    return readNumber.failure === undefined ? v : readNumber.failure;
  };
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (v) => assert.equal(read(print(v)), v)),
  );
  const decimal = fc.tuple(fc.stringMatching(/^[+-]?[0-9]{0,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?$/));
  fc.assert(
    fc.property(decimal, ([text]) => {
      const want = /\d/.test(text.replace(/[eE].*/, '')) ? Number(text) : 'invalid syntax';
      assert.equal(
        read(text),
        typeof want === 'number' && !Number.isFinite(want) ? 'value out of range' : want,
      );
    }),
  );
  for (const [text, want] of [
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['nAn', Number.NaN],
    ['+NaN', 'invalid syntax'],
    ['0x10', 'invalid syntax'],
    ['1_0', 'invalid syntax'],
    ['', 'invalid syntax'],
    ['-', 'invalid syntax'],
    ['1e', 'invalid syntax'],
    ['1e400', 'value out of range'],
    ['-0', -0],
  ] as const) {
    assert.equal(read(text), want, text);
  }
});

test('bounds and quantiles in their canonical form', () => {
  const rows: [number, string][] = [
    [1, '1.0'],
    [0, '0.0'],
    [-1, '-1.0'],
    [100, '100.0'],
    [0.5, '0.5'],
    [1e6, '1e+06'],
    [123456, '123456.0'],
    [1234567, '1.234567e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [Number.POSITIVE_INFINITY, '+Inf'],
  ];
  for (const [v, want] of rows) assert.equal(canonicalFloat(v), want);
});

test('errors say what was expected, where and in which line', () => {
  const rows: [string, 'text' | 'openmetrics', string | RegExp][] = [
    ['a 1\nb{x=1} 2\n', 'text', /^expected label value, got "1" \("INVALID"\) while parsing: "b\{x=1"/],
    ['a 1\nb{x="1" zz\n', 'text', /^expected equal, got " ?\\n" /],
    [
      'a 1\nb zz\n',
      'text',
      'strconv.ParseFloat: parsing "zz": invalid syntax while parsing: "b zz" (line 2)',
    ],
    ['a 1 5 6\n', 'text', /^expected next entry after timestamp, got "6"/],
    ['a 1 x\n', 'text', /^expected timestamp or new record, got "x"/],
    ['a{b="\xff"} 1\n', 'text', ''],
    ['a 1\n', 'openmetrics', 'data does not end with # EOF (line 2)'],
    ['a 1\n# EOF\nb 1\n', 'openmetrics', 'unexpected data after # EOF (line 2)'],
    ['# TYPE a counter\na 1 # {b="c"} x\n# EOF\n', 'openmetrics', /^strconv.ParseFloat: parsing "x"/],
    ['a 1 nan\n# EOF\n', 'openmetrics', 'invalid timestamp NaN (line 1)'],
  ];
  for (const [text, format, want] of rows) {
    const got = errorOf(text, format);
    if (want instanceof RegExp) assert.match(got, want);
    else assert.equal(got, want);
  }
});

test('a label value that is not UTF-8 fails', () => {
  const body = Buffer.concat([bytes('a{b="'), Buffer.from([0xff]), bytes('"} 1\n')]);
  const batch = parseExposition(body, 'text');
  assert.throws(() => lines(batch), /invalid UTF-8 label value: "\\"\\xff\\""/);
});

test('the format follows the media type alone', () => {
  assert.equal(expositionFormat('text/plain; version=9'), 'text');
  assert.equal(expositionFormat('Application/OpenMetrics-Text'), 'openmetrics');
  assert.equal(expositionFormat('application/vnd.google.protobuf; proto=x'), 'protobuf');
  assert.equal(expositionFormat(''), undefined);
  assert.equal(expositionFormat('application/json'), undefined);
});

test('exemplars hang on their samples', () => {
  const text = 'a 1 # {t="x"} 0.5 1.5\nb{le="1"} 2 7 # {} 3\nc 3\n# EOF\n';
  const { exemplars, timestamps } = parseExposition(bytes(text), 'openmetrics');
  assert.deepEqual(
    exemplars.map((e) => [e.sample, e.labels.toObject(), e.value, e.timestampMs]),
    [
      [0, { t: 'x' }, 0.5, 1500],
      [1, {}, 3, undefined],
    ],
  );
  assert.equal(timestamps[1], 7000);
});

test('mutated and random expositions end in a result or a clean error', () => {
  const valid = [
    '# HELP a h\n# TYPE a histogram\na_bucket{le="1",x="\\n"} 1 5\n{"q.n",b="c"} NaN\n\n# c\nb 1e3\n',
    '# TYPE a counter\n# UNIT a_s s\na_total{x="y"} 1 1.5 # {t="1"} 2 3\n{"q"} 1\n# EOF\n',
  ];
  const attempt = (body: Uint8Array) => {
    for (const format of ['text', 'openmetrics'] as const) {
      const batch = parseExposition(body, format);
      for (let i = 0; i < batch.count; i++) {
        try {
          readSeriesText(batch.bytes, batch.seriesStart[i]!, batch.seriesEnd[i]!, batch.dialect);
        } catch (e) {
          assert.ok(e instanceof TriliteError, String(e));
        }
      }
    }
  };
  const token = fc.constantFrom(
    '#',
    ' ',
    '\n',
    '{',
    '}',
    '"',
    '\\',
    ',',
    '=',
    '1',
    'a',
    '# EOF',
    '# TYPE ',
    '\t',
    '.',
    '-',
    'é',
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 30 }), (t) => attempt(bytes(t.join('')))),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), attempt));
  const edits = fc.array(fc.tuple(fc.nat(), token), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...valid), edits, (text, changes) => {
      let out = text;
      for (const [at, t] of changes)
        out = out.slice(0, at % out.length) + t + out.slice((at % out.length) + (at % 3));
      attempt(bytes(out));
    }),
    { numRuns: 2000 },
  );
});
