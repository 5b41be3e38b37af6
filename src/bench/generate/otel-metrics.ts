/**
 * What a service's OpenTelemetry SDK measures: instruments with their points (one per combination of attributes), and
 * how the values go on. All sums and histograms are cumulative.
 */

import type { Attributes } from '../encode/otlp-writer.ts';
import { Random, seedOf } from '../random.ts';

/** The default bounds of HTTP durations in seconds. */
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface Instrument {
  readonly name: string;
  readonly unit: string;
  readonly type: 'counter' | 'upDownCounter' | 'gauge' | 'histogram';
  readonly points: readonly Attributes[];
  /** Increase per second, or level. */
  readonly scale: number;
  /** Whole numbers are sent as integers. */
  readonly whole: boolean;
}

const ROUTES = [
  '/api/v1/orders',
  '/api/v1/orders/{id}',
  '/api/v1/items/{id}',
  '/api/v1/carts/{id}',
  '/healthz',
];

function routes(): Attributes[] {
  return ROUTES.flatMap((route) =>
    [200, 500].map(
      (code): Attributes => [
        ['http.request.method', 'GET'],
        ['http.route', route],
        ['http.response.status_code', code],
      ],
    ),
  );
}

function states(key: string, values: readonly string[]): Attributes[] {
  return values.map((value): Attributes => [[key, value]]);
}

const NONE: readonly Attributes[] = [[]];

export const INSTRUMENTS: readonly Instrument[] = [
  {
    name: 'http.server.request.duration',
    unit: 's',
    type: 'histogram',
    points: routes(),
    scale: 12,
    whole: true,
  },
  {
    name: 'http.server.requests',
    unit: '{request}',
    type: 'counter',
    points: routes(),
    scale: 12,
    whole: true,
  },
  {
    name: 'http.server.active_requests',
    unit: '{request}',
    type: 'upDownCounter',
    points: states('http.request.method', ['GET', 'POST', 'PUT']),
    scale: 8,
    whole: true,
  },
  {
    name: 'process.cpu.time',
    unit: 's',
    type: 'counter',
    points: states('cpu.mode', ['user', 'system', 'wait']),
    scale: 0.2,
    whole: false,
  },
  { name: 'process.memory.usage', unit: 'By', type: 'gauge', points: NONE, scale: 3e8, whole: true },
  {
    name: 'db.client.connection.count',
    unit: '{connection}',
    type: 'upDownCounter',
    points: states('db.client.connection.state', ['idle', 'used']),
    scale: 12,
    whole: true,
  },
  { name: 'process.cpu.utilization', unit: '1', type: 'gauge', points: NONE, scale: 0.3, whole: false },
  {
    name: 'jvm.memory.used',
    unit: 'By',
    type: 'gauge',
    points: states('jvm.memory.pool.name', ['eden', 'survivor', 'old', 'metaspace']),
    scale: 1e8,
    whole: true,
  },
];

/** Points of a service at each export. */
export const SERVICE_POINTS = INSTRUMENTS.reduce((sum, instrument) => sum + instrument.points.length, 0);
const BUCKETS = BOUNDS.length + 1;

/** The values of one service's points. */
export class ServiceValues {
  readonly #random: Random;
  /** Of sums and gauges the value, of histograms the sum; by point. */
  readonly values = new Float64Array(SERVICE_POINTS);
  /** Of histograms, by point; unused elsewhere. */
  readonly counts = new Float64Array(SERVICE_POINTS);
  readonly buckets = new Float64Array(SERVICE_POINTS * BUCKETS);

  constructor(service: number, seed: number) {
    this.#random = new Random(seedOf(seedOf(seed, 0x3e7), service));
  }

  /** Goes on by `seconds`. */
  advance(seconds: number): void {
    let point = 0;
    for (const instrument of INSTRUMENTS) {
      for (let i = 0; i < instrument.points.length; i++) this.#point(instrument, point++, seconds);
    }
  }

  #point(instrument: Instrument, point: number, seconds: number): void {
    const random = this.#random;
    const { scale, whole } = instrument;
    if (instrument.type === 'histogram') {
      const grown = Math.round(scale * seconds * (0.5 + random.next()));
      for (let i = 0; i < grown; i++) this.#observe(point, 0.02 * random.exponential());
      return;
    }
    const value = this.values[point]!;
    let next: number;
    if (instrument.type === 'counter') next = value + scale * seconds * (0.5 + random.next());
    else if (instrument.type === 'gauge') next = scale * (0.8 + 0.4 * random.next());
    else next = Math.max(0, value + (random.next() - 0.5) * scale);
    this.values[point] = whole ? Math.round(next) : next;
  }

  #observe(point: number, seconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++;
    this.buckets[point * BUCKETS + bucket]!++;
    this.counts[point]!++;
    this.values[point]! += seconds;
  }
}
