import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hashKey, KEYS_PER_SLOT_MAX, KeyTable } from '../../../src/storage/head/key-table.ts';

const hex = (space: number, key: Uint8Array) => `${space}:${Buffer.from(key).toString('hex')}`;

describe('key table', () => {
  test('finds what a map finds', () => {
    const key = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ maxLength: 40 }));
    const entry = fc.tuple(fc.nat(3), key);
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), fc.array(fc.tuple(fc.nat(3), key)), (added, asked) => {
        const table = new KeyTable();
        const map = new Map<string, number>();
        for (const [slot, [space, bytes]] of added.entries()) {
          const known = map.get(hex(space, bytes));
          assert.equal(table.find(space, bytes, 0, bytes.length), known ?? -1);
          if (known !== undefined) continue;
          table.add(space, bytes, 0, bytes.length, slot);
          map.set(hex(space, bytes), slot);
        }
        assert.equal(table.size, map.size);
        for (const [space, bytes] of [...asked, ...added]) {
          assert.equal(table.find(space, bytes, 0, bytes.length), map.get(hex(space, bytes)) ?? -1);
        }
      }),
    );
  });

  test('forgets the keys of a slot, and no other', () => {
    const key = fc.uint8Array({ maxLength: 6 });
    const step = fc.oneof(
      fc.record({ slot: fc.nat(4), space: fc.nat(2), bytes: key }),
      fc.record({ gone: fc.nat(40) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new KeyTable();
        const map = new Map<string, { slot: number; space: number; bytes: Uint8Array }>();
        for (const s of steps) {
          if ('gone' in s) {
            table.removeSlot(s.gone);
            for (const [k, v] of map) if (v.slot === s.gone) map.delete(k);
          } else if (!map.has(hex(s.space, s.bytes))) {
            table.add(s.space, s.bytes, 0, s.bytes.length, s.slot);
            const own = [...map].filter(([, { slot }]) => slot === s.slot);
            // The oldest of too many.
            if (own.length >= KEYS_PER_SLOT_MAX) map.delete(own[0]![0]);
            map.set(hex(s.space, s.bytes), s);
          }
          assert.equal(table.size, map.size);
        }
        for (const s of steps) {
          if ('gone' in s) continue;
          const known = map.get(hex(s.space, s.bytes))?.slot ?? -1;
          assert.equal(table.find(s.space, s.bytes, 0, s.bytes.length), known);
        }
      }),
    );
  });

  test('forgets the oldest of many keys of a slot, so that new names for ever take no more memory', () => {
    const table = new KeyTable();
    const key = new Uint8Array([1, 2, 3]);
    const spaces = 40;
    for (let space = 0; space < spaces; space++) {
      table.add(space, key, 0, 3, 7);
      table.add(space, key, 1, 3, 8);
    }
    assert.equal(table.size, 2 * KEYS_PER_SLOT_MAX);
    for (let space = 0; space < spaces; space++) {
      const isKnown = space >= spaces - KEYS_PER_SLOT_MAX;
      assert.equal(table.find(space, key, 0, 3), isKnown ? 7 : -1);
      assert.equal(table.find(space, key, 1, 3), isKnown ? 8 : -1);
    }
  });

  test('spreads the few numbers that very many spaces have as keys', () => {
    const places = 2 ** 18;
    const window = 64;
    const [spaces, keys] = [500, 250];
    const taken = new Uint32Array(places / window);
    for (let space = 16; space < 16 + spaces; space++) {
      for (let key = 1; key <= keys; key++) {
        const bytes = new Uint8Array(Uint32Array.of(key).buffer);
        taken[Math.floor((hashKey(space, bytes, 0, 4) % places) / window)]!++;
      }
    }
    // Half full on the whole; 64 places that are all taken are 33 entries too many, six deviations.
    assert.ok(taken.reduce((a, b) => Math.max(a, b)) < window, 'a stretch of the table is full');
  });

  test('keeps everything while it grows, and copies keys', () => {
    const table = new KeyTable();
    const bytes = new Uint8Array(64);
    const view = new DataView(bytes.buffer);
    const KEYS = 50_000;
    for (let i = 0; i < KEYS; i++) {
      view.setUint32(8, i);
      table.add(i % 2, bytes, 4, 44, i);
    }
    assert.equal(table.size, KEYS);
    for (let i = 0; i < KEYS; i++) {
      view.setUint32(8, i);
      assert.equal(table.find(i % 2, bytes, 4, 44), i);
      assert.equal(table.find(1 - (i % 2), bytes, 4, 44), -1);
      assert.equal(table.find(i % 2, bytes, 4, 45), -1);
    }
  });

  test('tells the key that follows the last one from others of its length', () => {
    for (let size = 0; size <= 40; size++) {
      const table = new KeyTable();
      const bytes = new Uint8Array(5 + 2 * size);
      // Two keys at odd places of the buffer; the second is guessed after the first.
      const first = 3;
      const second = first + size + 1;
      bytes.fill(1, first, first + size);
      bytes.fill(2, second, second + size);
      table.add(7, bytes, first, first + size, 0);
      if (size === 0) continue;
      table.add(7, bytes, second, second + size, 1);
      for (let at = 0; at < size; at++) {
        assert.equal(table.find(7, bytes, first, first + size), 0);
        assert.equal(table.find(7, bytes, second, second + size), 1);
        assert.equal(table.find(7, bytes, first, first + size), 0);
        bytes[second + at] = 3;
        assert.equal(table.find(7, bytes, second, second + size), -1, `byte ${at} of ${size}`);
        bytes[second + at] = 2;
        assert.equal(table.find(7, bytes, first, first + size), 0);
        assert.equal(table.find(8, bytes, second, second + size), -1);
      }
    }
  });

  test('takes the empty key and keys larger than a segment', () => {
    const table = new KeyTable();
    const sizes = [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20, 5];
    sizes.forEach((size, i) => {
      table.add(1, new Uint8Array(size).fill(7), 0, size, i);
    });
    sizes.forEach((size, i) => {
      assert.equal(table.find(1, new Uint8Array(size).fill(7), 0, size), i);
      const other = new Uint8Array(size).fill(7);
      if (size > 0) other[size - 1] = 8;
      if (size > 0) assert.equal(table.find(1, other, 0, size), -1);
    });
  });
});
