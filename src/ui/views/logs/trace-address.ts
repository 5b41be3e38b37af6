/** From a line to its trace. */

import { href } from '../../location.ts';
import { rangeParams } from '../../time/use-time.ts';
import { type LogRow, rowTrace } from './log-row.ts';

/** The view of the line's trace, at its span; undefined where it names none. */
export function traceAddress(row: LogRow): string | undefined {
  const trace = rowTrace(row);
  if (!trace) return undefined;
  const span = trace.spanId === undefined ? {} : { span: trace.spanId };
  return href(`/trace/${trace.traceId}`, { ...rangeParams(), ...span });
}
