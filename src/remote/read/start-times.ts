/**
 * Start timestamps in the newer kinds of chunks, behind each sample where a byte of the chunk's head says that there are any:
 *
 *   head           0x80: the first has one; low bits: the sample from which on they change, 0 none
 *   first sample   varint: how far it is before the sample
 *   others         varbit: how far it is before the sample before, then how much that differs
 */

import type { SampleColumns } from '../../storage/interface.ts';
import type { BitReader } from './bit-reader.ts';

const FIRST_KNOWN = 0x80;

export class StartTimes {
  readonly #isFirstKnown: boolean;
  readonly #changesFrom: number;
  #startMs = 0;
  #before = 0;

  constructor(head: number) {
    this.#isFirstKnown = (head & FIRST_KNOWN) !== 0;
    this.#changesFrom = head & ~FIRST_KNOWN;
  }

  /** Of sample `i` of the chunk, the newest row; `lastMs` is the time of the sample before it. */
  read(bits: BitReader, i: number, lastMs: number, into: SampleColumns): void {
    const row = into.count - 1;
    if (i === 0) {
      if (this.#isFirstKnown) this.#startMs = into.timestamps[row]! - bits.varint();
    } else if (this.#changesFrom > 0 && i >= this.#changesFrom) {
      const difference = bits.varbitInt();
      this.#before = i === this.#changesFrom ? difference : this.#before + difference;
      this.#startMs = lastMs - this.#before;
    }
    if (this.#startMs !== 0) into.withStarts()[row] = this.#startMs;
  }
}
