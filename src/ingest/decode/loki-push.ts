/**
 * Loki's push request in protobuf (snappy undone before), read in place: a line is a range of the body, never a
 * string.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { DEFAULT_LOG_LIMITS, type LogLimits } from '../../model/limits.ts';
import { asBadData } from './bad-data.ts';
import { LogBatchBuilder, type LogDecode, type OpenStream } from './log-batch-builder.ts';
import type { LogColumns } from './log-columns.ts';

/** What Loki answers (422) when a request has no stream at all. */
export const NO_STREAMS_MESSAGE = 'error at least one valid stream is required for ingestion';

/** What the answer to a malformed request opens with. */
export const BAD_PUSH = 'invalid push request';

/** What a count of nanoseconds in 64 bits reaches, in ms. */
export const PUSH_TIME_MAX_MS = 9_223_372_036_854;
const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;

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
 * Decodes a PushRequest, already decompressed. The batch points into `body` and `columns`. Throws `TriliteError` (`bad_data`) where
 * the body or a label string is malformed, and then nothing of it is to be stored; `internal` for metadata names that mean nothing.
 */
export function decodeLokiPush(
  body: Uint8Array,
  nowMs: number,
  limits = DEFAULT_LOG_LIMITS,
  columns?: LogColumns,
): LogDecode {
  return asBadData(BAD_PUSH, () => new PushDecoder(body, nowMs, limits, columns).run());
}

class PushDecoder {
  readonly #r: ProtoReader;
  readonly #builder: LogBatchBuilder;

  constructor(body: Uint8Array, nowMs: number, limits: LogLimits, columns: LogColumns | undefined) {
    this.#r = new ProtoReader(body);
    this.#builder = new LogBatchBuilder(body, nowMs, limits, columns);
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
    const stream = this.#builder.openText(text);
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
              seconds = r.int64();
            } else if (tag === TAG_NANOS) nanos = r.uint32() | 0;
            else r.skip();
          }
          r.seek(to, end);
          if (nanos < 0 || nanos >= NS_PER_SECOND) r.fail('nanoseconds of a timestamp out of range');
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
    if (!(Math.abs(timeMs) <= PUSH_TIME_MAX_MS)) r.fail('timestamp out of range');
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
