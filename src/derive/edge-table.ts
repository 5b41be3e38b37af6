/**
 * Halves of edges that wait for their other half: found by trace and span id, in the order in which they came, at most
 * so many. Ids are hashed in place; what is known of an edge lies in columns, its texts in bytes of its slot.
 *
 *   key        trace id (16) │ id of the span that calls (8), zeros for a call that nobody made: ids are never zero
 *   places     open addressing: slot, or -1
 */

import { hashBytes } from '../base/hash.ts';

export const EDGE_KEY_BYTES = 24;
const SLOTS_START = 64;
const TEXT_START_BYTES = 96;

/** How the two sides are connected. */
export const CONNECTION = { unknown: 0, messaging: 1, database: 2, virtual: 3 } as const;
export const CONNECTION_TEXTS: readonly string[] = ['', 'messaging_system', 'database', 'virtual_node'];

function grown<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(column: T, size: number): T {
  const next = new (column.constructor as new (length: number) => T)(size);
  next.set(column);
  return next;
}

export class EdgeTable {
  readonly #fields: number;
  size = 0;
  #capacity = SLOTS_START;
  #end = 0;
  readonly #free: number[] = [];
  #places = new Int32Array(4 * SLOTS_START).fill(-1);
  #hashes = new Uint32Array(SLOTS_START);
  keys = new Uint8Array(SLOTS_START * EDGE_KEY_BYTES);
  /** The slots in the order in which they came. */
  #before = new Int32Array(SLOTS_START);
  #after = new Int32Array(SLOTS_START);
  #oldest = -1;
  #newest = -1;

  expiresMs = new Float64Array(SLOTS_START);
  kind = new Int32Array(SLOTS_START);
  connection = new Uint8Array(SLOTS_START);
  failed = new Uint8Array(SLOTS_START);
  clientSeconds = new Float64Array(SLOTS_START);
  serverSeconds = new Float64Array(SLOTS_START);
  multiplier = new Float64Array(SLOTS_START);
  clientEndLow = new Uint32Array(SLOTS_START);
  clientEndHigh = new Uint32Array(SLOTS_START);
  serverStartLow = new Uint32Array(SLOTS_START);
  serverStartHigh = new Uint32Array(SLOTS_START);
  /** Per slot and field the text's range in the slot's bytes. */
  #textFrom: Uint32Array;
  #textTo: Uint32Array;
  readonly #texts: Uint8Array[] = [];
  #textEnd = new Uint32Array(SLOTS_START);

  /** So many texts per edge. */
  constructor(fields: number) {
    this.#fields = fields;
    this.#textFrom = new Uint32Array(SLOTS_START * fields);
    this.#textTo = new Uint32Array(SLOTS_START * fields);
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** The slot that waits under a key, or -1. */
  find(key: Uint8Array): number {
    const hash = hashBytes(key, 0, EDGE_KEY_BYTES);
    const mask = this.#places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.#places[at]!;
      if (slot < 0) return -1;
      if (this.#hashes[slot] === hash && this.#isKey(slot, key)) return slot;
    }
  }

  #isKey(slot: number, key: Uint8Array): boolean {
    const at = slot * EDGE_KEY_BYTES;
    for (let i = 0; i < EDGE_KEY_BYTES; i++) if (this.keys[at + i] !== key[i]) return false;
    return true;
  }

