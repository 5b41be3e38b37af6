/** What is said of selectors by the expression that they stand in, as the original tells its storage. */

import type { SelectHints } from '../../../model/select-hints.ts';
import type { Expr } from '../../lang/promql/ast.ts';

/** The hints for what is in `expr`, of which `around` are its own: the innermost function or aggregation counts. */
export function hintsWithin(expr: Expr, around: SelectHints): SelectHints {
  const { func = '', stepMs = 0 } = around;
  switch (expr.kind) {
    case 'vector_selector':
      return around;
    case 'call':
      return { func: expr.name, stepMs };
    case 'aggregation':
      return { func: expr.op, stepMs, grouping: expr.grouping, by: !expr.without };
    case 'binary':
      return { func: '', stepMs };
    default:
      return { func, stepMs };
  }
}
