/** Patterns whose repetitions make too much of them are told before they are compiled; all others are left alone. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAnchored, compileSearch } from '../../src/model/regex.ts';
import { repeatsTooMuch } from '../../src/model/regex-size.ts';

describe('the size of a pattern', () => {
  const fine = [
    '',
    'a{2}',
    '{',
    'a{x}',
    '[{]{3}',
    '\\{1000}',
    '(a{1000})b',
    '\\Qa{1000}{1000}\\E',
    '[[:alpha:]{]{900}',
    '\\p{Greek}{1000}',
    'x{2}'.repeat(3000),
    '(',
    ')',
    '[',
    '\\',
  ];
  for (const pattern of fine) {
    it(`leaves ${pattern.slice(0, 30)} alone`, () => assert.equal(repeatsTooMuch(pattern), false));
  }

  const large = [
    '(.{1,100}){1,200}',
    '((a{50}){50}){50}',
    Array.from({ length: 30 }, (_, i) => `.{1,${900 + i}}${i}`).join('|'),
    '(?:\\p{L}{30}[a-z]{300}){100}',
  ];
  for (const pattern of large) {
    it(`refuses ${pattern.slice(0, 30)} in Go's words`, () => {
      const refused = {
        kind: 'bad_data',
        message: /^error parsing regexp: (expression too large|invalid repeat count: `.*`)$/,
      };
      assert.throws(() => compileAnchored(pattern), refused);
      assert.throws(() => compileSearch(pattern), refused);
    });
  }

  it('counts no text, however long', () => {
    assert.equal(repeatsTooMuch(`(${'some-host-name|'.repeat(20_000)}x){2}`.replace('{2}', '')), false);
  });
});
