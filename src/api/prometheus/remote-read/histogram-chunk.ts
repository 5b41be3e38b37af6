/**
 * Prometheus' chunks of native histograms, of integers or of floats. All histograms of a chunk share one layout, so
 * each is written with the buckets that any of them has:
 *
 *   u16 big-endian   samples
 *   u8               what is known of counter resets: 0 nothing, 0x80 the first is one, 0xc0 gauges
 *   layout           zero threshold, schema, spans (positive, negative), custom bounds
 *   samples          time, count, zero count, sum, positive buckets, negative buckets
 *
 *                        first          later
 *   time                 number         difference of differences      all numbers as varbit
 *   sum                  64 bits        xor
 *   integer counts       number         difference of differences; buckets count from the one before
 *   float counts         64 bits        xor
 *
 * Within a chunk of counters a reader takes it that no counter was reset, so a reset begins a new one. A stale marker
 * has no buckets: markers stand in chunks of their own.
 */

import {
  type Buckets,
  negativeBuckets,
  positiveBuckets,
  sameNumbers,
  spansOf,
} from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { RESET_FLAGS } from '../../../model/remote-read-wire.ts';
import { STALE_HIGH, STALE_LOW } from '../../../model/sample.ts';
import { BitWriter, newXorState, type XorState } from './bit-writer.ts';
import { writeLayout } from './histogram-layout.ts';

/** Differences of differences of larger counts would not be exact; such histograms go out as floats, which are. */
const INTEGER_MAX = 2 ** 50;

const out = new BitWriter();
const float = new Float64Array(1);
const floatWords = new Uint32Array(float.buffer);

/** Whether the histogram goes into a chunk of integers. */
export function isIntegerChunk(h: Histogram): boolean {
  return h.integer && h.count <= INTEGER_MAX;
}

/** Where the chunk that begins at `at` ends, `max` at the latest: what follows does not fit its layout, or is a reset. */
export function runEnd(histograms: readonly (Histogram | undefined)[], at: number, max: number): number {
  let end = at + 1;
  for (let last = histograms[at]!; end < max; end++) {
    const next = histograms[end];
    if (!next || !sameKind(last, next)) break;
    if (next.reset !== 'gauge' && !next.stale && (next.reset === 'reset' || isReset(last, next))) break;
    last = next;
  }
  return end;
}

function sameKind(a: Histogram, b: Histogram): boolean {
  if (a.stale !== b.stale || isIntegerChunk(a) !== isIntegerChunk(b)) return false;
  if ((a.reset === 'gauge') !== (b.reset === 'gauge')) return false;
  if (a.stale) return true;
  const sameBounds = sameNumbers(a.customBounds, b.customBounds);
  return a.schema === b.schema && a.zeroThreshold === b.zeroThreshold && sameBounds;
}

/** Whether any counter is lower than it was. */
function isReset(before: Histogram, after: Histogram): boolean {
  if (after.count < before.count || after.zeroCount < before.zeroCount) return true;
  return (
    isLower(positiveBuckets(before), positiveBuckets(after)) ||
    isLower(negativeBuckets(before), negativeBuckets(after))
  );
}

function isLower(before: Buckets, after: Buckets): boolean {
  const counts = laidOut(after, before.indexes);
  return before.counts.some((count, i) => counts[i]! < count);
}

