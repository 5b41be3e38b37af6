/**
 * Log lines as services print them: JSON of about 200 bytes, logfmt, and the combined format of web servers. A message
 * is drawn from the few that a program has, and filled with identifiers, durations and addresses that vary as much as
 * they do in life; trace ids are random in every bit, because real ones are.
 */

import { Random, seedOf } from '../random.ts';
import type { LineForm } from '../workload.ts';

export type Level = 'info' | 'warn' | 'error';

/** A share of the lines belongs to a traced request. */
const TRACED_CHANCE = 0.3;
/** Words that a search can look for: present in about one line of 20,000, whatever its form. */
export const NEEDLE = 'E7741-quorum-lost';
const NEEDLE_CHANCE = 1 / 20_000;
const USERS = 50_000;
const IDS = 900_000;

const LOGGERS = [
  'http.server',
  'http.server',
  'http.server',
  'db.pool',
  'cache',
  'queue.consumer',
  'auth.session',
];
const MESSAGES: Readonly<Record<Level, readonly string[]>> = {
  info: [
    'request completed',
    'request completed',
    'request completed',
    'request accepted',
    'cache refreshed',
    'session renewed',
    'message processed',
    'connection returned to pool',
    'order state changed',
    'item reserved',
  ],
  warn: [
    'slow query',
    'retrying upstream call',
    'rate limit close to exhausted',
    'deprecated field in request',
    'connection pool nearly full',
  ],
  error: [
    'request failed',
    'upstream timeout',
    'payment declined by provider',
    'deadlock detected, transaction rolled back',
    'cannot deserialize message',
  ],
};
const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE'];
const RESOURCES = ['orders', 'items', 'users', 'carts', 'sessions', 'invoices', 'quotes'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'kube-probe/1.31',
  'okhttp/4.12.0',
  'python-requests/2.32.3',
];
const STATUS: Readonly<Record<Level, readonly number[]>> = {
  info: [200, 200, 200, 200, 201, 204, 304],
  warn: [400, 401, 404, 409, 429],
  error: [500, 502, 503, 504],
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MS_PER_SECOND = 1000;

type OneForm = Exclude<LineForm, 'mix'>;
const FORMS: readonly OneForm[] = ['json', 'logfmt', 'access'];

/** Which form the lines of stream `stream` have: a program prints one. */
export function formOf(form: LineForm, stream: number): OneForm {
  return form === 'mix' ? FORMS[stream % FORMS.length]! : form;
}

/** Makes lines; one per sequence of lines, so that the same seed gives the same lines. */
export class LineMaker {
  readonly #random: Random;
  #second = Number.NaN;
  #iso = '';
  #clf = '';
  /** Trace id of the last line in hexadecimal, empty where it has none. */
  traceId = '';

  constructor(seed: number) {
    this.#random = new Random(seedOf(seed, 0x1095));
  }

  /** A line in ASCII. `traceId` is used where given; else a share of the lines gets a random one. */
  next(form: OneForm, level: Level, timeMs: number, ns: number, traceId?: string): string {
    const random = this.#random;
    this.#clock(timeMs);
    this.traceId = traceId ?? (random.chance(TRACED_CHANCE) ? random.hex(32) : '');
    if (form === 'json') return this.#json(level, timeMs, ns);
    return form === 'logfmt' ? this.#logfmt(level, timeMs, ns) : this.#access(level);
  }

  /** Dates are printed once a second of the data's time. */
  #clock(timeMs: number): void {
    const second = Math.floor(timeMs / MS_PER_SECOND);
    if (second === this.#second) return;
    this.#second = second;
    const date = new Date(second * MS_PER_SECOND);
    const iso = date.toISOString();
    this.#iso = iso.slice(0, 20);
    const day = String(date.getUTCDate()).padStart(2, '0');
    this.#clf = `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${iso.slice(11, 19)} +0000`;
  }

  /** RFC 3339 with microseconds. */
  #time(timeMs: number, ns: number): string {
    const micros = (timeMs % MS_PER_SECOND) * 1000 + Math.floor(ns / 1000);
    return `${this.#iso}${String(micros).padStart(6, '0')}Z`;
  }

  #message(level: Level): string {
    const random = this.#random;
    return random.chance(NEEDLE_CHANCE) ? `replica refused: ${NEEDLE}` : random.pick(MESSAGES[level]);
  }

  #path(): string {
    const random = this.#random;
    return `/api/v1/${random.pick(RESOURCES)}/${100_000 + random.int(IDS)}`;
  }

  #durationMs(): string {
    return (8 * this.#random.exponential() + 0.2).toFixed(3);
  }

  #json(level: Level, timeMs: number, ns: number): string {
    const random = this.#random;
    const head = `{"ts":"${this.#time(timeMs, ns)}","level":"${level}","logger":"${random.pick(LOGGERS)}"`;
    const request = `"method":"${random.pick(METHODS)}","path":"${this.#path()}","status":${random.pick(STATUS[level])}`;
    const trace = this.traceId === '' ? '' : `,"trace_id":"${this.traceId}"`;
    const who = `"user_id":"u-${random.int(USERS)}","duration_ms":${this.#durationMs()}`;
    return `${head},"msg":"${this.#message(level)}",${request},${who}${trace}}`;
  }

  #logfmt(level: Level, timeMs: number, ns: number): string {
    const random = this.#random;
    const head = `ts=${this.#time(timeMs, ns)} level=${level} logger=${random.pick(LOGGERS)}`;
    const request = `method=${random.pick(METHODS)} path=${this.#path()} status=${random.pick(STATUS[level])}`;
    const trace = this.traceId === '' ? '' : ` trace_id=${this.traceId}`;
    const who = `user_id=u-${random.int(USERS)} duration_ms=${this.#durationMs()}`;
    return `${head} msg="${this.#message(level)}" ${request} ${who}${trace}`;
  }

  #access(level: Level): string {
    const random = this.#random;
    const ip = `10.${random.int(32)}.${random.int(256)}.${random.int(256)}`;
    const needle = random.chance(NEEDLE_CHANCE) ? `?q=${NEEDLE}` : '';
    const request = `"${random.pick(METHODS)} ${this.#path()}${needle} HTTP/1.1" ${random.pick(STATUS[level])}`;
    const size = Math.floor(200 + 4000 * random.exponential());
    return `${ip} - u-${random.int(USERS)} [${this.#clf}] ${request} ${size} "https://shop.example/${random.pick(RESOURCES)}" "${random.pick(AGENTS)}"`;
  }
}
