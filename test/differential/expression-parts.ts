/** What all random expressions are made with: choosing by weight, label lists, selectors, and ranges. */

import type { Random } from '../../src/bench/random.ts';
import type { Features } from './features.ts';
import { LABELS, SelectorGenerator } from './selectors.ts';

const QUANTILES = ['0.5', '0.9', '0.99', '0', '1', '0.25', '-1', '2', 'NaN'];

export abstract class ExpressionParts {
  protected readonly random: Random;
  protected readonly features: Features;
  protected readonly selectors: SelectorGenerator;

  constructor(random: Random, features: Features) {
    this.random = random;
    this.features = features;
    this.selectors = new SelectorGenerator(random, features);
  }

  /** An instant vector, nested up to the depth. */
  abstract vector(depth: number): string;
  abstract scalar(depth: number): string;

  /** Calls one of the makers, as often as its weight says. */
  protected one(makers: readonly (readonly [weight: number, make: () => string])[]): string {
    let at = this.random.next() * makers.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of makers) {
      at -= weight;
      if (at < 0) return make();
    }
    return makers[0]![1]();
  }

  range(depth: number, names?: readonly string[], edges?: readonly string[]): string {
    if (depth <= 0 || this.features.closedWindows || this.random.chance(0.75)) {
      return this.selectors.range(names, edges);
    }
    const inner = this.random.chance(0.4) ? this.selectors.plain(names) : this.vector(Math.min(depth - 1, 2));
    const simple = /^[\w.:]+(\{[^{}]*\})?$/.test(inner) || inner.startsWith('(');
    return `${simple ? inner : `(${inner})`}${this.selectors.subquery()}`;
  }

  /** A label list for `by`, `on` and their like. */
  protected labels(): string {
    const random = this.random;
    const list = LABELS.filter(() => random.chance(0.3));
    if (random.chance(0.03)) list.push('__name__');
    if (this.features.utf8Names && random.chance(0.02)) list.push('"host.näme"');
    return `(${list.join(', ')}${list.length > 0 && random.chance(0.03) ? ',' : ''})`;
  }

  protected quantile(depth: number): string {
    return this.random.chance(0.9) ? this.random.pick(QUANTILES) : this.scalar(depth);
  }

  protected matching(): string {
    return this.random.chance(0.35) ? '' : ` ${this.random.pick(['on', 'ignoring'])} ${this.labels()}`;
  }
}
