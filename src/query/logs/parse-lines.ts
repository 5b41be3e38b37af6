/** A log query with the regular expression that older clients send beside it. */

import type { LogExpr } from '../lang/logql/ast.ts';
import { parseLogql } from '../lang/logql/parser.ts';

/**
 * Undefined for a metric query. `contains`: a regular expression that lines must match before all else; '' is none.
 * Throws `TriliteError` (`bad_data`).
 */
export function parseLines(text: string, contains: string): LogExpr | undefined {
  const parsed = parseLogql(text);
  if (parsed.kind !== 'log') return undefined;
  if (contains === '') return parsed;
  const filter = { kind: 'line-filter', op: '|~', operands: [{ ip: false, text: contains }] } as const;
  return { ...parsed, stages: [filter, ...parsed.stages] };
}
