// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Go's replacement templates look like that
/** Regular expressions: the fast paths agree with the automaton, errors are in Go's words, templates expand as Go's. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { TriliteError } from '../../src/model/errors.ts';
import { compileAnchored, compileCapture, compileReplace, compileSearch } from '../../src/model/regex.ts';
import { expandLiterals, requiredLiteral } from '../../src/model/regex-literals.ts';

/** Pieces whose concatenations reach every fast path, and many malformed patterns. */
const PIECES = [
  ...['a', 'b', 'ab', '.', '.*', '.+', '\\.', '[ab]', '[a-b]+', '(a|b)', '(?:a)', '(ab|a)', '|', '^', '$'],
  ...[
    'b?',
    'a*',
    '\\d',
    'a{2}',
    '(',
    ')',
    '-',
    '(?i)',
    '(?i)a',
    '\\Qa.\\E',
    'é',
    '😀',
    '{',
    '}',
    ']',
    '\\',
    '\n',
  ],
];
const patterns = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((parts) => parts.join(''));
const values = fc
  .array(fc.constantFrom('a', 'b', 'A', '.', '\n', '1', '-', 'é', '😀', 'aa', 'ab'), { maxLength: 5 })
  .map((parts) => parts.join(''));

function compiles(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

describe('fast paths against the automaton', () => {
  test('label matchers are ^(?s:pattern)$', () => {
    fc.assert(
      fc.property(patterns, fc.array(values, { minLength: 1, maxLength: 8 }), (pattern, texts) => {
        if (!compiles(pattern)) {
          assert.throws(() => compileAnchored(pattern), TriliteError);
          return;
        }
        const reference = RE2JS.compile(`^(?s:${pattern})$`);
        const { test: matches, literals } = compileAnchored(pattern);
        for (const text of texts)
          assert.equal(matches(text), reference.test(text), JSON.stringify([pattern, text]));
        for (const literal of literals ?? [])
          assert.ok(reference.test(literal), `${pattern} names ${literal}`);
      }),
      { numRuns: 3000 },
    );
  });

  test('search, on text and on bytes', () => {
    fc.assert(
      fc.property(patterns, fc.array(values, { minLength: 1, maxLength: 8 }), (pattern, texts) => {
        if (!compiles(pattern)) {
          assert.throws(() => compileSearch(pattern), TriliteError);
          return;
        }
        const reference = RE2JS.compile(pattern);
        const search = compileSearch(pattern);
        for (const text of texts) {
          const expected = reference.test(text);
          assert.equal(search.test(text), expected, JSON.stringify([pattern, text]));
          assert.equal(search.testBytes(Buffer.from(text)), expected, JSON.stringify([pattern, text]));
          if (search.anyOf)
            assert.equal(
              search.anyOf.some((l) => text.includes(l)),
              expected,
            );
          if (expected && search.required !== undefined) assert.ok(text.includes(search.required));
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test('patterns that name their values', () => {
  assert.deepEqual(expandLiterals('a|b'), ['a', 'b']);
  assert.deepEqual(expandLiterals('(GET|POST)'), ['GET', 'POST']);
  assert.deepEqual(expandLiterals('s0[0-1][05]'), ['s000', 's005', 's010', 's015']);
  assert.deepEqual(expandLiterals('10\\.0\\.0\\.1:80'), ['10.0.0.1:80']);
  assert.equal(expandLiterals('a+'), undefined);
  assert.equal(expandLiterals('[a-z][a-z][a-z][a-z]'), undefined);
});

test('substrings that every match holds', () => {
  assert.equal(requiredLiteral('error.*timeout'), 'timeout');
  assert.equal(requiredLiteral('level=(warn|error) msg'), 'level=');
  assert.equal(requiredLiteral('ab?c'), undefined);
  assert.equal(requiredLiteral('foo|bar'), undefined);
  assert.equal(requiredLiteral('(?i)error'), undefined);
});

test('errors are Go’s', () => {
  for (const [pattern, text] of [
    ['(', 'missing closing ): `(`'],
    ['a)', 'unexpected ): `a)`'],
    ['[a', 'missing closing ]: `[a`'],
    ['*a', 'missing argument to repetition operator: `*`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['\\', 'trailing backslash at end of expression: ``'],
    ['(?s)(', 'missing closing ): `(?s)(`'],
  ] as const) {
    assert.throws(() => compileAnchored(pattern), {
      kind: 'bad_data',
      message: `error parsing regexp: ${text}`,
    });
  }
});

test('no pattern takes more than linear time', () => {
  const long = 'a'.repeat(50_000);
  assert.equal(compileAnchored('(a*)*b').test(long), false);
  assert.equal(compileSearch('(a|aa)+$').test(`${long}!`), false);
  assert.equal(compileSearch('(x+x+)+y').test('x'.repeat(50_000)), false);
});

test('captures', () => {
  const { groupNames, exec } = compileCapture('(?P<method>\\w+) (\\S+)', 'search');
  assert.deepEqual(groupNames, ['method', '']);
  assert.deepEqual(exec('-- GET /x'), ['GET /x', 'GET', '/x']);
  assert.equal(exec('-'), undefined);
  assert.deepEqual(compileCapture('(a)|(b)', 'whole').exec('b'), ['b', '', 'b']);
});

test('all matches, and where their groups are', () => {
  const { matches, groupSpans } = compileCapture('(x*)(y)?', 'search');
  // The empty match behind "xx" is none, as in Go.
  assert.deepEqual(
    [...matches('axxb')].map((m) => [m.start, m.end]),
    [
      [0, 0],
      [1, 3],
      [4, 4],
    ],
  );
  assert.deepEqual([...groupSpans('xy')], [[0, 1, 1, 2]]);
  assert.deepEqual([...groupSpans('a')][0], [0, 0, -1, -1]);
});

test('replacement templates', () => {
  for (const [pattern, template, value, expected] of [
    ['(.*)-(.*)', '$2/$1', 'a-b', 'b/a'],
    ['(.*)', '$1x', 'a', ''],
    ['(.*)', '${1}x', 'a', 'ax'],
    ['(?P<n>a+).*', '${n}-$n-$$n', 'aab', 'aa-aa-$n'],
    ['(.*)', '$9|${no}|$-', 'a', '||$-'],
    ['a(.)?', '<$1>', 'a', '<>'],
    ['x', 'fixed', 'y', undefined],
    ['.*', 'all', 'a\nb', 'all'],
  ] as const) {
    assert.equal(compileReplace(pattern, template)(value), expected, `${pattern} ${template}`);
  }
});