  /** A blank edge of a key; nobody finds it until it waits. */
  take(key: Uint8Array, expiresMs: number): number {
    const slot = this.#free.pop() ?? this.#end++;
    if (slot >= this.#capacity) this.#grow();
    this.keys.set(key, slot * EDGE_KEY_BYTES);
    this.expiresMs[slot] = expiresMs;
    this.kind[slot] = 0;
    this.connection[slot] = CONNECTION.unknown;
    this.failed[slot] = 0;
    this.clientSeconds[slot] = 0;
    this.serverSeconds[slot] = 0;
    this.multiplier[slot] = 1;
    this.clientEndLow[slot] = this.clientEndHigh[slot] = 0;
    this.serverStartLow[slot] = this.serverStartHigh[slot] = 0;
    this.#textTo.fill(0, slot * this.#fields, (slot + 1) * this.#fields);
    this.#textFrom.fill(0, slot * this.#fields, (slot + 1) * this.#fields);
    this.#textEnd[slot] = 0;
    this.#texts[slot] ??= new Uint8Array(TEXT_START_BYTES);
    return slot;
  }

  #grow(): void {
    const size = 2 * this.#capacity;
    this.#capacity = size;
    this.#hashes = grown(this.#hashes, size);
    this.keys = grown(this.keys, size * EDGE_KEY_BYTES);
    this.#before = grown(this.#before, size);
    this.#after = grown(this.#after, size);
    this.expiresMs = grown(this.expiresMs, size);
    this.kind = grown(this.kind, size);
    this.connection = grown(this.connection, size);
    this.failed = grown(this.failed, size);
    this.clientSeconds = grown(this.clientSeconds, size);
    this.serverSeconds = grown(this.serverSeconds, size);
    this.multiplier = grown(this.multiplier, size);
    this.clientEndLow = grown(this.clientEndLow, size);
    this.clientEndHigh = grown(this.clientEndHigh, size);
    this.serverStartLow = grown(this.serverStartLow, size);
    this.serverStartHigh = grown(this.serverStartHigh, size);
    this.#textFrom = grown(this.#textFrom, size * this.#fields);
    this.#textTo = grown(this.#textTo, size * this.#fields);
    this.#textEnd = grown(this.#textEnd, size);
    this.#places = new Int32Array(4 * size).fill(-1);
    for (let slot = this.#oldest; slot >= 0; slot = this.#after[slot]!) this.#put(slot);
  }

  #put(slot: number): void {
    const mask = this.#places.length - 1;
    let at = this.#hashes[slot]! & mask;
    while (this.#places[at]! >= 0) at = (at + 1) & mask;
    this.#places[at] = slot;
  }

  /** Lets a taken edge wait. */
  wait(slot: number): void {
    const at = slot * EDGE_KEY_BYTES;
    this.#hashes[slot] = hashBytes(this.keys, at, at + EDGE_KEY_BYTES);
    this.#put(slot);
    this.#before[slot] = this.#newest;
    this.#after[slot] = -1;
    if (this.#newest >= 0) this.#after[this.#newest] = slot;
    else this.#oldest = slot;
    this.#newest = slot;
    this.size++;
  }

  /** Gives a taken edge back that does not wait. */
  release(slot: number): void {
    // A text that was large once is not kept for all that come after.
    if (this.#texts[slot]!.length > 8 * TEXT_START_BYTES)
      this.#texts[slot] = new Uint8Array(TEXT_START_BYTES);
    this.#free.push(slot);
  }

  /** Ends the waiting of an edge, and gives it back. */
  remove(slot: number): void {
    const mask = this.#places.length - 1;
    let at = this.#hashes[slot]! & mask;
    while (this.#places[at] !== slot) at = (at + 1) & mask;
    // What follows in the cluster moves up where its own place is not after the gap.
    for (let next = (at + 1) & mask; this.#places[next]! >= 0; next = (next + 1) & mask) {
      const own = this.#hashes[this.#places[next]!]! & mask;
      if (((next - own) & mask) < ((next - at) & mask)) continue;
      this.#places[at] = this.#places[next]!;
      at = next;
    }
    this.#places[at] = -1;
    const before = this.#before[slot]!;
    const after = this.#after[slot]!;
    if (before >= 0) this.#after[before] = after;
    else this.#oldest = after;
    if (after >= 0) this.#before[after] = before;
    else this.#newest = before;
    this.size--;
    this.release(slot);
  }

  // --------------------------------------------------------------------------------------------------------- texts

  setText(slot: number, field: number, source: Uint8Array, from: number, to: number): void {
    const start = this.#textEnd[slot]!;
    const end = this.#append(slot, source, from, to);
    this.#textFrom[slot * this.#fields + field] = start;
    this.#textTo[slot * this.#fields + field] = end;
  }

  /** Adds to the text that was set last. */
  extendText(slot: number, field: number, source: Uint8Array, from: number, to: number): void {
    this.#textTo[slot * this.#fields + field] = this.#append(slot, source, from, to);
  }

  #append(slot: number, source: Uint8Array, from: number, to: number): number {
    const at = this.#textEnd[slot]!;
    const end = at + to - from;
    let texts = this.#texts[slot]!;
    if (end > texts.length) texts = this.#texts[slot] = grown(texts, Math.max(end, 2 * texts.length));
    for (let i = 0; i < to - from; i++) texts[at + i] = source[from + i]!;
    this.#textEnd[slot] = end;
    return end;
  }

  hasText(slot: number, field: number): boolean {
    const at = slot * this.#fields + field;
    return this.#textTo[at]! > this.#textFrom[at]!;
  }

  /** The bytes that the slot's texts lie in. */
  texts(slot: number): Uint8Array {
    return this.#texts[slot]!;
  }

  textFrom(slot: number, field: number): number {
    return this.#textFrom[slot * this.#fields + field]!;
  }

  textTo(slot: number, field: number): number {
    return this.#textTo[slot * this.#fields + field]!;
  }
}
