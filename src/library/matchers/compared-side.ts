/** What stands before a query's comparison. Loaded when a message needs it, with PromQL's grammar: a bundle of its own. */

import { parsePromql } from '../../query/lang/promql/parser.ts';
import { printPromql } from '../../query/lang/promql/printer.ts';

const COMPARISON = /^([=!<>]=|[<>])$/;

/** Undefined where the query is no comparison. Throws where it does not parse. */
export function comparedSide(query: string): string | undefined {
  let expression = parsePromql(query);
  while (expression.kind === 'paren') expression = expression.expr;
  if (expression.kind !== 'binary' || !COMPARISON.test(expression.op)) return undefined;
  return printPromql(expression.lhs);
}
