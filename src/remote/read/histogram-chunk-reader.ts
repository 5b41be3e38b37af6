/**
 * Prometheus' chunks of native histograms, of integers or of floats. All histograms of a chunk share one layout:
 *
 *   u16 big-endian   samples
 *   u8               what is known of counter resets, in two bits
 *   layout           zero threshold, schema, spans (positive, negative), custom bounds
 *   samples          time, count, zero count, sum, positive buckets, negative buckets
 *
 *                        first          later
 *   time                 number         difference of differences      all numbers as varbit
 *   sum                  64 bits        xor
 *   integer counts       number         difference of differences; buckets count from the one before
 *   float counts         64 bits        xor
 *
 * The newer kind begins with two bits of counter resets, 14 bits of samples, and the head of the start timestamps, which
 * stand behind each sample (`start-times.ts`). Within a chunk of counters none was reset; of the first, only the one who has the chunk before it knows.
 */

import { ByteError } from '../../base/bytes.ts';
import { histogramProblem, withinSchema } from '../../ingest/decode/remote-write-histogram.ts';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';
import { RESET_FLAGS, THRESHOLD_ANY, THRESHOLD_BASE } from '../../model/remote-read-wire.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/sample.ts';
import type { SampleColumns } from '../../storage/interface.ts';
import { BitReader, type XorState } from './bit-reader.ts';
import { appendHistogram } from './sample-rows.ts';
import { StartTimes } from './start-times.ts';

interface Layout {
  readonly zeroThreshold: number;
  readonly schema: number;
  readonly positiveSpans: readonly BucketSpan[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly customBounds: readonly number[];
  readonly positive: number;
  readonly negative: number;
}

/** Count, zero count and buckets of a sample, and its sum by its bits. */
interface Numbers {
  readonly counts: readonly number[];
  readonly sumLow: number;
  readonly sumHigh: number;
}

const float = new Float64Array(1);
const floatWords = new Uint32Array(float.buffer);

function floatOf(low: number, high: number): number {
  floatWords[0] = low;
  floatWords[1] = high;
  return float[0]!;
}

/** Appends the histograms. Throws `ByteError` where the chunk ends too early or its layout is none. */
export function readHistogramChunk(
  data: Uint8Array,
  { integer, withStarts }: { readonly integer: boolean; readonly withStarts: boolean },
  into: SampleColumns,
): void {
  const bits = new BitReader(data);
  const early = withStarts ? bits.bits(2) << 6 : undefined;
  const samples = bits.bits(withStarts ? 14 : 16);
  const head = bits.bits(8);
  const flags = early ?? head & RESET_FLAGS.gauge;
  const starts = withStarts ? new StartTimes(head) : undefined;
  const layout = readLayout(bits);
  const next = integer ? integerReader(bits, layout) : floatReader(bits, layout);
  let time = 0;
  let delta = 0;
  for (let i = 0; i < samples; i++) {
    const last = time;
    if (i === 0) time = bits.varbitInt();
    else time += delta += bits.varbitInt();
    const known = i === 0 ? 'unknown' : 'not_reset';
    const reset = flags === RESET_FLAGS.gauge ? 'gauge' : known;
    const histogram = histogramOf(layout, next(), integer, reset);
    // What the others could have wrong is the layout, which they share.
    const problem = i === 0 ? histogramProblem(histogram) : undefined;
    if (problem !== undefined) throw new ByteError(problem, 0);
    appendHistogram(into, time, withinSchema(histogram));
    starts?.read(bits, i, last, into);
  }
}

function histogramOf(
  layout: Layout,
  { counts, sumLow, sumHigh }: Numbers,
  integer: boolean,
  reset: Histogram['reset'],
): Histogram {
  const { positive, negative, ...shared } = layout;
  const side = (from: number, to: number) => {
    const own = counts.slice(from, to);
    // Integers count from the bucket before.
    if (integer) for (let i = 1; i < own.length; i++) own[i]! += own[i - 1]!;
    return own;
  };
  return {
    ...shared,
    count: counts[0]!,
    zeroCount: counts[1]!,
    sum: floatOf(sumLow, sumHigh),
    positiveCounts: side(2, 2 + positive),
    negativeCounts: side(2 + positive, 2 + positive + negative),
    reset,
    integer,
    stale: sumLow === STALE_LOW && sumHigh === STALE_HIGH,
  };
}

function readLayout(bits: BitReader): Layout {
  const zeroThreshold = readThreshold(bits);
  const schema = bits.varbitInt();
  const positiveSpans = readSpans(bits);
  const negativeSpans = readSpans(bits);
  const customBounds: number[] = [];
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    for (let n = countWithin(bits); n > 0; n--) customBounds.push(readBound(bits));
  }
  const positive = lengthOf(positiveSpans);
  const negative = lengthOf(negativeSpans);
  // Each takes a bit at least.
  if (positive + negative > bits.left) throw new ByteError('EOF', 0);
  return { zeroThreshold, schema, positiveSpans, negativeSpans, customBounds, positive, negative };
}

