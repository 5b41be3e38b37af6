/** Which queries parse, what the errors say, and that printing a query gives the same query back. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TriliteError } from '../../../../src/model/errors.ts';
import { parseLogql } from '../../../../src/query/lang/logql/parser.ts';
import { printLine, printLogql } from '../../../../src/query/lang/logql/printer.ts';

const VERDICTS = path.resolve(import.meta.dirname, '../../../../../shared/parse/logql-parse.open.jsonl');
const DASHBOARDS = path.resolve(
  import.meta.dirname,
  '../../../../../shared/dashboards/dashboard-exprs.open.jsonl',
);

interface Verdict {
  readonly query: string;
  readonly valid: boolean;
  readonly formatted?: string;
}

function lines<T>(file: string): T[] {
  const text = fs.readFileSync(file, 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as T);
}

/** Undefined where the query parses, else its error. */
function refusal(query: string): string | undefined {
  try {
    parseLogql(query);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TriliteError, `${query}: ${error}`);
    assert.equal(error.kind, 'bad_data');
    return error.message;
  }
}

describe('recorded verdicts', { skip: !fs.existsSync(VERDICTS) && 'recordings are not there' }, () => {
  it('accepts and refuses as the original does', () => {
    for (const { query, valid } of lines<Verdict>(VERDICTS)) {
      assert.equal(refusal(query) === undefined, valid, `${query}: ${refusal(query)}`);
    }
  });

  it('formats nearly all as the original does', () => {
    const valid = lines<Verdict>(VERDICTS).filter((v) => v.valid);
    const same = valid.filter((v) => printLogql(parseLogql(v.query)) === v.formatted);
    assert.ok(same.length >= 773, `${same.length} of ${valid.length}`);
  });

  it('prints what parses to the same print', () => {
    for (const { query, valid } of lines<Verdict>(VERDICTS)) {
      if (!valid) continue;
      const printed = printLine(parseLogql(query));
      // Sizes are rounded when printed, and a folded NaN or Inf has no literal.
      if (/NaN|Inf|[0-9][kMGTPE]?B\b/.test(printed) || /^-?\d+e\+/.test(printed)) continue;
      assert.equal(printLine(parseLogql(printed)), printed);
    }
  });
});

describe('dashboards', { skip: !fs.existsSync(DASHBOARDS) && 'expressions are not there' }, () => {
  it('parses every LogQL expression', () => {
    const all = lines<{ lang: string; expr: string }>(DASHBOARDS).filter((d) => d.lang === 'logql');
    assert.ok(all.length > 0);
    for (const { expr } of all) assert.equal(refusal(expr), undefined, expr);
  });
});

describe('errors', () => {
  const rows: [query: string, message: string][] = [
    ['{app=}', 'parse error at line 1, col 6: syntax error: unexpected }, expecting STRING'],
    ['{app="x"} |', 'parse error at line 1, col 12: syntax error: unexpected $end'],
    ['rate({a="b"}[5x])', 'parse error at line 1, col 13: unknown unit "x" in duration "5x"'],
    [
      '{a="b"}\n| json | line_format',
      'parse error at line 2, col 21: syntax error: unexpected $end, expecting STRING',
    ],
    ['{a="\\q"}', 'parse error at line 1, col 4: invalid char escape'],
    [
      'count_over_time({a="b"} | unwrap x [5m])',
      'parse error : invalid aggregation count_over_time with unwrap',
    ],
  ];
  for (const [query, message] of rows) {
    it(query, () => assert.equal(refusal(query), message));
  }

  it('refuses what nests too deeply', () => {
    const deep = 'parse error : query is nested too deeply';
    assert.equal(refusal(`${'('.repeat(50_000)}1`), deep);
    assert.equal(refusal(`1${'+1'.repeat(50_000)}`), deep);
    assert.equal(refusal(`{a="b"} | a=1${' or a=1'.repeat(10_000)}`), deep);
  });

  it('carries the place in bytes', () => {
    assert.throws(
      () => parseLogql('{a="é",}'),
      (error: TriliteError) => error.span?.start === 8,
    );
  });
});

describe('label filters', () => {
  const filter = (text: string): string =>
    printLine(parseLogql(`{a="b"} | ${text}`)).slice('{a="b"} | '.length);
  const rows: [input: string, printed: string][] = [
    ['a="1", b="2" or c="3"', '( a="1" , ( b="2" or c="3" ) )'],
    ['a="1" and b="2" or c="3"', '( ( a="1" , b="2" ) or c="3" )'],
    ['a="1" or b="2", c="3"', '( a="1" or ( b="2" , c="3" ) )'],
    ['a="1" b>5', '( a="1" , b>5 )'],
  ];
  for (const [input, printed] of rows) it(input, () => assert.equal(filter(input), printed));
});

describe('any text', () => {
  it('parses or is refused cleanly', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '(',
        ')',
        '[5m]',
        '|',
        '|=',
        '!=',
        '=~',
        '"x"',
        '`y`',
        'a',
        'sum',
        'rate',
        'by',
        'json',
        'ip(',
        '5m',
        '1KB',
      ],
      ...[
        '1',
        '-',
        '+',
        'unwrap',
        'or',
        'and',
        'offset',
        'logfmt',
        '--strict',
        ',',
        '=',
        '>',
        'topk(',
        'vector(',
        '#',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 25 }), (pieces) => {
        refusal(pieces.join(' '));
      }),
      { numRuns: 500 },
    );
  });

  it('round-trips strings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const log = parseLogql(`{a="b"} |= ${JSON.stringify('x')}`);
        assert.equal(log.kind, 'log');
        const stage = {
          kind: 'line-filter',
          op: '|=',
          operands: [{ ip: false, text: text.toWellFormed() }],
        } as const;
        const printed = printLine({ ...log, stages: [stage] } as Parameters<typeof printLine>[0]);
        const again = parseLogql(printed);
        assert.deepEqual(again.kind === 'log' && again.stages, [stage]);
      }),
    );
  });
});
