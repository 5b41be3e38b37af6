/**
 * What a target has exposed, by the bytes of its series texts: an open-addressing table from text to a slot, which knows
 * where storage has the series. A known series costs one hash of its line at most; labels are only worked out for texts not
 * seen before.
 *
 * Each slot also remembers the scrape that had it last, from which follow what is new, what was there twice and
 * what vanished. Slots unseen for long are dropped when the table is rebuilt.
 */

import { hashBytes } from '../base/hash.ts';
import { sameBytes, viewOf } from '../base/same-bytes.ts';
import type { SeriesHandles } from '../model/batch.ts';

const CAPACITY_START = 256;
/** Scrapes after which an unseen text may be forgotten; coming back later it is a new one. */
const KEEP_SCRAPES = 10;

export class SeriesCache {
  /** Slot + 1 by hash, 0 where free; a power of two, at most half full. */
  #table = new Uint32Array(CAPACITY_START * 2);
  #hashes = new Uint32Array(CAPACITY_START);
  #start = new Uint32Array(CAPACITY_START);
  #end = new Uint32Array(CAPACITY_START);
  #arena = new Uint8Array(CAPACITY_START * 64);
  #arenaView = viewOf(this.#arena);
  #arenaBytes = 0;
  /** The exposition that was asked with last, and a view of it. */
  #asked: Uint8Array = new Uint8Array(0);
  #askedView = viewOf(this.#asked);
  /** Of the last `find`. */
  #lastHash = 0;
  #lastFound = -1;
  /** Slots in use. */
  count = 0;
  /** 0 where relabelling drops the series. */
  kept = new Uint8Array(CAPACITY_START);
  /** Where storage has it. */
  handles: SeriesHandles = noHandles(CAPACITY_START);
  /** What else the text's meaning depends on. */
  context = new Uint8Array(CAPACITY_START);
  /** The scrape that had the series last. */
  seen = new Uint32Array(CAPACITY_START);
  /** The scrape that had it last without a timestamp of its own: it goes stale when it is not in the next. */
  tracked = new Uint32Array(CAPACITY_START);
  /** The `startGroup` of each series, 0 where it has none; undefined where nobody asks for start times. */
  groups: Float64Array | undefined;

  constructor(grouped = false) {
    if (grouped) this.groups = new Float64Array(CAPACITY_START);
  }

