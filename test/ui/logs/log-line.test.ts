/** What is made of a line: its fields, its level, its trace, its marks and colours. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lineFields, prettyJson } from '../../../src/ui/views/logs/line-fields.ts';
import { markerOf, marksIn } from '../../../src/ui/views/logs/line-marks.ts';
import { linePieces } from '../../../src/ui/views/logs/line-pieces.ts';
import { levelOf } from '../../../src/ui/views/logs/log-level.ts';
import { type LogRow, rowService, rowsOf, rowTrace } from '../../../src/ui/views/logs/log-row.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

function row(line: string, structuredMetadata = {}, stream = {}, parsed = {}): LogRow {
  return rowsOf([{ stream, values: [['1700000000123456789', line, { structuredMetadata, parsed }]] }])[0]!;
}

describe('fields of a line', () => {
  const rows: readonly (readonly [line: string, ReturnType<typeof lineFields>])[] = [
    [
      ' {"a":1,"b":{"c d":"x","e":[1]},"f":null,"9":true}',
      { parser: 'json', fields: { a: '1', b_c_d: 'x', _9: 'true' } },
    ],
    [
      'level=info msg="a \\"b\\" = c" http.status=200 empty=',
      {
        parser: 'logfmt',
        fields: { level: 'info', msg: 'a "b" = c', http_status: '200' },
      },
    ],
    ['GET /?a=b 200', undefined],
    ['{not json}', undefined],
    ['plain words', undefined],
  ];
  for (const [line, fields] of rows) test(line, () => assert.deepEqual(lineFields(line), fields));

  test('numbers stay as they are written', () => {
    const line = '{"id":12345678901234567890,"f":1.0,"s":"5 \\"7","list":[1e3,-2]}';
    assert.deepEqual(lineFields(line)!.fields, { id: '12345678901234567890', f: '1.0', s: '5 "7' });
    const pretty = prettyJson(line)!;
    assert.equal(
      pretty.replaceAll(/\s+(?=\S)/g, ' '),
      '{ "id": 12345678901234567890, "f": 1.0, "s": "5 \\"7", "list": [ 1e3, -2 ] }',
    );
    assert.equal(prettyJson('plain'), undefined);
  });

  test('any text is fine', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (line) => void lineFields(line)));
  });
});

test('the level is what the server detected, else what labels say', () => {
  assert.equal(levelOf({ detected_level: 'unknown', level: 'WARNING' }), 'warn');
  assert.equal(levelOf({ detected_level: 'error', level: 'info' }), 'error');
  assert.equal(levelOf({ severity: 'Fatal' }), 'critical');
  assert.equal(levelOf({ level: 'constructor' }), 'unknown');
});

test('the service and the trace are told by labels, metadata and the text', () => {
  assert.equal(rowService(row('', { service_name: 'm' }, { app: 's' })), 's');
  assert.deepEqual(rowTrace(row('', { trace_id: TRACE, span_id: 'b7ad6b7169203331' })), {
    traceId: TRACE,
    spanId: 'b7ad6b7169203331',
  });
  assert.deepEqual(rowTrace(row('', {}, {}, { traceID: TRACE.toUpperCase() })), { traceId: TRACE });
  assert.deepEqual(rowTrace(row(`{"trace_id":"${TRACE}"}`)), { traceId: TRACE });
  assert.equal(rowTrace(row('took 12345678 ms')), undefined);
  assert.equal(row('').ms, 1_700_000_000_123);
});

describe('marks', () => {
  const marked = (query: string, line: string) => {
    const marker = markerOf(query);
    return marker ? marksIn(line, marker).map(({ from, to }) => line.slice(from, to)) : [];
  };
  const rows: readonly (readonly [query: string, line: string, marks: string[]])[] = [
    ['{a="b"} |= "a.b" or "x"', 'a.b axb x a.b', ['a.b', 'x', 'x', 'a.b']],
    ['{a="b"} |~ "(?i)err(or)?" != "z"', 'ERROR err z', ['ERROR', 'err']],
    ['{a="b"} |> `<_> failed in <_>`', 'job failed in 3s', [' failed in ']],
    ['{a="b"} |= ip("10.0.0.0/8") | json', '10.1.1.1', []],
    ['{a="b"} |~ "(?P<x>a)" |= "c"', 'a c', ['c']],
    ['{a="b"} |= ""', 'a', []],
  ];
  for (const [query, line, marks] of rows) test(query, () => assert.deepEqual(marked(query, line), marks));
});

describe('pieces', () => {
  test('colours of terminals become looks, or go', () => {
    const line = '\u001b[1;31mERR\u001b[0m ok \u001b[38;5;9mx\u001b[K';
    assert.deepEqual(
      linePieces(line, true, undefined).map(({ text, look }) => [text, look]),
      [
        ['ERR', 'ansi-bold ansi-red'],
        [' ok ', ''],
        ['x', ''],
      ],
    );
    assert.deepEqual(
      linePieces(line, false, undefined).map(({ text }) => text),
      ['ERR ok x'],
    );
  });

  test('marks go through colours, and nothing of the line is lost', () => {
    const pieces = linePieces('a\u001b[32mbc\u001b[0md', true, /bcd/g);
    assert.deepEqual(
      pieces.map(({ text, look, isMarked }) => [text, look, isMarked]),
      [
        ['a', '', false],
        ['bc', 'ansi-green', true],
        ['d', '', true],
      ],
    );
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\u001b[31m', '\u001b[0m') });
    fc.assert(
      fc.property(texts, (line) => {
        const whole = linePieces(line, true, /a+|b/g).map(({ text }) => text);
        assert.equal(
          whole.join(''),
          linePieces(line, false, undefined)
            .map(({ text }) => text)
            .join(''),
        );
      }),
    );
  });
});
