/** Random expressions whose elements are histograms, native or classic, and functions of those. */

import { ExpressionParts } from './expression-parts.ts';
import { CLASSIC, NATIVE } from './selectors.ts';

export abstract class HistogramExpressions extends ExpressionParts {
  /** An expression that keeps `le`. */
  #buckets(depth: number): string {
    const random = this.random;
    const selector = this.selectors.instant([CLASSIC]);
    const rate = `rate(${this.selectors.range([CLASSIC])})`;
    if (depth <= 0) return random.pick([selector, rate]);
    return random.pick([
      selector,
      rate,
      rate,
      `sum by (le, job) (${rate})`,
      `sum by (le) (${rate})`,
      `sum without (instance) (${selector})`,
      `${selector} * 2`,
      `avg by (le) (${selector})`,
      this.vector(depth),
    ]);
  }

  /** An expression whose elements are native histograms, mostly. */
  #histograms(depth: number): string {
    const random = this.random;
    const selector = this.selectors.instant(NATIVE);
    if (depth <= 0) return selector;
    const inner = () => this.#histograms(depth - 1);
    return this.one([
      [4, () => selector],
      [
        4,
        () => {
          const name = random.pick([
            'rate',
            'increase',
            'delta',
            'irate',
            'idelta',
            'avg_over_time',
            'sum_over_time',
            'last_over_time',
            'first_over_time',
          ]);
          const edges = ['rate', 'increase', 'delta'].includes(name) ? ['anchored', 'smoothed'] : [];
          return `${name}(${this.range(random.chance(0.2) ? depth : 0, NATIVE, edges)})`;
        },
      ],
      [
        3,
        () =>
          `${random.pick(['sum', 'avg', 'sum', 'avg', 'count', 'max', 'group'])} by ${this.labels()} (${inner()})`,
      ],
      [1, () => `${inner()} ${random.pick(['+', '-', '==', '!=', '*', '>'])}${this.matching()} ${inner()}`],
      [
        1.5,
        () =>
          `${inner()} ${random.pick(['*', '/', '*', '/', '+', '==', '</', '>/', '</', '>/'])} ${this.scalar(1)}`,
      ],
      [0.5, () => `${this.scalar(1)} ${random.pick(['*', '/', '-'])} ${inner()}`],
      [0.5, () => `-${inner()}`],
      [0.5, () => `${inner()} ${random.pick(['and', 'or', 'unless'])} ${inner()}`],
      [
        0.5,
        () =>
          `${random.pick(['topk(2, ', 'limitk(2, ', 'count_values("v", ', 'quantile(0.5, ', 'sort(', 'abs('])}${inner()})`,
      ],
    ]);
  }

  protected nativeHistogram(depth: number): string {
    const random = this.random;
    const h = () => this.#histograms(depth);
    return this.one([
      [4, h],
      [
        3,
        () =>
          `${random.pick(['histogram_count', 'histogram_sum', 'histogram_avg', 'histogram_stddev', 'histogram_stdvar'])}(${h()})`,
      ],
      [2, () => `histogram_quantile(${this.quantile(depth)}, ${h()})`],
      [1, () => `histogram_fraction(${this.scalar(0)}, ${this.scalar(0)}, ${h()})`],
      [0.5, () => `histogram_quantiles(${h()}, "q", 0.5, ${this.quantile(depth)})`],
      [
        1,
        () =>
          `${random.pick(['resets(', 'changes(', 'count_over_time(', 'present_over_time(', 'ts_of_last_over_time(', 'max_over_time(', 'stddev_over_time(', 'quantile_over_time(0.5, '])}${this.range(0, NATIVE)})`,
      ],
    ]);
  }

  protected classicHistogram(depth: number): string {
    return this.one([
      [3, () => `histogram_quantile(${this.quantile(depth)}, ${this.#buckets(depth)})`],
      [
        this.features.current ? 1 : 0,
        () => `histogram_fraction(${this.scalar(0)}, ${this.scalar(0)}, ${this.#buckets(depth)})`,
      ],
      [
        this.features.current ? 0.5 : 0,
        () =>
          `histogram_quantiles(${this.#buckets(depth)}, "q", ${this.quantile(depth)}, ${this.quantile(depth)})`,
      ],
      [0.3, () => this.#buckets(depth)],
      [
        0.2,
        () =>
          `histogram_quantile(${this.quantile(depth)}, ${this.selectors.instant(['twice_seconds_bucket'])})`,
      ],
    ]);
  }
}
