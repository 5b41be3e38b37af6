/** What the histograms of a chunk have in common, as it stands before the first of them. */

import type { BucketSpan, Histogram } from '../../../model/histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../../model/histogram.ts';
import { THRESHOLD_ANY, THRESHOLD_BASE } from '../../../model/remote-read-wire.ts';
import type { BitWriter } from './bit-writer.ts';

/** A zero threshold that is a power of two between these takes one byte, its exponent from this on. */
const EXPONENT_MIN = -243;
const EXPONENT_MAX = 10;
/** Custom bounds up to this, in thousandths, are written as integers from 1 on; 0 says that a float follows. */
const BOUND_MAX = 33_554_430;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** `histogram` is any of them; undefined where they are stale markers, which have no buckets. */
export function writeLayout(
  out: BitWriter,
  histogram: Histogram | undefined,
  positive: readonly BucketSpan[],
  negative: readonly BucketSpan[],
): void {
  writeThreshold(out, histogram?.zeroThreshold ?? 0);
  out.varbitInt(histogram?.schema ?? 0);
  writeSpans(out, positive);
  writeSpans(out, negative);
  if (histogram?.schema !== CUSTOM_BUCKETS_SCHEMA) return;
  out.varbitUint(histogram.customBounds.length);
  for (const bound of histogram.customBounds) writeBound(out, bound);
}

function writeFloat(out: BitWriter, value: number): void {
  float[0] = value;
  out.word(words[0]!, words[1]!);
}

function writeThreshold(out: BitWriter, threshold: number): void {
  const exponent = Math.round(Math.log2(threshold));
  if (threshold === 0) out.bits(0, 8);
  else if (exponent >= EXPONENT_MIN && exponent <= EXPONENT_MAX && 2 ** exponent === threshold) {
    out.bits(exponent + THRESHOLD_BASE, 8);
  } else {
    out.bits(THRESHOLD_ANY, 8);
    writeFloat(out, threshold);
  }
}

function writeSpans(out: BitWriter, spans: readonly BucketSpan[]): void {
  out.varbitUint(spans.length);
  for (const { offset, length } of spans) {
    out.varbitUint(length);
    out.varbitInt(offset);
  }
}

function writeBound(out: BitWriter, bound: number): void {
  const thousandths = Math.round(bound * 1000);
  const isShort = bound * 1000 >= 0 && bound * 1000 <= BOUND_MAX && thousandths / 1000 === bound;
  if (isShort) out.varbitUint(thousandths + 1);
  else {
    out.bits(0, 1);
    writeFloat(out, bound);
  }
}
