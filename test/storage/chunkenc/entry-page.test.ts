import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteError, ByteWriter, utf8Decode, utf8Encode } from '../../../src/base/bytes.ts';
import type { EntryChunk } from '../../../src/model/entry-chunk.ts';
import { mergeEntryChunks, sliceEntryChunk } from '../../../src/storage/chunkenc/entry-merge.ts';
import { decodeEntryChunk, encodeEntryChunk, linesOf } from '../../../src/storage/chunkenc/entry-page.ts';

/** An entry as plain data: nanoseconds since the epoch, line, metadata. */
interface Entry {
  readonly ns: bigint;
  readonly line: string;
  readonly meta: readonly (readonly [string, string])[];
}

const BASE_MS = 1767225600000;

function chunkOf(entries: readonly Entry[], baseMs = BASE_MS): EntryChunk {
  const strings: string[] = [];
  const index = (s: string): number => {
    const at = strings.indexOf(s);
    return at >= 0 ? at : strings.push(s) - 1;
  };
  const lines = entries.map((e) => utf8Encode(e.line));
  let line = 0;
  const pairs: number[] = [];
  const pairEnds = entries.map((e) => {
    for (const [name, value] of e.meta) pairs.push(index(name), index(value));
    return pairs.length;
  });
  return {
    count: entries.length,
    baseMs,
    offsetsNs: Float64Array.from(entries, (e) => Number(e.ns - BigInt(baseMs) * 1_000_000n)),
    lines: Buffer.concat(lines),
    lineEnds: Uint32Array.from(lines, (l) => (line += l.length)),
    pairEnds: Uint32Array.from(pairEnds),
    pairs: Uint32Array.from(pairs),
    strings,
  };
}

function entriesOf(chunk: EntryChunk): Entry[] {
  return Array.from({ length: chunk.count }, (_, i) => {
    const meta: [string, string][] = [];
    for (let k = i === 0 ? 0 : chunk.pairEnds[i - 1]!; k < chunk.pairEnds[i]!; k += 2) {
      meta.push([chunk.strings[chunk.pairs[k]!]!, chunk.strings[chunk.pairs[k + 1]!]!]);
    }
    return {
      ns: BigInt(chunk.baseMs) * 1_000_000n + BigInt(chunk.offsetsNs[i]!),
      line: utf8Decode(chunk.lines.subarray(i === 0 ? 0 : chunk.lineEnds[i - 1]!, chunk.lineEnds[i]!)),
      meta,
    };
  });
}

function encode(chunk: EntryChunk): Uint8Array {
  const out = new ByteWriter();
  encodeEntryChunk(out, chunk);
  return out.take();
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const meta = fc.oneof(
  fc.constant([] as [string, string][]),
  fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'level', 'trace_id', 'ü'), text), {
    selector: ([name]) => name,
    maxLength: 4,
  }),
);
const unit = fc.constantFrom(1n, 1000n, 1_000_000n, 1_000_000_000n);
const entries = (max = 40): fc.Arbitrary<Entry[]> =>
  fc.tuple(unit, fc.array(fc.tuple(fc.nat(30), text, meta), { maxLength: max })).map(([u, list]) => {
    let ns = BigInt(BASE_MS) * 1_000_000n;
    return list.map(([gap, line, m]) => ({ ns: (ns += BigInt(gap) * u), line, meta: m }));
  });

/** The chunk in the form of before pages had lines of their own: version 1, and the lines behind it. */
function encodeWhole(chunk: EntryChunk): Uint8Array {
  const bytes = Buffer.concat([encode(chunk), linesOf(chunk)]);
  bytes[0] = 1;
  return bytes;
}

