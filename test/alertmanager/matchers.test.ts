/** Both grammars of matchers, which of them counts, and that what is printed is read back. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseClassicMatcher, parseClassicMatchers } from '../../src/alertmanager/classic-matchers.ts';
import { AlertMatcher, RESERVED } from '../../src/alertmanager/matcher.ts';
import { parseMatcher, parseMatchers } from '../../src/alertmanager/matcher-text.ts';
import { parseUtf8Matchers } from '../../src/alertmanager/utf8-matchers.ts';
import { TriliteError } from '../../src/model/errors.ts';
import type { MatchType } from '../../src/model/matcher.ts';

const parts = (matchers: readonly AlertMatcher[]) =>
  matchers.map(({ type, name, value }) => [name, type, value]);

describe('the classic grammar', () => {
  const cases: readonly (readonly [string, string, MatchType, string])[] = [
    ['foo=bar', 'foo', '=', 'bar'],
    ['foo="bar"', 'foo', '=', 'bar'],
    ['  foo != "bar"  ', 'foo', '!=', 'bar'],
    ['foo=~ [abc] ', 'foo', '=~', '[abc]'],
    ['foo!~"b.*"', 'foo', '!~', 'b.*'],
    ['a:b_1=', 'a:b_1', '=', ''],
    ['foo=""', 'foo', '=', ''],
    ['foo=bar baz', 'foo', '=', 'bar baz'],
    ['foo="a\\"b\\\\c\\nd\\e"', 'foo', '=', 'a"b\\c\nd\\e'],
    ['foo=a\\', 'foo', '=', 'a\\'],
    ['foo=a,b=c', 'foo', '=', 'a,b=c'],
    ['foo=~a=b', 'foo', '=~', 'a=b'],
    ['foo= =~x', 'foo', '=', '=~x'],
    ['foo="line\nbreak"', 'foo', '=', 'line\nbreak'],
  ];
  for (const [text, name, type, value] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parts([parseClassicMatcher(text)]), [[name, type, value]]);
    });
  }

  const faults: readonly (readonly [string, string])[] = [
    ['foo', 'bad matcher format: foo'],
    ['', 'bad matcher format: '],
    ['{foo=bar}', 'bad matcher format: {foo=bar}'],
    ['0a=b', 'bad matcher format: 0a=b'],
    ['"a b"=c', 'bad matcher format: "a b"=c'],
    ['foo="bar', 'matcher value contains unescaped double quote: "bar'],
    ['foo=b"ar', 'matcher value contains unescaped double quote: b"ar'],
    ['foo="b"ar"', 'matcher value contains unescaped double quote: "b"ar"'],
    ['foo=bar"', 'matcher value contains unescaped double quote: bar"'],
    ['foo="', 'matcher value contains unescaped double quote: "'],
    ['foo=~[', 'error parsing regexp: missing closing ]: `[)$`'],
  ];
  for (const [text, message] of faults) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseClassicMatcher(text), { name: 'TriliteError', message });
    });
  }

  it('reads lists', () => {
    const three = [
      ['foo', '=', 'a,b'],
      ['bar', '!=', 'x'],
      ['q', '=~', 'y|z'],
    ];
    assert.deepEqual(parts(parseClassicMatchers('{foo="a,b", bar!=x , q=~"y|z",  }')), three);
    assert.deepEqual(parts(parseClassicMatchers('foo="a,b",bar!=x,q=~y|z')), three);
    assert.deepEqual(parts(parseClassicMatchers('foo="a\\",b"')), [['foo', '=', 'a",b']]);
    // The escape is open behind the comma, so that the quote ends nothing.
    assert.throws(() => parseClassicMatchers('foo="a\\,",b=c'), /unescaped double quote: "a\\,",b=c/);
    assert.deepEqual(parseClassicMatchers('{}'), []);
    assert.throws(() => parseClassicMatchers('foo=bar,,x=y'), { message: 'bad matcher format: ' });
  });
});

describe('the newer grammar', () => {
  it('reads names and values of any characters', () => {
    const read = (text: string) => parts(parseUtf8Matchers(text));
    assert.deepEqual(read('{foo=bar,"a b"!="c\\td", Σ🙂=~"x|y" ,}'), [
      ['foo', '=', 'bar'],
      ['a b', '!=', 'c\td'],
      ['Σ🙂', '=~', 'x|y'],
    ]);
    assert.deepEqual(read(' foo = bar '), [['foo', '=', 'bar']]);
    assert.deepEqual(read('foo!~"\\u00e9"'), [['foo', '!~', 'é']]);
    assert.deepEqual(read('{}'), []);
    assert.deepEqual(read(''), []);
  });

  const faults = [
    '{',
    'a=b}',
    '{a=b',
    'a',
    'a=',
    'a b=c',
    'a=b c',
    '=b',
    'a=b,,c=d',
    ',',
    'a="b',
    'a=b\\c',
    "a='b'",
  ];
  for (const text of [...faults, 'a="\\q"', 'a="\\xff"', 'a=~"["', '{}a', 'a!b']) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseUtf8Matchers(text), TriliteError);
    });
  }
});

describe('a matcher as users write it', () => {
  it('is what the classic grammar says where both can read it', () => {
    // A tab in the one, a backslash and a letter in the other.
    assert.deepEqual(parts([parseMatcher('foo="a\\tb"')]), [['foo', '=', 'a\\tb']]);
  });

  it('is what one of them can read', () => {
    assert.deepEqual(parts([parseMatcher('"a b"=c')]), [['a b', '=', 'c']]);
    assert.deepEqual(parts([parseMatcher('foo=[a b]')]), [['foo', '=', '[a b]']]);
    assert.deepEqual(parts(parseMatchers('{"a b"=c,d=e}')), [
      ['a b', '=', 'c'],
      ['d', '=', 'e'],
    ]);
  });

  it('is refused in the classic grammar’s words', () => {
    assert.throws(() => parseMatcher('a b'), { message: 'bad matcher format: a b' });
    assert.throws(() => parseMatcher('{a=b}'), { message: 'unexpected open or close brace: {a=b}' });
    assert.throws(() => parseMatcher('"a b"=c,d=e'), { message: 'bad matcher format: "a b"=c,d=e' });
  });

  const value = fc.string({ unit: 'grapheme' });
  const type = fc.constantFrom<MatchType>('=', '!=');
  const classicName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);

  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(
        type,
        value.filter((name) => name !== ''),
        value,
        (op, name, text) => {
          const matcher = new AlertMatcher(op, name, text);
          const printed = String(matcher);
          if (/[{}]/.test(printed[0]! + printed.at(-1))) return;
          assert.deepEqual(parts([parseMatcher(printed)]), parts([matcher]), printed);
        },
      ),
    );
  });

  it('is read back by the classic grammar where its name allows', () => {
    fc.assert(
      fc.property(type, classicName, value, (op, name, text) => {
        const matcher = new AlertMatcher(op, name, text);
        assert.deepEqual(parts([parseClassicMatcher(String(matcher))]), parts([matcher]));
        assert.deepEqual(parts(parseClassicMatchers(`{${matcher},x="y"}`)).length, 2);
      }),
    );
  });

  it('never fails otherwise than by an error of its own', () => {
    const piece = fc.constantFrom('a', '=', '!', '~', '"', '\\', ',', '{', '}', ' ', '\n', 'é', '[', "'");
    const texts = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseMatcher, parseMatchers, parseUtf8Matchers, parseClassicMatchers]) {
          try {
            parse(text);
          } catch (error) {
            if (!(error instanceof TriliteError)) throw error;
          }
        }
      }),
    );
  });

  it('knows its reserved characters', () => {
    for (const char of ' \t\n{}!=~,\\"\'`\u00a0') assert.ok(RESERVED.test(char), char);
    for (const char of 'a0_:-.[]()é🙂') assert.ok(!RESERVED.test(char), char);
  });
});

describe('a matcher', () => {
  const matches = (type: MatchType, value: string, text: string) =>
    new AlertMatcher(type, 'n', value).matches(text);

  it('compares whole values', () => {
    assert.ok(matches('=', 'a', 'a') && !matches('=', 'a', 'ab') && matches('!=', 'a', ''));
    assert.ok(matches('=~', 'a|b', 'b') && !matches('=~', 'a|b', 'ab') && matches('!~', 'a', 'aa'));
    assert.ok(matches('=~', '', '') && matches('=~', 'a b', 'a b') && matches('=~', '(?i)A', 'a'));
  });

  it('has a dot that matches no newline', () => {
    assert.ok(matches('=~', 'a.b', 'a-b') && !matches('=~', 'a.b', 'a\nb'));
  });
});
