/**
 * Tags of Jaeger's spans, processes and logs in columns, pointing into the request. A key that the translation to OTLP
 * looks at is recognised as it is added, so that nobody compares texts afterwards.
 *
 * OTLP's attributes are a map in the translation: of equal keys in one range the first has the place and the last the
 * value. `settle` makes it so.
 */

import { utf8Encode } from '../../../base/bytes.ts';

export const TAG = { string: 0, bool: 1, int: 2, double: 3, binary: 4, unknown: 5 } as const;

/** Keys that mean something to the translation; 0 is any other. */
export const ROLE = {
  none: 0,
  serviceName: 1,
  spanKind: 2,
  error: 3,
  statusCode: 4,
  statusDescription: 5,
  httpStatusCode: 6,
  httpStatusMessage: 7,
  event: 8,
  hostname: 9,
  hostName: 10,
  jaegerVersion: 11,
  exporterVersion: 12,
  scopeName: 13,
  scopeVersion: 14,
  traceState: 15,
} as const;

const KEYS: readonly (readonly [string, number])[] = [
  ['service.name', ROLE.serviceName],
  ['span.kind', ROLE.spanKind],
  ['error', ROLE.error],
  ['otel.status_code', ROLE.statusCode],
  ['otel.status_description', ROLE.statusDescription],
  ['http.status_code', ROLE.httpStatusCode],
  ['http.status_message', ROLE.httpStatusMessage],
  ['event', ROLE.event],
  ['hostname', ROLE.hostname],
  ['host.name', ROLE.hostName],
  ['jaeger.version', ROLE.jaegerVersion],
  ['opencensus.exporterversion', ROLE.exporterVersion],
  ['otel.scope.name', ROLE.scopeName],
  ['otel.scope.version', ROLE.scopeVersion],
  ['w3c.tracestate', ROLE.traceState],
];

/** By the key's length. */
const KEYS_BY_LENGTH: readonly (readonly { readonly bytes: Uint8Array; readonly role: number }[])[] =
  Array.from({ length: Math.max(...KEYS.map(([key]) => key.length)) + 1 }, (_, length) =>
    KEYS.filter(([key]) => key.length === length).map(([key, role]) => ({ bytes: utf8Encode(key), role })),
  );

/** Ranges of more tags are settled by a table of their keys; for fewer, comparing each with each is quicker. */
const COMPARED_MAX = 24;
const START_TAGS = 64;

function roleOf(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length >= KEYS_BY_LENGTH.length) return ROLE.none;
  for (const { bytes, role } of KEYS_BY_LENGTH[length]!) {
    let i = 0;
    while (i < length && buf[start + i] === bytes[i]) i++;
    if (i === length) return role;
  }
  return ROLE.none;
}

export class Tags {
  count = 0;
  keyStart = new Uint32Array(START_TAGS);
  keyEnd = new Uint32Array(START_TAGS);
  type = new Uint8Array(START_TAGS);
  /** Halves of a number's or double's bits; 0 or 1 of a bool; bounds of a text or binary; number of an unknown type. */
  low = new Uint32Array(START_TAGS);
  high = new Uint32Array(START_TAGS);
  role = new Uint8Array(START_TAGS);
  /** 1: another of the same key stands for it, or it was taken. */
  hidden = new Uint8Array(START_TAGS);

  clear(): void {
    this.count = 0;
  }

  /** `type` is one of `TAG`; `low` and `high` as the columns have them. */
  add(buf: Uint8Array, keyStart: number, keyEnd: number, type: number, low: number, high: number): void {
    const i = this.count++;
    if (i === this.type.length) this.#grow();
    this.keyStart[i] = keyStart;
    this.keyEnd[i] = keyEnd;
    this.type[i] = type;
    this.low[i] = low;
    this.high[i] = high;
    this.role[i] = roleOf(buf, keyStart, keyEnd);
    this.hidden[i] = 0;
  }

  #grow(): void {
    const wider = <T extends Uint32Array | Uint8Array>(column: T): T => {
      const next = new (column.constructor as new (length: number) => T)(2 * column.length);
      next.set(column);
      return next;
    };
    this.keyStart = wider(this.keyStart);
    this.keyEnd = wider(this.keyEnd);
    this.type = wider(this.type);
    this.low = wider(this.low);
    this.high = wider(this.high);
    this.role = wider(this.role);
    this.hidden = wider(this.hidden);
  }

  /** The tag of that role within `[from, to)`, which is settled; -1 where there is none. */
  find(role: number, from: number, to: number): number {
    for (let i = from; i < to; i++) if (this.role[i] === role && this.hidden[i] === 0) return i;
    return -1;
  }

  /** As `find`, and the tag is no more. */
  take(role: number, from: number, to: number): number {
    const tag = this.find(role, from, to);
    if (tag >= 0) this.hidden[tag] = 1;
    return tag;
  }

  /** Makes the tags `[from, to)` of equal keys one. */
  settle(buf: Uint8Array, from: number, to: number): void {
    if (to - from > COMPARED_MAX) {
      this.#settleMany(buf, from, to);
      return;
    }
    for (let i = from + 1; i < to; i++) {
      if (this.hidden[i] === 1) continue;
      for (let j = from; j < i; j++) {
        if (this.hidden[j] === 0 && this.#haveSameKey(buf, i, j)) {
          this.#supersede(j, i);
          break;
        }
      }
    }
  }

  #settleMany(buf: Uint8Array, from: number, to: number): void {
    const first = new Map<string, number>();
    const bytes = Buffer.from(buf.buffer, buf.byteOffset, buf.length);
    for (let i = from; i < to; i++) {
      if (this.hidden[i] === 1) continue;
      const key = bytes.toString('latin1', this.keyStart[i], this.keyEnd[i]);
      const j = first.get(key);
      if (j === undefined) first.set(key, i);
      else this.#supersede(j, i);
    }
  }

  #haveSameKey(buf: Uint8Array, i: number, j: number): boolean {
    const a = this.keyStart[i]!;
    const b = this.keyStart[j]!;
    const length = this.keyEnd[i]! - a;
    if (length !== this.keyEnd[j]! - b) return false;
    for (let k = 0; k < length; k++) if (buf[a + k] !== buf[b + k]) return false;
    return true;
  }

  #supersede(first: number, later: number): void {
    this.type[first] = this.type[later]!;
    this.low[first] = this.low[later]!;
    this.high[first] = this.high[later]!;
    this.hidden[later] = 1;
  }
}
