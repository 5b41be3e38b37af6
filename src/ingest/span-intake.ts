/**
 * Where receivers put spans. Between them and the storage may stand what looks at every span (metrics that are derived
 * from them) and what decides which are kept (sampling); receivers of whatever protocol see this alone.
 */

import type { SpanBatch } from '../model/batch.ts';
import type { AppendOutcome, TraceAppender } from '../storage/interface.ts';

/** Whose spans they are, and when they came. */
export interface SpanOrigin {
  readonly tenant: string;
  readonly nowMs: number;
}

export interface SpanIntake {
  /**
   * Takes the batch, or throws `TriliteError` and has taken nothing. The batch's bytes may be the receiver's own memory:
   * whoever needs them after this resolves copies them.
   */
  append(batch: SpanBatch, origin: SpanOrigin): Promise<AppendOutcome>;
}

/** Spans go into the storage as they come. */
export function directIntake(traces: TraceAppender): SpanIntake {
  return { append: (batch) => traces.append(batch) };
}

/** So they do where tenants are told apart, each tenant's by an appender of its own. */
export function tenantIntake(tracesOf: (tenant: string) => TraceAppender): SpanIntake {
  return { append: (batch, { tenant }) => tracesOf(tenant).append(batch) };
}
