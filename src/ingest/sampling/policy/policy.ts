/** What a policy is: a question to a whole trace. */

import type { TraceSpans } from '../trace-spans.ts';

/**
 * Verdicts of policies, in the collector's words. The inverted ones come from `invert_match` where older collectors'
 * decisions are wanted: against a trace they outweigh what others say for it.
 */
export type Verdict = 'sampled' | 'not_sampled' | 'dropped' | 'invert_sampled' | 'invert_not_sampled';

export interface Policy {
  /** The trace is what `load` was last called with; `key` is its key, which ends with the bytes of its id. */
  evaluate(trace: TraceSpans, key: string, nowMs: number): Verdict;
}

export function verdictOf(isSampled: boolean): Verdict {
  return isSampled ? 'sampled' : 'not_sampled';
}
