/** Lines of YAML in pieces. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { yamlPieces } from '../../../../src/ui/views/config/yaml-lines.ts';

const kinds = (line: string) => yamlPieces(line).map(({ kind, text }) => [kind, text]);

test('keys and comments are told from the rest', () => {
  assert.deepEqual(kinds('  - job_name: shop # ours'), [
    ['text', '  - '],
    ['key', 'job_name'],
    ['text', ':'],
    ['text', ' shop'],
    ['comment', ' # ours'],
  ]);
  assert.deepEqual(kinds('# all'), [['comment', '# all']]);
});

test('an address has no key, a quoted # no comment', () => {
  assert.deepEqual(kinds('- http://a:1'), [['text', '- http://a:1']]);
  assert.deepEqual(kinds(`regex: 'a #b'`), [
    ['key', 'regex'],
    ['text', ':'],
    ['text', ` 'a #b'`],
  ]);
});

test('the pieces are the line', () => {
  const line = fc
    .array(fc.constantFrom('a', ':', ' ', '#', '"', "'", '- ', '{', 'x_1'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (text) => {
      assert.equal(
        yamlPieces(text)
          .map((piece) => piece.text)
          .join(''),
        text,
      );
    }),
  );
});
