/**
 * Label sets as the series index keeps them, in shared pieces: a series is a list of refs to its pairs, and a pair is
 * kept once for all series that have it. Any thread that has the slabs and a series' ref reads its labels; the writer
 * and the readers get refs where they would get label sets.
 *
 *   series   u32 n | n × u32 ref of a pair, ascending by name
 *   pair     u32 number | u32 length | varint length, name, varint length, value       as in the canonical bytes
 */

import { ByteReader, type ByteWriter } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import { REF_SLAB_SHIFT, REF_UNIT_MASK, UNIT_BYTES } from './piece-store.ts';

/** Bytes of a pair's piece before its canonical bytes. */
export const PAIR_HEADER_BYTES = 8;

/** Series by their refs; series i has id `ids[i]`. */
export interface PackedSeries {
  readonly ids: Uint32Array;
  readonly refs: Uint32Array;
  readonly slabs: readonly SharedArrayBuffer[];
}

export class PackedLabels {
  readonly #bytes: Uint8Array[];
  readonly #words: Uint32Array[];
  /** Name and value by the pair's ref: most series share most of their pairs. */
  readonly #pairs = new Map<number, readonly [name: string, value: string]>();

  /** Refs must stay good while this is used: the index keeps a series' piece until no one may ask for it. */
  constructor(slabs: readonly SharedArrayBuffer[]) {
    this.#bytes = slabs.map((s) => new Uint8Array(s));
    this.#words = slabs.map((s) => new Uint32Array(s));
  }

  /** Refs of the series' pairs, in `into`; returns how many. */
  pairsOf(ref: number, into: number[]): number {
    const words = this.#words[ref >>> REF_SLAB_SHIFT]!;
    const at = (ref & REF_UNIT_MASK) * 2;
    const n = words[at]!;
    for (let i = 0; i < n; i++) into[i] = words[at + 1 + i]!;
    return n;
  }

  /** Name and value of a pair. */
  pair(ref: number): readonly [name: string, value: string] {
    let pair = this.#pairs.get(ref);
    if (!pair) {
      // A copy: TextDecoder does not take shared memory.
      const input = new ByteReader(this.#pairBytes(ref).slice());
      pair = [input.text(), input.text()];
      this.#pairs.set(ref, pair);
    }
    return pair;
  }

  #pairBytes(ref: number): Uint8Array {
    const slab = ref >>> REF_SLAB_SHIFT;
    const unit = ref & REF_UNIT_MASK;
    const start = unit * UNIT_BYTES + PAIR_HEADER_BYTES;
    return this.#bytes[slab]!.subarray(start, start + this.#words[slab]![unit * 2 + 1]!);
  }

  labels(ref: number): Labels {
    const refs: number[] = [];
    const n = this.pairsOf(ref, refs);
    const pairs: string[] = [];
    for (let i = 0; i < n; i++) {
      const [name, value] = this.pair(refs[i]!);
      pairs.push(name, value);
    }
    return Labels.fromSorted(pairs);
  }

  /** Appends the series' canonical bytes. */
  writeCanonical(ref: number, out: ByteWriter): void {
    const words = this.#words[ref >>> REF_SLAB_SHIFT]!;
    const at = (ref & REF_UNIT_MASK) * 2;
    const n = words[at]!;
    out.varint(n);
    for (let i = 0; i < n; i++) out.bytes(this.#pairBytes(words[at + 1 + i]!));
  }
}
