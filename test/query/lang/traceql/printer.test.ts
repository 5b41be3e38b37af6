/**
 * Printing and parsing are inverse. Queries are made at random from the grammar; some are refused by the static
 * rules, the others must survive the round trip unchanged.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TriliteError } from '../../../../src/model/errors.ts';
import type { Query } from '../../../../src/query/lang/traceql/ast.ts';
import { parseQuery } from '../../../../src/query/lang/traceql/parser.ts';
import { printQuery } from '../../../../src/query/lang/traceql/printer.ts';

const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9._/*+-]{0,8}$/),
  fc.string({ minLength: 1, maxLength: 6 }).map((s) => `"${s.replace(/[\\"]/g, '\\$&')}"`),
);
const attribute = fc
  .tuple(fc.constantFrom('span.', 'resource.', 'event.', 'link.', 'instrumentation.', '.'), name)
  .map(([scope, text]) => scope + text);
const intrinsic = fc.constantFrom(
  'duration',
  'name',
  'status',
  'kind',
  'span:childCount',
  'trace:id',
  'event:name',
  'trace:rootService',
  'nestedSetParent',
);
const literal = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: 0n, max: 9223372036854775807n }).map(String),
  fc
    .double({ noNaN: true, noDefaultInfinity: true, min: 0 })
    .map((x) => (Number.isInteger(x) ? x.toFixed(1) : String(x))),
  fc
    .tuple(fc.nat(1000), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h', 'd'))
    .map(([n, unit]) => `${n}${unit}`),
  fc.string().map((s) => JSON.stringify(s)),
  fc.constantFrom('true', 'false', 'nil', 'ok', 'error', 'server', 'client', 'minInt', 'maxInt'),
);
const { field } = fc.letrec<{ field: string }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(attribute, intrinsic, literal),
    fc
      .tuple(
        tie('field'),
        fc.constantFrom('=', '!=', '<', '>=', '=~', '&&', '||', '+', '-', '*', '/', '%', '^'),
        tie('field'),
      )
      .map(([a, op, b]) => `${a} ${op} ${b}`),
    tie('field').map((f) => `(${f})`),
    tie('field').map((f) => `!${f}`),
    tie('field').map((f) => `-${f}`),
  ),
}));
/** Mostly well typed, so that enough queries are accepted. */
const condition = fc.oneof(
  fc.tuple(attribute, fc.constantFrom('=', '!=', '<', '>='), literal).map((parts) => parts.join(' ')),
  fc
    .tuple(attribute, fc.constantFrom('+', '*', '/', '^'), attribute)
    .map(([a, op, b]) => `${a} ${op} ${b} = 3`),
  field,
);
const filter = fc.array(condition, { maxLength: 3 }).map((parts) => `{ ${parts.join(' && ')} }`);
const relation = fc.constantFrom('&&', '||', '>', '<', '>>', '<<', '~', '!>', '!~', '&>>', '&<');
const spansets = fc.oneof(
  filter,
  fc.tuple(filter, relation, filter, relation, filter).map((parts) => parts.join(' ')),
  fc.tuple(filter, relation, filter).map(([a, op, b]) => `(${a}) ${op} (${b})`),
);
const stage = fc.oneof(
  spansets,
  attribute.map((a) => `by(${a})`),
  attribute.map((a) => `select(${a}, duration)`),
  fc.constant('coalesce()'),
  fc.tuple(fc.constantFrom('min', 'max', 'avg', 'sum'), attribute).map(([f, a]) => `${f}(${a}) > 2`),
  fc.constantFrom('count() != 3', 'avg(duration) < 1.5s'),
);
const pipeline = fc
  .tuple(spansets, fc.array(stage, { maxLength: 3 }))
  .map(([a, rest]) => [a, ...rest].join(' | '));
const metric = fc
  .tuple(
    pipeline,
    fc.constantFrom(
      'rate()',
      'avg_over_time(duration)',
      'quantile_over_time(span.x, 0.5, 1)',
      'histogram_over_time(duration)',
    ),
    fc.constantFrom('', ' by (name)', ' by (.a, resource.service.name)'),
    fc.constantFrom('', ' > 5', ' | topk(3)', ' | topk(3) > 1.5 | bottomk(1) != 10s'),
  )
  .map(([p, f, by, rest]) => `${p} | ${f}${by}${rest}`);
const query = fc.oneof(
  pipeline,
  metric,
  fc
    .tuple(metric, fc.constantFrom('+', '-', '*', '/'), metric)
    .map(([a, op, b]) => `(${a}) ${op} (${b}) | topk(2)`),
  fc
    .tuple(metric, fc.constantFrom('+ 1.5', '* -2', '/ 3 > 4'))
    .map(([a, rest]) => `(${a}) ${rest} with (exemplars=3, a="b")`),
);

function parsed(text: string): Query | undefined {
  try {
    return parseQuery(text);
  } catch (error) {
    if (error instanceof TriliteError && error.kind === 'bad_data') return undefined;
    throw error;
  }
}

/** Offsets differ between texts of one meaning. */
function shape(query: Query): string {
  return JSON.stringify(query, (key, value) =>
    key === 'at' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
}

test('what is printed parses to the same tree', () => {
  let accepted = 0;
  fc.assert(
    fc.property(query, (text) => {
      const tree = parsed(text);
      if (tree === undefined) return;
      accepted++;
      const printed = printQuery(tree);
      const again = parsed(printed);
      assert.ok(again, `${text} was printed as ${printed}, which is refused`);
      assert.equal(shape(again), shape(tree), printed);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 500, `${accepted} accepted`);
});

test('any text parses or is refused with a position', () => {
  const seeds = [
    '{ span.a = "x" && .b > 1.5 }',
    '({} | rate()) * 2 | topk(3)',
    '{ } | by(name) | count() > 2',
    '{ `',
    '/*',
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(40), fc.nat(5), fc.string({ maxLength: 4 }))
    .map(([seed, at, cut, put]) => seed.slice(0, at) + put + seed.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated, fc.string({ unit: 'binary' })), (text) => {
      parsed(text);
    }),
    { numRuns: 2000 },
  );
});

test('deep nesting is refused, not a crash', () => {
  for (const n of [300, 1000, 20_000]) {
    parsed(`{ ${'('.repeat(n)}true${')'.repeat(n)} }`);
    parsed(`${'('.repeat(n)}{}${')'.repeat(n)}`);
    parsed(`{ ${'!'.repeat(n)}.a }`);
    parsed(`{ ${'.a && '.repeat(n)}.a }`);
    parsed(`{ ${'2 ^ '.repeat(n)}.a = 1 }`);
    parsed(`${'{} >> '.repeat(n)}{}`);
  }
});

test('numbers are printed as Go prints them: groups and series are named after them', () => {
  const numbers = ['1.0', '0.5', '123456.7', '5e+07', '1.5e-05'];
  for (const text of numbers) {
    const printed = printQuery(parseQuery(`{ } | by(span.x <= ${text})`));
    assert.ok(printed.includes(`<= ${text})`), printed);
  }
});
