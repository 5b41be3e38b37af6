/** What may be written where a value is expected. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeExpected, isEqual, judge, judgeNumber } from '../../../src/library/matchers/expected.ts';

const containing = {
  asymmetricMatch: (actual: unknown) => String(actual).includes('x'),
  toAsymmetricMatcher: () => 'StringContaining "x"',
};

describe('expected values', () => {
  it('hold', () => {
    const held: readonly (readonly [unknown, unknown])[] = [
      ['a', 'a'],
      [/b$/g, 'ab'],
      [/^2/, 200],
      [containing, 'axe'],
      [(v: number) => v > 1, 2],
      [undefined, undefined],
      [3, 3n],
      [9007199254740993n, 9007199254740993n],
      [Number.NaN, Number.NaN],
      [
        ['a', /b/],
        ['a', 'b'],
      ],
      [{ k: { n: 1 } }, { k: { n: 1 } }],
    ];
    for (const [expected, actual] of held) {
      // Twice: a pattern with `g` remembers.
      assert.deepEqual(
        [judge(expected, actual).ok, judge(expected, actual).ok],
        [true, true],
        describeExpected(expected),
      );
    }
  });

  it('do not hold', () => {
    const differing: readonly (readonly [unknown, unknown])[] = [
      ['a', 'A'],
      ['200', 200],
      [/a/, undefined],
      [undefined, ''],
      [() => true, undefined],
      [3, 4n],
      [2 ** 53, 9007199254740993n],
      [['a'], ['a', 'b']],
      [['a'], 'a'],
      [{ a: 1 }, { a: 1, b: 2 }],
      [{ a: undefined }, { b: undefined }],
      [null, {}],
    ];
    for (const [expected, actual] of differing) {
      assert.equal(judge(expected, actual).ok, false, describeExpected(expected));
    }
    assert.deepEqual(judge(() => JSON.parse('{'), 'x').ok, false);
    assert.match(judge(() => JSON.parse('{'), 'x').thrown!, /JSON/);
    assert.equal(isEqual(1, '1'), false);
  });

  it('are compared as numbers', () => {
    const table = {
      '> 2': [3],
      '>= 2': [2, 3],
      '< 2': [1],
      '<= 2': [1, 2],
      '== 2': [2],
      '!= 2': [1, 3],
    } as const;
    for (const [comparison, holding] of Object.entries(table)) {
      const found = [1, 2, 3].filter((n) => judgeNumber(comparison as '> 2', n).ok);
      assert.deepEqual(found, holding, comparison);
    }
    assert.ok(judgeNumber({ min: 2 }, 2).ok && !judgeNumber({ max: 2 }, 2.1).ok && judgeNumber(2, 2).ok);
    assert.throws(() => judgeNumber('two' as '> 2', 2), /"two" is no comparison/);
  });

  it('read in a message as they were written', () => {
    const texts = [
      ['a"b', '"a\\"b"'],
      [/x/i, '/x/i'],
      [containing, 'StringContaining "x"'],
      [[1, 'a', true], '[1, "a", true]'],
      [{ a: 1, 'b-c': /d/ }, '{ a: 1, "b-c": /d/ }'],
      [undefined, 'none'],
      ['y'.repeat(500), `"${'y'.repeat(118)}…`],
    ] as const;
    for (const [expected, text] of texts) assert.equal(describeExpected(expected), text);
  });
});
