/**
 * Halves of edges that wait for their other half: found by trace and span id, in the order in which they came, at most
 * so many. All that is known of an edge but its texts lies in one row of memory, so that a look at it is a look at one
 * place; a row in words (f64 take two):
 *
 *   0 key: trace id (16 bytes) │ id of the span that calls (8), zeros where no span does (ids are never zero)
 *   6 hash │ 7 before │ 8 after │ 9 kind │ 10 connection │ 11 failed │ 12 client │ 13 server │ 14 text bytes, 0: no texts
 *   16 expires │ 18 client seconds │ 20 server seconds │ 22 multiplier │ 24 client's end, low, high │ 26 server's start
 *
 * `client` and `server` are numbers of services, 0 where there is none, `AS_TEXT` where it is a text. Texts are few (names of
 * databases and peers, dimensions): their bytes lie in an array that a slot gets when it needs one.
 */

import { hashWords } from './word-hash.ts';

export const EDGE_KEY_BYTES = 24;
const KEY_WORDS = EDGE_KEY_BYTES / 4;
/** Two lines of a processor's cache. */
const ROW_WORDS = 32;
const SLOTS_START = 64;
const TEXT_START_BYTES = 96;
const TEXT_KEPT_BYTES = 1024;

// Places of words in a row …
export const EDGE_KIND = 9;
export const EDGE_CONNECTION = 10;
export const EDGE_FAILED = 11;
export const EDGE_CLIENT = 12;
export const EDGE_SERVER = 13;
export const EDGE_CLIENT_END = 24;
export const EDGE_SERVER_START = 26;
// … and of numbers, in f64.
export const EDGE_EXPIRES_MS = 8;
export const EDGE_CLIENT_SECONDS = 9;
export const EDGE_SERVER_SECONDS = 10;
export const EDGE_MULTIPLIER = 11;
const HASH = 6;
const BEFORE = 7;
const AFTER = 8;
const TEXT_END = 14;
/** No slot, in a list. */
const NONE = 0xffffffff;

/** In place of a service's number: the service is a text. */
export const AS_TEXT = 0xffffffff;

// How the two sides are connected.
export const CONNECTION_UNKNOWN = 0;
export const CONNECTION_MESSAGING = 1;
export const CONNECTION_DATABASE = 2;
export const CONNECTION_VIRTUAL = 3;
export const CONNECTION_TEXTS: readonly string[] = ['', 'messaging_system', 'database', 'virtual_node'];

export class EdgeTable {
  readonly #fields: number;
  size = 0;
  #capacity = SLOTS_START;
  #end = 0;
  readonly #free: number[] = [];
  /** Open addressing: slot + 1, or 0. */
  #places = new Uint32Array(4 * SLOTS_START);
  words = new Uint32Array(SLOTS_START * ROW_WORDS);
  numbers = new Float64Array(this.words.buffer);
  bytes = new Uint8Array(this.words.buffer);
  #oldest = NONE;
  #newest = NONE;
  /** Per slot and field the text's range in the slot's bytes. */
  #ranges: Uint32Array;
  readonly #texts: (Uint8Array | undefined)[] = [];
  /** The key that is looked for, as words and as bytes. */
  readonly keyWords = new Uint32Array(KEY_WORDS);
  readonly key = new Uint8Array(this.keyWords.buffer);

  /** So many texts per edge. */
  constructor(fields: number) {
    this.#fields = fields;
    this.#ranges = new Uint32Array(2 * SLOTS_START * fields);
  }

  /** The slot that has waited longest, or -1. */
  get oldest(): number {
    return this.#oldest === NONE ? -1 : this.#oldest;
  }

  /** Where the slot's row begins, in words; in numbers it is half of that, in bytes four times. */
  row(slot: number): number {
    return slot * ROW_WORDS;
  }

  /** The slot that waits under `key`, or -1. */
  find(): number {
    const hash = hashWords(this.keyWords, 0, KEY_WORDS);
    const places = this.#places;
    const { words } = this;
    const mask = places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = places[at]! - 1;
      if (slot < 0) return -1;
      const row = slot * ROW_WORDS;
      if (words[row + HASH] === hash && this.#isKey(row)) return slot;
    }
  }

