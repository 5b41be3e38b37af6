/** Filters over the bytes of a chunk, of lines and of their fields, against each asked of each line. */

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

const field = fc.constantFrom('n', 'status', 'a', '', ' n', 'x_n', 'level', 'n\\u0041');
const scalar = fc.constantFrom(
  '1',
  '500',
  '-3',
  '1e3',
  '5x',
  'true',
  'null',
  '"500"',
  '"n"',
  '""',
  '"a\\"n\\":1"',
  '"n:1"',
  '[1]',
);
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.tuple(field, scalar).map(([k, v]) => `{"${k}":${v}}`),
);
const jsonLine = fc
  .tuple(
    fc.array(fc.tuple(field, fc.constantFrom('', ' '), value), { maxLength: 5 }),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom('', '"', '}', ',', 'n'))),
  )
  .map(([members, edit]) => {
    const text = `{${members.map(([k, space, v]) => `"${k}"${space}:${space}${v}`).join(',')}}`;
    if (edit === null) return text;
    const at = edit[0] % (text.length + 1);
    return text.slice(0, at) + edit[1] + text.slice(at + 1);
  });
const fieldFilter = fc.constantFrom(
  'n >= 2',
  'n = 1',
  'n != 1',
  'n="500"',
  'n!="500"',
  'n=~"5.+|a"',
  'n!~"5.*"',
  'n > 1s',
  'status < 500',
  'level="info"',
  'n="500" or n="1"',
);

test('a line is dropped by what its bytes say of a field only where its parser would have it dropped', () => {
  let early = 0;
  fc.assert(
    fc.property(
      fc.array(jsonLine, { maxLength: 20 }),
      fieldFilter,
      fc.constantFrom('', '|= "n"'),
      (lines, condition, before) => {
        const expr = parseLogql(`{app="a"} ${before} | json | ${condition} | drop a`);
        assert.ok(expr.kind === 'log');
        const chunk = chunkOf(lines);
        const pipeline = new Pipeline(expr.stages, ParserHints.ALL);
        const passed = new Uint8Array(lines.length).fill(1);
        if (lines.length > 0) pipeline.prefilter?.apply(STREAM, chunk, 0, lines.length, passed);
        const state = new LineState();
        lines.forEach((text, i) => {
          beginEntry(state, STREAM, chunk, i);
          if (passed[i] === 1) return;
          early++;
          assert.equal(pipeline.run(state), false, text);
        });
      },
    ),
    { numRuns: 4000 },
  );
  assert.ok(early > 1000, `${early} lines were dropped early`);
});
