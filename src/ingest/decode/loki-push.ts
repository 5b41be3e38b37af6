/**
 * Loki's push request, in protobuf (snappy undone before) and in JSON. Both read the body in place: a line is a range
 * of it, never a string. JSON strings with escapes are written back unescaped over themselves, which only ever
 * shortens them, in a copy of the body.
 */

import { ByteError } from '../../base/bytes.ts';
import { ProtoReader } from '../../base/protobuf.ts';
import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import { DEFAULT_LOG_LIMITS, type LogLimits } from '../../model/limits.ts';
import { InPlaceJson } from './json-in-place.ts';
import { JsonError } from './json-scanner.ts';
import { LogBatchBuilder, type LogDecode, type OpenStream } from './log-batch-builder.ts';
import { parseStreamLabels, streamLabelsOf } from './stream-labels.ts';

/** What Loki answers (422) when a request has no stream at all. */
export const NO_STREAMS_MESSAGE = 'error at least one valid stream is required for ingestion';

/** Deepest nesting of a JSON body; what the format itself needs is six. */
export const PUSH_JSON_DEPTH_MAX = 64;
const NS_PER_MS = 1_000_000;
const TWO_32 = 4294967296;

/** Opens the stream of a label string; labels that do not parse refuse the stream, not the request. */
export function openStream(builder: LogBatchBuilder, labels: () => Labels): OpenStream {
  try {
    return builder.open(labels());
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return builder.openRefused(Labels.EMPTY, error.message);
  }
}

/** Runs a decoder; what the readers below it throw becomes `bad_data`. */
export function asBadPush<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ByteError)
      throw new TriliteError('bad_data', `invalid push request: ${error.message}`);
    if (error instanceof JsonError) {
      throw new TriliteError('bad_data', `invalid push request: ${error.message} at byte ${error.offset}`);
    }
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------- protobuf

/** Tags: field number × 8 + wire type. */
const TAG = {
  streams: 10,
  labels: 10,
  entries: 18,
  time: 10,
  line: 18,
  metadata: 26,
  name: 10,
  value: 18,
} as const;
const TAG_SECONDS = 8;
const TAG_NANOS = 16;

/**
 * Decodes a PushRequest, already decompressed. The batch points into `body`. Throws `TriliteError` (`bad_data`) where
 * the body is malformed, and then nothing of it is to be stored; `internal` for metadata names that mean nothing.
 */
export function decodeLokiPush(body: Uint8Array, nowMs: number, limits = DEFAULT_LOG_LIMITS): LogDecode {
  return asBadPush(() => new PushDecoder(body, nowMs, limits).run());
}

class PushDecoder {
  readonly #r: ProtoReader;
  readonly #builder: LogBatchBuilder;

  constructor(body: Uint8Array, nowMs: number, limits: LogLimits) {
    this.#r = new ProtoReader(body);
    this.#builder = new LogBatchBuilder(body, nowMs, limits);
  }

  run(): LogDecode {
    const r = this.#r;
    const { end } = r;
    while (r.pos < end) {
      if (r.tag() !== TAG.streams) {
        r.skip();
        continue;
      }
      r.range();
      const { from, to } = r;
      this.#stream(from, to);
      r.seek(to, end);
    }
    return this.#builder.finish();
  }

  #stream(from: number, to: number): void {
    const r = this.#r;
    // Labels come first in practice, but no rule says so.
    let labelsFrom = 0;
    let labelsTo = 0;
    r.seek(from, to);
    while (r.pos < to) {
      if (r.tag() === TAG.labels) {
        r.range();
        labelsFrom = r.from;
        labelsTo = r.to;
      } else r.skip();
    }
    const text = Buffer.from(r.buf.buffer, r.buf.byteOffset + labelsFrom, labelsTo - labelsFrom).toString();
    const stream = openStream(this.#builder, () => parseStreamLabels(text));
    r.seek(from, to);
    while (r.pos < to) {
      if (r.tag() !== TAG.entries) {
        r.skip();
        continue;
      }
      r.range();
      const entryTo = r.to;
      r.seek(r.from, entryTo);
      this.#entry(stream);
      r.seek(entryTo, to);
    }
  }

  /** Reads the entry that fills the reader's range. */
  #entry(stream: OpenStream): void {
    const r = this.#r;
    const { end } = r;
    let timeMs = 0;
    let timeNs = 0;
    let lineFrom = 0;
    let lineTo = 0;
    while (r.pos < end) {
      switch (r.tag()) {
        case TAG.time: {
          r.range();
          const { from, to } = r;
          r.seek(from, to);
          let seconds = 0;
          let nanos = 0;
          while (r.pos < to) {
            const tag = r.tag();
            if (tag === TAG_SECONDS) {
              r.varint64();
              seconds = (r.high | 0) * TWO_32 + r.low;
            } else if (tag === TAG_NANOS) nanos = r.uint32() | 0;
            else r.skip();
          }
          r.seek(to, end);
          const ms = Math.floor(nanos / NS_PER_MS);
          timeMs = seconds * 1000 + ms;
          timeNs = nanos - ms * NS_PER_MS;
          break;
        }
        case TAG.line:
          r.range();
          lineFrom = r.from;
          lineTo = r.to;
          break;
        case TAG.metadata:
          this.#pair(end);
          break;
        default:
          r.skip();
      }
    }
    if (!(Math.abs(timeMs) <= TIME_MAX_MS)) r.fail('timestamp out of range');
    this.#builder.entry(stream, timeMs, timeNs, lineFrom, lineTo);
  }

  #pair(end: number): void {
    const r = this.#r;
    r.range();
    const { from, to } = r;
    r.seek(from, to);
    let nameFrom = 0;
    let nameTo = 0;
    let valueFrom = 0;
    let valueTo = 0;
    while (r.pos < to) {
      const tag = r.tag();
      if (tag === TAG.name) {
        r.range();
        nameFrom = r.from;
        nameTo = r.to;
      } else if (tag === TAG.value) {
        r.range();
        valueFrom = r.from;
        valueTo = r.to;
      } else r.skip();
    }
    r.seek(to, end);
    this.#builder.pairBytes(nameFrom, nameTo, valueFrom, valueTo);
  }
}

