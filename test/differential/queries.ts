/** Random requests: an expression of the generator, or one that is spoilt, asked for at a time or over a range. */

import { Random, seedOf } from '../../src/bench/random.ts';
import { ExpressionGenerator } from './expressions.ts';
import type { Features } from './features.ts';
import { DATA_MINUTES, DATA_START_MS } from './times.ts';

/** What is asked: the parameters of `query` (with `time`) or of `query_range`. */
export interface Request {
  readonly query: string;
  readonly time?: number;
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
  readonly lookback_delta?: string;
}

const DEPTH_MAX = 3;
const STEPS_MAX = 24;
/** Share of the requests that should be refused. */
const SPOILT = 0.06;
const LONGEST_QUERY = 700;

const PIECES = [
  '(',
  ')',
  '{',
  '}',
  '[5m]',
  'by (job)',
  'sum',
  'rate',
  '"x"',
  'offset 1m',
  '@ 1',
  'bool',
  'on (job)',
  ',',
  '1',
  '+',
  '==',
  'and',
  '=~',
  '!',
  '5x',
  'group_left',
  '[1m:]',
  '$',
  ':',
  'time()',
  '1e',
  '"',
];

/** A token too many, too few or another one. */
function spoil(random: Random, query: string): string {
  const tokens = query.match(/"[^"]*"|[\w.:]+|\s+|[^\w\s"]/g) ?? [query];
  const at = random.int(tokens.length);
  const piece = random.pick(PIECES);
  const how = random.int(4);
  if (how === 0) tokens.splice(at, 1);
  else if (how === 1) tokens.splice(at, 0, ` ${piece} `);
  else if (how === 2) tokens[at] = piece;
  else tokens.length = at;
  return tokens.join('');
}

/** A call or operator with an argument of a wrong type, or too many or few of them. */
function illTyped(random: Random, of: ExpressionGenerator): string {
  const v = () => of.vector(1);
  return random.pick<() => string>([
    () => `rate(${v()})`,
    () => `sum(${of.range(0)})`,
    () => `abs(${of.scalar(1)})`,
    () => `abs(${v()}, ${v()})`,
    () => `clamp(${v()}, 1)`,
    () => `${of.range(0)} + 1`,
    () => `${of.range(0)}`,
    () => `"text"`,
    () => `${of.scalar(0)} and ${v()}`,
    () => `${of.scalar(0)} == ${of.scalar(0)}`,
    () => `${v()} + bool ${v()}`,
    () => `topk(${v()}, ${v()})`,
    () => `topk(${v()})`,
    () => `-"text"`,
    () => `nosuch(${v()})`,
    () => `label_replace(${v()}, "", "$1", "job", "(.*)")`,
    () => `label_replace(${v()}, "x", "$1", "job", "(")`,
    () => `label_join(${v()}, "x")`,
    () => `count_values(1, ${v()})`,
    () => `count_values("", ${v()})`,
    () => `${v()} on (job) ${v()}`,
    () => `${v()} + on (job) group_left (job) ${v()}`,
    () => `${v()} and on (job) group_left ${v()}`,
    () => `sum(${v()}, ${v()})`,
    () => `{job=~".*"}`,
    () => `{}`,
    () => `level{job="a" job="b"}`,
    () => `level{__name__="limit"}`,
    () => `level[0s]`,
    () => `level[-1m]`,
    () => `rate(level[1m - 60s])`,
    () => `level offset 1m offset 1m`,
    () => `level @ 1 @ 2`,
    () => `level{job=~"("}`,
    () => `topk(NaN, ${v()})`,
    () => `topk(1e30, ${v()})`,
    () => `quantile("0.5", ${v()})`,
    () => `histogram_quantile(${v()}, 0.5)`,
    () => `absent_over_time(${v()})`,
    () => `min_over_time(${of.scalar(0)}[5m:1m])`,
    () => `(${v()})[5m]`,
    () => `vector(${v()})`,
    () => `scalar(${of.scalar(0)})`,
    () => `${v()} == bool on () ${of.scalar(0)}`,
    () => `rate({job!=""}[5m])`,
    () => `{__name__=~"level|limit|temperature"} + 1`,
  ])();
}

export class RequestGenerator {
  readonly #seed: number;
  readonly #features: Features;

  constructor(seed: number, features: Features) {
    this.#seed = seed;
    this.#features = features;
  }

  /** The n-th request; it does not depend on the others. */
  request(n: number): Request {
    const random = new Random(seedOf(this.#seed, n));
    for (;;) {
      const query = this.#query(random);
      if (query.length <= LONGEST_QUERY) return { query, ...this.#times(random) };
    }
  }

  #query(random: Random): string {
    const of = new ExpressionGenerator(random, this.#features);
    const depth = 1 + random.int(DEPTH_MAX);
    if (this.#features.current && random.chance(SPOILT)) {
      return random.chance(0.5) ? spoil(random, of.vector(depth)) : illTyped(random, of);
    }
    if (random.chance(0.04)) return of.scalar(depth);
    if (random.chance(0.02)) return of.range(depth, undefined, ['anchored', 'smoothed']);
    return of.vector(depth);
  }

  /** Whole seconds mostly, for then windows begin and end where samples are. */
  #times(random: Random): Omit<Request, 'query'> {
    const odd = !this.#features.closedWindows && random.chance(0.3);
    const at = () =>
      DATA_START_MS / 1000 + random.int(DATA_MINUTES * 60 + 600) - 300 + (odd ? random.int(1000) / 1000 : 0);
    const aligned = (time: number) => (random.chance(0.4) && !odd ? time - (time % 15) : time);
    const lookback =
      this.#features.current && random.chance(0.1)
        ? { lookback_delta: random.pick(['30s', '1m', '15s', '10m']) }
        : {};
    if (random.chance(0.45)) return { time: aligned(at()), ...lookback };
    const start = aligned(at());
    const step = random.pick([15, 30, 60, 60, 90, 300, odd ? 7.5 : 7]);
    const end = start + step * random.int(STEPS_MAX) + (random.chance(0.3) ? random.int(step) : 0);
    return { start, end, step, ...lookback };
  }
}
