/** Random requests to Tempo's query API: searches, metrics, tags and their values, whole traces, searches by tags, and spoilt ones of each. */

import { Random, seedOf } from '../../../src/bench/random.ts';
import { anyAttribute, condition, reference } from './fields.ts';
import { metric } from './metrics.ts';
import { filter, search, spansets } from './spansets.ts';
import { DATA_END_S, DATA_START_S } from './traces.ts';
import { word } from './values.ts';

export interface Request {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** The answer is wanted as protobuf. */
  readonly protobuf?: true;
}

const LONGEST_QUERY = 700;
const SPOILT = 0.06;

const PIECES = [
  '(',
  ')',
  '{',
  '}',
  '|',
  '&&',
  '||',
  '=',
  '!=',
  '>',
  '>>',
  '!',
  '~',
  '!~',
  '&',
  ',',
  '.',
  '"',
  '`',
  '1',
  '-',
  '+',
  '^',
  '%',
  '1.5',
  '10ms',
  '5x',
  '0x10',
  'nil',
  'true',
  'error',
  'server',
  'span.',
  'span:',
  'span:nope',
  'event:name',
  'resource',
  'foo',
  'count()',
  'by(name)',
  'select(.x)',
  'coalesce()',
  'rate()',
  'with (a=1)',
  'parent.x',
  'parent',
  'childCount',
  '/* c */',
  '// c',
  '\\',
  '@',
  '日',
  '"a',
  '.x',
  'name',
  'minInt',
];