/** What a count of nanoseconds in 64 bits reaches, in ms. */
const TIME_MAX_MS = 9_223_372_036_854;

// -------------------------------------------------------------------------------------------------- JSON

/**
 * Decodes a JSON push request: `{"streams":[{"stream":{…},"values":[["<ns>","<line>",{…}],…]}]}`. The batch has a
 * buffer of its own. Throws as `decodeLokiPush` does. What follows the object is ignored, as the original does.
 */
export function decodeLokiPushJson(body: Uint8Array, nowMs: number, limits = DEFAULT_LOG_LIMITS): LogDecode {
  const copy = body.slice();
  return asBadPush(() => new PushJsonDecoder(copy, nowMs, limits).run());
}

class PushJsonDecoder {
  readonly #json: InPlaceJson;
  readonly #builder: LogBatchBuilder;
  /** Time of the entry that is being read. */
  #timeMs = 0;
  #timeNs = 0;

  constructor(body: Uint8Array, nowMs: number, limits: LogLimits) {
    this.#json = new InPlaceJson(body, PUSH_JSON_DEPTH_MAX);
    this.#builder = new LogBatchBuilder(body, nowMs, limits);
  }

  run(): LogDecode {
    const json = this.#json;
    if (json.next() === 'null') return this.#builder.finish();
    json.members((key) => {
      if (key !== 'streams') json.skip();
      else json.elements(() => this.#stream());
    });
    return this.#builder.finish();
  }

  #stream(): void {
    const json = this.#json;
    const labels = new Map<string, string>();
    let stream: OpenStream | undefined;
    let valuesAt = -1;
    json.members((key) => {
      if (key === 'stream') {
        json.members((name) => {
          labels.set(name, json.next() === 'string' ? json.string() : json.raw());
        });
        stream = openStream(this.#builder, () => streamLabelsOf(labels));
      } else if (key !== 'values') json.skip();
      else if (stream) this.#values(stream);
      else valuesAt = json.skipUnread();
    });
    stream ??= openStream(this.#builder, () => streamLabelsOf(labels));
    if (valuesAt < 0) return;
    // Slow path: the labels stood behind the values, or nowhere.
    const end = json.pos;
    json.pos = valuesAt;
    this.#values(stream);
    json.pos = end;
  }

  #values(stream: OpenStream): void {
    this.#json.elements(() => this.#entry(stream));
  }

  #entry(stream: OpenStream): void {
    const json = this.#json;
    let lineFrom = 0;
    let lineTo = 0;
    let index = 0;
    json.open('array');
    for (; json.element(index === 0); index++) {
      if (index === 0) {
        json.stringRange();
        this.#time(json.from, json.to);
      } else if (index === 1) {
        json.stringRange();
        lineFrom = json.from;
        lineTo = json.to;
      } else if (index === 2) json.stringMembers(this.#pair);
      else json.skip();
    }
    if (index === 0) json.fail('an entry without a timestamp');
    this.#builder.entry(stream, this.#timeMs, this.#timeNs, lineFrom, lineTo);
  }

  readonly #pair = (nameFrom: number, nameTo: number): void => {
    this.#builder.pairBytes(nameFrom, nameTo, this.#json.from, this.#json.to);
  };

  /** Reads nanoseconds in decimal digits, 64 bits, as milliseconds and the rest. */
  #time(from: number, to: number): void {
    const { bytes } = this.#json;
    const negative = bytes[from] === 0x2d;
    const start = negative || bytes[from] === 0x2b ? from + 1 : from;
    let ms = 0;
    let ns = 0;
    const split = Math.max(start, to - 6);
    for (let i = start; i < to; i++) {
      const digit = bytes[i]! - 0x30;
      if (digit < 0 || digit > 9) this.#json.fail('timestamp is not a number of nanoseconds', from);
      if (i < split) ms = ms * 10 + digit;
      else ns = ns * 10 + digit;
    }
    if (start === to || ms > TIME_MAX_MS) this.#json.fail('timestamp is not a number of nanoseconds', from);
    this.#timeMs = negative ? (ns === 0 ? 0 - ms : -ms - 1) : ms;
    this.#timeNs = negative && ns > 0 ? NS_PER_MS - ns : ns;
  }
}
