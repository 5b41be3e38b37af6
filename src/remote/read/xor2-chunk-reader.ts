/**
 * Prometheus' newer chunk of floats, with start timestamps where there are any (`start-times.ts`):
 *
 *   u16 big-endian   samples
 *   u8               head of the start timestamps
 *   first sample     varint time, 64 bits value
 *   second           uvarint time since the first, value
 *   others           0      as far away as the one before, same value
 *                    10     as far away, value that differs
 *                    110    difference of 13 bits in two's complement, value; 1110 of 20, 11110 of 64
 *                    11111  as far away, stale marker
 *   value            0 the same; 10 and 110 differ, in the window of the one before and in a new one; 111 stale marker
 *   that differs     0 in the window of the one before, 1 in a new one
 *
 * A value is told against the last one that was no marker.
 */

import { STALE_HIGH, STALE_LOW } from '../../model/sample.ts';
import type { SampleColumns } from '../../storage/interface.ts';
import { BitReader, type XorState } from './bit-reader.ts';
import { appendWords } from './sample-rows.ts';
import { StartTimes } from './start-times.ts';

/** Bits of a difference by the ones of its prefix less two. */
const TIME_BITS: readonly number[] = [13, 20, 64];
const CONTROL_MAX = 5;
const TWO_32 = 2 ** 32;

/** Appends the samples. Throws `ByteError` where the chunk ends too early. */
export function readXor2Chunk(data: Uint8Array, into: SampleColumns): void {
  const bits = new BitReader(data);
  const count = bits.bits(16);
  const starts = new StartTimes(bits.bits(8));
  const state: XorState = { low: 0, high: 0, leading: 0, trailing: 0 };
  let time = 0;
  let delta = 0;
  for (let i = 0; i < count; i++) {
    const last = time;
    let isStale: boolean;
    if (i === 0) {
      time = bits.varint();
      isStale = firstValue(bits, state);
    } else {
      const control = i === 1 ? undefined : bits.ones(CONTROL_MAX);
      if (control === undefined) delta = bits.uvarint();
      else if (control >= 2 && control < CONTROL_MAX) delta += twosComplement(bits, TIME_BITS[control - 2]!);
      time += delta;
      isStale = value(bits, state, control);
    }
    appendWords(into, time, isStale ? STALE_LOW : state.low, isStale ? STALE_HIGH : state.high);
    starts.read(bits, i, last, into);
  }
}

/** Whether it is the stale marker, which no value is told against. */
function firstValue(bits: BitReader, state: XorState): boolean {
  bits.firstFloat(state);
  if (state.low !== STALE_LOW || state.high !== STALE_HIGH) return false;
  state.low = 0;
  state.high = 0;
  return true;
}

/** Reads the value behind `control`, undefined where none goes before it; whether it is the stale marker. */
function value(bits: BitReader, state: XorState, control: number | undefined): boolean {
  if (control === 0) return false;
  if (control === CONTROL_MAX) return true;
  if (control === 1) {
    bits.xorWindow(state, bits.bits(1) === 1);
    return false;
  }
  const kind = bits.ones(3);
  if (kind === 1 || kind === 2) bits.xorWindow(state, kind === 2);
  return kind === 3;
}

function twosComplement(bits: BitReader, n: number): number {
  bits.word(n);
  if (n === 64) return (bits.high | 0) * TWO_32 + bits.low;
  return bits.low >= 2 ** (n - 1) ? bits.low - 2 ** n : bits.low;
}
