/** Random requests of every endpoint of Jaeger's query API, rightly and wrongly put, about the traces of `traces.ts`. */

import { Random } from '../../../src/bench/random.ts';
import { FIRST_MS, KEYS, OPERATIONS, type OtlpRequest, SERVICES, TRACE_EVERY_MS, traceId } from './traces.ts';

type Params = Record<string, string | readonly string[]>;

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly params: Params;
  readonly body?: string;
}

const NO_SERVICES = ['missing-service-name', 'empty-service-name', 'service-name-wrong-type', 'nobody', ''];
const KINDS = ['client', 'server', 'internal', 'producer', 'consumer', 'unspecified', 'CLIENT', 'x'];
const VALUES = [
  'x',
  'y',
  '',
  'true',
  'false',
  '1',
  '0',
  '200',
  '500',
  '-42',
  '0.5',
  '-2',
  '1e+21',
  '1e-7',
  'AP8Q',
];
const LONG_VALUES = [
  '9007199254740993',
  'a "b"',
  '<&>',
  '["x"]',
  '[]',
  '{}',
  '1.2.3.4',
  '16909060',
  'a:b',
  'null',
];
const DURATIONS = [
  '1ns',
  '1ms',
  '100ms',
  '1.5s',
  '150ms',
  '250ms',
  '1h2m',
  '-1s',
  '0',
  '0s',
  '1',
  'x',
  '1 s',
  '5d',
  '.5s',
  '+10ms',
];
const NUMBERS = ['1', '5', '20', '100', '+3', '007', '1.5', 'x', '1e3', '0x10', ' 1', '1_0'];
const BOOLEANS = ['true', 'false', '1', '0', 't', 'F', 'TRUE', 'yes', 'x'];
const BROKEN_TAGS = ['nocolon', ':', 'k:', ':x', 'k:x:y'];
const BROKEN_JSON = [
  '',
  '{',
  '[]',
  '1',
  'null',
  '{"k":1}',
  '{"k":true}',
  '{"k":null}',
  '{"k":["x"]}',
  '{"k":{}}',
  '"x"',
  '{}',
];
const BROKEN_IDS = [
  'zz',
  '0x1',
  '-1',
  'a'.repeat(33),
  'g'.repeat(20),
  'abcdef0123456789g',
  'AAAAAAAAAAAAAAAAAAAAAA==',
  'q8AAAQAAAAAAAAAAAABQAQ',
  'Zm9v',
];
const BROKEN_TIMES = ['x', '1.5', '9223372036854775808', '-1', '0'];
const BROKEN_TIMES_V3 = [
  'x',
  '2026-03-01',
  '2026-03-01T12:00:00',
  '1772366400',
  '2026-13-01T00:00:00Z',
  '2026-03-01 12:00:00Z',
];
const LATER = [
  'scope.name',
  'scope.version',
  'span.status',
  'span.kind',
  'error',
  'host.name',
  'telemetry.sdk.name',
  'resource.k',
  'resource.host.name',
];
const FIELD_VALUES = [
  'lib',
  'io',
  '1.2',
  'OK',
  'error',
  'unset',
  'server',
  'client',
  'host-0',
  'host-1',
  'span',
  'resource',
  'true',
  'x',
];

const NOWHERE = [
  '/api/traces/',
  '/api/v3/traces/',
  '/api/services/',
  '/api/services/x',
  '/api/nothing',
  '/api/v3/nothing',
  '/api/',
];

export interface Asked {
  /** What was sent before. */
  readonly exports: readonly OtlpRequest[];
  readonly traces: number;
  /** Whether the peer has the first version's search and lists of names, which later ones have not. */
  readonly withFirstSearch: boolean;
}

export class RequestGenerator {
  readonly #random: Random;
  readonly #traces: number;
  readonly #exports: readonly OtlpRequest[];
  readonly #kinds: readonly (() => Request)[];

  constructor(seed: number, { exports, traces, withFirstSearch }: Asked) {
    this.#random = new Random(seed);
    this.#traces = traces;
    this.#exports = exports;
    this.#kinds = this.#kindsOf(withFirstSearch);
  }

  request(): Request {
    return this.#random.pick(this.#kinds)();
  }

