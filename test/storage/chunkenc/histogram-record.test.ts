import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import {
  readHistogram,
  sameHistogram,
  writeHistogram,
} from '../../../src/storage/chunkenc/histogram-record.ts';
import { endsCleanly, mutated } from '../fuzz.ts';
import { histogram } from '../histograms.ts';

function encoded(h: Histogram): Uint8Array {
  const out = new ByteWriter();
  writeHistogram(out, h);
  return out.take();
}

describe('histogram record', () => {
  test('keeps every field', () => {
    fc.assert(
      fc.property(fc.array(histogram, { maxLength: 3 }), (all) => {
        const out = new ByteWriter();
        for (const h of all) writeHistogram(out, h);
        const input = new ByteReader(out.take());
        for (const h of all) assert.deepEqual(readHistogram(input), h);
        assert.ok(input.done);
      }),
    );
  });

  test('equality does not ask in which order an object was made', () => {
    fc.assert(
      fc.property(histogram, histogram, (a, b) => {
        const turned = Object.fromEntries(Object.entries(a).reverse()) as unknown as Histogram;
        assert.ok(sameHistogram(a, turned));
        assert.equal(sameHistogram(a, b), Buffer.compare(encoded(a), encoded(b)) === 0);
        assert.ok(!sameHistogram(a, { ...a, count: a.count + 1 }));
      }),
    );
  });

  test('damaged bytes end in an error or a histogram', () => {
    fc.assert(
      fc.property(
        histogram.chain((h) => mutated(encoded(h))),
        (bytes) => endsCleanly(() => readHistogram(new ByteReader(bytes))),
      ),
      { numRuns: 2000 },
    );
  });

  test('a count that the bytes cannot hold asks for no memory', () => {
    const out = new ByteWriter();
    writeHistogram(out, fc.sample(histogram, { numRuns: 1, seed: 1 })[0]!);
    const bytes = out.take().slice(0, 42);
    const more = new ByteWriter();
    more.bytes(bytes);
    more.varint(2 ** 52);
    assert.throws(() => readHistogram(new ByteReader(more.take())), { name: 'ByteError' });
  });
});
