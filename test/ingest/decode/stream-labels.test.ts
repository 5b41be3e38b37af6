import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseStreamLabels } from '../../../src/ingest/decode/label-text.ts';
import {
  checkStream,
  normalizeMetadataName,
  streamLabelsOf,
  streamText,
  withServiceName,
} from '../../../src/ingest/decode/stream-labels.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { Labels } from '../../../src/model/labels.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';

function messageOf(text: string): string {
  try {
    parseStreamLabels(text);
  } catch (error) {
    assert.ok(error instanceof TriliteError && error.kind === 'bad_data', String(error));
    return error.message.replace("couldn't parse labels: ", '');
  }
  return 'accepted';
}

describe('label strings', () => {
  it('parse to label sets', () => {
    const rows: readonly (readonly [string, Record<string, string>])[] = [
      ['', {}],
      ['{}', {}],
      ['{a="b"}', { a: 'b' }],
      [' { a = "b" , _c9 = \'d"\' , } ', { a: 'b', _c9: 'd"' }],
      ['{a=`x\\n`, b="x\\n\\t\\"\\\\"}', { a: 'x\\n', b: 'x\n\t"\\' }],
      ['{a="\\u65e5\\U0001f600\\x41\\101"}', { a: '日😀AA' }],
      ['{a="\\xc3\\xa9"}', { a: 'é' }],
      ['{b="日本", a=""}', { b: '日本' }],
      ['up{a="b"}', { __name__: 'up', a: 'b' }],
      ['up', { __name__: 'up' }],
      ['up{__name__="b"}', { __name__: 'up' }],
      ['{"up", a="b"}', { __name__: 'up', a: 'b' }],
      ['{"a.b"="c", \'é\'=`d`}', { 'a.b': 'c', é: 'd' }],
      ['{ # so\n a="b" } # there', { a: 'b' }],
    ];
    for (const [text, want] of rows) assert.deepEqual(parseStreamLabels(text).toObject(), want, text);
  });

  it('fail with line and column', () => {
    const inside = 'unexpected character inside braces';
    const set = (what: string, expected: string) => `unexpected ${what} in label set, expected ${expected}`;
    const rows: readonly (readonly [text: string, at: string, message: string])[] = [
      ['{1bad="x"}', '1:2', `${inside}: '1'`],
      ['{ba-d="x"}', '1:4', `${inside}: '-'`],
      ['{a="日", é="x"}', '1:11', `${inside}: 'é'`],
      ['{a="b",\n b.c="d"}', '2:3', `${inside}: '.'`],
      ['{a="b', '1:4', 'unterminated quoted string'],
      ['{a="b\n"}', '1:4', 'unterminated quoted string'],
      ['{a=`b', '1:4', 'unterminated raw string'],
      ['{a="\\q"}', '1:4', "unknown escape sequence U+0071 'q'"],
      ['{a="\\ud800"}', '1:4', 'escape sequence is an invalid Unicode code point'],
      ['{a="\ufffd"}', '1:4', 'invalid UTF-8 rune'],
      ['{a=`\ufffd`}', '1:4', 'invalid UTF-8 rune'],
      ['{a}', '1:3', set('"}"', '"="')],
      ['{a=b}', '1:4', set('identifier "b"', 'string')],
      ['{a!="b"}', '1:3', set('<op:!=>', '"="')],
      ['{a=~"b"}', '1:3', set('<op:=~>', '"="')],
      ['{"a"=}', '1:6', set('"}"', 'string')],
      ['{a="b" c="d"}', '1:8', set('identifier "c"', '"," or "}"')],
      ['{a="b" "0123456789x"}', '1:8', set('string "\\"012345678"...', '"," or "}"')],
      ['{,}', '1:2', set('","', 'identifier or "}"')],
      ['{a!b}', '1:3', "unexpected character after '!' inside braces: 'b'"],
      ['{a="b"', '1:7', 'unexpected end of input inside braces'],
      ['{a="b",{}', '1:8', "unexpected left brace '{'"],
      ['{a="b"}x', '1:8', 'unexpected identifier "x"'],
      ['{a="b"}x:y', '1:8', 'unexpected metric identifier "x:y"'],
      ['{a="b"}{', '1:8', 'unexpected "{"'],
      ['{a="b"}}', '1:8', "unexpected character: '}'"],
      ['"x"', '1:1', 'unexpected string "\\"x\\""'],
    ];
    for (const [text, at, message] of rows)
      assert.equal(messageOf(text), `${at}: parse error: ${message}`, text);
  });

  it('may name a label twice, for which the stream is refused', () => {
    const labels = parseStreamLabels('{b="1",a="x",b="2"}');
    assert.equal(
      checkStream(labels, DEFAULT_LOG_LIMITS),
      `stream '{a="x", b="1", b="2"}' has duplicate label name: 'b'`,
    );
    assert.equal(checkStream(parseStreamLabels('{a="x"}'), DEFAULT_LOG_LIMITS), undefined);
  });

  it('end in a label set or bad_data, whatever the text', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '"',
      "'",
      '`',
      'a',
      '1',
      '=',
      ',',
      ' ',
      '\\',
      'x41',
      '\n',
      'é',
      '~',
      '!',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((p) => p.join('')),
        ),
        (text) => {
          messageOf(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are printed so that they parse to the same labels', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
    const value = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 5 }), (pairs) => {
        const labels = Labels.from(pairs);
        assert.deepEqual(parseStreamLabels(streamText(labels)).pairs, labels.pairs);
      }),
    );
  });

  it('quote what is not printed', () => {
    assert.equal(
      streamText(Labels.from({ a: 'x"\\\n\x01\u00a0\u{e0001}日' })),
      '{a="x\\"\\\\\\n\\x01\\u00a0\\U000e0001日"}',
    );
  });
});

