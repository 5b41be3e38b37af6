/**
 * One native histogram as bytes, by itself: its form in the WAL and in head snapshots. Exact; not small (the
 * chunk form in `series-chunk.ts` codes a histogram against the one before it).
 */

import { ByteError, type ByteReader, ByteWriter, compareBytes } from '../../base/bytes.ts';
import type { BucketSpan, CounterReset, Histogram } from '../../model/histogram.ts';

const RESETS: readonly CounterReset[] = ['unknown', 'reset', 'not_reset', 'gauge'];
const FLAG_INTEGER = 1;
const FLAG_STALE = 2;
/** Buckets of one histogram that are read back; no receiver accepts near as many. */
const BUCKETS_MAX = 1 << 20;

function writeSide(out: ByteWriter, spans: readonly BucketSpan[], counts: readonly number[]): void {
  out.varint(spans.length);
  for (const s of spans) {
    out.zigzag(s.offset);
    out.varint(s.length);
  }
  out.varint(counts.length);
  for (const c of counts) out.f64(c);
}

function readCount(input: ByteReader): number {
  const n = input.varint();
  if (n > BUCKETS_MAX) throw new ByteError(`${n} histogram buckets`, input.pos);
  return n;
}

function readSide(input: ByteReader): { spans: BucketSpan[]; counts: number[] } {
  const spans: BucketSpan[] = [];
  for (let n = readCount(input); n > 0; n--) {
    const offset = input.zigzag();
    spans.push({ offset, length: input.varint() });
  }
  const counts: number[] = [];
  for (let n = readCount(input); n > 0; n--) counts.push(input.f64());
  return { spans, counts };
}

export function writeHistogram(out: ByteWriter, h: Histogram): void {
  out.u8((h.integer ? FLAG_INTEGER : 0) | (h.stale ? FLAG_STALE : 0) | (RESETS.indexOf(h.reset) << 2));
  out.zigzag(h.schema);
  out.f64(h.zeroThreshold);
  out.f64(h.zeroCount);
  out.f64(h.count);
  out.f64(h.sum);
  writeSide(out, h.positiveSpans, h.positiveCounts);
  writeSide(out, h.negativeSpans, h.negativeCounts);
  out.varint(h.customBounds.length);
  for (const b of h.customBounds) out.f64(b);
}

/** Whether two histograms are equal in all they say. */
export function sameHistogram(a: Histogram, b: Histogram): boolean {
  const [x, y] = [a, b].map((h) => {
    const out = new ByteWriter(256);
    writeHistogram(out, h);
    return out.view();
  });
  return compareBytes(x!, y!) === 0;
}

export function readHistogram(input: ByteReader): Histogram {
  const flags = input.u8();
  const schema = input.zigzag();
  const zeroThreshold = input.f64();
  const zeroCount = input.f64();
  const count = input.f64();
  const sum = input.f64();
  const positive = readSide(input);
  const negative = readSide(input);
  const customBounds: number[] = [];
  for (let n = readCount(input); n > 0; n--) customBounds.push(input.f64());
  return {
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
    customBounds,
    reset: RESETS[(flags >> 2) & 3]!,
    integer: (flags & FLAG_INTEGER) !== 0,
    stale: (flags & FLAG_STALE) !== 0,
  };
}
