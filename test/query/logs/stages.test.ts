/** Stages on single lines, and that no line or template can do worse than an error label. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../../src/model/labels.ts';
import { compileSearch } from '../../../src/model/regex.ts';
import { TemplateError } from '../../../src/model/template/value.ts';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import { ParserHints } from '../../../src/query/logs/hints.ts';
import { LineState } from '../../../src/query/logs/line-state.ts';
import { Pipeline } from '../../../src/query/logs/pipeline.ts';
import { compileTemplate } from '../../../src/query/logs/template.ts';

const STREAM = Labels.from({ app: 'a' });

/** The labels (without the stream's) and the line after the stages; undefined where the line is dropped. */
function run(stages: string, line: string): Record<string, string> | undefined {
  const expr = parseLogql(`{app="a"} ${stages}`);
  assert.ok(expr.kind === 'log');
  const pipeline = new Pipeline(expr.stages, ParserHints.ALL);
  const state = new LineState();
  const bytes = Buffer.from(line);
  state.begin(STREAM, bytes, 0, bytes.length);
  if (!pipeline.run(state)) return undefined;
  const out: Record<string, string> = {};
  const pairs = state.sortedPairs((name) => name !== 'app' && name !== '__error_details__');
  for (let i = 0; i < pairs.length; i += 2) out[pairs[i]!] = pairs[i + 1]!;
  if (state.rewritten) out.line = state.text();
  return out;
}

describe('stages', () => {
  const rows: [stages: string, line: string, want: Record<string, string> | undefined][] = [
    ['| json', '{"a":1,"b":{"c":"x"},"d":[1],"e":null}', { a: '1', b_c: 'x' }],
    ['| json', '{"a":1,"b', { a: '1', __error__: 'JSONParserErr' }],
    ['| json', '{"app":"z"}', { app_extracted: 'z' }],
    ['| json x="b[1].c"', '{"b":[0,{"c":"y"}]}', { x: 'y' }],
    ['| json x="b"', '{"a":1}', { x: '' }],
    ['| logfmt', 'a=1 b="x y" c= d', { a: '1', b: 'x y' }],
    ['| logfmt --strict', 'a=1 ="b"', { a: '1', __error__: 'LogfmtParserErr' }],
    ['| pattern "<ip> - <_> [<t>]"', '1.2.3.4 - x [now]', { ip: '1.2.3.4', t: 'now' }],
    ['| regexp "(?P<n>\\\\d+)"', 'abc 42', { n: '42' }],
    ['| logfmt | d > 5s', 'd=10s', { d: '10s' }],
    ['| logfmt | d > 5s', 'd=x', { d: 'x', __error__: 'LabelFilterErr' }],
    ['| logfmt | n > 5', 'm=10', undefined],
    ['| logfmt | s = 1KB', 's=1000', { s: '1000' }],
    ['| logfmt | label_format b=a', 'a=1', { b: '1' }],
    ['| logfmt | line_format "{{.a | upper}}!"', 'a=x', { a: 'x', line: 'X!' }],
    ['| logfmt | drop a | keep b', 'a=1 b=2 c=3', { b: '2' }],
    ['|= ip("10.0.0.0/8")', 'from 10.1.2.3:80', {}],
    ['|= ip("10.0.0.0/8")', 'mapped ::ffff:10.0.0.5', undefined],
    ['|> "<_>=<_> end"', 'a=b end', {}],
  ];
  for (const [stages, line, want] of rows)
    it(`${stages} on ${line}`, () => assert.deepEqual(run(stages, line), want));

  it('takes any line', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '"',
      '\\',
      ':',
      ',',
      '[',
      ']',
      '=',
      ' ',
      'a',
      '1',
      '\\u',
      'd8',
      '\n',
    );
    const line = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 30 })
      .map((p) => p.join(''));
    const stages = ['json', 'logfmt', 'logfmt --strict', 'unpack', 'json x="a[0].b"', 'logfmt x="a"'].map(
      (s) => `| ${s}`,
    );
    fc.assert(
      fc.property(line, fc.constantFrom(...stages), (text, stage) => {
        assert.equal(typeof run(stage, text), 'object');
      }),
      { numRuns: 500 },
    );
  });

  it('finds what JSON.parse finds', () => {
    const key = fc.stringMatching(/^[a-z]{1,4}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ minLength: 1 })), (object) => {
        delete object.app;
        const want = Object.entries(object).map(([k, v]) => [k, v.toWellFormed()]);
        assert.deepEqual(run('| json', JSON.stringify(Object.fromEntries(want))), {
          ...Object.fromEntries(want),
        });
      }),
    );
  });
});

