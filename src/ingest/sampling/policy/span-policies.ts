/** Policies that look at one field of each span, or at none: status, trace flags, how many spans there are. */

import type { TraceSpans } from '../trace-spans.ts';
import { type Policy, type Verdict, verdictOf } from './policy.ts';

export class AlwaysPolicy implements Policy {
  evaluate(): Verdict {
    return 'sampled';
  }
}

/** Any span has one of the status codes. */
export class StatusCodePolicy implements Policy {
  readonly #codes: readonly number[];

  constructor(codes: readonly number[]) {
    this.#codes = codes;
  }

  evaluate(trace: TraceSpans): Verdict {
    trace.readFields();
    for (let i = 0; i < trace.count; i++) if (this.#codes.includes(trace.status[i]!)) return 'sampled';
    return 'not_sampled';
  }
}

const SAMPLED_FLAG = 1;

/** Any span has W3C's flag that it was sampled. */
export class TraceFlagsPolicy implements Policy {
  evaluate(trace: TraceSpans): Verdict {
    trace.readFields();
    for (let i = 0; i < trace.count; i++) if (trace.flags[i]! & SAMPLED_FLAG) return 'sampled';
    return 'not_sampled';
  }
}

export class SpanCountPolicy implements Policy {
  readonly #min: number;
  readonly #max: number;

  /** Both inclusive; a maximum of 0 is none. */
  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max === 0 ? Number.POSITIVE_INFINITY : max;
  }

  evaluate({ count }: TraceSpans): Verdict {
    return verdictOf(count >= this.#min && count <= this.#max);
  }
}
