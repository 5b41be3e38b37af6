/**
 * Native histograms of a chunk. The layout (schema, zero threshold, spans, custom bounds) is written when it
 * differs from the sample before; counts are zigzag differences to the sample before where both are integers and
 * the layout is the same, plain varints where it is new, float64 where they are no integers.
 *
 * After the version byte, per sample: flags, [layout], count, zero count, sum, bucket counts.
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import type { BucketSpan, CounterReset, Histogram } from '../../model/histogram.ts';
import { HISTOGRAM_CHUNK_VERSION } from './codec.ts';

const FLAG = { newLayout: 1, integerCounts: 2, integer: 4, stale: 8 } as const;
const RESET_SHIFT = 4;
const RESETS: readonly CounterReset[] = ['unknown', 'reset', 'not_reset', 'gauge'];
/** Differences of counts below this fit a zigzag varint. */
const COUNT_MAX = 2 ** 51;

interface Layout {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: readonly BucketSpan[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly customBounds: readonly number[];
}

function sameSpans(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((s, i) => s.offset === b[i]!.offset && s.length === b[i]!.length);
}

function sameLayout(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.zeroThreshold, b.zeroThreshold) &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    a.positiveCounts.length === b.positiveCounts.length &&
    a.negativeCounts.length === b.negativeCounts.length &&
    a.customBounds.length === b.customBounds.length &&
    a.customBounds.every((x, i) => Object.is(x, b.customBounds[i]))
  );
}

function isCount(x: number): boolean {
  return x >= 0 && x <= COUNT_MAX && x === Math.floor(x) && !Object.is(x, -0);
}

function hasIntegerCounts(h: Histogram): boolean {
  return (
    isCount(h.count) &&
    isCount(h.zeroCount) &&
    h.positiveCounts.every(isCount) &&
    h.negativeCounts.every(isCount)
  );
}

function writeSpans(out: ByteWriter, spans: readonly BucketSpan[]): void {
  out.varint(spans.length);
  for (const s of spans) {
    out.zigzag(s.offset);
    out.varint(s.length);
  }
}

function readSpans(input: ByteReader): BucketSpan[] {
  const n = input.varint();
  const spans: BucketSpan[] = [];
  for (let i = 0; i < n; i++) spans.push({ offset: input.zigzag(), length: input.varint() });
  return spans;
}

function writeCounts(
  out: ByteWriter,
  counts: readonly number[],
  before: readonly number[] | undefined,
  integer: boolean,
): void {
  for (let i = 0; i < counts.length; i++) {
    if (integer) out.zigzag(counts[i]! - (before?.[i] ?? 0));
    else out.f64(counts[i]!);
  }
}

function readCounts(
  input: ByteReader,
  n: number,
  before: readonly number[] | undefined,
  integer: boolean,
): number[] {
  const counts: number[] = [];
  for (let i = 0; i < n; i++) counts.push(integer ? input.zigzag() + (before?.[i] ?? 0) : input.f64());
  return counts;
}

/** Writes `histograms[from, to)`. */
export function encodeHistograms(
  out: ByteWriter,
  histograms: readonly Histogram[],
  from: number,
  to: number,
): void {
  out.u8(HISTOGRAM_CHUNK_VERSION);
  let before: Histogram | undefined;
  let beforeInteger = false;
  for (let i = from; i < to; i++) {
    const h = histograms[i]!;
    const newLayout = before === undefined || !sameLayout(before, h);
    const integer = hasIntegerCounts(h);
    out.u8(
      (newLayout ? FLAG.newLayout : 0) |
        (integer ? FLAG.integerCounts : 0) |
        (h.integer ? FLAG.integer : 0) |
        (h.stale ? FLAG.stale : 0) |
        (RESETS.indexOf(h.reset) << RESET_SHIFT),
    );
    if (newLayout) {
      out.zigzag(h.schema);
      out.f64(h.zeroThreshold);
      writeSpans(out, h.positiveSpans);
      writeSpans(out, h.negativeSpans);
      out.varint(h.customBounds.length);
      for (const b of h.customBounds) out.f64(b);
      out.varint(h.positiveCounts.length);
      out.varint(h.negativeCounts.length);
    }
    const base = newLayout || !beforeInteger ? undefined : before;
    writeCounts(out, [h.count, h.zeroCount], base && [base.count, base.zeroCount], integer);
    out.f64(h.sum);
    writeCounts(out, h.positiveCounts, base?.positiveCounts, integer);
    writeCounts(out, h.negativeCounts, base?.negativeCounts, integer);
    before = h;
    beforeInteger = integer;
  }
}

/** Reads `n` histograms. Samples of one layout share its spans. Throws `ByteError`. */
export function decodeHistograms(input: ByteReader, n: number): Histogram[] {
  const version = input.u8();
  if (version !== HISTOGRAM_CHUNK_VERSION)
    throw new ByteError(`histogram chunk version ${version}`, input.pos - 1);
  const out: Histogram[] = [];
  let layout: Layout | undefined;
  let positiveCount = 0;
  let negativeCount = 0;
  let before: Histogram | undefined;
  let beforeInteger = false;
  for (let i = 0; i < n; i++) {
    const flags = input.u8();
    const newLayout = (flags & FLAG.newLayout) !== 0;
    if (newLayout) {
      layout = readLayout(input);
      positiveCount = input.varint();
      negativeCount = input.varint();
    } else if (!layout) throw new ByteError('histogram without a layout', input.pos);
    const integer = (flags & FLAG.integerCounts) !== 0;
    const base = newLayout || !beforeInteger ? undefined : before;
    const totals = readCounts(input, 2, base && [base.count, base.zeroCount], integer);
    const sum = input.f64();
    before = {
      ...layout!,
      count: totals[0]!,
      zeroCount: totals[1]!,
      sum,
      positiveCounts: readCounts(input, positiveCount, base?.positiveCounts, integer),
      negativeCounts: readCounts(input, negativeCount, base?.negativeCounts, integer),
      reset: RESETS[(flags >>> RESET_SHIFT) & 3]!,
      integer: (flags & FLAG.integer) !== 0,
      stale: (flags & FLAG.stale) !== 0,
    };
    beforeInteger = integer;
    out.push(before);
  }
  return out;
}

function readLayout(input: ByteReader): Layout {
  const schema = input.zigzag();
  const zeroThreshold = input.f64();
  const positiveSpans = readSpans(input);
  const negativeSpans = readSpans(input);
  const boundCount = input.varint();
  const customBounds: number[] = [];
  for (let i = 0; i < boundCount; i++) customBounds.push(input.f64());
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customBounds };
}
