/**
 * Canonical text of a PromQL expression (`printPromql`: reads back as an equal tree) and its layout over lines
 * (`prettyPromql`, what `format_query` answers: what is longer than 100 bytes is split, indented by two spaces).
 * Parentheses are nodes, so none are added.
 */

import { unreachable } from '../../../base/assert.ts';
import { formatDuration } from '../../../model/duration.ts';
import { formatPlain } from '../../../model/float-format.ts';
import { quote } from '../../../model/go-string.ts';
import { compareText } from '../../../model/labels.ts';
import type {
  Aggregation,
  AtModifier,
  Binary,
  DurationExpr,
  Expr,
  NumberLiteral,
  Subquery,
  VectorSelector,
} from './ast.ts';

const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function labelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : quote(name);
}

export function printPromql(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quote(expr.value);
    case 'vector_selector':
      return printSelector(expr) + edges(expr) + suffix(expr.at, expr.offset);
    case 'matrix_selector': {
      const { selector } = expr;
      const range = `[${printRange(expr.range)}]`;
      return printSelector(selector) + range + edges(selector) + suffix(selector.at, selector.offset);
    }
    case 'subquery':
      return printPromql(expr.expr) + subqueryBrackets(expr);
    case 'call':
      return `${expr.name}(${expr.args.map(printPromql).join(', ')})`;
    case 'aggregation': {
      const param = expr.param ? `${printPromql(expr.param)}, ` : '';
      return `${aggregationHead(expr)}(${param}${printPromql(expr.expr)})`;
    }
    case 'binary':
      return `${printLeft(expr)} ${operator(expr)} ${printPromql(expr.rhs)}`;
    case 'unary':
      return expr.op + printPromql(expr.expr);
    case 'paren':
      return `(${printPromql(expr.expr)})`;
    default:
      return unreachable(expr, 'expression');
  }
}

function printNumber(literal: NumberLiteral | (DurationExpr & { kind: 'duration' })): string {
  const value = literal.kind === 'number' ? literal.value : literal.seconds;
  return literal.isDuration ? formatDuration(Math.round(value * 1000)) : formatPlain(value);
}

function printLeft(binary: Binary): string {
  return isPlusBeforePower(binary) ? 'Inf' : printPromql(binary.lhs);
}

/** `+Inf ^ x` would read back as a sign before a power. */
function isPlusBeforePower({ op, lhs }: Binary): boolean {
  return op === '^' && lhs.kind === 'number' && lhs.value === Number.POSITIVE_INFINITY;
}

function printSelector(selector: VectorSelector): string {
  const { name, matchers } = selector;
  const inside = name === undefined ? matchers : matchers.slice(0, -1);
  const parts = inside.map((m) => `${labelName(m.name)}${m.type}${quote(m.value)}`).sort(compareText);
  if (name === undefined) return `{${parts.join(',')}}`;
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}

function edges(selector: VectorSelector): string {
  return selector.edges === 'plain' ? '' : ` ${selector.edges}`;
}

function suffix(at: AtModifier | undefined, offset: DurationExpr | undefined): string {
  let out = '';
  if (at) out += at.kind === 'time' ? ` @ ${(at.timestampMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
  if (offset) out += ` offset ${printRange(offset)}`;
  return out;
}

function subqueryBrackets({ range, step, at, offset }: Subquery): string {
  return `[${printRange(range)}:${step ? printRange(step) : ''}]${suffix(at, offset)}`;
}

/** A range, step or offset: a literal always as a duration. */
function printRange(expr: DurationExpr): string {
  return expr.kind === 'duration' ? formatDuration(Math.trunc(expr.seconds * 1000)) : printDuration(expr);
}

function printDuration(expr: DurationExpr): string {
  switch (expr.kind) {
    case 'duration':
      return printNumber(expr);
    case 'duration_query':
      return `${expr.name}()`;
    case 'duration_unary':
      return expr.op + printDuration(expr.expr);
    case 'duration_binary':
      return `${printDuration(expr.lhs)} ${expr.op} ${printDuration(expr.rhs)}`;
    case 'duration_choice':
      return `${expr.name}(${printDuration(expr.lhs)}, ${printDuration(expr.rhs)})`;
    case 'duration_paren':
      return `(${printDuration(expr.expr)})`;
    default:
      return unreachable(expr, 'duration expression');
  }
}

function labelList(labels: readonly string[]): string {
  return `(${labels.map(labelName).join(', ')})`;
}

function aggregationHead({ op, grouping, without }: Aggregation): string {
  if (without) return `${op} without ${labelList(grouping)} `;
  return grouping.length > 0 ? `${op} by ${labelList(grouping)} ` : op;
}

/** The operator with its modifiers. */
function operator({ op, returnBool, matching }: Binary): string {
  let out: string = op;
  if (returnBool) out += ' bool';
  if (!matching) return out;
  const grouped = matching.card === 'many-to-one' || matching.card === 'one-to-many';
  if (matching.labels.length > 0 || matching.on || grouped) {
    out += ` ${matching.on ? 'on' : 'ignoring'} ${labelList(matching.labels)}`;
  }
  if (grouped) {
    out += ` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} ${labelList(matching.include)}`;
  }
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight))
    return `${out} fill (${formatPlain(fillLeft)})`;
  if (fillLeft !== undefined) out += ` fill_left (${formatPlain(fillLeft)})`;
  if (fillRight !== undefined) out += ` fill_right (${formatPlain(fillRight)})`;
  return out;
}

// -------------------------------------------------------------------------------------------------- layout

/** Bytes that fit into one line. */
const LINE_MAX = 100;
const INDENT = '  ';

export function prettyPromql(expr: Expr): string {
  return pretty(expr, 0);
}

function pretty(expr: Expr, level: number): string {
  const indent = INDENT.repeat(level);
  const whole = printPromql(expr);
  const fits = Buffer.byteLength(whole) <= LINE_MAX;
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector_selector':
    case 'matrix_selector':
      return indent + whole;
    case 'unary':
      return indent + expr.op + pretty(expr.expr, level).trim();
    case 'subquery':
      // The original forgets the indentation of a subquery that fits; its answers are compared by text.
      return fits ? whole : pretty(expr.expr, level) + subqueryBrackets(expr);
    case 'binary': {
      if (fits) return indent + whole;
      const lhs = isPlusBeforePower(expr) ? `${indent}${INDENT}Inf` : pretty(expr.lhs, level + 1);
      return `${lhs}\n${indent}${operator(expr)}\n${pretty(expr.rhs, level + 1)}`;
    }
    case 'paren':
      return fits ? indent + whole : `${indent}(\n${pretty(expr.expr, level + 1)}\n${indent})`;
    case 'call': {
      if (fits) return indent + whole;
      const args = expr.args.map((arg) => pretty(arg, level + 1)).join(',\n');
      return `${indent}${expr.name}(\n${args}\n${indent})`;
    }
    case 'aggregation': {
      if (fits) return indent + whole;
      const param = expr.param ? `${pretty(expr.param, level + 1)},\n` : '';
      return `${indent}${aggregationHead(expr)}(\n${param}${pretty(expr.expr, level + 1)}\n${indent})`;
    }
    default:
      return unreachable(expr, 'expression');
  }
}
