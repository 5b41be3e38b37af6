/**
 * Policies that look for an attribute of resources and spans: one that fits samples the trace. With `invert_match` every
 * resource and every span has to be free of what fits; one without the attribute is.
 *
 * An attribute of another type counts as the empty value of the policy's own (0, false, ""), as the collector has it.
 */

import type { AttributeFinder } from '../attribute-finder.ts';
import type { TraceSpans } from '../trace-spans.ts';
import type { Policy, Verdict } from './policy.ts';

/** Whether an attribute that was found fits. */
export type FoundTest = (found: AttributeFinder, isSpan: boolean) => boolean;

export class AttributePolicy implements Policy {
  readonly #finder: AttributeFinder;
  readonly #fits: FoundTest;
  readonly #invert: boolean;
  readonly #verdicts: readonly [fits: Verdict, fitsNot: Verdict];

  /** `invertedDecisions`: an inverted policy's verdicts are those of older collectors. */
  constructor(finder: AttributeFinder, fits: FoundTest, invert: boolean, invertedDecisions: boolean) {
    this.#finder = finder;
    this.#fits = fits;
    this.#invert = invert;
    const inverted = invert && invertedDecisions;
    this.#verdicts = inverted ? ['invert_sampled', 'invert_not_sampled'] : ['sampled', 'not_sampled'];
  }

  evaluate(trace: TraceSpans): Verdict {
    const isFound = this.#isAnywhere(trace);
    return this.#verdicts[isFound === this.#invert ? 1 : 0];
  }

  #isAnywhere(trace: TraceSpans): boolean {
    const finder = this.#finder;
    for (let i = 0; i < trace.count; i++) {
      const { held } = trace.pieces[trace.piece[i]!]!;
      const span = trace.span[i]!;
      if (trace.beginsResource(i) && finder.inResource(held, span) && this.#fits(finder, false)) return true;
      if (finder.inSpan(held, span) && this.#fits(finder, true)) return true;
    }
    return false;
  }
}

/** A string that is one of the values; empty values are none. */
export function isOneOf(values: readonly string[]): FoundTest {
  // As bytes, which need no decoding: in a string of one character each.
  const wanted = new Set(values.filter((v) => v !== '').map((v) => Buffer.from(v).toString('latin1')));
  return (found) => wanted.has(found.latin1());
}

/** A string that a pattern is found in. Results are remembered for the values that came last. */
export function matchesAny(
  patterns: readonly { test(text: string): boolean }[],
  cacheSize: number,
): FoundTest {
  const known = new Map<string, boolean>();
  return (found, isSpan) => {
    const key = found.latin1();
    if (key === '' && isSpan) return false;
    let matches = known.get(key);
    if (matches === undefined) {
      const text = Buffer.from(key, 'latin1').toString('utf8');
      matches = patterns.some((p) => p.test(text));
      if (known.size >= cacheSize) known.delete(known.keys().next().value!);
    } else known.delete(key);
    known.set(key, matches);
    return matches;
  };
}

/** A whole number within the bounds, both inclusive. */
export function isWithin(min: bigint | undefined, max: bigint | undefined): FoundTest {
  return (found) => {
    const value = found.int();
    return (min === undefined || value >= min) && (max === undefined || value <= max);
  };
}

export function isBoolean(wanted: boolean): FoundTest {
  return (found) => found.boolean() === wanted;
}
