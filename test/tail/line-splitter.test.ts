/** Lines come out the same however their bytes are cut, each with its place in the file. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LINE_READ_MAX_BYTES, LineSplitter, type SplitLine } from '../../src/tail/line-splitter.ts';

function split(
  bytes: Buffer,
  cuts: readonly number[],
  encoding?: string,
): { lines: SplitLine[]; splitter: LineSplitter } {
  const splitter = new LineSplitter(encoding);
  const lines: SplitLine[] = [];
  const ends = [...new Set(cuts.map((c) => c % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    splitter.push(Buffer.from(bytes.subarray(from, end)), (line) => lines.push(line));
    from = end;
  }
  return { lines, splitter };
}

/** Encodings that the platform writes too. */
const ENCODERS: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
};
const text = fc.string({ unit: fc.constantFrom('a', 'ü', '\u0a0a', '\ua000', '😀', '\r', '\n', '\n') });

describe('splitting', () => {
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    it(`${encoding}: as splitting the whole text does`, () => {
      fc.assert(
        fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
          const bytes = encode(whole);
          const { lines, splitter } = split(bytes, cuts, encoding);
          const expected = whole.split('\n');
          const rest = expected.pop()!;
          assert.deepEqual(
            lines.map((l) => l.text),
            expected.map((l) => l.replace(/\r$/, '')),
          );
          // Each begins where the one before ended, and the whole file is accounted for.
          const ends = lines.map((l) => l.end);
          assert.deepEqual(
            lines.map((l) => l.start),
            [0, ...ends].slice(0, lines.length),
          );
          assert.equal(splitter.start, lines.at(-1)?.end ?? 0);
          assert.equal(splitter.end, bytes.length);
          const last: SplitLine[] = [];
          splitter.flush((l) => last.push(l));
          assert.deepEqual(
            last.map((l) => l.text),
            rest === '' ? [] : [rest.replace(/\r$/, '')],
          );
          assert.equal(splitter.start, bytes.length);
        }),
      );
    });
  }

  it('takes a byte order mark off the first line only', () => {
    const { lines } = split(Buffer.from('\ufeffa\n\ufeffb\n'), []);
    assert.deepEqual(
      lines.map((l) => l.text),
      ['a', '\ufeffb'],
    );
  });

  it('skips a line that is too long, however it comes, and keeps count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -2, max: 5000 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (beyond, cuts) => {
          const long = LINE_READ_MAX_BYTES + beyond;
          const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(long, 'x'), Buffer.from('\nb\n')]);
          const { lines } = split(bytes, cuts);
          assert.equal(lines.length, 3);
          assert.equal(lines[1]!.text === undefined, beyond > 0);
          assert.deepEqual([lines[1]!.start, lines[1]!.end], [2, long + 3]);
          assert.equal(lines[2]!.text, 'b');
        },
      ),
      { numRuns: 20 },
    );
  });
});
