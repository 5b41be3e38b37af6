/**
 * OTLP logs: an export request in protobuf to a `LogBatch`. A resource is a stream; record attributes, the scope, the
 * other resource attributes and the record's own fields become structured metadata. A body that is a string is a
 * range of the request; any other body is written as text behind it.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { ANY_VALUE_TAG, type AnyValue, decodeAnyValue } from '../../model/attributes.ts';
import { DEFAULT_LOG_LIMITS, type LogLimits } from '../../model/limits.ts';
import { flattenAttribute, resourceStream } from '../translate/otlp-stream.ts';
import { asBadData } from './bad-data.ts';
import { LogBatchBuilder, type LogDecode, type OpenStream } from './log-batch-builder.ts';
import { anyValueText } from './otlp-any-value.ts';
import { BAD_OTLP, checkOtlp } from './otlp-check.ts';

/** Tags: field number × 8 + wire type. */
const REQUEST_RESOURCE_LOGS = 10;
const RESOURCE_LOGS = { resource: 10, scopeLogs: 18 } as const;
const RESOURCE_ATTRIBUTES = 10;
const SCOPE_LOGS = { scope: 10, records: 18 } as const;
const SCOPE = { name: 10, version: 18, attributes: 26, dropped: 32 } as const;
const RECORD = {
  time: 9,
  severityNumber: 16,
  severityText: 26,
  body: 42,
  attributes: 50,
  dropped: 56,
  flags: 69,
  traceId: 74,
  spanId: 82,
  observed: 89,
  eventName: 98,
} as const;
const KEY_VALUE = { key: 10, value: 18 } as const;

const NS_PER_MS = 1_000_000;
/** 2^32 nanoseconds are this many milliseconds, and this many nanoseconds more. */
const MS_PER_HIGH = 4294;
const NS_PER_HIGH = 967296;

/**
 * Decodes the body of an export request (JSON goes through `otlpJsonToProtobuf` before). Throws `TriliteError`
 * (`bad_data`) where it is malformed, and then nothing of it is to be stored.
 */
export function decodeOtlpLogs(body: Uint8Array, nowMs: number, limits = DEFAULT_LOG_LIMITS): LogDecode {
  checkOtlp('logs', body);
  return asBadData(BAD_OTLP, () => new OtlpLogsDecoder(body, nowMs, limits).run());
}

/** A metadata pair that many records share: string numbers and what it counts towards the limit. */
interface SharedPair {
  readonly name: number;
  readonly value: number;
  readonly sizeBytes: number;
}

class OtlpLogsDecoder {
  readonly #r: ProtoReader;
  readonly #body: Buffer;
  readonly #nowMs: number;
  readonly #builder: LogBatchBuilder;
  /** Metadata of the resource and the scope at hand. */
  #resourcePairs: SharedPair[] = [];
  #scopePairs: SharedPair[] = [];
  /** The time last read by `#time`. */
  #ms = 0;
  #ns = 0;

  constructor(body: Uint8Array, nowMs: number, limits: LogLimits) {
    this.#r = new ProtoReader(body);
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#nowMs = nowMs;
    this.#builder = new LogBatchBuilder(body, nowMs, limits);
  }

  run(): LogDecode {
    this.#each(0, this.#body.length, REQUEST_RESOURCE_LOGS, (from, to) => this.#resourceLogs(from, to));
    return this.#builder.finish();
  }