  /** The slot of a text, or -1. */
  find(bytes: Uint8Array, start: number, end: number, context: number): number {
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = viewOf(bytes);
    }
    // Fast path: expositions keep their order, so the series is mostly the one after the last.
    const guess = this.#lastFound + 1;
    if (guess < this.count && this.context[guess] === context && this.#same(guess, start, end)) {
      this.#lastFound = guess;
      return guess;
    }
    const hash = (hashBytes(bytes, start, end) ^ Math.imul(context, 0x9e3779b9)) >>> 0;
    this.#lastHash = hash;
    const mask = this.#table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.#table[at]! - 1;
      if (slot < 0) return -1;
      if (this.#hashes[slot] === hash && this.context[slot] === context && this.#same(slot, start, end)) {
        this.#lastFound = slot;
        return slot;
      }
    }
  }

  /** Whether the slot's text is `#asked[start, end)`. */
  #same(slot: number, start: number, end: number): boolean {
    const at = this.#start[slot]!;
    const length = end - start;
    return this.#end[slot]! - at === length && sameBytes(this.#arenaView, at, this.#askedView, start, length);
  }

  /** Adds the text that `find` was just asked for and did not have. */
  add(bytes: Uint8Array, start: number, end: number, context: number, dropped: boolean): number {
    if (this.count === this.kept.length) this.#grow();
    const slot = this.count++;
    const need = this.#arenaBytes + (end - start);
    if (need > this.#arena.length) {
      const arena = new Uint8Array(Math.max(need, this.#arena.length * 2));
      arena.set(this.#arena);
      this.#arena = arena;
      this.#arenaView = viewOf(arena);
    }
    this.#arena.set(bytes.subarray(start, end), this.#arenaBytes);
    this.#start[slot] = this.#arenaBytes;
    this.#end[slot] = need;
    this.#arenaBytes = need;
    this.#hashes[slot] = this.#lastHash;
    this.kept[slot] = dropped ? 0 : 1;
    this.handles.places[slot] = 0;
    this.handles.ids[slot] = 0;
    this.context[slot] = context;
    this.seen[slot] = 0;
    this.tracked[slot] = 0;
    if (this.groups) this.groups[slot] = 0;
    this.#place(slot);
    this.#lastFound = slot;
    return slot;
  }

  /** Where storage has the series is not known any more. */
  forgetHandles(): void {
    this.handles.places.fill(0);
    this.handles.ids.fill(0);
  }

  /** The text of a slot. */
  text(slot: number): Uint8Array {
    return this.#arena.subarray(this.#start[slot]!, this.#end[slot]!);
  }

  #place(slot: number): void {
    const mask = this.#table.length - 1;
    let at = this.#hashes[slot]! & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = slot + 1;
  }

  #grow(): void {
    const n = this.kept.length * 2;
    this.#resize(n);
    this.#rehash();
  }

  #resize(n: number): void {
    const words = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(n);
      to.set(from.subarray(0, Math.min(n, from.length)));
      return to;
    };
    this.#hashes = words(this.#hashes);
    this.#start = words(this.#start);
    this.#end = words(this.#end);
    this.handles = { places: words(this.handles.places), ids: words(this.handles.ids) };
    this.seen = words(this.seen);
    this.tracked = words(this.tracked);
    const bytes = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(n);
      to.set(from.subarray(0, Math.min(n, from.length)));
      return to;
    };
    this.context = bytes(this.context);
    this.kept = bytes(this.kept);
    if (this.groups) {
      const groups = new Float64Array(n);
      groups.set(this.groups.subarray(0, Math.min(n, this.groups.length)));
      this.groups = groups;
    }
    this.#table = new Uint32Array(n * 2);
  }

  #rehash(): void {
    this.#table.fill(0);
    for (let slot = 0; slot < this.count; slot++) this.#place(slot);
  }

  /** Forgets what no scrape had for long, once that is the larger part. `scrape` is the newest scrape's number. */
  sweep(scrape: number): void {
    // An exposition is not needed any longer than its scrape.
    this.#asked = new Uint8Array(0);
    let live = 0;
    for (let slot = 0; slot < this.count; slot++) if (this.seen[slot]! + KEEP_SCRAPES > scrape) live++;
    if (this.count < CAPACITY_START || live * 2 > this.count) return;
    let to = 0;
    let arenaTo = 0;
    for (let slot = 0; slot < this.count; slot++) {
      if (this.seen[slot]! + KEEP_SCRAPES <= scrape) continue;
      const start = this.#start[slot]!;
      const end = this.#end[slot]!;
      this.#arena.copyWithin(arenaTo, start, end);
      this.#start[to] = arenaTo;
      arenaTo += end - start;
      this.#end[to] = arenaTo;
      this.#hashes[to] = this.#hashes[slot]!;
      this.kept[to] = this.kept[slot]!;
      this.handles.places[to] = this.handles.places[slot]!;
      this.handles.ids[to] = this.handles.ids[slot]!;
      this.context[to] = this.context[slot]!;
      this.seen[to] = this.seen[slot]!;
      this.tracked[to] = this.tracked[slot]!;
      if (this.groups) this.groups[to] = this.groups[slot]!;
      to++;
    }
    this.count = to;
    this.#arenaBytes = arenaTo;
    this.#rehash();
  }
}

/** Room for the handles of `n` series. */
export function noHandles(n: number): SeriesHandles {
  return { places: new Uint32Array(n), ids: new Uint32Array(n) };
}
