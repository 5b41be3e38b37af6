/**
 * The label pairs of the active series, each kept once and numbered; and for each pair its *postings*: the slots of
 * the series that have it. Postings are a superset between two clean-ups: a slot that was given up stays in its lists,
 * counted as stale, until such a list is read, when only the slots that really have the pair are kept.
 */

import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { hashBytes } from '../../base/hash.ts';
import { NumberTable } from './number-table.ts';
import { PAIR_HEADER_BYTES } from './packed-labels.ts';
import { type PieceStore, REF_SLAB_SHIFT, REF_UNIT_MASK, UNIT_BYTES } from './piece-store.ts';

/** A growing list of numbers. */
interface NumberList {
  numbers: Uint32Array;
  length: number;
}

const NONE = 0xffffffff;

export class LabelPairs {
  readonly #pieces: PieceStore;
  readonly #table: NumberTable;
  /** Per pair: where it is (0: the number is free), its hash, its name, its place in the name's list, series that have it. */
  #refs = new Uint32Array(256);
  #hashes = new Uint32Array(256);
  #names = new Uint32Array(256);
  #places = new Uint32Array(256);
  #counts = new Uint32Array(256);
  /** Per pair: entries of its postings that a slot left behind; its only slot, where it has had no second. */
  #stale = new Uint32Array(256);
  #single = new Uint32Array(256).fill(NONE);
  readonly #lists: (NumberList | undefined)[] = [];
  #used = 0;
  readonly #freeNumbers: number[] = [];
  /** Name → number; per name its pairs, and how many series have one. Names are few and stay. */
  readonly #nameNumbers = new Map<string, number>();
  readonly #pairsOfName: NumberList[] = [];
  readonly #seriesOfName: number[] = [];
  /** What `find` looks for. */
  #soughtBytes: Uint8Array = new Uint8Array(0);
  #soughtStart = 0;
  #soughtEnd = 0;

  constructor(pieces: PieceStore) {
    this.#pieces = pieces;
    this.#table = new NumberTable((pair) => this.#isSought(pair));
  }

  /** Numbers given out so far are below this. */
  get limit(): number {
    return this.#used;
  }

  /** Distinct pairs. */
  get size(): number {
    return this.#table.size;
  }

  ref(pair: number): number {
    return this.#refs[pair]!;
  }

  /** The number of the pair at a ref. */
  at(ref: number): number {
    return this.#pieces.words[ref >>> REF_SLAB_SHIFT]![(ref & REF_UNIT_MASK) * 2]!;
  }

  /** How many series have the pair. */
  count(pair: number): number {
    return this.#counts[pair]!;
  }

  /** How many series have a label of the name. */
  seriesWithName(name: string): number {
    return this.#seriesOfName[this.nameNumber(name)] ?? 0;
  }

  nameNumber(name: string): number {
    return this.#nameNumbers.get(name) ?? -1;
  }

  nameOf(pair: number): number {
    return this.#names[pair]!;
  }

  /** Names that a series has, with their pairs (valid until the next change). */
  *names(): IterableIterator<readonly [name: string, pairs: Uint32Array]> {
    for (const [name, number] of this.#nameNumbers) {
      const list = this.#pairsOfName[number]!;
      if (list.length > 0) yield [name, list.numbers.subarray(0, list.length)];
    }
  }

  pairsOfName(number: number): Uint32Array {
    const list = this.#pairsOfName[number]!;
    return list.numbers.subarray(0, list.length);
  }

  value(pair: number): string {
    const input = this.#reader(pair);
    input.block();
    return input.text();
  }

  /** Length of the value in UTF-8. */
  valueBytes(pair: number): number {
    const input = this.#reader(pair);
    input.block();
    return input.block().length;
  }