describe('entry chunk', () => {
  it('keeps times, lines and metadata', () => {
    fc.assert(
      fc.property(entries(), fc.nat(5), (list, pad) => {
        const chunk = chunkOf(list);
        for (const [bytes, lines] of [
          [encode(chunk), linesOf(chunk)],
          [encodeWhole(chunk), undefined],
        ] as const) {
          const page = Buffer.concat([Buffer.alloc(pad, 1), bytes, Buffer.alloc(pad, 2)]);
          assert.deepEqual(entriesOf(decodeEntryChunk(page, pad, pad + bytes.length, lines)), list);
        }
        const { lines, ...columns } = decodeEntryChunk(encode(chunk));
        assert.equal(lines.length, 0);
        const { lines: _, ...whole } = decodeEntryChunk(encodeWhole(chunk));
        assert.deepEqual(columns, whole, 'without its lines a chunk has everything else');
      }),
      { numRuns: 500 },
    );
  });

  it('keeps an entry far from the base, and one second apart in any unit', () => {
    const list: Entry[] = [90n * 86_400_000_000_000n, 90n * 86_400_000_000_001n].map((d) => ({
      ns: BigInt(BASE_MS) * 1_000_000n + d,
      line: 'x',
      meta: [],
    }));
    assert.deepEqual(entriesOf(decodeEntryChunk(encodeWhole(chunkOf(list)))), list);
  });

  it('writes a repeated metadata list in a byte per value at most, a trace ID hardly longer than itself', () => {
    const n = 1000;
    const line = (i: number, m: [string, string][]): Entry => ({
      ns: BigInt(BASE_MS) * 1_000_000n + BigInt(i) * 1_000_000n,
      line: 'GET /',
      meta: m,
    });
    const bare = encode(chunkOf(Array.from({ length: n }, (_, i) => line(i, [])))).length;
    const repeated = encode(
      chunkOf(
        Array.from({ length: n }, (_, i) =>
          line(i, [
            ['level', 'info'],
            ['pod', 'a'],
          ]),
        ),
      ),
    );
    assert.ok(repeated.length < bare + 2 * n + 40, `${bare} and ${repeated.length} bytes`);
    const ids = encode(
      chunkOf(Array.from({ length: n }, (_, i) => line(i, [['trace_id', i.toString(16).padStart(32, '0')]]))),
    );
    assert.ok(ids.length < bare + 34 * n + 40, `${bare} and ${ids.length} bytes`);
  });

  it('decodes damaged bytes to a chunk or a ByteError', () => {
    const seeds = fc
      .sample(entries(), 30)
      .map((list, i) => (i % 2 === 0 ? encode : encodeWhole)(chunkOf(list)));
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }))
      .map(([seed, edits]) => {
        const bytes = seed.slice();
        for (const [at, to] of edits) bytes[at % bytes.length] = to;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          const chunk = decodeEntryChunk(bytes);
          const total = chunk.count === 0 ? 0 : chunk.lineEnds[chunk.count - 1];
          assert.equal(chunk.lines.length, bytes[0] === 1 ? total : 0);
          for (const index of chunk.pairs) assert.notEqual(chunk.strings[index], undefined);
        } catch (error) {
          assert.ok(error instanceof ByteError, String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** What merging must give, the slow way. */
function mergedModel(lists: readonly (readonly Entry[])[]): Entry[] {
  const all = lists.flat().sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  const seen = new Set<string>();
  return all.filter((e) => {
    const key = JSON.stringify([String(e.ns), e.line, e.meta]);
    return !seen.has(key) && seen.add(key);
  });
}

describe('merging entry chunks', () => {
  it('orders by time, then chunk, and keeps equal entries once', () => {
    fc.assert(
      fc.property(
        fc.array(entries(12), { maxLength: 5 }),
        fc.array(fc.nat(3), { maxLength: 5 }),
        (lists, again) => {
          const all = [...lists];
          for (const i of again) if (lists[i]) all.push(lists[i]);
          const chunks = all.map((list, i) => chunkOf(list, BASE_MS - 1000 * (i % 3)));
          assert.deepEqual(entriesOf(mergeEntryChunks(chunks)), mergedModel(all));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('finds equal entries among many of one time', () => {
    const ns = BigInt(BASE_MS) * 1_000_000n;
    const list = Array.from({ length: 50 }, (_, i) => ({
      ns,
      line: `l${i % 10}`,
      meta: [['k', `${i % 2}`]] as const,
    }));
    assert.deepEqual(entriesOf(mergeEntryChunks([chunkOf(list), chunkOf(list)])), mergedModel([list]));
  });

  it('slices by entries', () => {
    fc.assert(
      fc.property(entries(), fc.nat(40), fc.nat(40), (list, a, b) => {
        const from = Math.min(a, b, list.length);
        const to = Math.min(Math.max(a, b), list.length);
        assert.deepEqual(entriesOf(sliceEntryChunk(chunkOf(list), from, to)), list.slice(from, to));
      }),
    );
  });
});
