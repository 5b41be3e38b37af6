/** Entries on their way to the tail thread: what the wanted streams have comes out as it went in, run by run. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode } from '../../../../src/base/bytes.ts';
import { decodeEntries, encodeEntries } from '../../../../src/query/logs/live/entry-batch.ts';
import { logBatch, type TestEntry } from '../../../storage/batches.ts';

interface Decoded {
  readonly streamId: number;
  readonly tails: number;
  readonly timeMs: number;
  readonly timeNs: number;
  readonly line: string;
  readonly metadata: readonly string[];
}

function decoded(bytes: Uint8Array<ArrayBuffer>): Decoded[] {
  return [...decodeEntries(bytes)].flatMap(({ streamId, tails, chunk, timesMs, timesNs }) =>
    Array.from({ length: chunk.count }, (_, i) => {
      const from = i === 0 ? 0 : chunk.lineEnds[i - 1]!;
      const pairsFrom = i === 0 ? 0 : chunk.pairEnds[i - 1]!;
      return {
        streamId,
        tails,
        timeMs: timesMs[i]!,
        timeNs: timesNs[i]!,
        line: utf8Decode(chunk.lines.subarray(from, chunk.lineEnds[i]!)),
        metadata: Array.from(chunk.pairs.subarray(pairsFrom, chunk.pairEnds[i]!), (p) => chunk.strings[p]!),
      };
    }),
  );
}

const APPS = ['a', 'b', 'c', 'd'];

const entry: fc.Arbitrary<TestEntry> = fc.record({
  stream: fc.constantFrom(...APPS).map((app) => ({ app })),
  timeMs: fc.integer({ min: -8e12, max: 8e12 }),
  timeNs: fc.integer({ min: 0, max: 999_999 }),
  line: fc.string({ unit: 'grapheme', maxLength: 40 }),
  metadata: fc
    .array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' })), { maxLength: 3 })
    .map((pairs) => pairs.flat()),
});

describe('entries for the tail thread', () => {
  test('those of wanted streams come out as they went in', () => {
    const masks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), masks, (entries, tails) => {
        const batch = logBatch(entries);
        const ids = batch.streams.map((labels) => 1000 + APPS.indexOf(labels.get('app')));
        const wanted = Uint32Array.from(batch.streams, (labels) => tails[APPS.indexOf(labels.get('app'))]!);
        const expected = entries.flatMap(({ stream, ...rest }) => {
          const app = APPS.indexOf(stream.app!);
          return tails[app] === 0 ? [] : [{ streamId: 1000 + app, tails: tails[app]!, ...rest }];
        });
        const bytes = encodeEntries(batch, ids, wanted, false);
        assert.deepEqual(bytes ? decoded(bytes) : [], expected);
      }),
    );
  });

  test('of lost ones there are times and streams, and no more than are asked for', () => {
    const entries = Array.from({ length: 10 }, (_, i) => ({
      stream: { app: i < 4 ? 'a' : 'b' },
      timeMs: i,
      timeNs: 10 * i,
      line: `line ${i}`,
      metadata: ['name', `value ${i}`],
    }));
    const bytes = encodeEntries(logBatch(entries), [7, 8], Uint32Array.of(1, 2), true, 6)!;
    const expected = entries.slice(0, 6).map(({ timeMs, timeNs }, i) => ({
      streamId: i < 4 ? 7 : 8,
      tails: i < 4 ? 1 : 2,
      timeMs,
      timeNs,
      line: '',
      metadata: [],
    }));
    assert.deepEqual(decoded(bytes), expected);
  });
});
