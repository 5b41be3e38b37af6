/** The parser: what is in the language, how it binds, where nodes are, and what is said of what is not in it. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { TriliteError } from '../../../../src/model/errors.ts';
import type { Binary, Call, Expr } from '../../../../src/query/lang/promql/ast.ts';
import { PromqlGrammar } from '../../../../src/query/lang/promql/grammar.ts';
import { parsePromql, parseSeriesSelector } from '../../../../src/query/lang/promql/parser.ts';
import { promqlTexts } from './texts.ts';

test('the grammar has no ambiguities', () => {
  assert.ok(new PromqlGrammar(true));
});

/** The tree with every pair in parentheses. */
function nested(expr: Expr): string {
  if (expr.kind === 'binary') return `(${nested(expr.lhs)} ${expr.op} ${nested(expr.rhs)})`;
  if (expr.kind === 'unary') return `(${expr.op}${nested(expr.expr)})`;
  if (expr.kind === 'number') return String(expr.value);
  if (expr.kind === 'vector_selector') return `${expr.name}${expr.offset ? '@off' : ''}`;
  return expr.kind;
}

test('precedence', () => {
  for (const [text, tree] of [
    ['a or b and c', '(a or (b and c))'],
    ['a and b unless c', '((a and b) unless c)'],
    ['a == b > c', '((a == b) > c)'],
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-2^2', '(-(2 ^ 2))'],
    ['2^-1', '(2 ^ -1)'],
    ['2^-a*b', '((2 ^ (-a)) * b)'],
    ['-a*b', '((-a) * b)'],
    ['-a^b offset 5m', '(-(a ^ b@off))'],
    ['x offset -2^2', '(x@off ^ 2)'],
    ['a atan2 b % c', '((a atan2 b) % c)'],
    ['- - 1', '1'],
    ['a </ 1 + 2', '(a </ (1 + 2))'],
  ] as const) {
    assert.equal(nested(parsePromql(text)), tree, text);
  }
});

test('keywords are names where nothing else fits', () => {
  const free =
    'and or unless by without offset start end step range fill fill_left anchored smoothed max_of sum topk';
  for (const word of free.split(' ')) {
    assert.equal(nested(parsePromql(word)), word);
    assert.equal(nested(parsePromql(`${word}{a="b"} + ${word}`)), `(${word} + ${word})`);
  }
  for (const word of 'bool on ignoring group_left group_right atan2'.split(' ')) {
    assert.throws(() => parsePromql(word), /parse error: unexpected </);
  }
  assert.equal((parsePromql('Inf') as { kind: string }).kind, 'number');
  assert.ok(parsePromql('sum by (on, bool, sum, "x.y", group_left) ({offset="1", sum=~"a"})'));
});

test('nodes know their bytes', () => {
  const call = parsePromql('  rate(m{x="é"}[5m]) ') as Call;
  assert.deepEqual(call.span, { start: 2, end: 21 });
  assert.deepEqual(call.args[0]!.span, { start: 7, end: 20 });
  const binary = parsePromql('{a="é"} > bool on (x) b') as Binary;
  assert.deepEqual(binary.opSpan, { start: 9, end: 22 });
  assert.deepEqual(binary.rhs.span, { start: 23, end: 24 });
});

