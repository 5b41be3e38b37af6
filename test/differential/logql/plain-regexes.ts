/**
 * A query whose regular expressions mean the same but are left as they are by the original, which makes those of literals and
 * `.*` a mere search, `foo.*` one for `foo` anywhere, at the price of their meaning.
 */

import { Matcher } from '../../../src/model/matcher.ts';
import type { LabelFilter, LogExpr, LogqlExpr, Stage } from '../../../src/query/lang/logql/ast.ts';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import { printLine } from '../../../src/query/lang/logql/printer.ts';

/** Undefined where the query has none or does not parse. */
export function withPlainRegexes(query: string): string | undefined {
  try {
    const printed = printLine(expression(parseLogql(query)));
    return printed === printLine(parseLogql(query)) ? undefined : printed;
  } catch {
    return undefined;
  }
}

function expression<E extends LogqlExpr>(expr: E): E {
  switch (expr.kind) {
    case 'log':
      return { ...expr, stages: expr.stages.map(stage) };
    case 'range-agg': {
      const unwrap = expr.unwrap && { ...expr.unwrap, filters: expr.unwrap.filters.map(filter) };
      return { ...expr, log: expression<LogExpr>(expr.log), unwrap };
    }
    case 'vector-agg':
    case 'label-replace':
      return { ...expr, expr: expression(expr.expr) };
    case 'binary':
      return { ...expr, left: expression(expr.left), right: expression(expr.right) };
    default:
      return expr;
  }
}

function stage(of: Stage): Stage {
  if (of.kind === 'label-filter') return { ...of, filter: filter(of.filter) };
  if (of.kind !== 'line-filter' || !of.op.endsWith('~')) return of;
  // Behind every match there is the end or a character.
  const operands = of.operands.map((operand) => ({ ...operand, text: `(?:${operand.text})(?:\\z|(?s:.))` }));
  return { ...of, operands };
}

function filter(of: LabelFilter): LabelFilter {
  if (of.kind === 'and' || of.kind === 'or') return { ...of, left: filter(of.left), right: filter(of.right) };
  if (of.kind !== 'match' || !of.matcher.type.endsWith('~')) return of;
  const { type, name, value } = of.matcher;
  return { ...of, matcher: new Matcher(type, name, `^(?:${value})$`) };
}
