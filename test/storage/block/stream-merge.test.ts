/** Merging window by window gives what merging all at once gives. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../../../src/base/bytes.ts';
import type { EntryChunk } from '../../../src/model/entry-chunk.ts';
import { BlockBuilder } from '../../../src/storage/block/block-builder.ts';
import { IdIndexBuilder } from '../../../src/storage/block/id-index-builder.ts';
import { openBody, readDirectory } from '../../../src/storage/block/page.ts';
import { mergeStream } from '../../../src/storage/block/stream-merge.ts';
import { mergeEntryChunks } from '../../../src/storage/chunkenc/entry-merge.ts';
import { decodeEntryChunk } from '../../../src/storage/chunkenc/entry-page.ts';
import type { BlockWriter, PageRow } from '../../../src/storage/sqlite/block-table.ts';
import { SIGNAL } from '../../../src/storage/sqlite/schema.ts';

const BASE_MS = 1_767_268_800_000;

type Entry = readonly [ns: number, line: string];

function chunkOf(entries: readonly Entry[]): EntryChunk {
  const sorted = [...entries].sort((a, b) => a[0] - b[0]);
  const lines = sorted.map(([, line]) => utf8Encode(line));
  let end = 0;
  return {
    count: sorted.length,
    baseMs: BASE_MS,
    offsetsNs: Float64Array.from(sorted, ([ns]) => ns),
    lines: Buffer.concat(lines),
    lineEnds: Uint32Array.from(lines, (l) => (end += l.length)),
    pairEnds: new Uint32Array(sorted.length),
    pairs: new Uint32Array(0),
    strings: [],
  };
}

function entriesOf(chunk: EntryChunk): Entry[] {
  return Array.from({ length: chunk.count }, (_, i) => {
    const start = i === 0 ? 0 : chunk.lineEnds[i - 1]!;
    const ns = (chunk.baseMs - BASE_MS) * 1e6 + chunk.offsetsNs[i]!;
    return [ns, utf8Decode(chunk.lines.subarray(start, chunk.lineEnds[i]!))];
  });
}

/** Keeps the pages of the one block that is built. */
class Pages implements BlockWriter {
  readonly pages: PageRow[] = [];
  begin(): number {
    return 1;
  }
  addPage(_block: number, page: PageRow): void {
    this.pages.push(page);
  }
  addIdRun(): void {}
  publish(): void {}
  hide(): void {}
  sweep(): boolean {
    return false;
  }

  entries(): Entry[] {
    return this.pages.flatMap((p) => {
      const directory = readDirectory(p.directory, p.minMs);
      const body = openBody(p.body, directory);
      const lines = openBody(p.lines!, directory.lines!);
      return directory.chunks.flatMap((c) =>
        entriesOf(decodeEntryChunk(body, c.start, c.end, lines.subarray(c.linesStart, c.linesEnd))),
      );
    });
  }
}

function boundsOf(chunk: EntryChunk): { minMs: number; maxMs: number } {
  const at = (i: number) => chunk.baseMs + Math.floor(chunk.offsetsNs[i]! / 1e6);
  return { minMs: at(0), maxMs: at(chunk.count - 1) };
}

/** Few times, so that many are equal and chunks overlap; lines that are equal too. */
const chunks = fc.array(
  fc.array(
    fc.tuple(
      fc.nat(40).map((n) => n * 500_000),
      fc.constantFrom('a', 'b', 'cc'.repeat(40)),
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  { minLength: 1, maxLength: 12 },
);

describe('merging a stream', () => {
  it('is the same in windows of any size as at once', () => {
    fc.assert(
      fc.property(chunks, fc.constantFrom(1, 50, 400, 1e6), (lists, windowBytes) => {
        // A chunk has no duplicates in itself, as in a block.
        const all = lists.map((list) => mergeEntryChunks([chunkOf(list)]));
        const writer = new Pages();
        const options = { signal: SIGNAL.logs, level: 0, partitionMs: 0, generation: 1, pageRawBytes: 2000 };
        const block = new BlockBuilder(writer, options);
        const ids = new IdIndexBuilder(() => {});
        let opened = 0;
        const sources = all.map((chunk) => ({
          ...boundsOf(chunk),
          open: () => {
            opened++;
            return chunk;
          },
        }));
        for (const _ of mergeStream(block, ids, 1, sources, { windowBytes }));
        block.finish();
        assert.deepEqual(writer.entries(), entriesOf(mergeEntryChunks(all)));
        assert.equal(opened, all.length);
      }),
      { numRuns: 300 },
    );
  });

  it('opens a chunk when its time has come, and passes over damaged ones', () => {
    const writer = new Pages();
    const options = { signal: SIGNAL.logs, level: 0, partitionMs: 0, generation: 1, pageRawBytes: 2000 };
    const block = new BlockBuilder(writer, options);
    const open: number[] = [];
    const sources = Array.from({ length: 6 }, (_, i) => ({
      minMs: BASE_MS + i * 10,
      maxMs: BASE_MS + i * 10,
      open: () => {
        open.push(i);
        return i === 3 ? undefined : chunkOf([[i * 1e7, `line ${i}`]]);
      },
    }));
    const work = mergeStream(block, new IdIndexBuilder(() => {}), 1, sources, { windowBytes: 1 });
    work.next();
    assert.deepEqual(open, [0]);
    for (const _ of work);
    block.finish();
    assert.deepEqual(
      writer.entries().map(([, line]) => line),
      ['line 0', 'line 1', 'line 2', 'line 4', 'line 5'],
    );
  });
});
