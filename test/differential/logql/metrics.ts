/** Random metric queries: range functions over pipelines, aggregations, binary operators, label_replace, vector. */

import type { Random } from '../../../src/bench/random.ts';
import { quoted } from './filters.ts';
import { StageGenerator } from './stages.ts';

const COUNTING = ['rate', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'absent_over_time'];
const UNWRAPPING = [
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'first_over_time',
  'last_over_time',
  'quantile_over_time',
  'rate',
  'rate_counter',
  'absent_over_time',
];
const GROUPED = new Set([
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
]);
const RANGES = ['15s', '30s', '1m', '1m', '5m', '5m', '90s', '10m', '1h', '1s', '1ms', '7s500ms'];
const LABELS = [
  'app',
  'env',
  'level',
  'job',
  'status',
  'method',
  'detected_level',
  'pod',
  'n',
  'missing',
  '__error__',
  'service_name',
  'level_extracted',
];
const SUMMING = ['sum', 'sum', 'sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'];

export class MetricGenerator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #labels(): string {
    const random = this.#random;
    return Array.from({ length: random.int(4) }, () => random.pick(LABELS)).join(
      random.chance(0.5) ? ', ' : ',',
    );
  }

  #grouping(): string {
    return `${this.#random.chance(0.75) ? 'by' : 'without'} (${this.#labels()})`;
  }

  #offset(): string {
    return this.#random.chance(0.12)
      ? ` offset ${this.#random.pick(['1m', '15s', '-1m', '1.5s', '1h', '10ms', '-15s'])}`
      : '';
  }

  rangeAggregation(): string {
    const random = this.#random;
    const stages = new StageGenerator(random);
    const unwraps = random.chance(0.5);
    const op = random.pick(unwraps ? UNWRAPPING : COUNTING);
    const parts = [stages.selector()];
    if (unwraps || random.chance(0.75)) parts.push(...stages.stages(2));
    if (!unwraps && random.chance(0.5)) parts.push('| __error__=""');
    const unwrap = unwraps ? stages.unwrap() : '';
    const range = `[${random.pick(RANGES)}]`;
    const [selector, ...rest] = parts;
    const inner = random.chance(0.85)
      ? `${[...parts, unwrap].join(' ')} ${range}${this.#offset()}`
      : `${selector}${range}${this.#offset()} ${[...rest, unwrap].join(' ')}`;
    const parameter =
      op === 'quantile_over_time' ? `${random.pick(['0.5', '0.99', '0', '1', '1.5', '0.25'])}, ` : '';
    const grouping = GROUPED.has(op) && random.chance(0.5) ? ` ${this.#grouping()}` : '';
    return `${op}(${parameter}${inner})${grouping}`;
  }

  #aggregation(depth: number): string {
    const random = this.#random;
    const inner = this.metric(depth - 1);
    const kind = random.int(10);
    if (kind === 0) return `${random.pick(['sort', 'sort_desc'])}(${inner})`;
    if (kind < 3) {
      const op = random.pick(['topk', 'bottomk', 'topk', 'bottomk', 'approx_topk']);
      const k = random.pick(['1', '2', '3', '5']);
      if (op === 'approx_topk' || random.chance(0.6)) return `${op}(${k}, ${inner})`;
      return random.chance(0.5)
        ? `${op} ${this.#grouping()} (${k}, ${inner})`
        : `${op}(${k}, ${inner}) ${this.#grouping()}`;
    }
    const op = random.pick(SUMMING);
    if (random.chance(0.25)) return `${op}(${inner})`;
    return random.chance(0.6)
      ? `${op} ${this.#grouping()} (${inner})`
      : `${op}(${inner}) ${this.#grouping()}`;
  }

  #number(): string {
    return this.#random.pick(['0', '1', '2', '0.5', '-1', '1e3', '100', '+2', '3']);
  }

  #binary(depth: number): string {
    const random = this.#random;
    const op = random.pick([
      '+',
      '-',
      '*',
      '/',
      '%',
      '^',
      '==',
      '!=',
      '>',
      '>=',
      '<',
      '<=',
      'and',
      'or',
      'unless',
    ]);
    const set = /[a-z]/.test(op);
    const bool = !set && /[=<>]/.test(op) && random.chance(0.4) ? ' bool' : '';
    if (!set && random.chance(0.5)) {
      const sides = [this.metric(depth - 1), this.#number()];
      if (random.chance(0.3)) sides.reverse();
      if (random.chance(0.08)) sides.fill(this.#number());
      return sides.join(` ${op}${bool} `);
    }
    let matching = '';
    if (random.chance(0.45)) {
      matching = ` ${random.pick(['on', 'ignoring'])} (${this.#labels()})`;
      if (!set && random.chance(0.4))
        matching += ` ${random.pick(['group_left', 'group_right'])}${random.chance(0.5) ? ` (${this.#labels()})` : ''}`;
    }
    const left = this.metric(depth - 1);
    // Two sides of one make that labels match.
    const right = random.chance(0.4) ? left : this.metric(depth - 1);
    return `${random.chance(0.3) ? `(${left})` : left} ${op}${bool}${matching} ${random.chance(0.3) ? `(${right})` : right}`;
  }

  #labelReplace(depth: number): string {
    const random = this.#random;
    const regex = random.pick(['(.*)', '(p.*)', '(?P<x>.)(.*)', 'prod', '.+', '', '(']);
    const args = [
      random.pick(['new', 'env', 'app', 'level']),
      random.pick(['$1', '$x', '$' + '{1}-a', '', 'fixed', '$2$1', '$$1']),
      random.pick(['env', 'app', 'level', 'missing']),
      random.chance(0.97) ? regex : '(',
    ];
    return `label_replace(${this.metric(depth - 1)}, ${args.map((a) => quoted(random, a)).join(', ')})`;
  }

  metric(depth: number): string {
    const random = this.#random;
    if (depth <= 0)
      return random.chance(0.05)
        ? `vector(${random.pick(['0', '1', '2.5', '1e3'])})`
        : this.rangeAggregation();
    const kind = random.int(20);
    if (kind < 4) return this.rangeAggregation();
    if (kind < 13) return this.#aggregation(depth);
    if (kind < 18) return this.#binary(depth);
    if (kind === 18) return this.#labelReplace(depth);
    return `(${this.metric(depth - 1)})`;
  }

  /** Literals alone. */
  scalar(): string {
    const random = this.#random;
    const parts = [this.#number()];
    for (let i = random.int(3); i > 0; i--)
      parts.push(random.pick(['+', '-', '*', '/', '%', '^', '==', '>', '< bool']), this.#number());
    return parts.join(' ');
  }
}