/** A token too many, too few or another one. */
function spoil(random: Random, query: string): string {
  const tokens = query.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[\w.:]+|\s+|[^\w\s"]/g) ?? [query];
  const at = random.int(tokens.length);
  const piece = random.pick(PIECES);
  const how = random.int(4);
  if (how === 0) tokens.splice(at, 1);
  else if (how === 1) tokens.splice(at, 0, ` ${piece} `);
  else if (how === 2) tokens[at] = piece;
  else tokens.length = at;
  return tokens.join('');
}

const ODD_NUMBERS = ['0', '-1', 'x', '1.5', '', '262145', '99999999999999999999', '1e3', ' 1'];
const ODD_TIMES = [
  '0',
  '-5',
  'x',
  '1767268800.5',
  '2026-01-01T12:00:00Z',
  '1767268800000000000',
  '',
  '1767268800000',
];
const ODD_DURATIONS = ['1', 'x', '-1s', '', '1d', '0', '10ms5', '1h'];

type Params = Record<string, string>;

export class RequestGenerator {
  readonly #seed: number;
  readonly #traceIds: readonly string[];

  constructor(seed: number, traceIds: readonly string[]) {
    this.#seed = seed;
    this.#traceIds = traceIds;
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
    const how = random.next();
    if (how < 0.5) return this.#search(random);
    if (how < 0.76) return this.#metrics(random);
    if (how < 0.8) return this.#tags(random);
    if (how < 0.88) return this.#tagValues(random);
    if (how < 0.94) return this.#trace(random);
    return this.#legacy(random);
  }

  #query(random: Random, make: (random: Random) => string): string {
    const query = make(random);
    return random.chance(SPOILT) ? spoil(random, query) : query;
  }

  #search(random: Random): Request {
    const params: Params = {
      q: this.#query(random, search),
      ...this.#range(random),
      ...this.#limits(random),
    };
    return { path: '/api/search', params: this.#odd(random, params) };
  }

  #limits(random: Random): Params {
    if (random.chance(0.85)) return { limit: '1000', spss: '1000' };
    const out: Params = {};
    if (random.chance(0.8)) out.limit = random.pick(['1', '2', '5', '20', '1000']);
    if (random.chance(0.6)) out.spss = random.pick(['1', '2', '3', '10', '1000']);
    return out;
  }

  /** In whole seconds: all of the data or a part. */
  #range(random: Random): Params {
    if (random.chance(0.7)) return { start: String(DATA_START_S - 60), end: String(DATA_END_S + 60) };
    const times = [this.#second(random), this.#second(random)].sort((a, b) => a - b);
    return { start: String(times[0]), end: String(times[1]! + (times[0] === times[1] ? 1 : 0)) };
  }

  #second(random: Random): number {
    return DATA_START_S - 60 + random.int(DATA_END_S - DATA_START_S + 120);
  }

  #metrics(random: Random): Request {
    const instant = random.chance(0.25);
    const params: Params = { q: this.#query(random, metric), ...this.#metricsRange(random) };
    if (!instant && random.chance(0.9)) {
      params.step = random.pick([
        '60',
        '60',
        '60s',
        '1m',
        '300',
        '15',
        '7',
        '90s',
        '13.5',
        '45s',
        '1h',
        '11m',
        '0.5m',
      ]);
    }
    if (!instant && random.chance(0.1)) params.exemplars = random.pick(['0', '1', '5', '100', '1000']);
    const path = instant ? '/api/metrics/query' : '/api/metrics/query_range';
    return { path, params: this.#odd(random, params) };
  }

  #metricsRange(random: Random): Params {
    const range = this.#range(random);
    if (random.chance(0.75)) return range;
    const { start, end } = range;
    switch (random.int(4)) {
      case 0:
        return {
          start: `${start}000000000`,
          end: `${end}${random.pick(['000000000', '123456789', '000000001'])}`,
        };
      case 1:
        return { start: `${start}.5`, end: `${end}.25` };
      case 2:
        return {
          start: new Date(Number(start) * 1000).toISOString(),
          end: new Date(Number(end) * 1000).toISOString(),
        };
      default:
        return { since: random.pick(['1h', '30m', '90s', '2000s']), end: end! };
    }
  }

  /** Now and then a parameter that is wrong. */
  #odd(random: Random, params: Params): Params {
    if (!random.chance(0.04)) return params;
    const name = random.pick(['start', 'end', 'limit', 'spss', 'step', 'exemplars', 'since', 'q']);
    const times = name === 'start' || name === 'end';
    const durations = name === 'step' || name === 'since';
    const out = { ...params };
    if (random.chance(0.3) || name === 'q') delete out[name];
    else out[name] = random.pick(times ? ODD_TIMES : durations ? ODD_DURATIONS : ODD_NUMBERS);
    return out;
  }

  /** Most narrow by a filter as query builders write it. */
  #tagFilter(random: Random): Params {
    const how = random.next();
    if (how < 0.35) return {};
    if (how < 0.75) {
      const conditions = Array.from({ length: 1 + random.int(2) }, () => condition(random, 0));
      return { q: `{ ${conditions.join(' && ')} }` };
    }
    if (how < 0.9) return { q: filter(random) };
    return { q: this.#query(random, (r) => spansets(r, 1)) };
  }

  #tags(random: Random): Request {
    const scope: Params = random.chance(0.5)
      ? {
          scope: random.pick([
            'span',
            'resource',
            'event',
            'link',
            'instrumentation',
            'intrinsic',
            'none',
            '',
            'nope',
          ]),
        }
      : {};
    const v2 = random.chance(0.7);
    const params = { ...scope, ...this.#range(random), ...(v2 ? this.#tagFilter(random) : {}) };
    return { path: v2 ? '/api/v2/search/tags' : '/api/search/tags', params };
  }

  #tagValues(random: Random): Request {
    const { text } = reference(random);
    if (random.chance(0.75)) {
      const name = random.chance(0.95) ? text : random.pick(['nope', 'span.', '.', 'a b', 'span:nope']);
      const params = { ...this.#range(random), ...this.#tagFilter(random) };
      return { path: `/api/v2/search/tag/${encodeURIComponent(name)}/values`, params };
    }
    const name = random.chance(0.3)
      ? text
      : anyAttribute(random)
          .text.replace(/^\w*\./, '')
          .replace(/"/g, '');
    return { path: `/api/search/tag/${encodeURIComponent(name)}/values`, params: this.#range(random) };
  }

  #trace(random: Random): Request {
    let id = random.pick(this.#traceIds);
    if (random.chance(0.2)) id = id.replace(/^0+/, '');
    if (random.chance(0.1)) id = id.toUpperCase();
    if (random.chance(0.12)) id = random.pick(['1', 'zz', `${id}0`, random.hex(32), '0', 'a b', '0x1f']);
    const v2 = random.chance(0.6);
    const params: Params = {};
    if (random.chance(0.2)) Object.assign(params, this.#range(random));
    if (random.chance(0.1)) params.mode = random.pick(['all', 'blocks', 'nope']);
    if (v2 && random.chance(0.6)) {
      params.q = this.#query(random, random.chance(0.9) ? (r) => filter(r, 1) : search);
      if (random.chance(0.5)) params.keep_hierarchy = random.pick(['true', 'true', 'false', '1', 'x']);
      if (random.chance(0.3)) params.match_depth = random.pick(['0', '1', '2', '-1', '-2', 'x']);
      if (random.chance(0.3)) params.ancestor_depth = random.pick(['0', '1', '2', '-1', 'x']);
    }
    const request = { path: `/api/${v2 ? 'v2/' : ''}traces/${encodeURIComponent(id)}`, params };
    return random.chance(0.3) ? { ...request, protobuf: true } : request;
  }

  /** A search without TraceQL. */
  #legacy(random: Random): Request {
    const params: Params = { ...this.#range(random), ...this.#limits(random) };
    const tags = Array.from({ length: random.int(3) }, () => this.#tag(random));
    if (tags.length > 0) params.tags = tags.join(' ');
    if (random.chance(0.4))
      params.minDuration = random.pick(['10ms', '1s', '1.5s', '0s', '3s', ...ODD_DURATIONS]);
    if (random.chance(0.4)) params.maxDuration = random.pick(['100ms', '2s', '1m', '5s', ...ODD_DURATIONS]);
    if (random.chance(0.03)) params.q = '{ }';
    return { path: '/api/search', params: this.#odd(random, params) };
  }

  #tag(random: Random): string {
    const of = random.pick([
      ['service.name', ['svc-a', 'svc', 'SVC-A', '']],
      ['name', ['op1', 'op', 'GET', '/']],
      ['root.name', ['op1', 'op']],
      ['root.service.name', ['svc-b', 'svc']],
      ['status.code', ['error', 'ok', 'unset', '2', 'x']],
      ['http.status_code', ['200', '404', 'x']],
      ['http.method', ['GET', 'POST', 'get']],
      ['cluster', ['a', 'GET', 'b']],
      ['level', ['a', 'error', '1']],
      ['n', ['1', '2']],
      ['flag', ['true']],
      ['tags', ['a']],
      ['kind', ['server', 'x']],
      ['status', ['error']],
      ['ключ', ['日本', 'a']],
      ['s', [word(random)]],
      ['missing', ['x']],
    ] as const);
    const value = random.pick(of[1] as readonly string[]);
    return /["\s\\]/.test(value) || random.chance(0.1)
      ? `${of[0]}=${JSON.stringify(value)}`
      : `${of[0]}=${value}`;
  }
}