/** Histograms `[from, to)`, a run as `runEnd` finds it. */
export function encodeHistogramChunk(
  timestamps: Float64Array,
  histograms: readonly (Histogram | undefined)[],
  from: number,
  to: number,
): Uint8Array {
  const run = histograms.slice(from, to) as Histogram[];
  const first = run[0]!;
  const positive = run.map((h) => (h.stale ? NO_BUCKETS : positiveBuckets(h)));
  const negative = run.map((h) => (h.stale ? NO_BUCKETS : negativeBuckets(h)));
  const layout = { positive: union(positive), negative: union(negative) };
  out.clear();
  out.bits(run.length, 16);
  out.bits(RESET_FLAGS[first.reset], 8);
  writeLayout(out, first.stale ? undefined : first, spansOf(layout.positive), spansOf(layout.negative));
  const samples = run.map((h, i) => ({
    timeMs: timestamps[from + i]!,
    count: h.stale ? 0 : h.count,
    zeroCount: h.stale ? 0 : h.zeroCount,
    sum: h.stale ? undefined : h.sum,
    positive: laidOut(positive[i]!, layout.positive),
    negative: laidOut(negative[i]!, layout.negative),
  }));
  if (isIntegerChunk(first)) writeIntegers(samples);
  else writeFloats(samples);
  return out.take();
}

interface LaidOut {
  readonly timeMs: number;
  readonly count: number;
  readonly zeroCount: number;
  /** Undefined for the stale marker. */
  readonly sum: number | undefined;
  readonly positive: readonly number[];
  readonly negative: readonly number[];
}

const NO_BUCKETS: Buckets = { indexes: [], counts: [] };

function union(all: readonly Buckets[]): number[] {
  const indexes = new Set(all.flatMap((b) => b.indexes));
  return [...indexes].sort((a, b) => a - b);
}

/** The counts at the indexes, 0 where there is no bucket. Both ascend. */
function laidOut(buckets: Buckets, indexes: readonly number[]): number[] {
  let at = 0;
  return indexes.map((index) => {
    while (at < buckets.indexes.length && buckets.indexes[at]! < index) at++;
    return buckets.indexes[at] === index ? buckets.counts[at]! : 0;
  });
}

/** Puts the bits of the sum, or of the stale marker, into `floatWords`. */
function sumWords(sum: number | undefined): void {
  float[0] = sum ?? 0;
  if (sum !== undefined) return;
  floatWords[0] = STALE_LOW;
  floatWords[1] = STALE_HIGH;
}

/** Each count less the one before it. */
function deltas(counts: readonly number[]): number[] {
  return counts.map((count, i) => (i === 0 ? count : count - counts[i - 1]!));
}

function writeIntegers(samples: readonly LaidOut[]): void {
  let last: number[] | undefined;
  let lastDelta: number[] = [];
  let sum: XorState | undefined;
  for (const s of samples) {
    const before = last;
    const counts = [s.timeMs, s.count, s.zeroCount];
    const numbers = [...counts, ...deltas(s.positive), ...deltas(s.negative)];
    const delta = numbers.map((n, i) => (before ? n - before[i]! : 0));
    const write = (i: number) => {
      if (before) out.varbitInt(delta[i]! - lastDelta[i]!);
      else if (i === 1 || i === 2) out.varbitUint(numbers[i]!);
      else out.varbitInt(numbers[i]!);
    };
    for (let i = 0; i < counts.length; i++) write(i);
    sum = writeSum(s.sum, sum);
    for (let i = counts.length; i < numbers.length; i++) write(i);
    last = numbers;
    lastDelta = delta;
  }
}

function writeSum(value: number | undefined, state: XorState | undefined): XorState {
  sumWords(value);
  const [low, high] = floatWords as unknown as [number, number];
  if (state) out.xor(state, low, high);
  else out.word(low, high);
  return state ?? newXorState(low, high);
}

function writeFloats(samples: readonly LaidOut[]): void {
  let columns: XorState[] | undefined;
  let lastMs = 0;
  let lastDelta = 0;
  for (const s of samples) {
    const isFirst = columns === undefined;
    const delta = isFirst ? 0 : s.timeMs - lastMs;
    out.varbitInt(isFirst ? s.timeMs : delta - lastDelta);
    lastMs = s.timeMs;
    lastDelta = delta;
    const states: XorState[] = [];
    [s.count, s.zeroCount, s.sum, ...s.positive, ...s.negative].forEach((value, i) => {
      states.push(writeSum(value, columns?.[i]));
    });
    columns = states;
  }
}
