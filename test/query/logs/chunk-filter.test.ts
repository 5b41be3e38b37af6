/** Filters over the bytes of a chunk against each filter asked of each line. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryChunk } from '../../../src/model/entry-chunk.ts';
import { Labels } from '../../../src/model/labels.ts';
import type { LineFilterStage } from '../../../src/query/lang/logql/ast.ts';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import { ParserHints } from '../../../src/query/logs/hints.ts';
import { LineState } from '../../../src/query/logs/line-state.ts';
import { Pipeline } from '../../../src/query/logs/pipeline.ts';
import { beginEntry } from '../../../src/query/logs/scan.ts';
import { compileLineFilter } from '../../../src/query/logs/stage/line-filter.ts';

const STREAM = Labels.from({ app: 'a' });
const word = fc.constantFrom('error', 'er', 'timeout', 'u-4', 'é', ' ', '');
const line = fc
  .array(fc.oneof(word, fc.constantFrom('1', 'x', '\n')), { maxLength: 5 })
  .map((w) => w.join(''));
const regex = fc.constantFrom(
  'err.r',
  'u-[0-9]+',
  'time|er',
  '(?i)ERROR',
  '^er',
  'x$',
  '.*',
  'er.*out',
  '[é]',
  'error( timeout)?',
);
const operand = fc.oneof(
  fc.tuple(fc.constantFrom('|=', '!='), word),
  fc.tuple(fc.constantFrom('|~', '!~'), regex),
  fc.tuple(fc.constantFrom('|>', '!>'), fc.constantFrom('<_>error<_>', 'er<_>', '<_>u-4', 'x <_> timeout')),
);
const filter = fc
  .tuple(operand, fc.option(word))
  .map(
    ([[op, text], other]) =>
      `${op} ${JSON.stringify(text)}${other === null || op.endsWith('>') ? '' : ` or ${JSON.stringify(other)}`}`,
  );

function chunkOf(lines: readonly string[]): EntryChunk {
  const bytes = lines.map((l) => Buffer.from(l));
  let end = 0;
  return {
    count: lines.length,
    baseMs: 0,
    offsetsNs: Float64Array.from(lines, (_, i) => i),
    lines: Buffer.concat(bytes),
    lineEnds: Uint32Array.from(bytes, (b) => (end += b.length)),
    pairEnds: new Uint32Array(lines.length),
    pairs: new Uint32Array(0),
    strings: [],
  };
}

test('a chunk keeps the lines that pass every filter, and says what all of them contain', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.array(filter, { minLength: 1, maxLength: 3 }),
      (lines, filters) => {
        const expr = parseLogql(`{app="a"} ${filters.join(' ')}`);
        assert.ok(expr.kind === 'log');
        const chunk = chunkOf(lines);
        const pipeline = new Pipeline(expr.stages, ParserHints.ALL);
        const passed = new Uint8Array(lines.length).fill(1);
        pipeline.filter.apply(chunk, 0, lines.length, passed);
        const state = new LineState();
        const tests = expr.stages.map((stage) => compileLineFilter(stage as LineFilterStage));
        lines.forEach((text, i) => {
          beginEntry(state, STREAM, chunk, i);
          const wanted = tests.every((t) => t(state));
          assert.equal(passed[i] === 1 && pipeline.run(state), wanted, JSON.stringify(text));
          if (wanted) for (const needle of pipeline.filter.contains) assert.ok(text.includes(needle));
        });
      },
    ),
    { numRuns: 3000 },
  );
});
