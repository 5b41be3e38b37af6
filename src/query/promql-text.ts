/**
 * What surfaces do with PromQL texts beside evaluating them: laying out, showing the syntax tree, reading series
 * selectors. The facade over `lang/promql`, so that no surface touches a syntax tree.
 */

import { unreachable } from '../base/assert.ts';
import { TriliteError } from '../model/errors.ts';
import type { Matcher } from '../model/matcher.ts';
import { AGGREGATORS, type Expr } from './lang/promql/ast.ts';
import { astJson, type Json } from './lang/promql/ast-json.ts';
import { FUNCTIONS } from './lang/promql/functions.ts';
import { parsePromql, parseSeriesSelector } from './lang/promql/parser.ts';
import { prettyPromql, printPromql } from './lang/promql/printer.ts';

/** The query laid out over lines. Throws `bad_data`. */
export function formatPromqlText(text: string): string {
  return prettyPromql(parsePromql(text));
}

/** The query in canonical form, on one line. Throws `bad_data`. */
export function formatPromqlLine(text: string): string {
  return printPromql(parsePromql(text));
}

/** The syntax tree as JSON. Throws `bad_data`. */
export function promqlTree(text: string): Json {
  return astJson(parsePromql(text));
}

/** A selector, which may match every series. Throws `bad_data` where it is malformed. */
export function parseSelector(text: string): readonly Matcher[] {
  return parseSeriesSelector(text);
}

/** A `match[]` value. Throws `bad_data` where it is malformed or would match every series. */
export function parseMatch(text: string): readonly Matcher[] {
  const matchers = parseSeriesSelector(text);
  if (matchers.every((m) => m.matchesEmpty)) {
    throw new TriliteError('bad_data', 'match[] must contain at least one non-empty matcher');
  }
  return matchers;
}

/** The matchers of a bare selector, which may match every series. Throws `bad_data`. */
export function parseSelectorText(text: string): readonly Matcher[] {
  return parseSeriesSelector(text);
}

/** The matchers of every selector in the query, in order. Throws `bad_data`. */
export function selectorsOf(text: string): (readonly Matcher[])[] {
  const found: (readonly Matcher[])[] = [];
  collectSelectors(parsePromql(text), found);
  return found;
}

function collectSelectors(expr: Expr, into: (readonly Matcher[])[]): void {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return;
    case 'vector_selector':
      into.push(expr.matchers);
      return;
    case 'matrix_selector':
      into.push(expr.selector.matchers);
      return;
    case 'call':
      for (const arg of expr.args) collectSelectors(arg, into);
      return;
    case 'aggregation':
      if (expr.param) collectSelectors(expr.param, into);
      collectSelectors(expr.expr, into);
      return;
    case 'binary':
      collectSelectors(expr.lhs, into);
      collectSelectors(expr.rhs, into);
      return;
    case 'subquery':
    case 'unary':
    case 'paren':
      collectSelectors(expr.expr, into);
      return;
    default:
      unreachable(expr, 'expression');
  }
}

/** What of the language is there, by category, for clients that ask before they offer it. */
export function promqlFeatures(): Readonly<Record<string, Readonly<Record<string, boolean>>>> {
  const all = (names: Iterable<string>) => Object.fromEntries([...names].sort().map((name) => [name, true]));
  return {
    promql: all([
      'anchored',
      'at_modifier',
      'bool',
      'by',
      'duration_expr',
      'fill',
      'fill_left',
      'fill_right',
      'group_left',
      'group_right',
      'ignoring',
      'negative_offset',
      'offset',
      'on',
      'per_query_lookback_delta',
      'per_step_stats',
      'smoothed',
      'subqueries',
      'without',
    ]),
    promql_functions: all(FUNCTIONS.keys()),
    promql_operators: all([
      ...AGGREGATORS,
      ...'+ - * / % ^ == != < <= > >= </ >/ =~ !~ and or unless atan2 @'.split(' '),
    ]),
  };
}