  #reader(pair: number): ByteReader {
    const ref = this.#refs[pair]!;
    const slab = ref >>> REF_SLAB_SHIFT;
    const unit = ref & REF_UNIT_MASK;
    const start = unit * UNIT_BYTES + PAIR_HEADER_BYTES;
    // A copy: TextDecoder does not take shared memory.
    return new ByteReader(
      this.#pieces.bytes[slab]!.slice(start, start + this.#pieces.words[slab]![2 * unit + 1]!),
    );
  }

  /** The pair, or -1. */
  findPair(name: string, value: string): number {
    const out = new ByteWriter(64);
    out.text(name);
    out.text(value);
    return this.find(out.view(), 0, out.length);
  }

  /** The pair with these canonical bytes, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#find(bytes, start, end, hashBytes(bytes, start, end));
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    this.#soughtBytes = bytes;
    this.#soughtStart = start;
    this.#soughtEnd = end;
    return this.#table.find(hash);
  }

  #isSought(pair: number): boolean {
    return this.sameBytes(
      this.#refs[pair]!,
      this.#soughtBytes,
      this.#soughtStart,
      this.#soughtEnd - this.#soughtStart,
    );
  }

  /** Whether the pair at the ref has exactly these `length` bytes. */
  sameBytes(ref: number, bytes: Uint8Array, start: number, length: number): boolean {
    const slab = ref >>> REF_SLAB_SHIFT;
    const unit = ref & REF_UNIT_MASK;
    if (this.#pieces.words[slab]![2 * unit + 1] !== length) return false;
    const own = this.#pieces.bytes[slab]!;
    const at = unit * UNIT_BYTES + PAIR_HEADER_BYTES;
    for (let i = 0; i < length; i++) if (own[at + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Length of the pair at the ref in canonical bytes. */
  byteLength(ref: number): number {
    return this.#pieces.words[ref >>> REF_SLAB_SHIFT]![2 * (ref & REF_UNIT_MASK) + 1]!;
  }

  /** One series more has the pair, which is added where it is new; returns its number. */
  take(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    let pair = this.#find(bytes, start, end, hash);
    if (pair < 0) pair = this.#add(bytes, start, end, hash);
    this.#counts[pair]!++;
    this.#seriesOfName[this.#names[pair]!]!++;
    return pair;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const pair = this.#freeNumbers.pop() ?? this.#used++;
    if (pair >= this.#refs.length) this.#grow();
    const length = end - start;
    const ref = this.#pieces.allocate(PAIR_HEADER_BYTES + length);
    const slab = ref >>> REF_SLAB_SHIFT;
    const unit = ref & REF_UNIT_MASK;
    this.#pieces.words[slab]![2 * unit] = pair;
    this.#pieces.words[slab]![2 * unit + 1] = length;
    const own = this.#pieces.bytes[slab]!;
    const at = unit * UNIT_BYTES + PAIR_HEADER_BYTES;
    for (let i = 0; i < length; i++) own[at + i] = bytes[start + i]!;
    const name = this.#nameNumber(new ByteReader(bytes, start, end).text());
    const list = this.#pairsOfName[name]!;
    this.#refs[pair] = ref;
    this.#hashes[pair] = hash;
    this.#names[pair] = name;
    this.#places[pair] = list.length;
    this.#counts[pair] = 0;
    push(list, pair);
    this.#table.add(hash, pair);
    return pair;
  }

  #nameNumber(name: string): number {
    let number = this.#nameNumbers.get(name);
    if (number === undefined) {
      number = this.#pairsOfName.push({ numbers: new Uint32Array(4), length: 0 }) - 1;
      this.#seriesOfName.push(0);
      this.#nameNumbers.set(name, number);
    }
    return number;
  }

  /** One series less has the pair; `inPostings`: its slot is in the pair's postings. */
  release(pair: number, inPostings: boolean): void {
    this.#seriesOfName[this.#names[pair]!]!--;
    if (--this.#counts[pair]! > 0) {
      if (inPostings) this.#stale[pair]!++;
      return;
    }
    this.#table.remove(this.#hashes[pair]!, pair);
    const list = this.#pairsOfName[this.#names[pair]!]!;
    const last = list.numbers[--list.length]!;
    list.numbers[this.#places[pair]!] = last;
    this.#places[last] = this.#places[pair]!;
    const ref = this.#refs[pair]!;
    this.#pieces.free(ref, PAIR_HEADER_BYTES + this.byteLength(ref));
    this.#refs[pair] = 0;
    this.#stale[pair] = 0;
    this.#single[pair] = NONE;
    this.#lists[pair] = undefined;
    this.#freeNumbers.push(pair);
  }

  /** Adds a slot to the pair's postings. */
  post(pair: number, slot: number): void {
    const list = this.#lists[pair];
    if (list) push(list, slot);
    else if (this.#single[pair] === NONE) this.#single[pair] = slot;
    else this.#lists[pair] = { numbers: Uint32Array.of(this.#single[pair]!, slot, 0, 0), length: 2 };
  }

  /** Appends the slots that have the pair. `has` says whether a slot really has it; asked only of lists with stale entries. */
  postings(pair: number, has: (slot: number, pair: number) => boolean, into: SlotList): void {
    if (this.#stale[pair]! > 0) this.#clean(pair, has);
    const list = this.#lists[pair];
    if (list) into.addAll(list.numbers, list.length);
    else if (this.#single[pair] !== NONE) into.add(this.#single[pair]!);
  }

  #clean(pair: number, has: (slot: number, pair: number) => boolean): void {
    const list = this.#lists[pair] ?? { numbers: Uint32Array.of(this.#single[pair]!), length: 1 };
    // A slot that was given up and taken again by a series with the same pair is in it twice.
    const kept = list.numbers.slice(0, list.length).sort();
    let n = 0;
    for (let i = 0; i < kept.length; i++) {
      if ((n === 0 || kept[n - 1] !== kept[i]) && has(kept[i]!, pair)) kept[n++] = kept[i]!;
    }
    this.#stale[pair] = 0;
    this.#lists[pair] = { numbers: kept.slice(0, Math.max(4, n)), length: n };
  }

  #grow(): void {
    const size = this.#refs.length * 2;
    this.#refs = grown(this.#refs, size);
    this.#hashes = grown(this.#hashes, size);
    this.#names = grown(this.#names, size);
    this.#places = grown(this.#places, size);
    this.#counts = grown(this.#counts, size);
    this.#stale = grown(this.#stale, size);
    this.#single = grown(this.#single, size, NONE);
  }
}

/** Slots that a selection gathers. */
export class SlotList {
  slots: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.slots = new Uint32Array(capacity);
  }

  add(slot: number): void {
    if (this.length === this.slots.length) this.slots = grown(this.slots, this.length * 2 + 16);
    this.slots[this.length++] = slot;
  }

  addAll(slots: Uint32Array, n: number): void {
    if (this.length + n > this.slots.length) this.slots = grown(this.slots, (this.length + n) * 2);
    this.slots.set(slots.subarray(0, n), this.length);
    this.length += n;
  }

  view(): Uint32Array {
    return this.slots.subarray(0, this.length);
  }
}

function push(list: NumberList, n: number): void {
  if (list.length === list.numbers.length) {
    // By half: there are many lists, and most of their room is in use.
    list.numbers = grown(list.numbers, list.length + Math.max(4, list.length >>> 1));
  }
  list.numbers[list.length++] = n;
}

export function grown(values: Uint32Array, size: number, rest = 0): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(size);
  next.set(values);
  if (rest !== 0) next.fill(rest, values.length);
  return next;
}