  #isKey(row: number): boolean {
    const { words, keyWords } = this;
    for (let i = 0; i < KEY_WORDS; i++) if (words[row + i] !== keyWords[i]) return false;
    return true;
  }

  /** A blank edge of `key`; nobody finds it until it waits. */
  take(expiresMs: number): number {
    const slot = this.#free.pop() ?? this.#end++;
    if (slot >= this.#capacity) this.#grow();
    const row = slot * ROW_WORDS;
    const { words } = this;
    for (let i = 0; i < KEY_WORDS; i++) words[row + i] = this.keyWords[i]!;
    for (let i = KEY_WORDS; i < ROW_WORDS; i++) words[row + i] = 0;
    const numbers = row / 2;
    this.numbers[numbers + EDGE_EXPIRES_MS] = expiresMs;
    this.numbers[numbers + EDGE_MULTIPLIER] = 1;
    return slot;
  }

  #grow(): void {
    this.#capacity *= 2;
    const words = new Uint32Array(this.#capacity * ROW_WORDS);
    words.set(this.words);
    this.words = words;
    this.numbers = new Float64Array(words.buffer);
    this.bytes = new Uint8Array(words.buffer);
    const ranges = new Uint32Array(2 * this.#capacity * this.#fields);
    ranges.set(this.#ranges);
    this.#ranges = ranges;
    this.#places = new Uint32Array(4 * this.#capacity);
    for (let slot = this.#oldest; slot !== NONE; slot = words[slot * ROW_WORDS + AFTER]!) this.#put(slot);
  }

  #put(slot: number): void {
    const mask = this.#places.length - 1;
    let at = this.words[slot * ROW_WORDS + HASH]! & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = slot + 1;
  }

  /** Lets a taken edge wait. */
  wait(slot: number): void {
    const { words } = this;
    const row = slot * ROW_WORDS;
    words[row + HASH] = hashWords(words, row, row + KEY_WORDS);
    this.#put(slot);
    words[row + BEFORE] = this.#newest;
    words[row + AFTER] = NONE;
    if (this.#newest !== NONE) words[this.#newest * ROW_WORDS + AFTER] = slot;
    else this.#oldest = slot;
    this.#newest = slot;
    this.size++;
  }

  /** Gives a taken edge back that does not wait. */
  release(slot: number): void {
    // What was large once is not kept for all that come after.
    if (this.words[slot * ROW_WORDS + TEXT_END]! > TEXT_KEPT_BYTES) this.#texts[slot] = undefined;
    this.#free.push(slot);
  }

  /** Ends the waiting of an edge, and gives it back. */
  remove(slot: number): void {
    const { words } = this;
    const row = slot * ROW_WORDS;
    const places = this.#places;
    const mask = places.length - 1;
    let at = words[row + HASH]! & mask;
    while (places[at] !== slot + 1) at = (at + 1) & mask;
    // What follows in the cluster moves up where its own place is not after the gap.
    for (let next = (at + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
      const own = words[(places[next]! - 1) * ROW_WORDS + HASH]! & mask;
      if (((next - own) & mask) < ((next - at) & mask)) continue;
      places[at] = places[next]!;
      at = next;
    }
    places[at] = 0;
    const before = words[row + BEFORE]!;
    const after = words[row + AFTER]!;
    if (before !== NONE) words[before * ROW_WORDS + AFTER] = after;
    else this.#oldest = after;
    if (after !== NONE) words[after * ROW_WORDS + BEFORE] = before;
    else this.#newest = before;
    this.size--;
    this.release(slot);
  }

  // --------------------------------------------------------------------------------------------------------- texts

  setText(slot: number, field: number, source: Uint8Array, from: number, to: number): void {
    const { words } = this;
    const ranges = 2 * slot * this.#fields;
    const end = slot * ROW_WORDS + TEXT_END;
    // One byte is never used: 0 says that there are no texts.
    if (words[end] === 0) {
      words[end] = 1;
      this.#ranges.fill(0, ranges, ranges + 2 * this.#fields);
    }
    this.#ranges[ranges + 2 * field] = words[end]!;
    this.#append(slot, source, from, to);
    this.#ranges[ranges + 2 * field + 1] = words[end]!;
  }

  /** Adds to the text that was set last. */
  extendText(slot: number, field: number, source: Uint8Array, from: number, to: number): void {
    this.#append(slot, source, from, to);
    this.#ranges[2 * (slot * this.#fields + field) + 1] = this.words[slot * ROW_WORDS + TEXT_END]!;
  }

  #append(slot: number, source: Uint8Array, from: number, to: number): void {
    const word = slot * ROW_WORDS + TEXT_END;
    const at = this.words[word]!;
    const end = at + to - from;
    let texts = (this.#texts[slot] ??= new Uint8Array(TEXT_START_BYTES));
    if (end > texts.length) {
      const more = new Uint8Array(Math.max(end, 2 * texts.length));
      more.set(texts);
      this.#texts[slot] = texts = more;
    }
    for (let i = 0; i < to - from; i++) texts[at + i] = source[from + i]!;
    this.words[word] = end;
  }

  /** Bytes of a text; 0 where there is none. */
  textBytes(slot: number, field: number): number {
    if (this.words[slot * ROW_WORDS + TEXT_END] === 0) return 0;
    const at = 2 * (slot * this.#fields + field);
    return this.#ranges[at + 1]! - this.#ranges[at]!;
  }

  /** The bytes that the slot's texts lie in, and where in them one begins; of texts that are there. */
  texts(slot: number): Uint8Array {
    return this.#texts[slot]!;
  }

  textFrom(slot: number, field: number): number {
    return this.#ranges[2 * (slot * this.#fields + field)]!;
  }
}
