/**
 * All policies together. Those that drop are asked first, and the first that does decides. Then every other is asked, each
 * may sample; with older collectors' decisions an inverted one may veto:
 *
 *   dropped > invert_not_sampled > sampled > invert_sampled where nobody says not_sampled > not sampled
 */

import { compilePolicy } from './policy/compile.ts';
import type { Policy, Verdict } from './policy/policy.ts';
import type { TailSamplingConfig } from './sampling-config.ts';
import type { TraceSpans } from './trace-spans.ts';

export type Decision = 'sampled' | 'not_sampled' | 'dropped';

/** Told what each policy said. */
export type OnVerdict = (policy: number, verdict: Verdict) => void;

export class PolicySet {
  /** In the order in which they are asked, by whose numbers `OnVerdict` calls them. */
  readonly names: readonly string[];
  readonly #policies: readonly Policy[];
  readonly #firstMatch: boolean;

  constructor(config: Pick<TailSamplingConfig, 'policies' | 'firstMatch' | 'invertedDecisions'>) {
    const { policies } = config;
    const dropping = policies.filter((p) => p.rule.type === 'drop');
    const ordered = [...dropping, ...policies.filter((p) => p.rule.type !== 'drop')];
    this.names = ordered.map((p) => p.name);
    this.#policies = ordered.map((p) => compilePolicy(p, config.invertedDecisions));
    this.#firstMatch = config.firstMatch;
  }

  decide(trace: TraceSpans, key: string, nowMs: number, onVerdict: OnVerdict): Decision {
    const seen = new Set<Verdict>();
    for (let i = 0; i < this.#policies.length; i++) {
      const verdict = this.#policies[i]!.evaluate(trace, key, nowMs);
      onVerdict(i, verdict);
      if (verdict === 'dropped') return 'dropped';
      seen.add(verdict);
      if (this.#firstMatch && verdict === 'sampled') break;
    }
    if (seen.has('invert_not_sampled')) return 'not_sampled';
    if (seen.has('sampled')) return 'sampled';
    return seen.has('invert_sampled') && !seen.has('not_sampled') ? 'sampled' : 'not_sampled';
  }
}