test('messages say where and what', () => {
  for (const [text, message] of [
    ['', 'unknown position: parse error: no expression found in input'],
    [' # nothing', 'unknown position: parse error: no expression found in input'],
    ['sum(', '1:5: parse error: unclosed left parenthesis'],
    ['up)', "1:4: parse error: unexpected right parenthesis ')'"],
    [
      'up offset (1h) / up',
      '1:18: parse error: unexpected identifier "up" in offset, expected number, duration, step(), or range()',
    ],
    ['by (up)', '1:4: parse error: unexpected "("'],
    ['abs(up, [5m])', '1:7: parse error: trailing commas not allowed in function call args'],
    ['up[by', "1:4: parse error: unexpected character in duration expression: 'b'"],
    ['up[5m by', "1:7: parse error: unexpected character: 'b', expected ':'"],
    ['up[', '1:4: parse error: unexpected end of input in duration expression'],
    ['(1e)', '1:2: parse error: error parsing number: strconv.ParseFloat: parsing "1e": invalid syntax'],
    ['5mx', '1:1: parse error: bad number or duration syntax: "5mx"'],
    ['up + on (a) 1 + }', "1:17: parse error: unexpected character: '}'"],
    ['up{', '1:4: parse error: unexpected end of input inside braces'],
    ['up{job', '1:7: parse error: unexpected end of input inside braces'],
    ['up{job}', '1:7: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['up{,}', '1:4: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ['up{1="a"}', "1:4: parse error: unexpected character inside braces: '1'"],
    ['up}', "1:3: parse error: unexpected character: '}'"],
    ['up]', "1:3: parse error: unexpected right bracket ']'"],
    ['up[5m', '1:6: parse error: unclosed left bracket'],
    ['up[5m foo]', "1:7: parse error: unexpected character: 'f', expected ':'"],
    ['up[:5m]', '1:5: parse error: unexpected colon before duration in duration expression'],
    ['a\n  b', '2:3: parse error: unexpected identifier "b"'],
    ['"é" foo', '1:6: parse error: unexpected identifier "foo"'],
    ['up !x', "1:4: parse error: unexpected character after '!': 'x'"],
    ['0b11', '1:1: parse error: bad number or duration syntax: "0"'],
    ['1m5m', '1:1: parse error: not a valid duration string: "1m5m"'],
    ['"abc', '1:1: parse error: unterminated quoted string'],
    ['`abc', '1:1: parse error: unterminated raw string'],
    ['rate(up[5m],)', '1:12: parse error: trailing commas not allowed in function call args'],
    ['up offset 5m @ 3 offset 5m', '1:1: parse error: offset may not be set multiple times'],
    ['up[5m:1m] anchored', '1:1: parse error: anchored modifier is not supported for subqueries'],
    [
      'rate(up)',
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    ['clamp(up, 1)', '1:1: parse error: expected 3 argument(s) in call to "clamp", got 2'],
    ['round(up, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
    [
      'a == on(x) group_left(x) b',
      '1:3: parse error: label "x" must not occur in ON and GROUP clause at once',
    ],
    ['1 + on(x) 2', '1:1: parse error: vector matching only allowed between instant vectors'],
    ['up[5m][5m:]', '1:1: parse error: subquery is only allowed on instant vector, got matrix instead'],
    ['up[5m / 0]', '1:7: parse error: division by zero'],
  ] as const) {
    assert.throws(() => parsePromql(text), { kind: 'bad_data', message }, text);
  }
});

test('depth is bounded', () => {
  for (const text of [
    '('.repeat(100_000),
    `${'('.repeat(5000)}1${')'.repeat(5000)}`,
    `${'-'.repeat(50_000)}x`,
    Array(50_000).fill('x').join(' + '),
    Array(50_000).fill('x').join(' ^ '),
    `x[${'('.repeat(5000)}1${')'.repeat(5000)}]`,
    'x'.repeat(2_000_000),
  ]) {
    assert.throws(() => parsePromql(text), TriliteError);
  }
  assert.ok(parsePromql(Array(1500).fill('up').join(' or ')));
});

test('series selectors', () => {
  assert.equal(parseSeriesSelector('up{job="x"}').map(String).join(), 'job="x",__name__="up"');
  assert.equal(parseSeriesSelector('{}').length, 0);
  assert.throws(() => parseSeriesSelector('up[5m]'), /^TriliteError: 1:3: parse error: unexpected "\["$/);
  assert.throws(() => parseSeriesSelector('rate(x)'), TriliteError);
});

/** Tokens that a mutation puts into a text. */
const SOUP =
  '( ) [ ] { } , : + - ^ == =~ != @ offset by sum rate bool on group_left fill 5m 1 "a" \' ` \\ # é 😀 x'.split(
    ' ',
  );

test('mutated texts are a query or a clean error', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom(...SOUP)), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(promqlTexts, edits, (text, changes) => {
      let mutated = text;
      for (const [at, drop, put] of changes) {
        const i = at % (mutated.length + 1);
        mutated = mutated.slice(0, i) + put + mutated.slice(i + drop);
      }
      try {
        parsePromql(mutated);
      } catch (error) {
        assert.ok(error instanceof TriliteError, `${mutated}: ${error}`);
        assert.equal(error.kind, 'bad_data');
        assert.match(error.message, /^(\d+:\d+|unknown position): parse error: /);
        const { start, end } = error.span ?? { start: 0, end: 0 };
        assert.ok(start <= end && end <= Buffer.byteLength(mutated), mutated);
      }
    }),
    { numRuns: 2000 },
  );
});

const SHARED = new URL('../../../../../shared/', import.meta.url);

/** Lines of a JSONL file beside the repository; undefined where it is not at hand. */
function shared(file: string): { lang: string; expr: string; wellFormed?: boolean }[] | undefined {
  const url = new URL(file, SHARED);
  if (!fs.existsSync(url)) return undefined;
  const lines = fs.readFileSync(url, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ lang }) => lang === 'promql');
}

for (const [file, accepted] of [
  ['dashboards/dashboard-exprs.open.jsonl', true],
  ['dashboards/dashboard-exprs.invalid.jsonl', false],
  ['parse/seed-exprs.jsonl', undefined],
] as const) {
  const lines = shared(file);
  test(`expressions of ${file}`, { skip: lines === undefined && 'not at hand' }, () => {
    for (const { expr, wellFormed } of lines!) {
      if (accepted ?? wellFormed) assert.ok(parsePromql(expr), expr);
      else assert.throws(() => parsePromql(expr), TriliteError, expr);
    }
  });
}
