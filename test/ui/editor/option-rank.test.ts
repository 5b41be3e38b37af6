/** Which options a word finds, and in which order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankOptions } from '../../../src/ui/editor/option-rank.ts';

function ranked(labels: readonly string[], word: string): readonly string[] {
  return rankOptions(
    labels.map((label) => ({ label, kind: 'metric' })),
    word,
  ).map(({ option }) => option.label);
}

test('beginnings come first, then parts of names, then what is anywhere, then scattered letters', () => {
  const labels = ['s_u_m', 'resume', 'http_sum', 'Summary', 'sum', 'other', 'service.summary'];
  assert.deepEqual(ranked(labels, 'sum'), [
    'sum',
    'Summary',
    'http_sum',
    'service.summary',
    'resume',
    's_u_m',
  ]);
  assert.deepEqual(ranked(['sumsum_sum', 'xsum_sum'], 'SUM'), ['sumsum_sum', 'xsum_sum']);
});

test('without a word all are there, as they came', () => {
  assert.deepEqual(ranked(['b', 'a'], ''), ['b', 'a']);
});

test('what was found are the letters of the word, in order', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abcAB_.'.split('')), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (label, word) => {
      const [first] = rankOptions([{ label, kind: 'metric' }], word);
      if (!first) return assert.ok(!label.toLowerCase().includes(word.toLowerCase()));
      const found = first.found.map((at) => label[at]).join('');
      assert.equal(found.toLowerCase(), word.toLowerCase());
      assert.deepEqual(
        first.found,
        [...first.found].sort((a, b) => a - b),
      );
    }),
  );
});
