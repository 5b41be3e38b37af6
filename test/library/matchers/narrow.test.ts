/** Generated queries are read by the languages as they were meant, whatever the texts in them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lineQuery, metricQuery, spanQuery } from '../../../src/library/matchers/narrow.ts';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import type { VectorSelector } from '../../../src/query/lang/promql/ast.ts';
import { parsePromql } from '../../../src/query/lang/promql/parser.ts';
import { parseQuery } from '../../../src/query/lang/traceql/parser.ts';

/** Any text, more often than not one that breaks out of quotes. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '`',
        "'",
        '\n',
        '\r',
        '\t',
        '\0',
        '}',
        '{',
        '&&',
        '|',
        '#',
        '\ud800',
        'é',
        'a',
        '$',
        '.',
      ),
    )
    .map((parts) => parts.join('')),
);

/** Every literal and name in a tree, as they were read. */
function textsIn(node: unknown): string[] {
  if (typeof node === 'string') return [node];
  if (typeof node !== 'object' || node === null) return [];
  return Object.values(node).flatMap(textsIn);
}

describe('generated queries', () => {
  it('TraceQL', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, key, value) => {
        const query = spanQuery({
          name,
          kind: 'server',
          attributes: { [key]: value },
          resource: { [key]: 1 },
        });
        const texts = textsIn(parseQuery(query));
        if (name.isWellFormed() && !name.includes('\0')) assert.ok(texts.includes(name), query);
        assert.ok(texts.includes('server'), query);
      }),
    );
  });

  it('TraceQL has an attribute of any plain name', () => {
    for (const name of [
      'http.status_code',
      'a b',
      'x"y',
      'back\\slash',
      'a}b',
      'a=b',
      '1',
      '$',
      'ünï',
      'a && b',
      'nil',
      '.',
    ]) {
      const texts = textsIn(parseQuery(spanQuery({ attributes: { [name]: true } })));
      assert.ok(texts.includes(name), name);
    }
  });

  it('leaves to the comparison what the language cannot say exactly', () => {
    const attributes = {
      a: 1.5,
      b: Number.NaN,
      c: /x/,
      d: () => true,
      e: undefined,
      f: 2 ** 60,
      g: '\ud800',
      '': 'x',
    };
    assert.equal(spanQuery({ name: /x/, attributes }), '{}');
    assert.equal(
      spanQuery({ attributes: { a: -0, b: -7, c: false } }),
      '{ span.a = 0 && span.b = -7 && span.c = false }',
    );
  });

  it('LogQL', () => {
    fc.assert(
      fc.property(hostile, hostile, (value, line) => {
        const label = value.toWellFormed().replaceAll('\0', '');
        const query = lineQuery({ app: label, env: 'x' }, { line });
        const texts = textsIn(parseLogql(query));
        assert.ok(texts.includes(label), query);
        if (line !== '' && line.isWellFormed() && !line.includes('\0'))
          assert.ok(texts.includes(line), query);
      }),
    );
  });

  it('PromQL', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        if (!name.isWellFormed() || name === '') return;
        const query = metricQuery(name);
        const plain = name.replace(/[^A-Za-z0-9_:]/g, '_');
        const matcher = (parsePromql(query) as VectorSelector).matchers[0]!;
        assert.ok(
          plain === name ? matcher.value === name : new RegExp(`^(?:${matcher.value})$`, 's').test(name),
          query,
        );
      }),
    );
  });
});
