/** A stream's chunks against sorting all entries, and slices of a partition against what they may not lose. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EntryChunk } from '../../../src/model/entry-chunk.ts';
import { mergeEntryChunks, sliceEntryChunk } from '../../../src/storage/chunkenc/entry-merge.ts';
import { cutSlices } from '../../../src/storage/select/log-slices.ts';
import { type StreamSource, streamChunks, type Wanted } from '../../../src/storage/select/stream-chunks.ts';

const BASE_MS = 1_700_000_000_000;

type Entry = readonly [ns: number, line: string];

function chunkOf(entries: readonly Entry[]): EntryChunk {
  const sorted = entries.map((e, i) => [e, i] as const).sort(([a, i], [b, k]) => a[0] - b[0] || i - k);
  const lines = sorted.map(([[, line]]) => Buffer.from(line));
  let end = 0;
  return {
    count: sorted.length,
    baseMs: BASE_MS,
    offsetsNs: Float64Array.from(sorted, ([[ns]]) => ns),
    lines: Buffer.concat(lines),
    lineEnds: Uint32Array.from(lines, (l) => (end += l.length)),
    pairEnds: new Uint32Array(sorted.length),
    pairs: new Uint32Array(0),
    strings: [],
  };
}

function entriesOf(chunk: EntryChunk): Entry[] {
  return Array.from({ length: chunk.count }, (_, i) => [
    (chunk.baseMs - BASE_MS) * 1e6 + chunk.offsetsNs[i]!,
    Buffer.from(chunk.lines.subarray(i === 0 ? 0 : chunk.lineEnds[i - 1]!, chunk.lineEnds[i]!)).toString(),
  ]);
}

/** The chunks of one origin: its entries, each once, cut into runs. */
function sourcesOf(origin: number, entries: readonly Entry[], runs: number): StreamSource[] {
  const whole = mergeEntryChunks([chunkOf(entries)]);
  const sources: StreamSource[] = [];
  for (let from = 0; from < whole.count; from += runs) {
    const chunk = sliceEntryChunk(whole, from, Math.min(whole.count, from + runs));
    const at = (i: number) => chunk.baseMs + Math.floor(chunk.offsetsNs[i]! / 1e6);
    sources.push({ origin, minMs: at(0), maxMs: at(chunk.count - 1), open: () => chunk });
  }
  return sources;
}

const entry = fc.tuple(
  fc.nat(60).map((n) => n * 400_000),
  fc.constantFrom('a', 'b', 'ccc'),
);
const origins = fc.array(
  fc.tuple(fc.array(entry, { minLength: 1, maxLength: 14 }), fc.integer({ min: 1, max: 5 })),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe('chunks of a stream', () => {
  it('hold every entry once, in the order of either direction', () => {
    fc.assert(
      fc.property(origins, fc.constantFrom('forward' as const, 'backward' as const), (all, direction) => {
        const sources = all.flatMap(([entries, runs], origin) => sourcesOf(origin, entries, runs));
        const wanted: Wanted = { minMs: -Infinity, maxMs: Infinity, direction, withLines: true };
        const got = [...streamChunks(sources, () => wanted)].map(entriesOf);
        const ordered = direction === 'forward' ? got : got.reverse();
        const expected = mergeEntryChunks(all.map(([entries]) => mergeEntryChunks([chunkOf(entries)])));
        assert.deepEqual(ordered.flat(), entriesOf(expected));
      }),
      { numRuns: 1000 },
    );
  });

  it('are opened while their time is wanted, and with lines where entries are compared', () => {
    const opened: [number, boolean][] = [];
    const source = (origin: number, minMs: number, maxMs: number): StreamSource => ({
      origin,
      minMs,
      maxMs,
      open: (withLines) => {
        opened.push([minMs, withLines]);
        return chunkOf([[(minMs - BASE_MS) * 1e6, 'x']]);
      },
    });
    const sources = [10, 20, 30, 40].map((ms) => source(1, BASE_MS + ms, BASE_MS + ms + 5));
    sources.push(source(2, BASE_MS + 21, BASE_MS + 22));
    let wanted: Wanted = { minMs: -Infinity, maxMs: Infinity, direction: 'backward', withLines: false };
    const chunks = streamChunks(sources, () => wanted);
    chunks.next();
    assert.deepEqual(opened, [[BASE_MS + 40, false]]);
    wanted = { ...wanted, minMs: BASE_MS + 20 };
    assert.equal([...chunks].length, 3);
    assert.deepEqual(opened.slice(1), [
      [BASE_MS + 30, false],
      [BASE_MS + 20, true],
      [BASE_MS + 21, true],
    ]);
  });
});

describe('slices of a partition', () => {
  const unit = fc.tuple(fc.nat(1000), fc.nat(300)).map(([at, width]) => ({ minMs: at, maxMs: at + width }));

  it('cover all time, follow one another and come in the direction’s order', () => {
    fc.assert(
      fc.property(
        fc.array(unit, { maxLength: 200 }),
        fc.constantFrom('forward' as const, 'backward' as const),
        (units, direction) => {
          const slices = cutSlices(units, direction);
          const ascending = direction === 'forward' ? slices : [...slices].reverse();
          assert.equal(ascending[0]!.minMs, -Infinity);
          assert.equal(ascending.at(-1)!.maxMs, Infinity);
          ascending.forEach((s, i) => {
            assert.ok(s.minMs <= s.maxMs);
            if (i > 0) assert.equal(s.minMs, ascending[i - 1]!.maxMs + 1);
          });
          assert.ok(slices.length <= 8, `${slices.length} slices`);
        },
      ),
    );
  });

  it('begin small where pages are short in time, and are one where all reach over it', () => {
    const short = Array.from({ length: 100 }, (_, i) => ({ minMs: i * 10, maxMs: i * 10 + 9 }));
    assert.deepEqual(cutSlices(short, 'backward')[0], { minMs: 920, maxMs: Infinity });
    assert.deepEqual(cutSlices(short, 'forward')[0], { minMs: -Infinity, maxMs: 79 });
    const wide = Array.from({ length: 100 }, (_, i) => ({ minMs: i, maxMs: 10_000 - i }));
    assert.equal(cutSlices(wide, 'backward').length, 1);
  });
});
