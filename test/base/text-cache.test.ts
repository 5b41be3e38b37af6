import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextCache } from '../../src/base/text-cache.ts';

test('gives the text of every run, whatever came before', () => {
  const cache = new TextCache();
  const run = fc.oneof(
    fc.constantFrom('200', '404', 'GET', ''),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(run, { maxLength: 200 }), fc.nat(3), (runs, pad) => {
      for (const text of runs) {
        const bytes = Buffer.from(text);
        const buffer = Buffer.concat([Buffer.alloc(pad, 0x78), bytes, Buffer.alloc(pad, 0x79)]);
        assert.equal(cache.text(buffer, pad, pad + bytes.length), text.toWellFormed());
        // What was given does not hang on the buffer.
        buffer.fill(0x7a);
      }
    }),
  );
});
