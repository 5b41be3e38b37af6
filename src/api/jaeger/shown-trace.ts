/** From a trace as storage has it to the one that answers show: put right and adjusted, or raw where that is asked for. */

import { assembleRawTrace, assembleTrace, type TraceRows } from '../../query/traces/trace-proto.ts';
import { adjustTrace } from './adjust.ts';
import { type DecodedTrace, decodeTrace } from './decoded-trace.ts';

export function shownTrace(parts: readonly TraceRows[], raw: boolean): DecodedTrace {
  if (raw) return decodeTrace(assembleRawTrace(parts));
  const trace = decodeTrace(assembleTrace(parts));
  adjustTrace(trace);
  return trace;
}
