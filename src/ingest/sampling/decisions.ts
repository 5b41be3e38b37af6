/**
 * Which traces were decided and how, for their spans that come late. Without caches a decision is remembered while there
 * is room among `num_traces` beside the traces that wait; a cache has room of its own for its kind, and the decision asked
 * for last stays longest.
 *
 * The journal of decisions has them too: after a crash spans of a trace that was not kept must not come back.
 *
 *   record: varint count | per decision: u8 (1 kept) | varint length, key in bytes
 */

import { type ByteReader, type ByteWriter, readCount } from '../../base/bytes.ts';

export interface Decided {
  readonly key: string;
  readonly isSampled: boolean;
}

/** Kind, length and a key of one byte. */
const DECISION_BYTES_MIN = 3;

export class Decisions {
  readonly #sizes: { readonly sampled: number; readonly notSampled: number };
  /** In the order in which they go; `recent` is for kinds that have no cache. */
  readonly #sampled = new Map<string, boolean>();
  readonly #notSampled = new Map<string, boolean>();
  readonly #recent = new Map<string, boolean>();

  constructor(sizes: { readonly sampled: number; readonly notSampled: number }) {
    this.#sizes = sizes;
  }

  get size(): number {
    return this.#sampled.size + this.#notSampled.size + this.#recent.size;
  }

  /** Whether the trace is kept; undefined where nothing is known of it. */
  find(key: string): boolean | undefined {
    for (const cache of [this.#sampled, this.#notSampled]) {
      const known = cache.get(key);
      if (known === undefined) continue;
      cache.delete(key);
      cache.set(key, known);
      return known;
    }
    return this.#recent.get(key);
  }

  /** `room`: for decisions without a cache. */
  add({ key, isSampled }: Decided, room: number): void {
    const size = isSampled ? this.#sizes.sampled : this.#sizes.notSampled;
    const known = size === 0 ? this.#recent : isSampled ? this.#sampled : this.#notSampled;
    known.set(key, isSampled);
    if (size === 0) this.makeRoom(room);
    else if (known.size > size) known.delete(known.keys().next().value!);
  }

  clear(): void {
    this.#sampled.clear();
    this.#notSampled.clear();
    this.#recent.clear();
  }

  /** Forgets the oldest decisions without a cache until so many are left. */
  makeRoom(room: number): void {
    for (const key of this.#recent.keys()) {
      if (this.#recent.size <= room) return;
      this.#recent.delete(key);
    }
  }
}

export function writeDecided(out: ByteWriter, decided: readonly Decided[]): void {
  out.varint(decided.length);
  for (const { key, isSampled } of decided) {
    out.u8(isSampled ? 1 : 0);
    out.block(Buffer.from(key, 'latin1'));
  }
}

/** Throws `ByteError` where the record is none. */
export function readDecided(input: ByteReader): Decided[] {
  const decided: Decided[] = [];
  for (let n = readCount(input, DECISION_BYTES_MIN); n > 0; n--) {
    const isSampled = input.u8() === 1;
    decided.push({ key: Buffer.from(input.block()).toString('latin1'), isSampled });
  }
  return decided;
}
