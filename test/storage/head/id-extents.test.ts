/** Ids of series: each given once, those of a name side by side. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { IdExtents } from '../../../src/storage/head/id-extents.ts';

describe('ids of series', () => {
  test('are given once, above those in use, ascending for each name', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.nat(5), { maxLength: 500 }), (used, names) => {
        const ids = new IdExtents(1);
        ids.use(used);
        const newest = new Map<number, number>();
        const all = new Set<number>();
        for (const name of names) {
          const id = ids.next(`n${name}`);
          assert.ok(id > used && id > (newest.get(name) ?? 0));
          newest.set(name, id);
          all.add(id);
        }
        assert.equal(all.size, names.length);
      }),
    );
  });

  test('of one name lie in few runs, and few are left out', () => {
    const ids = new IdExtents(1);
    const runs = new Map<number, number>();
    const last = new Map<number, number>();
    let highest = 0;
    const SERIES = 1000;
    for (let i = 0; i < SERIES; i++) {
      for (let name = 0; name < 50; name++) {
        const id = ids.next(`n${name}`);
        if (id !== last.get(name)! + 1) runs.set(name, (runs.get(name) ?? 0) + 1);
        last.set(name, id);
        highest = Math.max(highest, id);
      }
    }
    for (const n of runs.values()) assert.ok(n <= 7, `${n} runs`);
    assert.ok(highest <= 2 * SERIES * 50, `${highest} ids`);
  });
});