  #kindsOf(withFirstSearch: boolean): (() => Request)[] {
    const first = [
      ...new Array(6).fill(() => this.#search()),
      () => this.#byIds(),
      () => this.#firstCatalog(),
      () => this.#firstCatalog(),
    ];
    return [
      ...(withFirstSearch ? first : []),
      ...new Array(6).fill(() => this.#searchV3('/api/v3/traces')),
      ...new Array(4).fill(() => this.#searchV3('/api/v3/trace-summaries')),
      ...new Array(2).fill(() => this.#byId()),
      ...new Array(2).fill(() => this.#byIdV3()),
      () => this.#catalog(),
      () => this.#dependencies(),
      () => this.#metrics(),
      () => this.#archive(),
      () => this.#transform(),
      () => ({ method: 'GET', path: this.#random.pick(NOWHERE), params: {} }),
    ];
  }

  #mostly<T>(good: () => T, bad: readonly T[], badShare = 0.04): T {
    return this.#random.chance(badShare) ? this.#random.pick(bad) : good();
  }

  #service(): string {
    return this.#random.chance(0.8) ? this.#random.pick(SERVICES) : this.#random.pick(NO_SERVICES);
  }

  #operation(): string {
    return this.#random.chance(0.85)
      ? this.#random.pick(OPERATIONS)
      : this.#random.pick(['empty-span-name', 'none']);
  }

  #tag(): [key: string, value: string] {
    if (this.#random.chance(0.3)) return [this.#random.pick(LATER), this.#random.pick(FIELD_VALUES)];
    return [this.#random.pick(KEYS), this.#random.pick(this.#random.chance(0.7) ? VALUES : LONG_VALUES)];
  }

  /** Between traces, in ms. */
  #moment(): number {
    return FIRST_MS + this.#random.int(this.#traces + 2) * TRACE_EVERY_MS - TRACE_EVERY_MS / 10;
  }

  /** Of a search, mostly all traces. */
  #range(): [fromMs: number, toMs: number] {
    if (this.#random.chance(0.6)) return [FIRST_MS - 1000, FIRST_MS + (this.#traces + 1) * TRACE_EVERY_MS];
    const [a, b] = [this.#moment(), this.#moment()];
    return this.#random.chance(0.95) ? [Math.min(a, b), Math.max(a, b)] : [a, b];
  }

  #some(params: Params, probability: number, name: string, value: () => string): void {
    if (this.#random.chance(probability)) params[name] = value();
  }

  #search(): Request {
    const [from, to] = this.#range();
    const params: Params = {
      start: this.#mostly(() => String(from * 1000), BROKEN_TIMES, 0.02),
      end: this.#mostly(() => String(to * 1000), BROKEN_TIMES.slice(0, 3), 0.02),
    };
    this.#some(params, 0.97, 'service', () => this.#service());
    this.#some(params, 0.3, 'operation', () => this.#operation());
    this.#some(params, 0.4, 'limit', () =>
      this.#mostly(() => String(1 + this.#random.int(30)), NUMBERS, 0.2),
    );
    this.#durations(params, 'minDuration', 'maxDuration');
    if (this.#random.chance(0.3)) {
      params.tag = Array.from({ length: 1 + this.#random.int(2) }, () =>
        this.#mostly(() => this.#tag().join(':'), BROKEN_TAGS),
      );
    }
    this.#some(params, 0.25, 'tags', () =>
      this.#mostly(() => JSON.stringify(Object.fromEntries([this.#tag()])), BROKEN_JSON, 0.2),
    );
    this.#some(params, 0.2, 'raw', () => this.#random.pick(BOOLEANS));
    this.#some(params, 0.05, 'prettyPrint', () => this.#random.pick(BOOLEANS));
    this.#some(params, 0.05, 'lookback', () => '1h');
    return { method: 'GET', path: '/api/traces', params };
  }

  #durations(params: Params, min: string, max: string): void {
    this.#some(params, 0.2, min, () => this.#random.pick(DURATIONS));
    this.#some(params, 0.2, max, () => this.#random.pick(DURATIONS));
  }

  #id(): string {
    const id = traceId(this.#random.int(this.#traces + 2));
    const written = [
      () => id,
      () => id,
      () => id.toUpperCase(),
      () => id.replace(/^0+/, ''),
      () => Buffer.from(id, 'hex').toString('base64'),
      () => Buffer.from(id, 'hex').toString('base64url'),
    ];
    return this.#mostly(() => this.#random.pick(written)(), BROKEN_IDS, 0.1);
  }

  #byId(): Request {
    const params: Params = {};
    this.#some(params, 0.3, 'raw', () => this.#random.pick(BOOLEANS));
    this.#some(params, 0.1, 'start', () => this.#random.pick([...BROKEN_TIMES, String(FIRST_MS * 1000)]));
    this.#some(params, 0.1, 'end', () => this.#random.pick(BROKEN_TIMES));
    this.#some(params, 0.1, 'prettyPrint', () => this.#random.pick(BOOLEANS));
    return { method: 'GET', path: `/api/traces/${encodeURIComponent(this.#id())}`, params };
  }