  /** Calls `visit` with the range of every field `tag` of the message `[from, to)`. */
  #each(from: number, to: number, tag: number, visit: (from: number, to: number) => void): void {
    const r = this.#r;
    r.seek(from, to);
    while (r.pos < to) {
      if (r.tag() !== tag) {
        r.skip();
        continue;
      }
      r.range();
      const next = r.to;
      visit(r.from, next);
      r.seek(next, to);
    }
  }

  #resourceLogs(from: number, to: number): void {
    const attributes: [string, AnyValue][] = [];
    this.#each(from, to, RESOURCE_LOGS.resource, (a, b) => {
      this.#each(a, b, RESOURCE_ATTRIBUTES, (c, d) => attributes.push(this.#keyValue(c, d)));
    });
    const { labels, metadata } = resourceStream(attributes);
    this.#resourcePairs = metadata.map(([name, text]) => this.#sharedPair(name, text));
    let stream: OpenStream | undefined;
    this.#each(from, to, RESOURCE_LOGS.scopeLogs, (a, b) => {
      this.#scope(a, b);
      this.#each(a, b, SCOPE_LOGS.records, (c, d) => {
        // A resource without a record is no stream.
        stream ??= this.#builder.open(labels);
        this.#record(stream, c, d);
      });
    });
  }

  #sharedPair(name: string, text: string): SharedPair {
    const { strings } = this.#builder;
    return {
      name: strings.ofText(name),
      value: strings.ofText(text.includes('\ufffd') ? text.replaceAll('\ufffd', ' ') : text),
      sizeBytes: Buffer.byteLength(name) + Buffer.byteLength(text),
    };
  }

  /** Collects the metadata that the scope of the ScopeLogs `[from, to)` stands for. */
  #scope(from: number, to: number): void {
    const pairs: SharedPair[] = [];
    // Behind its attributes, over which it wins.
    const own: SharedPair[] = [];
    this.#each(from, to, SCOPE_LOGS.scope, (a, b) => {
      const r = this.#r;
      r.seek(a, b);
      while (r.pos < b) {
        switch (r.tag()) {
          case SCOPE.name:
            own.push(this.#sharedPair('scope_name', this.#text()));
            break;
          case SCOPE.version:
            own.push(this.#sharedPair('scope_version', this.#text()));
            break;
          case SCOPE.attributes: {
            r.range();
            const next = r.to;
            const [key, value] = this.#keyValue(r.from, next);
            flattenAttribute(key, value, (name, text) => pairs.push(this.#sharedPair(name, text)));
            r.seek(next, b);
            break;
          }
          case SCOPE.dropped: {
            const n = r.uint32();
            if (n > 0) own.push(this.#sharedPair('scope_dropped_attributes_count', String(n)));
            break;
          }
          default:
            r.skip();
        }
      }
    });
    this.#scopePairs = [...pairs, ...own];
  }

  #text(): string {
    const r = this.#r;
    r.range();
    return this.#slice(r.from, r.to);
  }

  #slice(from: number, to: number): string {
    return this.#body.toString('utf8', from, to);
  }

  #keyValue(from: number, to: number): [string, AnyValue] {
    const r = this.#r;
    let key = '';
    let value: AnyValue = { type: 'empty' };
    r.seek(from, to);
    while (r.pos < to) {
      const tag = r.tag();
      if (tag === KEY_VALUE.key) key = this.#text();
      else if (tag === KEY_VALUE.value) value = decodeAnyValue(r.bytes());
      else r.skip();
    }
    return [key, value];
  }

  /** Reads nanoseconds since the epoch; whether they are not 0. */
  #time(): boolean {
    const r = this.#r;
    r.fixed64();
    const rest = r.high * NS_PER_HIGH + r.low;
    this.#ms = r.high * MS_PER_HIGH + Math.floor(rest / NS_PER_MS);
    this.#ns = rest % NS_PER_MS;
    return r.high !== 0 || r.low !== 0;
  }

  #record(stream: OpenStream, from: number, to: number): void {
    const r = this.#r;
    const builder = this.#builder;
    // Of equal names the last wins: the record's own fields over its attributes, then the resource, then the scope.
    let timeMs = -1;
    let timeNs = 0;
    let observedMs = -1;
    let observedNs = 0;
    let lineFrom = 0;
    let lineTo = 0;
    r.seek(from, to);
    while (r.pos < to) {
      switch (r.tag()) {
        case RECORD.attributes:
          r.range();
          this.#attribute(r.from, r.to, to);
          break;
        case RECORD.time:
          if (this.#time()) {
            timeMs = this.#ms;
            timeNs = this.#ns;
          }
          break;
        case RECORD.observed:
          if (this.#time()) {
            observedMs = this.#ms;
            observedNs = this.#ns;
          }
          break;
        case RECORD.body: {
          r.range();
          const { from: start, to: end } = r;
          if (!this.#plainString(start, end)) {
            const text = anyValueText(decodeAnyValue(this.#body.subarray(start, end)));
            ({ start: lineFrom, end: lineTo } = builder.appendText(text));
          } else {
            lineFrom = r.from;
            lineTo = r.to;
          }
          r.seek(end, to);
          break;
        }
        default:
          r.skip();
      }
    }
    this.#fields(from, to);
    if (timeMs >= 0 && observedMs >= 0)
      this.#field('observed_timestamp', nanosecondsText(observedMs, observedNs));
    for (const p of this.#resourcePairs) builder.pair(p.name, p.value, p.sizeBytes);
    for (const p of this.#scopePairs) builder.pair(p.name, p.value, p.sizeBytes);
    if (timeMs < 0 && observedMs >= 0) builder.entry(stream, observedMs, observedNs, lineFrom, lineTo);
    else builder.entry(stream, timeMs < 0 ? this.#nowMs : timeMs, timeNs, lineFrom, lineTo);
  }

  /** Whether the AnyValue `[from, to)` is one string and nothing else, whose range is then left in the reader. */
  #plainString(from: number, to: number): boolean {
    const r = this.#r;
    if (from === to || this.#body[from] !== ANY_VALUE_TAG.string) return false;
    r.seek(from + 1, to);
    r.range();
    return r.to === to;
  }

  /** Adds the record attribute `[from, to)`, then goes on in the record, which ends at `end`. */
  #attribute(from: number, to: number, end: number): void {
    const r = this.#r;
    let keyFrom = 0;
    let keyTo = 0;
    let valueFrom = 0;
    let valueTo = 0;
    r.seek(from, to);
    while (r.pos < to) {
      const tag = r.tag();
      if (tag !== KEY_VALUE.key && tag !== KEY_VALUE.value) {
        r.skip();
        continue;
      }
      r.range();
      if (tag === KEY_VALUE.key) {
        keyFrom = r.from;
        keyTo = r.to;
      } else {
        valueFrom = r.from;
        valueTo = r.to;
      }
    }
    // Fast path: a string value is a range of the body.
    if (this.#plainString(valueFrom, valueTo)) this.#builder.pairBytes(keyFrom, keyTo, r.from, r.to);
    else {
      const value = decodeAnyValue(this.#body.subarray(valueFrom, valueTo));
      flattenAttribute(this.#slice(keyFrom, keyTo), value, (name, text) => this.#field(name, text));
    }
    r.seek(to, end);
  }

  #field(name: string, text: string): void {
    const { name: n, value, sizeBytes } = this.#sharedPair(name, text);
    this.#builder.pair(n, value, sizeBytes);
  }

  /** Adds the metadata that stands for the fields of the record `[from, to)`; zero and empty values are left out. */
  #fields(from: number, to: number): void {
    const r = this.#r;
    r.seek(from, to);
    while (r.pos < to) {
      const tag = r.tag();
      const name = FIELD_NAMES[tag];
      if (name === undefined) r.skip();
      else if (tag === RECORD.traceId || tag === RECORD.spanId) {
        r.range();
        if (!isZero(this.#body, r.from, r.to)) this.#field(name, this.#body.toString('hex', r.from, r.to));
      } else if (tag === RECORD.severityText || tag === RECORD.eventName) {
        const text = this.#text();
        if (text !== '') this.#field(name, text);
      } else {
        const n = tag === RECORD.flags ? r.fixed32() : r.uint32();
        if (n !== 0) this.#field(name, String(n));
      }
    }
  }
}

/** Metadata names of record fields, by tag. */
const FIELD_NAMES: Readonly<Record<number, string>> = {
  [RECORD.severityNumber]: 'severity_number',
  [RECORD.severityText]: 'severity_text',
  [RECORD.dropped]: 'dropped_attributes_count',
  [RECORD.flags]: 'flags',
  [RECORD.traceId]: 'trace_id',
  [RECORD.spanId]: 'span_id',
  [RECORD.eventName]: 'event_name',
};

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

function nanosecondsText(ms: number, ns: number): string {
  return ms === 0 ? String(ns) : `${ms}${String(ns).padStart(6, '0')}`;
}
