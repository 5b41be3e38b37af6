/**
 * Prometheus' chunk of floats, after Gorilla:
 *
 *   u16 big-endian   samples
 *   first sample     varint time, 64 bits value
 *   second           uvarint time since the first, value by xor
 *   others           how much that time differs from the one before, value by xor
 *
 *   difference 0     0
 *   of 14, 17, 20    10, 110, 1110 and the number in two's complement
 *   any other        1111 and 64 bits
 */

import { XOR_TIME_BITS } from '../../../model/remote-read-wire.ts';
import { wordsOf } from '../../../model/sample.ts';
import { BitWriter, newXorState } from './bit-writer.ts';

const PREFIX_ANY = 0b1111;

const out = new BitWriter();

/** Samples `[from, to)`, at least one; times are integers. */
export function encodeXorChunk(
  timestamps: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): Uint8Array {
  const words = wordsOf(values);
  out.clear();
  out.bits(to - from, 16);
  out.varint(timestamps[from]!);
  const state = newXorState(words[2 * from]!, words[2 * from + 1]!);
  out.word(state.low, state.high);
  let delta = 0;
  for (let i = from + 1; i < to; i++) {
    const next = timestamps[i]! - timestamps[i - 1]!;
    if (i === from + 1) out.uvarint(next);
    else writeTimeDifference(next - delta);
    delta = next;
    out.xor(state, words[2 * i]!, words[2 * i + 1]!);
  }
  return out.take();
}

function writeTimeDifference(difference: number): void {
  if (difference === 0) {
    out.bits(0, 1);
    return;
  }
  const at = XOR_TIME_BITS.findIndex((n) => difference > -(2 ** (n - 1)) && difference <= 2 ** (n - 1));
  if (at < 0) {
    out.bits(PREFIX_ANY, 4);
    out.integer(difference, 64);
    return;
  }
  out.bits((1 << (at + 2)) - 2, at + 2);
  out.integer(difference, XOR_TIME_BITS[at]!);
}
