/**
 * Differences that are no fault of either side: what the original leaves to chance. Each rule is as narrow as it can
 * be, and docs/compat/prometheus.md tells of it.
 */

import { parsePromql } from '../../src/query/lang/promql/parser.ts';
import type { Answer, Series } from './compare.ts';
import type { Request } from './queries.ts';

interface Accident {
  readonly name: string;
  applies(request: Request, want: Answer, got: Answer, lines: readonly string[]): boolean;
}

const ACCIDENTS: readonly Accident[] = [
  {
    // The original's natural order puts an empty text behind every other and every other behind it.
    name: 'sort by a label that some series lack',
    applies({ query }, want, _, lines) {
      if (!lines.every((line) => line.startsWith('order:'))) return false;
      const expr = parsePromql(query);
      if (expr.kind !== 'call' || !expr.name.startsWith('sort_by_label')) return false;
      const labels = expr.args.slice(1).map((arg) => (arg.kind === 'string' ? arg.value : ''));
      return (want.data!.result as Series[]).some(({ metric }) => labels.some((label) => !metric[label]));
    },
  },
];

export function accidentOf(
  request: Request,
  want: Answer,
  got: Answer,
  lines: readonly string[],
): string | undefined {
  return ACCIDENTS.find((accident) => accident.applies(request, want, got, lines))?.name;
}
