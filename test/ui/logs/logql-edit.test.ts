/** Changing a query by clicks: what is added, what it takes away, and that other queries are left alone. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  filteredValue,
  hasFieldFilter,
  parsersOf,
  selectorOf,
  withFieldFilter,
  withLineFilter,
  withMatcher,
  withoutFieldFilter,
} from '../../../src/ui/views/logs/logql-edit.ts';
import { isMetricQuery, logParts, scan, stringValue } from '../../../src/ui/views/logs/logql-scan.ts';

describe('a matcher on a stream label', () => {
  const rows: readonly (readonly [
    query: string,
    filter: 'for' | 'out',
    name: string,
    value: string,
    out: string,
  ])[] = [
    ['{app="x"}', 'for', 'pod', 'p-1', '{app="x", pod="p-1"}'],
    ['{app="x"} |= "a" | json', 'for', 'pod', 'p', '{app="x", pod="p"} |= "a" | json'],
    ['{app=~".+"}', 'for', 'app', 'x', '{app="x"}'],
    ['{app="x"}', 'for', 'app', 'x', '{app="x"}'],
    ['{app=~"x|y", pod!="p"}', 'for', 'pod', 'p', '{app=~"x|y", pod="p"}'],
    ['{app="x", pod="p"}', 'out', 'pod', 'p', '{app="x", pod!="p"}'],
    ['{app="x"}', 'out', 'app', 'x', '{app=~".+", app!="x"}'],
    ['{app="x", pod!="p"}', 'out', 'pod', 'q', '{app="x", pod!="p", pod!="q"}'],
    ['({app="}"} != "{")', 'for', 'a', 'q"\\', '({app="}", a="q\\"\\\\"} != "{")'],
    ['{app=`a\\d`} # {b="c"}', 'for', 'x', '1', '{app="a\\\\d", x="1"} # {b="c"}'],
    ['rate({app="x"}[5m])', 'for', 'pod', 'p', 'rate({app="x"}[5m])'],
    ['{app="x"', 'for', 'pod', 'p', '{app="x"'],
  ];
  for (const [query, filter, name, value, out] of rows) {
    test(`${query} ${filter} ${name}=${value}`, () =>
      assert.equal(withMatcher(query, name, value, filter), out));
  }
});

describe('a filter on a field', () => {
  test('stands behind all stages, with its parser before it where the query has none', () => {
    assert.equal(withFieldFilter('{a="b"}', 'trace_id', 'x', 'for'), '{a="b"} | trace_id="x"');
    assert.equal(
      withFieldFilter('{a="b"}', 'status', '200', 'out', 'json'),
      '{a="b"} | json | status!="200"',
    );
    assert.equal(
      withFieldFilter('{a="b"} | json | x="y"', 'status', '200', 'for', 'json'),
      '{a="b"} | json | x="y" | status="200"',
    );
    assert.equal(withFieldFilter('({a="b"} |= "x")', 'k', 'v', 'for'), '({a="b"} |= "x" | k="v")');
    assert.equal(withFieldFilter('{a="b"} # all', 'k', 'v', 'for'), '{a="b"} | k="v" # all');
  });

  test('is there once, and takes its contrary away', () => {
    const once = withFieldFilter('{a="b"} | k="v" | json', 'k', 'v', 'for');
    assert.equal(once, '{a="b"} | k="v" | json');
    assert.equal(withFieldFilter(once, 'k', 'v', 'out'), '{a="b"} | json | k!="v"');
    assert.ok(hasFieldFilter(once, 'k', 'v'));
    assert.ok(!hasFieldFilter('{a="b"} | k="v" or k="w"', 'k', 'v'));
    assert.equal(withoutFieldFilter(once, 'k', '=', 'v'), '{a="b"} | json');
  });
});

test('a filter on lines stands before the first parser, once', () => {
  const query = withLineFilter('{a="b"} |= "x" | json | y="z"', '|>', '<_> failed');
  assert.equal(query, '{a="b"} |= "x" |> `<_> failed` | json | y="z"');
  assert.equal(withLineFilter(query, '|>', '<_> failed'), query);
  assert.equal(withLineFilter('{a="b"}', '!=', 'a`"b'), '{a="b"} != "a`\\"b"');
});

test('a query is told by its first word, its parts by their signs', () => {
  assert.ok(!isMetricQuery('{a="b"}'));
  assert.ok(!isMetricQuery(' ( {a="b"} |= "sum(" ) # rate'));
  assert.ok(isMetricQuery('sum by (x) (rate({a="b"}[5m]))'));
  assert.ok(!isMetricQuery(''));
  assert.equal(selectorOf('({a="b"} | json)'), '{a="b"}');
  assert.deepEqual(parsersOf('{a="b"} | json x="y" | logfmt --strict | line_format "| json"'), [
    'json',
    'logfmt',
  ]);
  assert.equal(filteredValue('{a="b"} | trace_id=`0af7`', 'trace_id'), '0af7');
});

test('stages begin where the grammar has them begin', () => {
  const stages = logParts('{a="b"} != "x" | json != "y" | c != "d" | (e>5ms or f!~"g") !> `<_>`')!.stages;
  assert.deepEqual(
    stages.map(({ head, isLineFilter }) => (isLineFilter ? head : `| ${head}`)),
    ['!=', '| json', '!=', '| c', '| e', '!>'],
  );
});

test('any text is taken apart without loss', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}|=!~"`\\a1[]()# \n<_>é') }), (text) => {
      const tokens = scan(text);
      for (const token of tokens) assert.equal(text.slice(token.from, token.to), token.text);
      const between = tokens.map((token, i) => text.slice(tokens[i - 1]?.to ?? 0, token.from));
      for (const gap of between) assert.match(gap, /^(?:\s|#[^\n]*)*$/);
      logParts(text);
    }),
  );
});

test('a value comes back as it was, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const query = withFieldFilter('{a="b"}', 'k', value, 'for');
      assert.equal(filteredValue(query, 'k'), value);
      const literal = scan(withMatcher('{a="b"}', 'k', value, 'for')).findLast(
        ({ kind }) => kind === 'string',
      )!;
      assert.equal(stringValue(literal), value);
    }),
  );
});
