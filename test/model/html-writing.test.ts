/** Values in pages stay where they stand: no text of theirs can end an attribute, begin an element or name a script. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HtmlWriting } from '../../src/model/template/html-writing.ts';
import type { Value } from '../../src/model/template/value.ts';

/** Pieces of a template's own text with the value between each two. */
function page(pieces: readonly string[], value: Value): string {
  const writing = new HtmlWriting();
  return pieces
    .map((piece, i) => writing.text(piece) + (i < pieces.length - 1 ? writing.value(value, undefined) : ''))
    .join('');
}

const parts = fc.constantFrom(
  ...[
    '<',
    '>',
    '"',
    "'",
    '`',
    '=',
    ' ',
    '\n',
    '/',
    '--',
    '-->',
    '<!--',
    '&',
    ';',
    ':',
    '(',
    ')',
    '\\',
    '%',
    '#',
    '?',
  ],
  ...[
    'script',
    'javascript:',
    'JaVaScRiPt:',
    'vbscript:',
    'data:',
    'http://',
    'onclick',
    'expression',
    'url(',
    '\0',
    'é',
    '𝒳',
  ],
);
const hostile = fc.oneof(
  fc.array(parts, { maxLength: 12 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const CASES: readonly (readonly [name: string, pieces: readonly string[], shape: RegExp])[] = [
  ['a text', ['<p>', '</p>'], /^<p>[^<>]*<\/p>$/],
  ['a quoted attribute', ['<p title="', '">x</p>'], /^<p title="[^"<>]*">x<\/p>$/],
  ['one in single quotes', ["<p title='", "'>x</p>"], /^<p title='[^'<>]*'>x<\/p>$/],
  ['one without quotes', ['<p title=', '>x</p>'], /^<p title=[^\s"'<>=`]+>x<\/p>$/],
  ['an address', ['<a href="', '">x</a>'], /^<a href="(?!\s*(?!https?:|mailto:)[a-z]+:)[^"<>\s]*">x<\/a>$/i],
  ['a part of one', ['<a href="/x?q=', '">x</a>'], /^<a href="\/x\?q=[\w.~%-]*">x<\/a>$/],
  ['a style', ['<p style="color: ', '">x</p>'], /^<p style="color: [^"<>;()/\\]*">x<\/p>$/],
  ['a title', ['<title>', '</title>'], /^<title>[^<>]*<\/title>$/],
  ['a comment', ['a<!-- ', ' -->b'], /^ab$/],
  ['a name', ['<p ', '>x</p>'], /^<p [a-zA-Z0-9]+>x<\/p>$/],
];

describe('a value in a page', () => {
  for (const [name, pieces, shape] of CASES) {
    it(`within ${name} stays there`, () => {
      fc.assert(fc.property(hostile, (value) => assert.match(page(pieces, value), shape)));
    });
  }

  it('is refused within scripts', () => {
    for (const pieces of [
      ['<script>var x = ', '</script>'],
      ['<p onclick="f(', ')">'],
    ]) {
      assert.throws(() => page(pieces, 'x'), /values within scripts are not supported/);
    }
  });
});
