/** Writes remote-write 1.0 requests for tests: protobuf by hand, snappy by snappyjs. */

import { compress } from 'snappyjs';
import { ByteWriter } from '../../src/base/bytes.ts';

/** A native histogram as the message has it: counts as differences of neighbours, or absolute where `float`. */
export interface WriteHistogram {
  readonly float: boolean;
  readonly count: number;
  readonly sum: number | 'stale';
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly negativeSpans: readonly WriteSpan[];
  readonly negativeCounts: readonly number[];
  readonly positiveSpans: readonly WriteSpan[];
  readonly positiveCounts: readonly number[];
  /** 0 unknown, 1 yes, 2 no, 3 gauge. */
  readonly resetHint: number;
  readonly customValues: readonly number[];
}

export interface WriteSpan {
  readonly offset: number;
  readonly length: number;
}

/** `stale` is the stale marker. */
export type WriteValue = number | 'stale' | WriteHistogram;

export interface WriteSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timestampMs: number, value: WriteValue])[];
}

const FIXED64 = 1;
const BLOCK = 2;

/** Little endian; kept as bytes, for a number on its way may lose the bits of its NaN. */
const STALE_BYTES = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

function field(out: ByteWriter, number: number, message: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  message(inner);
  out.varint(number * 8 + BLOCK);
  out.block(inner.view());
}

function varintField(out: ByteWriter, number: number, value: number): void {
  out.varint(number * 8);
  out.varint(value);
}

function doubleField(out: ByteWriter, number: number, value: number | 'stale'): void {
  out.varint(number * 8 + FIXED64);
  if (value === 'stale') out.bytes(STALE_BYTES);
  else out.f64(value);
}

function spanField(out: ByteWriter, number: number, { offset, length }: WriteSpan): void {
  field(out, number, (span) => {
    span.varint(8);
    span.zigzag(offset);
    varintField(span, 2, length);
  });
}

/** Bucket counts: packed doubles under `absolute`, or packed differences under `deltas`. */
function bucketFields(
  out: ByteWriter,
  [deltas, absolute]: readonly [number, number],
  h: WriteHistogram,
  counts: readonly number[],
): void {
  if (counts.length === 0) return;
  field(out, h.float ? absolute : deltas, (packed) => {
    counts.forEach((count, i) => {
      if (h.float) packed.f64(count);
      else packed.zigzag(count - (counts[i - 1] ?? 0));
    });
  });
}

function histogramField(out: ByteWriter, timestampMs: number, h: WriteHistogram): void {
  field(out, 4, (message) => {
    if (h.float) doubleField(message, 2, h.count);
    else varintField(message, 1, h.count);
    doubleField(message, 3, h.sum);
    message.varint(4 * 8);
    message.zigzag(h.schema);
    doubleField(message, 5, h.zeroThreshold);
    if (h.float) doubleField(message, 7, h.zeroCount);
    else varintField(message, 6, h.zeroCount);
    for (const span of h.negativeSpans) spanField(message, 8, span);
    bucketFields(message, [9, 10], h, h.negativeCounts);
    for (const span of h.positiveSpans) spanField(message, 11, span);
    bucketFields(message, [12, 13], h, h.positiveCounts);
    varintField(message, 14, h.resetHint);
    varintField(message, 15, timestampMs);
    if (h.customValues.length > 0) {
      field(message, 16, (packed) => {
        for (const bound of h.customValues) packed.f64(bound);
      });
    }
  });
}

/** A body for `POST /api/v1/write`. */
export function remoteWriteBody(series: readonly WriteSeries[]): Uint8Array {
  const out = new ByteWriter(1024);
  for (const s of series) {
    field(out, 1, (ts) => {
      for (const name of Object.keys(s.labels).sort()) {
        field(ts, 1, (label) => {
          label.varint(10);
          label.text(name);
          label.varint(18);
          label.text(s.labels[name]!);
        });
      }
      for (const [timestampMs, value] of s.samples) {
        if (typeof value === 'object') {
          histogramField(ts, timestampMs, value);
          continue;
        }
        field(ts, 2, (sample) => {
          doubleField(sample, 1, value);
          varintField(sample, 2, timestampMs);
        });
      }
    });
  }
  return compress(out.take());
}

export const REMOTE_WRITE_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;
