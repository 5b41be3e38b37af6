import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts';
import { SeriesCache } from '../../src/scrape/series-cache.ts';

test('finds what was added, by text and context, across growth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 6 }), fc.integer({ min: 0, max: 8 }))),
      (entries) => {
        const cache = new SeriesCache();
        const model = new Map<string, number>();
        for (const [text, context] of entries) {
          const bytes = utf8Encode(text);
          const want = model.get(`${context} ${text}`) ?? -1;
          const slot = cache.find(bytes, 0, bytes.length, context);
          assert.equal(slot, want);
          if (slot < 0) model.set(`${context} ${text}`, cache.add(bytes, 0, bytes.length, context, false));
        }
        for (const [key, slot] of model)
          assert.equal(`${cache.context[slot]} ${utf8Decode(cache.text(slot))}`, key);
      },
    ),
  );
});

test('forgets texts unseen for long; the rest keep what is known of them, and new ones have nothing', () => {
  const cache = new SeriesCache();
  let added = 0;
  const look = (text: string, scrape: number): number => {
    const bytes = utf8Encode(text);
    let slot = cache.find(bytes, 0, bytes.length, 0);
    if (slot < 0) {
      slot = cache.add(bytes, 0, bytes.length, 0, false);
      assert.equal(cache.handles.places[slot], 0);
      cache.handles.places[slot] = ++added;
      cache.handles.ids[slot] = 2 * added;
    }
    cache.seen[slot] = scrape;
    assert.equal(cache.handles.ids[slot], 2 * cache.handles.places[slot]!);
    return cache.handles.places[slot]!;
  };
  const stay = look('stay', 1);
  for (let scrape = 1; scrape <= 60; scrape++) {
    assert.equal(look('stay', scrape), stay);
    for (let i = 0; i < 100; i++) look(`scrape ${scrape} series ${i}`, scrape);
    cache.sweep(scrape);
  }
  assert.ok(cache.count < 4000, `${cache.count} kept of ${added}`);
});

test('a dropped text is known', () => {
  const cache = new SeriesCache();
  const bytes = utf8Encode('dropped');
  assert.equal(cache.find(bytes, 0, bytes.length, 0), -1);
  const slot = cache.add(bytes, 0, bytes.length, 0, true);
  assert.equal(cache.find(bytes, 0, bytes.length, 0), slot);
  assert.equal(cache.kept[slot], 0);
});
