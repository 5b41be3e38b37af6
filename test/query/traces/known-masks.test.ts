/** Masks that were remembered are those that were found, whatever form they are kept in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SpanGroup } from '../../../src/model/span-group.ts';
import { KNOWN_MASKS } from '../../../src/query/traces/known-masks.ts';

const groupOf = (spanCount: number) => ({ spanCount }) as SpanGroup;

test('none, all, few and many rows', () => {
  const bits = fc.oneof(
    fc.array(fc.constantFrom(0, 1), { maxLength: 300 }),
    fc.array(fc.constant(0), { maxLength: 300 }),
    fc.array(fc.constant(1), { maxLength: 300 }),
    fc.array(fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }), {
      maxLength: 300,
    }),
  );
  fc.assert(
    fc.property(bits, (rows) => {
      const group = groupOf(rows.length);
      const condition = KNOWN_MASKS.condition('rows');
      let found = 0;
      const find = () => {
        found++;
        return Uint8Array.from(rows);
      };
      const first = KNOWN_MASKS.mask(condition, group, find);
      const again = KNOWN_MASKS.mask(KNOWN_MASKS.condition('rows'), group, find);
      assert.deepEqual([...first], rows);
      assert.deepEqual([...again], rows);
      assert.equal(found, 1);
      // The caller may change what it gets.
      again.fill(1);
      assert.deepEqual([...KNOWN_MASKS.mask(condition, group, find)], rows);
    }),
  );
});

test('conditions and groups are told apart', () => {
  const [a, b] = [groupOf(2), groupOf(2)];
  const one = KNOWN_MASKS.condition('one');
  const two = KNOWN_MASKS.condition('two');
  const mask = (condition: typeof one, group: SpanGroup, ...rows: number[]) =>
    [...KNOWN_MASKS.mask(condition, group, () => Uint8Array.from(rows))].join('');
  assert.equal(mask(one, a, 1, 0), '10');
  assert.equal(mask(two, a, 0, 1), '01');
  assert.equal(mask(one, b, 1, 1), '11');
  assert.equal(mask(one, a, 0, 0), '10');
  assert.equal(mask(two, a, 0, 0), '01');
});

test('the memory has a bound', () => {
  const rows = 1 << 20;
  const half = Uint8Array.from({ length: rows }, (_, i) => i & 1);
  const groups = Array.from({ length: 125 }, () => groupOf(rows));
  let found = 0;
  const find = () => {
    found++;
    return half;
  };
  const ask = (key: string) => {
    const condition = KNOWN_MASKS.condition(key);
    for (const group of groups) KNOWN_MASKS.mask(condition, group, find);
    return condition;
  };
  const old = ask('old');
  // One condition has half of the room: of the other groups it is found again.
  found = 0;
  ask('old');
  assert.ok(found > 0 && found < groups.length, `${found} found again`);
  ask('new');
  ask('newer');
  assert.notEqual(KNOWN_MASKS.condition('old'), old);
});
