/** Native histograms as bytes, for the way between threads: all fields as they are, nothing saved. */

import type { ByteReader, ByteWriter } from '../base/bytes.ts';
import type { BucketSpan, CounterReset, Histogram } from '../model/histogram.ts';

const RESETS: readonly CounterReset[] = ['unknown', 'reset', 'not_reset', 'gauge'];
const INTEGER = 4;
const STALE = 8;

export function writeHistogram(out: ByteWriter, h: Histogram): void {
  out.u8(RESETS.indexOf(h.reset) | (h.integer ? INTEGER : 0) | (h.stale ? STALE : 0));
  for (const number of [h.schema, h.zeroThreshold, h.zeroCount, h.count, h.sum]) out.f64(number);
  for (const spans of [h.positiveSpans, h.negativeSpans]) {
    writeNumbers(
      out,
      spans.flatMap(({ offset, length }) => [offset, length]),
    );
  }
  for (const numbers of [h.positiveCounts, h.negativeCounts, h.customBounds]) writeNumbers(out, numbers);
}

function writeNumbers(out: ByteWriter, numbers: readonly number[]): void {
  out.u32(numbers.length);
  for (const number of numbers) out.f64(number);
}

/** Throws `ByteError`. */
export function readHistogram(input: ByteReader): Histogram {
  const flags = input.u8();
  const [schema, zeroThreshold, zeroCount, count, sum] = [
    ...[input.f64(), input.f64(), input.f64(), input.f64(), input.f64()],
  ] as [number, number, number, number, number];
  return {
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: spansOf(readNumbers(input)),
    negativeSpans: spansOf(readNumbers(input)),
    positiveCounts: readNumbers(input),
    negativeCounts: readNumbers(input),
    customBounds: readNumbers(input),
    reset: RESETS[flags & 3]!,
    integer: (flags & INTEGER) !== 0,
    stale: (flags & STALE) !== 0,
  };
}

function readNumbers(input: ByteReader): number[] {
  return Array.from({ length: input.u32() }, () => input.f64());
}

function spansOf(numbers: readonly number[]): BucketSpan[] {
  const out: BucketSpan[] = [];
  for (let i = 0; i < numbers.length; i += 2) out.push({ offset: numbers[i]!, length: numbers[i + 1]! });
  return out;
}
