/** Random requests to the query API: log and metric queries, spoilt ones, fields, series, labels, printing. */

import { Random, seedOf } from '../../../src/bench/random.ts';
import { MetricGenerator } from './metrics.ts';
import { StageGenerator } from './stages.ts';
import { DATA_SECONDS, DATA_START_S } from './streams.ts';

export interface Request {
  readonly path: string;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  /** Labels told apart by where they come from. */
  readonly categorize?: true;
}

const LONGEST_QUERY = 900;
/** Shares of the requests. */
const METRIC = 0.4;
const OTHER = 0.12;
const SPOILT = 0.08;

const PIECES = [
  '(',
  ')',
  '{',
  '}',
  '[5m]',
  '[5x]',
  '[0s]',
  'by (app)',
  'sum',
  'rate',
  '"x"',
  "'x'",
  'offset 1m',
  'bool',
  'on (app)',
  ',',
  '1',
  '+',
  '==',
  'and',
  'or',
  '=~',
  '!',
  '|',
  '|=',
  '|~',
  '5x',
  '5m',
  '1.5.2',
  'group_left',
  '$',
  ':',
  'json',
  'logfmt',
  '--strict',
  '--nope',
  'unwrap',
  '"',
  '`',
  '#',
  '//',
  'level',
  '| json',
  '| drop',
  'ip("1.2.3.4")',
  '1KB',
  '1kb',
  '-',
  '0x10',
  '[',
  ']',
  '!=',
  'unless',
  'ignoring',
  'by',
  'topk',
  'vector(1)',
  '{app="json"}',
  '\\',
  '@',
  '1_0',
  'Rate',
  '.5',
  '1e',
  '|>',
];

/** A token too many, too few or another one. */
function spoil(random: Random, query: string): string {
  const tokens = query.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[\w.]+|\s+|[^\w\s"]/g) ?? [query];
  const at = random.int(tokens.length);
  const piece = random.pick(PIECES);
  const how = random.int(4);
  if (how === 0) tokens.splice(at, 1);
  else if (how === 1) tokens.splice(at, 0, ` ${piece} `);
  else if (how === 2) tokens[at] = piece;
  else tokens.length = at;
  return tokens.join('');
}

export class RequestGenerator {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The n-th request; it does not depend on the others. */
  request(n: number): Request {
    const random = new Random(seedOf(this.#seed, n));
    for (;;) {
      const request = this.#any(random);
      if (JSON.stringify(request.params).length <= LONGEST_QUERY) return request;
    }
  }

  #any(random: Random): Request {
    if (random.chance(OTHER)) return this.#other(random);
    const metric = random.chance(METRIC);
    let query = metric ? this.#metric(random) : new StageGenerator(random).logQuery();
    if (random.chance(SPOILT)) query = spoil(random, query);
    if (metric && random.chance(0.5)) {
      return { path: '/loki/api/v1/query', params: { query, time: this.#time(random) } };
    }
    const params = { query, ...this.#range(random), ...(metric ? this.#step(random) : this.#lines(random)) };
    const request = { path: '/loki/api/v1/query_range', params };
    return random.chance(0.5) ? { ...request, categorize: true } : request;
  }

  #metric(random: Random): string {
    const of = new MetricGenerator(random);
    return random.chance(0.03) ? of.scalar() : of.metric(random.pick([0, 1, 1, 1, 2, 2, 3]));
  }

  #other(random: Random): Request {
    const stages = new StageGenerator(random);
    const range = this.#range(random);
    const query = random.chance(0.6) ? stages.logQuery(1) : stages.selector();
    switch (random.int(8)) {
      case 0:
      case 1: {
        const any = random.chance(0.5) ? this.#metric(random) : stages.logQuery();
        return {
          path: '/loki/api/v1/format_query',
          params: { query: random.chance(0.1) ? spoil(random, any) : any },
        };
      }
      case 2:
      case 3:
        return {
          path: '/loki/api/v1/detected_fields',
          params: { query, ...range, line_limit: random.pick(['5', '100', '1000']) },
        };
      case 4:
        return {
          path: `/loki/api/v1/detected_field/${random.pick(['level', 'msg', 'n', 'size', 'took', 'user', 'trace_id'])}/values`,
          params: { query, ...range },
        };
      case 5: {
        const match = Array.from({ length: random.int(3) }, () => stages.selector());
        return { path: '/loki/api/v1/series', params: { 'match[]': match, ...range } };
      }
      case 6:
        return {
          path: '/loki/api/v1/labels',
          params: { ...(random.chance(0.5) ? { query: stages.selector() } : {}), ...range },
        };
      default: {
        const name = random.pick(['app', 'env', 'job', 'level', 'missing', 'service_name']);
        return {
          path: `/loki/api/v1/label/${name}/values`,
          params: { ...(random.chance(0.6) ? { query: stages.selector() } : {}), ...range },
        };
      }
    }
  }

  /** In nanoseconds, on whole seconds mostly or right beside them. */
  #time(random: Random): string {
    const second = DATA_START_S + random.int(DATA_SECONDS + 240) - 120;
    const aligned = random.chance(0.6) ? second - (second % 15) : second;
    if (random.chance(0.3)) return String(aligned);
    const ns =
      BigInt(aligned) * 1_000_000_000n +
      BigInt(random.pick([0, 0, 1, -1, 500_000_000, 1_000_000, 123_456_789]));
    return String(ns);
  }

  #range(random: Random): { start: string; end: string } {
    if (random.chance(0.3))
      return { start: String(DATA_START_S - 60), end: String(DATA_START_S + DATA_SECONDS + 60) };
    const times = [this.#time(random), this.#time(random)].sort((a, b) =>
      a.padEnd(19, '0') < b.padEnd(19, '0') ? -1 : 1,
    );
    return { start: times[0]!, end: times[1]! };
  }

  #step(random: Random): { step?: string } {
    if (random.chance(0.1)) return {};
    return { step: random.pick(['15', '30', '60', '60', '300', '7', '1m', '90s', '13.5', '7.25', '45s']) };
  }

  #lines(random: Random): Record<string, string> {
    const out: Record<string, string> = { direction: random.pick(['forward', 'backward']) };
    if (random.chance(0.7)) out.limit = random.pick(['1', '2', '5', '10', '50', '1000', '1000', '5000']);
    if (random.chance(0.1)) out.interval = random.pick(['30s', '1m', '10', '7.5']);
    return out;
  }
}
