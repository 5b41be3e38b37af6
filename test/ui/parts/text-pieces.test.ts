/** Links in texts of data. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { httpAddress, textPieces } from '../../../src/ui/parts/text-pieces.ts';

const links = (text: string) =>
  textPieces(text).flatMap(({ text: piece, isLink }) => (isLink ? [piece] : []));

test('addresses of HTTP become links, without the end of their sentence', () => {
  assert.deepEqual(links('see https://example.com/a?b=1#c.'), ['https://example.com/a?b=1#c']);
  assert.deepEqual(links('(http://a.example/x), https://b.example!'), [
    'http://a.example/x',
    'https://b.example',
  ]);
});

test('nothing else does', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://a',
    'http://',
    'nohttp',
    'xhttps://a',
  ])
    assert.deepEqual(links(text), [], text);
});

test('the pieces are the text, and every link is one of HTTP', () => {
  const part = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.constantFrom('http://', '<a href="https://x">', 'javascript:'),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = parts.join(' ');
      const pieces = textPieces(text);
      assert.equal(pieces.map((piece) => piece.text).join(''), text);
      for (const { text: piece, isLink } of pieces)
        if (isLink) assert.match(new URL(piece).protocol, /^https?:$/);
    }),
  );
});

test('a whole text is an address or none', () => {
  assert.equal(httpAddress('http://127.0.0.1:9090/metrics'), 'http://127.0.0.1:9090/metrics');
  assert.equal(httpAddress('javascript:alert(1)//http://x'), undefined);
  assert.equal(httpAddress('http://['), undefined);
});
