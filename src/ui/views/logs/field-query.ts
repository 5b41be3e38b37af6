/** Counting the values of a field. */

import type { Bounds } from '../../time/range.ts';
import { parsersOf } from './logql-edit.ts';

/** An instant query at the end of the range. `parser` finds the field where it is one of the line; the query may run it already. */
export function topValuesQuery(
  query: string,
  field: string,
  parser: string | undefined,
  { startMs, endMs }: Bounds,
  count: number,
): string {
  const parsing = parser === undefined || parsersOf(query).includes(parser) ? '' : ` | ${parser}`;
  const seconds = Math.max(1, Math.ceil((endMs - startMs) / 1000));
  const lines = `${query}${parsing} | ${field}!="" | drop __error__, __error_details__`;
  return `topk(${count}, sum by (${field}) (count_over_time(${lines} [${seconds}s])))`;
}
