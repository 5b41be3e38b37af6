/** `| json` and `| logfmt` over bytes against the same over text, which a line that a stage has rewritten gets. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../../src/model/labels.ts';
import { logHints, ParserHints } from '../../../src/query/logs/hints.ts';
import { LineState } from '../../../src/query/logs/line-state.ts';
import { compileJson } from '../../../src/query/logs/stage/json.ts';
import { compileLogfmt } from '../../../src/query/logs/stage/logfmt.ts';
import type { StageFn } from '../../../src/query/logs/stage/stage.ts';

const STREAM = Labels.from([
  ['app', 'shop'],
  ['level', 'info'],
]);
const key = fc.constantFrom(
  'a',
  'b',
  'a b',
  'level',
  'app',
  'id',
  'a_b',
  'é',
  '',
  ' ',
  '1',
  'x\\u0041',
  'level_extracted',
);
const scalar = fc.oneof(
  fc.constantFrom(
    '1',
    '-2.50',
    '1e3',
    '007',
    'true',
    'false',
    'null',
    'nul',
    '-',
    '"x"',
    '""',
    '"q\\"u"',
    '"\\ud800"',
    '"é\\n"',
    '"\ufffd"',
  ),
  fc.integer().map(String),
);
const { value } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, { weight: 4, arbitrary: scalar }, tie('object'), tie('list')),
  object: fc
    .tuple(fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }), fc.constantFrom('', ' '))
    .map(
      ([members, space]) =>
        `{${members.map(([k, v]) => `"${k}"${space}:${space}${v}`).join(`${space},${space}`)}}`,
    ),
  list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
}));
const line = fc
  .tuple(
    fc
      .array(fc.tuple(key, value), { maxLength: 6 })
      .map((m) => `{${m.map(([k, v]) => `"${k}":${v}`).join(',')}}`),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom('', '"', '}', ',', '\\', ' ', '\u00e9'))),
  )
  // Mostly whole, else broken at a place.
  .map(([text, edit]) => {
    if (edit === null) return text;
    const at = edit[0] % (text.length + 1);
    return text.slice(0, at) + edit[1] + text.slice(at + 1);
  });
const metadata = fc.constantFrom<[string, string][]>(
  [],
  [['detected_level', 'info']],
  [['a', 'm']],
  [['level', 'm']],
  [
    ['level', 'm'],
    ['level_extracted', 'k'],
  ],
);

/** What the stage makes of the lines, one after the other. */
function run(
  lines: readonly (readonly [string, [string, string][]])[],
  stage: StageFn,
  rewritten: boolean,
): unknown[] {
  const state = new LineState();
  return lines.map(([text, pairs]) => {
    const bytes = Buffer.from(`..${text}..`);
    state.begin(STREAM, bytes, 2, bytes.length - 2);
    for (const [name, of] of pairs) state.addMetadata(name, of);
    state.sealed();
    if (rewritten) state.setText(text);
    const kept = stage(state);
    // A line that is dropped is not looked at any more.
    return kept ? [state.sortedPairs(() => true), state.error, state.errorDetails] : 'dropped';
  });
}

/** Hints of which the last has a filter on `a`. */
const HINTS = [
  ParserHints.ALL,
  new ParserHints(['a', 'level_extracted']),
  new ParserHints(['a_b']),
  logHints({
    kind: 'log',
    matchers: [],
    stages: [{ kind: 'label-filter', filter: { kind: 'number', name: 'a', op: '>=', value: 1 } }],
  }),
];

const logfmtKey = fc.constantFrom('a', 'b', 'level', 'app', 'a.b', 'é', '', '1', 'a_b', 'level_extracted');
const logfmtValue = fc.constantFrom(
  '',
  '1',
  '-2.5',
  'x',
  '"x y"',
  '""',
  '"a\\"b"',
  '"open',
  'c:\\d',
  'é',
  '\ufffd',
  'k=v',
  '"q"z',
);
const logfmtLine = fc
  .array(
    fc.tuple(
      logfmtKey,
      fc.constantFrom('=', '', ' ', '= '),
      logfmtValue,
      fc.constantFrom(' ', '  ', '\t', ''),
    ),
    { maxLength: 6 },
  )
  .map((pairs) => pairs.map((p) => p.join('')).join(''));

describe('logfmt over bytes', () => {
  it('finds what logfmt over text finds, line after line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(logfmtLine, metadata), { maxLength: 6 }),
        fc.constantFrom(...HINTS),
        fc.boolean(),
        fc.boolean(),
        (lines, hints, strict, keepEmpty) => {
          const logfmt = () => compileLogfmt({ strict, keepEmpty, items: [] }, hints);
          assert.deepEqual(run(lines, logfmt(), false), run(lines, logfmt(), true));
        },
      ),
      { numRuns: 4000 },
    );
  });
});

describe('json over bytes', () => {
  it('finds what json over text finds, line after line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, metadata), { maxLength: 6 }),
        fc.constantFrom(...HINTS),
        (lines, hints) => {
          const json = () => compileJson([], hints);
          assert.deepEqual(run(lines, json(), false), run(lines, json(), true));
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('reads plain decimals as their text reads', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.stringMatching(/^-?\d{0,17}\.?\d{0,17}$/),
      fc.constantFrom(
        '-',
        '-0',
        '1.',
        '.5',
        '0.1',
        '123456789012345',
        '1234567890123456',
        '0.30000000000000004',
      ),
    );
    fc.assert(
      fc.property(number, (text) => {
        const bytes = Buffer.from(text);
        const state = new LineState();
        state.begin(STREAM, bytes, 0, bytes.length);
        state.sealed();
        state.addSpan('n', 0, bytes.length, 0);
        const got = state.decimalAt(state.indexOf('n'));
        if (got !== undefined) assert.ok(Object.is(got, Number(text)), `${text} read as ${got}`);
      }),
      { numRuns: 3000 },
    );
  });
});
