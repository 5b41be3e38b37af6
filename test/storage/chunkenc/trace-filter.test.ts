/** The filter of a group's traces: what is in it passes always, what is not hardly ever; damage is told. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mayHoldTrace, writeTraceFilter } from '../../../src/storage/chunkenc/trace-filter.ts';
import { mutated } from '../fuzz.ts';

const id = fc.uint8Array({ minLength: 16, maxLength: 16 });

test('every trace of the group passes', () => {
  fc.assert(
    fc.property(fc.array(id, { minLength: 1, maxLength: 200 }), (ids) => {
      const filter = writeTraceFilter(Buffer.concat(ids), ids.length);
      for (const one of ids) assert.equal(mayHoldTrace(filter, one), true);
    }),
  );
});

test('few others pass', () => {
  // Numbers instead of random ids: the worst that programs do.
  const numbered = (n: number) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(n, 12);
    return bytes;
  };
  const ids = Array.from({ length: 1000 }, (_, i) => numbered(i + 1));
  const filter = writeTraceFilter(Buffer.concat(ids), ids.length);
  let passed = 0;
  for (let i = 0; i < 10_000; i++) if (mayHoldTrace(filter, numbered(100_000 + i))) passed++;
  assert.ok(passed < 200, `${passed} of 10,000 ids that are not there passed`);
});

test('a damaged filter is told from a filter', () => {
  const ids = Buffer.alloc(160, 7);
  const filter = writeTraceFilter(ids, 10);
  fc.assert(
    fc.property(mutated(filter), (bytes) => {
      const may = mayHoldTrace(bytes, ids.subarray(0, 16));
      assert.ok(may === undefined || may === true, 'a trace that is there is never denied');
    }),
  );
  assert.equal(mayHoldTrace(new Uint8Array(0), ids.subarray(0, 16)), undefined);
});
