import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openBody, PageBuilder, readDirectory } from '../../../src/storage/block/page.ts';
import { PageCursor } from '../../../src/storage/block/page-cursor.ts';
import type { BlockReader, PageRow } from '../../../src/storage/sqlite/block-table.ts';
import { mutated } from '../fuzz.ts';

interface Chunk {
  readonly series: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly items: number;
  readonly bytes: Uint8Array;
  readonly lines: Uint8Array;
}

const chunks: fc.Arbitrary<Chunk[]> = fc
  .array(
    fc.record(
      {
        series: fc.nat(20),
        minMs: fc.integer({ min: -(2 ** 44), max: 2 ** 44 }),
        span: fc.nat(1000),
        items: fc.nat(500),
        bytes: fc.uint8Array({ maxLength: 50 }),
        lines: fc.uint8Array({ maxLength: 50 }),
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 15 },
  )
  .map((all) =>
    all.map(({ span, ...c }) => ({ ...c, maxMs: c.minMs + span })).sort((a, b) => a.series - b.series),
  );

function build(all: readonly Chunk[], number = 0, prologue = Uint8Array.of(0), withLines = true): PageRow {
  const builder = new PageBuilder({ withLines });
  for (const c of all) {
    builder.add(c.series, c.minMs, c.maxMs, c.items, (body, lines) => {
      body.bytes(c.bytes);
      lines?.bytes(c.lines);
    });
  }
  assert.equal(builder.count, all.length);
  return builder.finish(number, 1, prologue);
}

function openWhole(page: PageRow): void {
  const directory = readDirectory(page.directory, page.minMs);
  openBody(page.body, directory);
  openBody(page.lines!, directory.lines!);
}

describe('page', () => {
  test('comes back as it was built', () => {
    fc.assert(
      fc.property(chunks, fc.uint8Array({ maxLength: 20 }), fc.boolean(), (all, prologue, withLines) => {
        const page = build(all, 3, prologue, withLines);
        assert.equal(page.firstSeries, all[0]!.series);
        assert.equal(page.lastSeries, all.at(-1)!.series);
        assert.equal(page.minMs, Math.min(...all.map((c) => c.minMs)));
        assert.equal(page.maxMs, Math.max(...all.map((c) => c.maxMs)));
        const directory = readDirectory(page.directory, page.minMs);
        const body = openBody(page.body, directory);
        assert.deepEqual(new Uint8Array(body.subarray(0, directory.prologueBytes)), prologue);
        assert.equal(page.lines !== undefined, withLines);
        const lines = withLines ? openBody(page.lines!, directory.lines!) : Buffer.alloc(0);
        const got = directory.chunks.map(({ start, end, linesStart, linesEnd, ...c }) => ({
          ...c,
          bytes: new Uint8Array(body.subarray(start, end)),
          lines: new Uint8Array(lines.subarray(linesStart, linesEnd)),
        }));
        assert.deepEqual(
          got,
          all.map(({ series, minMs, maxMs, items, bytes, lines: own }) => ({
            series,
            minMs,
            maxMs,
            items,
            bytes,
            lines: withLines ? own : new Uint8Array(0),
          })),
        );
      }),
    );
  });

  test('damage to the directory, its minimum or the body is detected', () => {
    fc.assert(
      fc.property(
        chunks.chain((all) => {
          const page = build(all);
          return fc.oneof(
            mutated(page.directory).map((directory) => ({ ...page, directory, changed: page.directory })),
            mutated(page.body).map((body) => ({ ...page, body, changed: page.body })),
            mutated(page.lines!).map((lines) => ({ ...page, lines, changed: page.lines })),
            fc.constant({ ...page, minMs: page.minMs + 1, changed: undefined }),
          );
        }),
        (page) => {
          const same =
            page.changed &&
            [page.directory, page.body, page.lines!].some(
              (b) => Buffer.compare(b, page.changed!) === 0 && b !== page.changed,
            );
          fc.pre(!same);
          assert.throws(() => openWhole(page));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('every single bit is covered', () => {
    const page = build(fc.sample(chunks, { numRuns: 1, seed: 5 })[0]!);
    for (const part of ['directory', 'body', 'lines'] as const) {
      for (let bit = 0; bit < page[part]!.length * 8; bit++) {
        const damaged = new Uint8Array(page[part]!);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const row = { ...page, [part]: damaged };
        assert.throws(() => openWhole(row), `${part} bit ${bit}`);
      }
    }
  });
});

describe('page cursor', () => {
  test('visits the chunks of the series asked for, in order, and skips damaged pages', () => {
    const damage = fc.constantFrom('none', 'directory', 'body', 'lines');
    fc.assert(
      fc.property(fc.array(fc.tuple(chunks, damage), { minLength: 1, maxLength: 4 }), (pages) => {
        // Pages of a block ascend: shift the series of each behind those of the one before; the edge is shared.
        let offset = 0;
        const written: { chunk: Chunk; damage: string; page: number }[] = [];
        const rows = pages.map(([all, how], number) => {
          const shifted = all.map((c) => ({ ...c, series: c.series + offset, bytes: c.bytes }));
          offset = shifted.at(-1)!.series;
          for (const chunk of shifted) written.push({ chunk, damage: how, page: number });
          // An empty table of shared timestamps.
          const row = build(shifted, number);
          if (how !== 'none') row[how]![row[how]!.length - 1]! ^= 1;
          return row;
        });
        const reader = {
          body: (_: number, n: number) => rows[n]!.body,
          lines: (_: number, n: number) => rows[n]!.lines,
        } as unknown as BlockReader;
        const reported = new Set<number>();
        const cursor = new PageCursor(reader, 1, rows, (_, page) => {
          assert.ok(!reported.has(page), 'a page is reported once');
          reported.add(page);
        });
        for (let series = 0; series <= offset + 1; series++) {
          const got: { bytes: Uint8Array; lines: Uint8Array }[] = [];
          cursor.each(series, -(2 ** 45), 2 ** 45, (chunk) => {
            const lines = chunk.lines();
            const open = chunk.open();
            if (!lines || !open) return;
            const bytes = open.reader.bytes(chunk.place.end - chunk.place.start);
            got.push({ bytes: new Uint8Array(bytes), lines: new Uint8Array(lines) });
          });
          const wanted = written.filter((w) => w.chunk.series === series && w.damage === 'none');
          assert.deepEqual(
            got,
            wanted.map((w) => ({ bytes: w.chunk.bytes, lines: w.chunk.lines })),
          );
        }
        const damaged = new Set(written.filter((w) => w.damage !== 'none').map((w) => w.page));
        assert.deepEqual([...reported].sort(), [...damaged].sort());
      }),
    );
  });
});
