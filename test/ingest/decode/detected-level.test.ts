import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8Encode } from '../../../src/base/bytes.ts';
import {
  levelOfLine,
  levelOfPairs,
  levelOfSeverityNumber,
  normalizeLevel,
} from '../../../src/ingest/decode/detected-level.ts';

function level(line: string): string {
  // Text around the line must not matter.
  const bytes = utf8Encode(`level=fatal ${line} error`);
  return levelOfLine(bytes, 12, bytes.length - 6);
}

describe('level of a line', () => {
  const rows: readonly (readonly [line: string, level: string])[] = [
    // JSON
    ['{"level":"debug","msg":"x error"}', 'debug'],
    ['  {"msg":"x","Severity":"WARNING"} \n', 'warn'],
    ['{"a":{"lvl":"err"},"level":"info"}', 'error'],
    ['{"a":{"b":{"level":"error"}},"level":"info"}', 'info'],
    ['{"a":[{"level":"error"}],"level":"info"}', 'info'],
    ['{"level":3,"severity":"fatal"}', 'fatal'],
    ['{"severity_text":"trc"}', 'trace'],
    ['{"sEvErItY":"debug"}', 'debug'],
    ['{"level":"verbose","msg":"an error here"}', 'error'],
    ['{"level":"verbose"}', 'unknown'],
    ['{"msg":"say \\"level\\": x","level":"info"}', 'info'],
    ['{}', 'unknown'],
    ['{', 'unknown'],
    ['{"level"}', 'unknown'],
    ['{"level":"info"', 'info'],
    // logfmt
    ['level=warn msg="all errors"', 'warn'],
    ['ts=1 LEVEL=Error', 'error'],
    ['lvl=info severity=debug', 'debug'],
    ['severity=debug level=info', 'info'],
    ['msg="a level=x" lvl="information"', 'info'],
    ['a=b c=d=e level=info', 'info'],
    ['flag level=dbg', 'debug'],
    ['a="open level=info', 'info'],
    ['"quoted" level=dbg x', 'unknown'],
    ['level=notice', 'unknown'],
    // text
    ['ERROR something broke', 'error'],
    ['[WARN] disk almost full', 'warn'],
    ['2026-01-01 INFO: started after error', 'info'],
    ['critical', 'critical'],
    ['an err', 'error'],
    ['errors and terror', 'unknown'],
    ['warning, mind the gap', 'warn'],
    ['\x1b[32mERROR\x1b[0m', 'unknown'],
    ['(debug)', 'debug'],
    ['time|TRACE|x', 'trace'],
    ['fatal.error', 'unknown'],
    ['', 'unknown'],
    // A key without a value is the best there is, and says nothing.
    ['severity SEVERITY=INF |fatal|=x', 'fatal'],
    ['critical, lvl="err" level', 'critical'],
    ['lvl="err" levels', 'error'],
    // Small, it is a plain i.
    ['\u0130nfo', 'info'],
    ['x CR\u0130T\u0130CAL error', 'critical'],
    ['\u0130 warn', 'warn'],
    ['error: \u0130nfo', 'error'],
    ['a\u0130nfo \u0141error', 'unknown'],
  ];
  for (const [line, want] of rows)
    it(`${JSON.stringify(line)} is ${want}`, () => assert.equal(level(line), want));

  it('is found within any bytes without a crash', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '"',
      'level',
      ':',
      '=',
      ',',
      '[',
      ']',
      '\\',
      ' ',
      'info',
      'x',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(piece).map((p) => utf8Encode(p.join(''))),
        ),
        (bytes) => {
          assert.match(
            levelOfLine(bytes, 0, bytes.length),
            /^(trace|debug|info|warn|error|critical|fatal|unknown)$/,
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('level of labels and metadata', () => {
  it('takes the first key of the list and keeps what is no level', () => {
    const of = (pairs: Record<string, string>) => levelOfPairs((name) => pairs[name] ?? '');
    assert.equal(of({ lvl: 'info', level: 'ERR' }), 'error');
    assert.equal(of({ Severity: 'Notice' }), 'Notice');
    assert.equal(of({ app: 'info' }), undefined);
  });

  it('normalises spellings', () => {
    for (const [given, want] of [
      ['Warning', 'warn'],
      ['INFORMATION', 'info'],
      ['wrn', 'warn'],
      ['FATAL', 'fatal'],
    ]) {
      assert.equal(normalizeLevel(given!), want);
    }
  });

  it('maps severity numbers', () => {
    const want = {
      0: 'unknown',
      1: 'trace',
      8: 'debug',
      9: 'info',
      13: 'warn',
      20: 'error',
      24: 'fatal',
      25: 'unknown',
      '-1': 'trace',
      '+9': 'info',
      '017': 'error',
    };
    for (const [n, name] of Object.entries(want)) assert.equal(levelOfSeverityNumber(n), name);
    for (const text of ['x', '9.0', ' 17', '']) assert.equal(levelOfSeverityNumber(text), 'info', text);
  });
});
