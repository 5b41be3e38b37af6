/** Which items some words find. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findsWords } from '../../../src/ui/parts/filter-words.ts';

const ITEM = { texts: ['http://a:1/metrics', undefined], labels: [{ job: 'Shop', instance: 'a:1' }] };

test('all words must be in it, in any case and anywhere', () => {
  assert.ok(findsWords('', ITEM));
  assert.ok(findsWords('  METRICS shop ', ITEM));
  assert.ok(!findsWords('metrics cart', ITEM));
});

test('a label is found by its name and value', () => {
  assert.ok(findsWords('job=shop', ITEM));
  assert.ok(findsWords('job="Shop"', ITEM));
  assert.ok(!findsWords('job=cart', ITEM));
});
