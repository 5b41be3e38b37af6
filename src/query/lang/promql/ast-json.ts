/** The syntax tree as the JSON that `parse_query` answers, for tools that draw or rewrite queries. */

import { unreachable } from '../../../base/assert.ts';
import { formatPlain } from '../../../model/float-format.ts';
import type { AtModifier, DurationExpr, Expr, ValueType, VectorMatching, VectorSelector } from './ast.ts';
import { FUNCTIONS } from './functions.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  'instant vector': 'vector',
  'range vector': 'matrix',
};

export function astJson(expr: Expr): Json {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatPlain(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vector_selector':
      return { type: 'vectorSelector', ...selectorJson(expr) };
    case 'matrix_selector':
      return { type: 'matrixSelector', ...selectorJson(expr.selector), ...durationJson('range', expr.range) };
    case 'subquery':
      return {
        type: 'subquery',
        expr: astJson(expr.expr),
        ...durationJson('range', expr.range),
        ...durationJson('step', expr.step),
        ...durationJson('offset', expr.offset),
        ...atJson(expr.at),
      };
    case 'call':
      return { type: 'call', func: functionJson(expr.name), args: expr.args.map(astJson) };
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: astJson(expr.expr),
        param: expr.param ? astJson(expr.param) : null,
        grouping: expr.grouping,
        without: expr.without,
      };
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.op,
        lhs: astJson(expr.lhs),
        rhs: astJson(expr.rhs),
        matching: expr.matching ? matchingJson(expr.matching) : null,
        bool: expr.returnBool,
      };
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: astJson(expr.expr) };
    case 'paren':
      return { type: 'parenExpr', expr: astJson(expr.expr) };
    default:
      return unreachable(expr, 'expression');
  }
}

function selectorJson(selector: VectorSelector): Record<string, Json> {
  return {
    name: selector.name ?? '',
    matchers: selector.matchers.map(({ name, type, value }) => ({ name, type, value })),
    ...durationJson('offset', selector.offset),
    ...atJson(selector.at),
    anchored: selector.edges === 'anchored',
    smoothed: selector.edges === 'smoothed',
  };
}

function atJson(at: AtModifier | undefined): Record<string, Json> {
  return {
    timestamp: at?.kind === 'time' ? at.timestampMs : null,
    startOrEnd: at === undefined || at.kind === 'time' ? null : at.kind,
  };
}

/** A literal in milliseconds under `name`; an expression as a tree under `nameExpr`, with 0 under `name`. */
function durationJson(name: string, expr: DurationExpr | undefined): Record<string, Json> {
  const literal = expr?.kind === 'duration' ? Math.trunc(expr.seconds * 1000) : 0;
  const tree = expr === undefined || expr.kind === 'duration' ? null : durationTree(expr, false);
  return { [name]: literal, [`${name}Expr`]: tree };
}

/** Parentheses are a flag of what they hold; around a literal they make a node with a plus. */
function durationTree(expr: DurationExpr, wrapped: boolean): Json {
  const node = (op: string, lhs: Json, rhs: Json): Json => ({ type: 'durationExpr', op, lhs, rhs, wrapped });
  switch (expr.kind) {
    case 'duration': {
      const literal = { type: 'numberLiteral', val: formatPlain(expr.seconds), duration: expr.isDuration };
      return wrapped ? node('+', null, literal) : literal;
    }
    case 'duration_query':
      return node(expr.name, null, null);
    case 'duration_unary':
      return node(expr.op, null, durationTree(expr.expr, false));
    case 'duration_binary':
      return node(expr.op, durationTree(expr.lhs, false), durationTree(expr.rhs, false));
    case 'duration_choice':
      return node(expr.name, durationTree(expr.lhs, false), durationTree(expr.rhs, false));
    case 'duration_paren':
      return durationTree(expr.expr, true);
    default:
      return unreachable(expr, 'duration expression');
  }
}

function functionJson(name: string): Json {
  const { args, variadic, returns } = FUNCTIONS.get(name)!;
  return { name, argTypes: args.map((t) => TYPE_NAMES[t]), variadic, returnType: TYPE_NAMES[returns] };
}

function matchingJson(matching: VectorMatching): Json {
  const { card, labels, on, include, fillLeft, fillRight } = matching;
  return { card, labels, on, include, fillValues: { lhs: fillLeft ?? null, rhs: fillRight ?? null } };
}
