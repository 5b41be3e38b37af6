/** What is completed where in a query; `‸` is the cursor. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { traceqlCompleter } from '../../../src/ui/views/traces/traceql-completion.ts';
import { placeIn } from '../../../src/ui/views/traces/traceql-place.ts';
import { isMetricsQuery, metricsFunction } from '../../../src/ui/views/traces/traceql-words.ts';

function at(marked: string): readonly [text: string, cursor: number] {
  return [marked.replace('‸', ''), marked.indexOf('‸')];
}

/** Completes with a server that knows little; what it was asked is noted. */
function complete(marked: string, isExplicit = true) {
  const asked: string[] = [];
  const known = {
    scopes: async () => [
      { name: 'span', tags: ['http.method', 'a b'] },
      { name: 'intrinsic', tags: ['name'] },
    ],
    values: async (tag: string, q: string) => {
      asked.push(`${tag} ${q}`);
      return [{ type: 'string', value: 'GET' }, { type: 'int', value: '5' }, { type: 'string' }];
    },
  };
  const [text, cursor] = at(marked);
  const answer = traceqlCompleter(known)({ text, at: cursor, isExplicit });
  return answer.then((found) => ({
    ...found,
    labels: found?.options.map(({ label }) => label) ?? [],
    asked,
  }));
}

describe('the place in a query', () => {
  test('is told by what stands before it', () => {
    const wants = (marked: string) => placeIn(...at(marked)).wants;
    assert.equal(wants('‸'), 'spanset');
    assert.equal(wants('{‸'), 'attribute');
    assert.equal(wants('{ res‸'), 'attribute');
    assert.equal(wants('{ .a ‸'), 'comparison');
    assert.equal(wants('{ .a = ‸'), 'value');
    assert.equal(wants('{ .a = "x‸'), 'value');
    assert.equal(wants('{ .a = "x" ‸'), 'connective');
    assert.equal(wants('{ .a = 1 && ‸'), 'attribute');
    assert.equal(wants('{ .a = 1 && (‸'), 'attribute');
    assert.equal(wants('{ .a = 1 } ‸'), 'after-spanset');
    assert.equal(wants('{ .a = 1 } >> ‸'), 'spanset');
    assert.equal(wants('{} | ra‸'), 'stage');
    assert.equal(wants('{} | rate() by(‸'), 'attribute');
    assert.equal(wants('{} | select(a, ‸'), 'attribute');
    assert.equal(wants('({} | count() > 2) && (‸'), 'spanset');
    // A brace in a string opens nothing.
    assert.equal(wants('{ .a = "}" && ‸'), 'attribute');
  });

  test('knows the other conditions', () => {
    const others = (marked: string) => placeIn(...at(marked)).others;
    assert.equal(others('{ .a = "x" && .b = ‸'), '{ .a = "x" }');
    assert.equal(others('{ .b = ‸ && .a = "x" } | rate()'), '{ .a = "x" }');
    assert.equal(others('{ .a = ‸ }'), '{}');
    assert.equal(others('{ .a = 1 || .b = ‸'), '{}');
  });

  test('is somewhere in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}()|&="` .a~<>!,1') }), fc.nat(), (text, n) => {
        const cursor = n % (text.length + 1);
        const { from } = placeIn(text, cursor);
        assert.ok(from >= 0 && from <= cursor);
      }),
    );
  });
});

describe('completion', () => {
  test('offers attributes by their scopes, intrinsics and scopes', async () => {
    const { labels, from } = await complete('{ sp‸');
    assert.equal(from, 2);
    for (const label of ['span.http.method', 'span."a b"', 'status', 'resource.'])
      assert.ok(labels.includes(label), label);
    assert.equal(labels.filter((label) => label === 'name').length, 1);
  });

  test('offers values as literals, narrowed by the rest', async () => {
    const { labels, asked } = await complete('{ status = error && span.http.method = ‸ }', false);
    assert.deepEqual(labels, ['"GET"', '5']);
    assert.deepEqual(asked, ['span.http.method { status = error }']);
  });

  test('offers strings alone within quotes, and replaces the quote at the end', async () => {
    const { labels, from, to } = await complete('{ .m = "G‸" }');
    assert.deepEqual([labels, from, to], [['"GET"'], 7, 10]);
  });

  test('knows the words that a value can be', async () => {
    assert.ok((await complete('{ status = ‸')).labels.includes('error'));
    assert.ok((await complete('{ span:kind = s‸')).labels.includes('server'));
    assert.deepEqual((await complete('{ foo = ‸')).labels, []);
  });

  test('offers stages, and whole queries where there is none', async () => {
    assert.ok((await complete('{} | ‸')).labels.includes('quantile_over_time'));
    assert.ok((await complete('‸')).labels.includes('{ status = error }'));
    assert.deepEqual((await complete('‸', false)).labels, []);
    // Nobody asked, and what comes is one sign.
    assert.deepEqual((await complete('{ .a = 1 } ‸', false)).labels, []);
  });
});

test('queries that make numbers are told from those that find traces', () => {
  assert.equal(isMetricsQuery('{} | rate() by(name)'), true);
  assert.equal(isMetricsQuery('{ .a = "| rate()" }'), false);
  assert.equal(isMetricsQuery('{} | count() > 2'), false);
  assert.equal(metricsFunction('{ .a = "| rate()" } |  compare({ status = error })'), 'compare');
});
