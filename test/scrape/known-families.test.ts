import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FamilyMetadata } from '../../src/model/batch.ts';
import { KnownFamilies } from '../../src/scrape/known-families.ts';

const family = (name: string, help = ''): FamilyMetadata => ({ family: name, type: 'gauge', help, unit: '' });
const names = (list: readonly FamilyMetadata[]) => list.map((f) => `${f.family}=${f.help}`);

test('changes are told once, families that are gone are remembered for ten scrapes', () => {
  const known = new KnownFamilies();
  known.note([family('a'), family('b')], 1);
  assert.deepEqual(names(known.takeChanged()), ['a=', 'b=']);
  known.note([family('a', 'A'), family('b')], 2);
  known.note([family('a', 'A')], 3);
  assert.deepEqual(names(known.takeChanged()), ['a=A']);
  assert.deepEqual(known.takeChanged(), []);
  for (let scrape = 4; scrape <= 12; scrape++) known.note([family('a', 'A')], scrape);
  known.sweep(12);
  assert.deepEqual(names(known.list()), ['a=A', 'b=']);
  known.sweep(13);
  assert.deepEqual(names(known.list()), ['a=A']);
});
