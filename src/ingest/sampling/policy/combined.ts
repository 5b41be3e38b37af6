/** Policies made of others: all of them (`and`, `drop`), the opposite of one (`not`), shares of a rate (`composite`). */

import type { TraceSpans } from '../trace-spans.ts';
import { type Policy, type Verdict, verdictOf } from './policy.ts';

function speaksAgainst(verdict: Verdict): boolean {
  return verdict === 'not_sampled' || verdict === 'invert_not_sampled';
}

/** Sampled where every part samples. Parts behind the first that does not are not asked: their rates keep what they have. */
export class AndPolicy implements Policy {
  readonly #parts: readonly Policy[];
  readonly #agreed: Verdict;

  /** `drop` is the same but for what agreement means. */
  constructor(parts: readonly Policy[], agreed: 'sampled' | 'dropped' = 'sampled') {
    this.#parts = parts;
    this.#agreed = agreed;
  }

  evaluate(trace: TraceSpans, key: string, nowMs: number): Verdict {
    for (const part of this.#parts) {
      if (speaksAgainst(part.evaluate(trace, key, nowMs))) return 'not_sampled';
    }
    return this.#agreed;
  }
}

/** An inverted verdict of older collectors stays as it is. */
export class NotPolicy implements Policy {
  readonly #part: Policy;

  constructor(part: Policy) {
    this.#part = part;
  }

  evaluate(trace: TraceSpans, key: string, nowMs: number): Verdict {
    const verdict = this.#part.evaluate(trace, key, nowMs);
    if (verdict === 'sampled') return 'not_sampled';
    return verdict === 'not_sampled' ? 'sampled' : verdict;
  }
}

export interface CompositePart {
  readonly policy: Policy;
  /** Of those that it samples. */
  readonly spansPerSecond: number;
}

/**
 * The first part that samples a trace decides: it is sampled while the part's spans of this second of the clock stay within its
 * share. Spans of a trace that was too large are not counted, so that a smaller one may still get in.
 */
export class CompositePolicy implements Policy {
  readonly #parts: readonly CompositePart[];
  readonly #spansPerSecond: number;
  readonly #spans: Float64Array;
  #second = Number.NaN;

  constructor(parts: readonly CompositePart[], spansPerSecond: number) {
    this.#parts = parts;
    this.#spansPerSecond = spansPerSecond;
    this.#spans = new Float64Array(parts.length);
  }

  evaluate(trace: TraceSpans, key: string, nowMs: number): Verdict {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spans.fill(0);
    }
    for (let i = 0; i < this.#parts.length; i++) {
      const { policy, spansPerSecond } = this.#parts[i]!;
      const verdict = policy.evaluate(trace, key, nowMs);
      if (verdict !== 'sampled' && verdict !== 'invert_sampled') continue;
      const spans = this.#spans[i]! + trace.count;
      if (spans > Math.min(spansPerSecond, this.#spansPerSecond)) return 'not_sampled';
      this.#spans[i] = spans;
      return verdictOf(true);
    }
    return 'not_sampled';
  }
}
