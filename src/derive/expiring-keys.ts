/** Sides of edges that were left out by a policy, each for a while; at most so many. Used where there are policies only. */

import { hashBytes } from '../base/hash.ts';
import { EDGE_KEY_BYTES } from './edge-table.ts';
import { KeySlots } from './key-slots.ts';

export class ExpiringKeys {
  readonly #keys = new KeySlots();
  readonly #expiresMs: number[] = [];
  readonly #scratch = new Uint8Array(EDGE_KEY_BYTES + 1);

  #hash = 0;

  #find(key: Uint8Array, side: number): number {
    const scratch = this.#scratch;
    scratch.set(key);
    scratch[EDGE_KEY_BYTES] = side;
    this.#hash = hashBytes(scratch, 0, scratch.length);
    return this.#keys.find(this.#hash, scratch, 0, scratch.length);
  }

  has(key: Uint8Array, side: number): boolean {
    return this.#find(key, side) >= 0;
  }

  /** One that is there stays for longer. Not more than `max` are kept. */
  add(key: Uint8Array, side: number, expiresMs: number, max: number): void {
    let slot = this.#find(key, side);
    if (slot < 0) {
      if (this.#keys.size >= max) return;
      slot = this.#keys.add(this.#hash, this.#scratch, 0, this.#scratch.length);
    }
    this.#expiresMs[slot] = expiresMs;
  }

  expire(nowMs: number): void {
    const over: number[] = [];
    for (let slot = 0; slot < this.#keys.end; slot++) {
      if (this.#keys.isUsed(slot) && this.#expiresMs[slot]! <= nowMs) over.push(slot);
    }
    if (over.length > 0) this.#keys.remove(over);
  }
}