/** A number of things of which each takes a bit at least. */
function countWithin(bits: BitReader): number {
  const n = bits.varbitUint();
  if (n > bits.left) throw new ByteError('EOF', 0);
  return n;
}

function readFloat(bits: BitReader): number {
  bits.word();
  return floatOf(bits.low, bits.high);
}

function readThreshold(bits: BitReader): number {
  const head = bits.bits(8);
  if (head === 0) return 0;
  return head === THRESHOLD_ANY ? readFloat(bits) : 2 ** (head - THRESHOLD_BASE);
}

function readSpans(bits: BitReader): BucketSpan[] {
  const spans: BucketSpan[] = [];
  for (let n = countWithin(bits); n > 0; n--) {
    const length = bits.varbitUint();
    spans.push({ length, offset: bits.varbitInt() });
  }
  return spans;
}

function lengthOf(spans: readonly BucketSpan[]): number {
  return spans.reduce((n, s) => n + s.length, 0);
}

/** Thousandths from 1 on; 0 says that a float follows. */
function readBound(bits: BitReader): number {
  const short = bits.varbitUint();
  return short === 0 ? readFloat(bits) : (short - 1) / 1000;
}

function integerReader(bits: BitReader, { positive, negative }: Layout): () => Numbers {
  const numbers = new Array<number>(2 + positive + negative).fill(0);
  const deltas = numbers.slice();
  const sum: XorState = { low: 0, high: 0, leading: 0, trailing: 0 };
  let isFirst = true;
  const read = (i: number) => {
    if (!isFirst) numbers[i]! += deltas[i]! += bits.varbitInt();
    // Counts are never negative; a bucket is told by how much it differs.
    else numbers[i] = i < 2 ? bits.varbitUint() : bits.varbitInt();
  };
  return () => {
    read(0);
    read(1);
    if (isFirst) bits.firstFloat(sum);
    else bits.xor(sum);
    for (let i = 2; i < numbers.length; i++) read(i);
    isFirst = false;
    return { counts: numbers, sumLow: sum.low, sumHigh: sum.high };
  };
}

function floatReader(bits: BitReader, { positive, negative }: Layout): () => Numbers {
  const column = (): XorState => ({ low: 0, high: 0, leading: 0, trailing: 0 });
  const columns = Array.from({ length: 2 + positive + negative }, column);
  const sum = column();
  let isFirst = true;
  const read = (state: XorState) => {
    if (isFirst) bits.firstFloat(state);
    else bits.xor(state);
    return floatOf(state.low, state.high);
  };
  return () => {
    const counts = [read(columns[0]!), read(columns[1]!)];
    read(sum);
    for (let i = 2; i < columns.length; i++) counts.push(read(columns[i]!));
    isFirst = false;
    return { counts, sumLow: sum.low, sumHigh: sum.high };
  };
}