  #byIds(): Request {
    const traceID = Array.from({ length: 1 + this.#random.int(3) }, () => this.#id());
    const params: Params = { traceID: [...new Set(traceID)] };
    this.#some(params, 0.3, 'raw', () => this.#random.pick(BOOLEANS));
    this.#durations(params, 'minDuration', 'maxDuration');
    return { method: 'GET', path: '/api/traces', params };
  }

  #spelt(name: string): string {
    return this.#random.chance(0.5) ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }

  #searchV3(path: string): Request {
    const time = (ms: number) => {
      const utc = new Date(ms).toISOString();
      const east = `${new Date(ms + 3_600_000).toISOString().slice(0, -1)}+01:00`;
      return this.#mostly(() => this.#random.pick([utc, utc, east]), BROKEN_TIMES_V3, 0.03);
    };
    const [from, to] = this.#range();
    const params: Params = {};
    this.#some(params, 0.98, this.#spelt('query.startTimeMin'), () => time(from));
    this.#some(params, 0.98, this.#spelt('query.startTimeMax'), () => time(to));
    this.#some(params, 0.8, this.#spelt('query.serviceName'), () => this.#service());
    this.#some(params, 0.3, this.#spelt('query.operationName'), () => this.#operation());
    this.#some(
      params,
      0.3,
      this.#random.pick(['query.searchDepth', 'query.search_depth', 'query.num_traces']),
      () => this.#mostly(() => String(1 + this.#random.int(30)), NUMBERS, 0.2),
    );
    this.#durations(params, this.#spelt('query.durationMin'), this.#spelt('query.durationMax'));
    this.#some(params, 0.3, 'query.attributes', () =>
      this.#mostly(
        () => JSON.stringify(Object.fromEntries([this.#tag(), this.#tag()].slice(this.#random.int(2)))),
        BROKEN_JSON,
        0.2,
      ),
    );
    this.#some(params, 0.2, this.#spelt('query.rawTraces'), () => this.#random.pick(BOOLEANS));
    return { method: 'GET', path, params };
  }

  #byIdV3(): Request {
    const params: Params = {};
    this.#some(params, 0.3, this.#spelt('rawTraces'), () => this.#random.pick(BOOLEANS));
    this.#some(params, 0.1, this.#spelt('startTime'), () =>
      this.#random.pick([...BROKEN_TIMES_V3, '2026-03-01T12:00:00.5Z']),
    );
    this.#some(params, 0.1, this.#spelt('endTime'), () => this.#random.pick(BROKEN_TIMES_V3));
    return { method: 'GET', path: `/api/v3/traces/${encodeURIComponent(this.#id())}`, params };
  }

  #firstCatalog(): Request {
    const params: Params = {};
    const service = this.#service();
    switch (this.#random.int(3)) {
      case 0:
        return { method: 'GET', path: '/api/services', params };
      case 1:
        return {
          method: 'GET',
          path: `/api/services/${encodeURIComponent(service || 'x')}/operations`,
          params,
        };
      default:
        this.#some(params, 0.9, 'service', () => service);
        this.#some(params, 0.4, 'spanKind', () => this.#random.pick(KINDS));
        return { method: 'GET', path: '/api/operations', params };
    }
  }

  #catalog(): Request {
    if (this.#random.chance(0.2)) return { method: 'GET', path: '/api/v3/services', params: {} };
    const params: Params = {};
    this.#some(params, 0.9, 'service', () => this.#service());
    this.#some(params, 0.4, this.#spelt('spanKind'), () => this.#random.pick(KINDS));
    return { method: 'GET', path: '/api/v3/operations', params };
  }

  #transform(): Request {
    const body = JSON.stringify(this.#random.pick(this.#exports));
    return {
      method: 'POST',
      path: '/api/transform',
      params: {},
      body: this.#mostly(() => body, ['{', 'x', '{}']),
    };
  }

  #dependencies(): Request {
    const [from, to] = this.#range();
    const params: Params = {
      endTs: this.#mostly(() => String(to), BROKEN_TIMES.slice(0, 3)),
      lookback: this.#mostly(() => String(to - from), ['x', '-5', '1.5', '1h']),
    };
    this.#some(params, 0.4, 'service', () => this.#service());
    return { method: 'GET', path: '/api/dependencies', params };
  }

  #metrics(): Request {
    const path = `/api/metrics/${this.#random.pick(['latencies', 'calls', 'errors', 'minstep', 'x'])}`;
    const params: Params = {};
    this.#some(params, 0.9, 'service', () => this.#service());
    this.#some(params, 0.8, 'quantile', () => this.#random.pick(['0.95', 'x', '', '1']));
    this.#some(params, 0.3, 'groupByOperation', () => this.#random.pick(BOOLEANS));
    this.#some(params, 0.3, 'spanKind', () => this.#random.pick(KINDS));
    for (const name of ['endTs', 'lookback', 'step', 'ratePer'])
      this.#some(params, 0.2, name, () => this.#random.pick(NUMBERS));
    return { method: 'GET', path, params };
  }

  #archive(): Request {
    return { method: 'POST', path: `/api/archive/${encodeURIComponent(this.#id())}`, params: {} };
  }
}
