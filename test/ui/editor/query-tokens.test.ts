/** What a query's tokens are: for any text they are the text. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { queryLanguage } from '../../../src/ui/editor/query-tokens.ts';

const language = queryLanguage({ keywords: ['by', 'offset', 'json'], functions: ['sum', 'rate'] });

/** `kind:text` of all but spaces. */
function kinds(text: string): readonly string[] {
  return language(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ from, to, kind }) => `${kind}:${text.slice(from, to)}`);
}

test('words are told apart by what they are and what follows', () => {
  assert.deepEqual(kinds('sum by(job) (rate(up{env!="a"}[5m] offset 1h30m)) == 1.5e3'), [
    'function:sum',
    'keyword:by',
    'bracket:(',
    'word:job',
    'bracket:)',
    'bracket:(',
    'function:rate',
    'bracket:(',
    'word:up',
    'bracket:{',
    'label:env',
    'operator:!=',
    'string:"a"',
    'bracket:}',
    'bracket:[',
    'number:5m',
    'bracket:]',
    'keyword:offset',
    'number:1h30m',
    'bracket:)',
    'bracket:)',
    'operator:==',
    'number:1.5e3',
  ]);
  assert.deepEqual(kinds('up == 1').slice(0, 1), ['word:up'], 'a comparison of numbers has no label');
  assert.deepEqual(kinds('sum'), ['word:sum'], 'a metric may have the name of a function');
  assert.deepEqual(kinds('0x1F 10MiB 250µs'), ['number:0x1F', 'number:10MiB', 'number:250µs']);
});

test('strings end at their quote, with escapes where they are not raw, and at the end of the line', () => {
  assert.deepEqual(kinds(String.raw`"a\"b" 'c"' ${'`\\`'}`), [
    String.raw`string:"a\"b"`,
    `string:'c"'`,
    'string:`\\`',
  ]);
  assert.deepEqual(kinds('"open\nup'), ['string:"open', 'word:up']);
  assert.deepEqual(kinds('`two\nlines`'), ['string:`two\nlines`']);
  assert.deepEqual(language('"a').at(-1), { from: 0, to: 2, kind: 'string', isOpen: true });
  assert.deepEqual(language('"a\\').at(-1), { from: 0, to: 3, kind: 'string', isOpen: true });
  assert.deepEqual(language('"a\\"').at(-1), { from: 0, to: 4, kind: 'string', isOpen: true });
});

test('comments end with the line', () => {
  assert.deepEqual(kinds('up # "why\n+ 1'), ['word:up', 'comment:# "why', 'operator:+', 'number:1']);
});

test('the tokens of any text are the text', () => {
  const signs = fc.constantFrom(...'ab1.5 \n\t"\'`\\#(){}[]=!~<>|+-µü'.split(''), 'sum', 'by', '0x', '1e');
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(signs, { maxLength: 60 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let end = 0;
      for (const { from, to } of language(text)) {
        assert.equal(from, end);
        assert.ok(to > from);
        end = to;
      }
      assert.equal(end, text.length);
    }),
    { numRuns: 2000 },
  );
});

test('long runs of one sign take no longer than others', () => {
  for (const sign of ['1', '1s', 's', ' ', '"', '=', '1.', 'e1'])
    assert.ok(language(`1${sign.repeat(50_000)}_`).length > 0);
});