describe('stream labels', () => {
  it('given as an object fail as the label string does', () => {
    assert.throws(
      () =>
        streamLabelsOf(
          new Map([
            ['b', 'x'],
            ['a-b', 'y'],
          ]),
        ),
      (e: Error) =>
        e.message === "couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'",
    );
  });

  it('get a service name', () => {
    const of = (pairs: Record<string, string>) => withServiceName(Labels.from(pairs)).get('service_name');
    assert.equal(of({}), 'unknown_service');
    assert.equal(of({ job: 'j', app: 'a' }), 'a');
    assert.equal(of({ service_name: 's', service: 'x' }), 's');
    assert.equal(of({ k8s_job_name: 'k' }), 'k');
  });

  it('are held to the limits', () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`l${i}`, 'v']));
    const check = (pairs: Record<string, string>) => checkStream(Labels.from(pairs), DEFAULT_LOG_LIMITS);
    assert.equal(check({ ...many, service_name: 's' }), undefined);
    assert.match(check({ ...many, l15: 'v', service_name: 's' })!, /has 16 label names; limit 15$/);
    assert.equal(check({ ['n'.repeat(1024)]: 'v'.repeat(2048) }), undefined);
    assert.match(check({ ['n'.repeat(1025)]: 'v' })!, /has label name too long: 'n+'$/);
    assert.match(check({ a: 'é'.repeat(1025) })!, /has label value too long: 'é+'$/);
  });
});

describe('structured metadata names', () => {
  it('are normalised', () => {
    const rows: readonly (readonly [string, string])[] = [
      ['http.status_code', 'http_status_code'],
      ['a--b', 'a_b'],
      ['a__b', 'a_b'],
      ['__x__', '__x__'],
      ['__a..b__', '__a_b__'],
      ['9lives', 'key_9lives'],
      ['_x', '_x'],
      ['日a', '_a'],
    ];
    for (const [name, want] of rows) assert.equal(normalizeMetadataName(name), want, name);
  });

  it('of which nothing is left fail', () => {
    for (const name of ['', '_', '日本', '___', '____'])
      assert.throws(() => normalizeMetadataName(name), TriliteError);
  });
});
