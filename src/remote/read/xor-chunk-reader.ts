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

import { XOR_TIME_BITS } from '../../model/remote-read-wire.ts';
import type { SampleColumns } from '../../storage/interface.ts';
import { BitReader, type XorState } from './bit-reader.ts';
import { appendWords } from './sample-rows.ts';

/** Appends the samples. Throws `ByteError` where the chunk ends too early. */
export function readXorChunk(data: Uint8Array, into: SampleColumns): void {
  const bits = new BitReader(data);
  const count = bits.bits(16);
  // A sample has two bits at least: no more room is made than there can be samples.
  into.ensure(into.count + Math.min(count, bits.left));
  const state: XorState = { low: 0, high: 0, leading: 0, trailing: 0 };
  let time = 0;
  let delta = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0) {
      time = bits.varint();
      bits.firstFloat(state);
    } else {
      if (i === 1) delta = bits.uvarint();
      else {
        const ones = bits.ones(XOR_TIME_BITS.length + 1);
        if (ones > 0) delta += bits.signed(XOR_TIME_BITS[ones - 1] ?? 64);
      }
      time += delta;
      bits.xor(state);
    }
    appendWords(into, time, state.low, state.high);
  }
}
