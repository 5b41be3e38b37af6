/** Lines cut into tokens, by format, and the guess at a stream's format. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lineFormat, TOKENIZERS } from '../../../../src/query/logs/patterns/line-format.ts';
import { OTHER_SPACE, PLACEHOLDER, Tokens } from '../../../../src/query/logs/patterns/tokens.ts';

type Format = keyof typeof TOKENIZERS;

/** The tokens' texts, `<_>` for one that is never looked at; undefined where the line has no pattern. */
function cut(format: Format, line: string): string[] | undefined {
  const tokens = new Tokens();
  // Not at the start of its buffer, as lines of a chunk are.
  const bytes = Buffer.from(`xx${line}yy`);
  if (!TOKENIZERS[format](bytes, 2, bytes.length - 2, tokens)) return undefined;
  return Array.from({ length: tokens.count }, (_, i) =>
    tokens.hashes[i] === PLACEHOLDER
      ? '<_>'
      : bytes.subarray(tokens.starts[i]!, tokens.ends[i]!).toString('utf8'),
  );
}

function check(
  format: Format,
  rows: readonly (readonly [line: string, tokens: string[] | undefined])[],
): void {
  for (const [line, tokens] of rows) {
    it(JSON.stringify(line.slice(0, 60)), () => assert.deepEqual(cut(format, line), tokens));
  }
}

describe('plain text', () => {
  check('text', [
    ['a=1 b=2', ['a', '=', '1', 'b', '=', '2']],
    ['10.0.0.1:80 - /a/b_c-d.e 5$', ['10.0.0.1:80', '-', '/a/b_c-d.e', '5$']],
    ['x [y] "z", (w)', ['x', '[', 'y', ']', '"', 'z', '"', ',', '(', 'w', ')']],
    ['grüße, 日本 “q”', ['grüße', ',', '日本', '“', 'q', '”']],
    ['  a  b   c d ', ['a', 'b', 'c', 'd']],
    ['only three words', undefined],
    [Array(80).fill('a').join(' '), Array(80).fill('a')],
    [Array(81).fill('a').join(' '), undefined],
    [`a b c ${'d'.repeat(2994)}`, ['a', 'b', 'c', 'd'.repeat(2994)]],
    [`a b c ${'d'.repeat(2995)}`, undefined],
    ['', undefined],
  ]);

  it('knows how much white space there was', () => {
    const tokens = new Tokens();
    const line = Buffer.from('  a  b (c d ');
    TOKENIZERS.text(line, 0, line.length, tokens);
    assert.equal(tokens.lead, 2);
    assert.deepEqual([...tokens.gaps.subarray(0, tokens.count)], [2, 1, 0, 1, 1]);
  });
});

describe('logfmt', () => {
  check('logfmt', [
    ['a=1 b="x y"', ['a=', '1', 'b=', '"x y"']],
    ['a= b c=d', ['a=', '', 'b', '', 'c=', 'd']],
    [
      'TS=1 t=2 T=3 traceID=4 time=5 Timestamp=6 tx=7',
      [
        'TS=',
        '<_>',
        't=',
        '<_>',
        'T=',
        '3',
        'traceID=',
        '<_>',
        'time=',
        '<_>',
        'Timestamp=',
        '<_>',
        'tx=',
        '7',
      ],
    ],
    ['a="q\\"r" b=2', ['a=', '"q\\"r"', 'b=', '2']],
    ['a="x"b=1', ['a=', '"x"', 'b=', '1']],
    ['a="bad \\x" b=2', undefined],
    ['a="open b=2', undefined],
    ['a=b=c d=e', undefined],
    ['=a b=c', undefined],
    ['a"b c=d', undefined],
    ['a=1', undefined],
  ]);

  it('tells spaces from other white space', () => {
    const tokens = new Tokens();
    const line = Buffer.from('a=1  b=2\tc=3');
    TOKENIZERS.logfmt(line, 0, line.length, tokens);
    assert.deepEqual([...tokens.gaps.subarray(0, tokens.count)], [0, 2, 0, OTHER_SPACE, 0, 0]);
  });
});

describe('JSON', () => {
  check('json', [
    ['{"level":"x","msg":"one two three four"}', ['one', 'two', 'three', 'four']],
    [' { "a" : [1,{"msg":"no"}], "msg" : "one two three four" } ', ['one', 'two', 'three', 'four']],
    ['{"msg":"a b c d","message":"e f g h"}', ['e', 'f', 'g', 'h']],
    ['{"log":7,"content":"a b c d"}', ['a', 'b', 'c', 'd']],
    ['{"msg":"a \\"b\\" c"}', ['a', '\\', '"', 'b', '\\', '"', 'c']],
    ['{"msg":"a b c d', undefined],
    ['{"msg":"a b c d","x', ['a', 'b', 'c', 'd']],
    ['{"x":1}', undefined],
    ['msg', undefined],
  ]);
});

describe('no bytes', () => {
  for (const format of ['text', 'logfmt', 'json'] as const) {
    it(`make ${format} read outside of its line`, () => {
      const symbols = fc.constantFrom(...'{}[]":=, \\amsg01\t', '“', 'é', '😀');
      const bytesOf = fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(symbols, { maxLength: 60 }).map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
      );
      fc.assert(
        fc.property(bytesOf, (line) => {
          const alone = new Tokens();
          const within = new Tokens();
          const around = Buffer.concat([Buffer.from('"x='), line, Buffer.from('"}=1 ')]);
          const tokenize = TOKENIZERS[format];
          assert.equal(tokenize(line, 0, line.length, alone), tokenize(around, 3, 3 + line.length, within));
          assert.equal(alone.count, within.count);
          for (let i = 0; i < alone.count; i++) {
            assert.equal(alone.hashes[i], within.hashes[i]);
            assert.equal(alone.ends[i], within.ends[i]! - 3);
            assert.ok(alone.starts[i]! <= alone.ends[i]! && alone.ends[i]! <= line.length);
          }
        }),
      );
    });
  }
});

describe('the format of a stream', () => {
  const rows: [line: string, format: Format][] = [
    ['{"a":1}', 'json'],
    ['{no json}', 'json'],
    ['{"a":1', 'text'],
    ['a=1 b="c d"', 'logfmt'],
    ['a=1', 'logfmt'],
    ['a=1 some words', 'text'],
    ['a=1  b=2', 'text'],
    ['a= b=2', 'logfmt'],
    ['{', 'text'],
    ['', 'text'],
  ];
  for (const [line, format] of rows) {
    it(JSON.stringify(line), () => assert.equal(lineFormat(Buffer.from(line), 0, line.length), format));
  }

  it('is found in linear time', () => {
    const line = Buffer.from(`${'a=b '.repeat(700)}!`);
    assert.equal(lineFormat(line, 0, line.length), 'text');
  });
});
