/** Log records as structured loggers hand them to an OpenTelemetry SDK: a message, and attributes that explain it. */

import type { Attributes } from '../encode/otlp-writer.ts';
import { Random, seedOf } from '../random.ts';

const NS_PER_MS = 1e6;
const TRACED_CHANCE = 0.3;
/** A batch processor hands records on after up to a second. */
const OBSERVED_MAX_NS = 1e9;
const USERS = 50_000;
const IDS = 900_000;

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const RESOURCES = ['orders', 'items', 'users', 'carts', 'sessions', 'invoices', 'quotes'];
const THREADS = 16;

interface Kind {
  readonly severity: number;
  readonly text: string;
  /** `#` becomes an identifier. */
  readonly messages: readonly string[];
  readonly codes: readonly number[];
}

const KINDS: readonly Kind[] = [
  {
    severity: 9,
    text: 'INFO',
    messages: [
      'request completed',
      'request completed',
      'order # moved to state PAID',
      'session of user # renewed',
      'cache entry # refreshed after expiry',
      'message # processed and acknowledged',
    ],
    codes: [200, 200, 200, 201, 204],
  },
  {
    severity: 13,
    text: 'WARN',
    messages: [
      'slow query on shard #',
      'retrying call to upstream, attempt 2',
      'rate limit close to exhausted',
    ],
    codes: [400, 404, 409, 429],
  },
  {
    severity: 17,
    text: 'ERROR',
    messages: ['request failed: upstream timeout', 'transaction # rolled back after deadlock'],
    codes: [500, 502, 503],
  },
];
const WARN_CHANCE = 0.1;
const ERROR_CHANCE = 0.03;

/** One record; the object is reused for the next. */
export interface RecordParts {
  /** A number to choose the service by. */
  pick: number;
  timeMs: number;
  ns: number;
  observedAfterNs: number;
  severity: number;
  severityText: string;
  body: string;
  attributes: Attributes;
  traced: boolean;
  readonly traceId: Uint32Array;
  readonly spanId: Uint32Array;
}

export class RecordMaker {
  readonly #random: Random;
  readonly #record: RecordParts = {
    pick: 0,
    timeMs: 0,
    ns: 0,
    observedAfterNs: 0,
    severity: 0,
    severityText: '',
    body: '',
    attributes: [],
    traced: false,
    traceId: new Uint32Array(4),
    spanId: new Uint32Array(2),
  };

  constructor(seed: number) {
    this.#random = new Random(seedOf(seed, 0x0106));
  }

  /** A record within `spreadNs` after `startMs` and `afterNs`. */
  next(startMs: number, afterNs: number, spreadNs: number): RecordParts {
    const random = this.#random;
    const record = this.#record;
    const atNs = afterNs + random.int(Math.max(1, spreadNs));
    record.pick = random.u32();
    record.timeMs = startMs + Math.floor(atNs / NS_PER_MS);
    record.ns = atNs % NS_PER_MS;
    record.observedAfterNs = random.int(OBSERVED_MAX_NS);
    const way = random.next();
    const kind = KINDS[way < ERROR_CHANCE ? 2 : way < ERROR_CHANCE + WARN_CHANCE ? 1 : 0]!;
    record.severity = kind.severity;
    record.severityText = kind.text;
    record.body = random.pick(kind.messages).replace('#', String(100_000 + random.int(IDS)));
    record.attributes = [
      ['http.request.method', random.pick(METHODS)],
      ['url.path', `/api/v1/${random.pick(RESOURCES)}/${100_000 + random.int(IDS)}`],
      ['http.response.status_code', random.pick(kind.codes)],
      ['enduser.id', `u-${random.int(USERS)}`],
      ['duration_ms', Math.round(8000 * random.exponential() + 200) / 1000],
      ['thread.name', `worker-${random.int(THREADS)}`],
    ];
    record.traced = random.chance(TRACED_CHANCE);
    if (record.traced) {
      for (let i = 0; i < 4; i++) record.traceId[i] = random.u32() | 1;
      for (let i = 0; i < 2; i++) record.spanId[i] = random.u32() | 1;
    }
    return record;
  }
}