describe('unanchored search', () => {
  const texts = ['', 'error', 'an ERROR here', 'a.b', 'aab', 'warn: x', 'foo bar'];
  const patterns = [
    'error',
    '(?i)error',
    'a\\.b',
    'a+b',
    'err|warn',
    '(err|warn)',
    'fo+ .*r',
    '^a',
    'x$',
    '[ab]{2}',
    'ab?c*',
  ];
  for (const pattern of patterns) {
    it(pattern, () => {
      const search = compileSearch(pattern);
      const js = new RegExp(pattern.replace('(?i)', ''), pattern.startsWith('(?i)') ? 'i' : '');
      for (const text of texts) assert.equal(search.test(text), js.test(text), JSON.stringify(text));
    });
  }
});

describe('templates', () => {
  const execute = (source: string, labels: Record<string, string> = {}): string =>
    compileTemplate(source, 'line').execute({
      labels: new Map(Object.entries(labels)),
      line: () => 'the line',
      timestampMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
      timestampNs: 7,
    });
  const rows: [source: string, want: string][] = [
    ['{{ if eq .a "x" }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ range $i, $e := fromJson "[1,2]" }}{{ $i }}:{{ $e }} {{ end }}', '0:1 1:2 '],
    ['{{ with .a }}[{{ . }}]{{ end }}', '[x]'],
    ['{{ printf "%5.1f|%-4s|%03d" 3.14159 .a 7 }}', '  3.1|x   |007'],
    ['{{ add 1 2 | mul 3 }}', '9'],
    ['{{ div 7 2 }} {{ divf 7 2 }} {{ mod -7 3 }}', '3 3.5 -1'],
    ['{{ __line__ | trunc 3 }}', 'the'],
    ['{{ __timestamp__ | date "2006-01-02T15:04:05.000" }}', '2026-01-02T03:04:05.006'],
    ['{{ regexReplaceAll "(t)he" "the the" "$1" }}', 't t'],
    ['{{ "1.5MB" | bytes }} {{ "90s" | duration }}', '1.5e+06 90'],
    ['a {{- " b " -}} c', 'a b c'],
    ['{{ $x := "1" }}{{ $x = "2" }}{{ $x }}', '2'],
    ['{{ default "d" .missing }} {{ .a | default "d" }}', 'd x'],
  ];
  for (const [source, want] of rows) it(source, () => assert.equal(execute(source, { a: 'x' }), want));

  it('refuses what is malformed', () => {
    for (const source of [
      '{{',
      '{{ .a',
      '{{ nope }}',
      '{{ if }}x{{ end }}',
      '{{ end }}',
      '{{ break }}',
      '{{ $x }}',
      '{{ "a }}',
    ]) {
      assert.throws(() => compileTemplate(source, 'line'), TemplateError, source);
    }
  });

  it('ends in text or an error, whatever the template', () => {
    const piece = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{{ end }}',
        '{{ if .a }}',
        '{{ range .a }}',
        '{{ else }}',
        '.a',
        '|',
        '"x"',
        '1',
        'printf',
        'repeat',
        '(',
      ],
      ...[
        ')',
        '$x',
        ':=',
        'index',
        'substr',
        'len',
        'fromJson',
        'slice',
        'trunc',
        '-',
        ' ',
        '{{/*',
        '*/}}',
        'nil',
        'trimAll',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          assert.equal(typeof execute(pieces.join(' '), { a: 'x' }), 'string');
        } catch (error) {
          assert.ok(error instanceof TemplateError, String(error instanceof Error ? error.stack : error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('flags inside a pattern', () => {
  it('change what follows', () => {
    const search = compileSearch('r(?i)ROR');
    assert.equal(search.test('error'), true);
    assert.equal(search.test('eRror'), false);
  });

  it('do not confuse letters that lower to two', () => {
    assert.equal(compileSearch('(?i)i').test('\u0130'), false);
    assert.equal(compileSearch('(?i)info').test('an INFO line'), true);
  });
});
