/** Checked against values of the reference implementation. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Encode } from '../../src/base/bytes.ts';
import { xxhash64 } from '../../src/base/xxhash.ts';

test('hashes of texts of every length class', () => {
  const hash = (text: string) => xxhash64(utf8Encode(text)).toString(16);
  assert.equal(hash(''), 'ef46db3751d8e999');
  assert.equal(hash('a'), 'd24ec4f1a98c6e5b');
  assert.equal(hash('as'), '1c330fb2d66be179');
  assert.equal(hash('asd'), '631c37ce72a97393');
  assert.equal(hash('asdf'), '415872f599cea71e');
  assert.equal(hash('Call me Ishmael. Some years ago--never mind how long precisely-'), '2a2e85470d6fd96');
});
