/**
 * The in-memory index of active series (or streams): from key bytes to a *slot*, a small dense number under which
 * the head keeps what it knows of a series, and from matchers to slots. Ids, in contrast, are for ever: they are
 * what blocks and the label index in SQLite hold. A series that was idle for long is evicted and its slot given to
 * another; when it comes again it gets the id it had, out of SQLite.
 *
 * Labels lie in shared pieces (`packed-labels.ts`), each pair once: the writer and the readers are sent refs.
 * Postings are made in bulk, some thousand series at a time.
 */

import { ByteError, ByteReader, ByteWriter } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { KEY_SPACE } from '../../model/batch.ts';
import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { SeriesRefusal } from '../interface.ts';
import { IdSet } from '../select/id-set.ts';
import { KeyTable } from './key-table.ts';
import { grown, LabelPairs, type SlotList } from './label-pairs.ts';
import { NumberTable } from './number-table.ts';
import { PackedLabels, type PackedSeries } from './packed-labels.ts';
import { PieceStore, REF_SLAB_SHIFT, REF_UNIT_MASK } from './piece-store.ts';
import { selectSlots } from './select-slots.ts';
import type { SeriesLimits } from './series-limits.ts';

/**
 * Labels of one series. They stay in memory while it is active, so whoever may bring series without measure must not bring
 * large ones; what anybody means by labels is a thousandth of it.
 */
const LABELS_MAX_BYTES = 1024 * 1024;

/** Finds the id of a series that an earlier process stored, by hash and canonical bytes. */
export type FindPersisted = (low: number, high: number, bytes: Uint8Array) => number | undefined;

/** New series that may wait for their postings: a query makes them, and beyond this appending does. */
const UNPOSTED_MAX = 2048;

export class SeriesIndex {
  readonly #pieces = new PieceStore();
  readonly pairs = new LabelPairs(this.#pieces);
  readonly #keys = new KeyTable();
  readonly #canonical = new NumberTable((slot) => this.#isSought(slot));
  /** Per slot: where its pairs are (0: the slot is free), id, hash of the canonical bytes, generation in which the series was first seen (0 where SQLite had it before), whether postings have it. */
  #refs = new Uint32Array(256);
  #ids = new Uint32Array(256);
  #hashes = new Uint32Array(256);
  #created = new Uint32Array(256);
  #posted = new Uint8Array(256);
  #slotCount = 0;
  readonly #freeSlots: number[] = [];
  #unposted: number[] = [];
  /** Slots of series that SQLite does not have. */
  #fresh: number[] = [];
  /** Made when it is asked for, see `slotOfId`. */
  #slotOfId: Map<number, number> | undefined;
  readonly #scratch = new ByteWriter(512);
  #sought: Uint8Array = new Uint8Array(0);
  #soughtStart = 0;
  #soughtEnd = 0;
  readonly #newId: (labels: Labels) => number;
  #findPersisted: FindPersisted | undefined;
  /** Called with the slot of every series that is new to the index; `labels` is absent where it comes out of the WAL. */
  onAdd: (slot: number, labels?: Labels) => void = () => {};
  /** Asked before a series is added that does not come out of the WAL; undefined: any may be. */
  limits: SeriesLimits | undefined;

  /** `newId` gives a series that is nowhere yet its id. */
  constructor(newId: (labels: Labels) => number) {
    this.#newId = newId;
  }

  set findPersisted(find: FindPersisted | undefined) {
    this.#findPersisted = find;
  }

  /** Series in the index. */
  get size(): number {
    return this.#slotCount - this.#freeSlots.length;
  }

  /** Every slot is below this. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** Whether the slot has a series. */
  has(slot: number): boolean {
    return this.#refs[slot]! !== 0;
  }

  /** Whether the slot has the series of that id. */
  holds(slot: number, id: number): boolean {
    return this.#ids[slot] === id && this.#refs[slot] !== 0;
  }

  labels(slot: number): Labels {
    return new PackedLabels(this.#pieces.slabs).labels(this.#refs[slot]!);
  }

  id(slot: number): number {
    return this.#ids[slot]!;
  }

  createdIn(slot: number): number {
    return this.#created[slot]!;
  }

  /** By a map that is made of all series when it is first asked for, and kept until `forgetIds`. */
  slotOfId(id: number): number | undefined {
    if (!this.#slotOfId) {
      this.#slotOfId = new Map();
      for (let slot = 0; slot < this.#slotCount; slot++) {
        if (this.has(slot)) this.#slotOfId.set(this.#ids[slot]!, slot);
      }
    }
    return this.#slotOfId.get(id);
  }

  /** The WAL is replayed: nobody looks for ids any more. */
  forgetIds(): void {
    this.#slotOfId = undefined;
  }

  /** Bytes of slabs: labels of active series, and of those that were. */
  get slabBytes(): number {
    return this.#pieces.slabs.reduce((n, slab) => n + slab.byteLength, 0);
  }

  /** The slot known under these key bytes, or -1. */
  find(space: number, bytes: Uint8Array, start: number, end: number): number {
    return space === KEY_SPACE.canonical
      ? this.#findCanonical(bytes, start, end, hashBytes(bytes, start, end))
      : this.#keys.find(space, bytes, start, end);
  }

  /** The slot of the labels, added where they are new; the key bytes are remembered for the next `find`. */
  resolve(
    labels: Labels,
    generation: number,
    space: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const slot = this.resolveLabels(labels, generation);
    if (space !== KEY_SPACE.canonical) this.#keys.add(space, bytes, start, end, slot);
    return slot;
  }

  /** The slot of the labels, added where they are new. Throws `SeriesRefusal` where a limit is reached. */
  resolveLabels(labels: Labels, generation: number): number {
    this.#scratch.clear();
    labels.writeTo(this.#scratch);
    const canonical = this.#scratch.view();
    const low = hashBytes(canonical, 0, canonical.length);
    const slot = this.#findCanonical(canonical, 0, canonical.length, low);
    if (slot >= 0) return slot;
    checkSize(canonical.length);
    const refusal = this.limits?.refusal(labels);
    if (refusal && !this.limits!.takesKnown) throw refusal;
    hashBytes(canonical, 0, canonical.length);
    const known = this.#findPersisted?.(low, hash64.high, canonical);
    if (known !== undefined) return this.#place(canonical, low, known, 0, labels);
    if (refusal) throw refusal;
    return this.#place(canonical, low, this.#newId(labels), generation, labels);
  }

  /** Puts back a series whose id the WAL names. Throws `ByteError` where the bytes are no label set. */
  restore(id: number, canonical: Uint8Array, generation: number): number {
    checkCanonical(canonical);
    const hash = hashBytes(canonical, 0, canonical.length);
    const known = this.#findCanonical(canonical, 0, canonical.length, hash);
    return known >= 0 ? known : this.#place(canonical, hash, id, generation, undefined);
  }

  #findCanonical(bytes: Uint8Array, start: number, end: number, hash: number): number {
    this.#sought = bytes;
    this.#soughtStart = start;
    this.#soughtEnd = end;
    return this.#canonical.find(hash);
  }

  /** Whether the slot's pairs, one after another, are the bytes that are looked for. */
  #isSought(slot: number): boolean {
    const ref = this.#refs[slot]!;
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    const n = words[at]!;
    const bytes = this.#sought;
    let pos = skipVarint(bytes, this.#soughtStart);
    if (readVarint(bytes, this.#soughtStart) !== n) return false;
    for (let i = 0; i < n; i++) {
      const pair = words[at + 1 + i]!;
      const length = this.pairs.byteLength(pair);
      if (pos + length > this.#soughtEnd || !this.pairs.sameBytes(pair, bytes, pos, length)) return false;
      pos += length;
    }
    return pos === this.#soughtEnd;
  }

  #place(
    canonical: Uint8Array,
    hash: number,
    id: number,
    generation: number,
    labels: Labels | undefined,
  ): number {
    const slot = this.#freeSlots.pop() ?? this.#slotCount++;
    if (slot >= this.#refs.length) this.#grow();
    this.#refs[slot] = this.#keepPairs(canonical);
    this.#ids[slot] = id;
    this.#hashes[slot] = hash;
    this.#created[slot] = generation;
    this.#posted[slot] = 0;
    this.#canonical.add(hash, slot);
    this.#slotOfId?.set(id, slot);
    if (generation !== 0) this.#fresh.push(slot);
    this.#unposted.push(slot);
    if (this.#unposted.length >= UNPOSTED_MAX) this.post();
    this.limits?.added(slot);
    this.onAdd(slot, labels);
    return slot;
  }

  #keepPairs(canonical: Uint8Array): number {
    const n = readVarint(canonical, 0);
    const ref = this.#pieces.allocate(4 + 4 * n);
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    words[at] = n;
    let pos = skipVarint(canonical, 0);
    for (let i = 0; i < n; i++) {
      const start = pos;
      for (let half = 0; half < 2; half++) pos = skipVarint(canonical, pos) + readVarint(canonical, pos);
      words[at + 1 + i] = this.pairs.ref(this.pairs.take(canonical, start, pos));
    }
    return ref;
  }

  #grow(): void {
    const size = this.#refs.length * 2;
    this.#refs = grown(this.#refs, size);
    this.#ids = grown(this.#ids, size);
    this.#hashes = grown(this.#hashes, size);
    this.#created = grown(this.#created, size);
    const posted = new Uint8Array(size);
    posted.set(this.#posted);
    this.#posted = posted;
  }

  /**
   * Takes a series out; its slot is used again. The caller knows that no head generation holds anything of it and
   * that nobody who was sent its ref is still reading.
   */
  evict(slot: number): void {
    this.limits?.evicting(slot);
    const ref = this.#refs[slot]!;
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    const n = words[at]!;
    this.#canonical.remove(this.#hashes[slot]!, slot);
    this.#keys.removeSlot(slot);
    this.#slotOfId?.delete(this.#ids[slot]!);
    for (let i = 0; i < n; i++)
      this.pairs.release(this.pairs.at(words[at + 1 + i]!), this.#posted[slot] === 1);
    this.#pieces.free(ref, 4 + 4 * n);
    this.#refs[slot] = 0;
    this.#freeSlots.push(slot);
  }

  /** Adds the series that came since to the postings. */
  post(): void {
    if (this.#unposted.length === 0) return;
    for (const slot of this.#unposted) {
      // A slot may have been given up meanwhile, or be in the list twice.
      if (this.#refs[slot] === 0 || this.#posted[slot] === 1) continue;
      this.#posted[slot] = 1;
      this.eachPair(slot, (pair) => this.pairs.post(pair, slot));
    }
    this.#unposted = [];
  }

  /** Calls `visit` with the numbers of the slot's pairs, ascending by name. */
  eachPair(slot: number, visit: (pair: number) => void): void {
    const ref = this.#refs[slot]!;
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    for (let i = 0; i < words[at]!; i++) visit(this.pairs.at(words[at + 1 + i]!));
  }

  /** The slot's pair of the name (by number), or -1. */
  pairOfName(slot: number, name: number): number {
    const ref = this.#refs[slot]!;
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    const n = words[at]!;
    for (let i = 1; i <= n; i++) {
      const pair = this.pairs.at(words[at + i]!);
      if (this.pairs.nameOf(pair) === name) return pair;
    }
    return -1;
  }

  readonly #hasPair = (slot: number, pair: number): boolean => {
    const ref = this.#refs[slot]!;
    if (ref === 0) return false;
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    const wanted = this.pairs.ref(pair);
    for (let i = words[at]!; i > 0; i--) if (words[at + i] === wanted) return true;
    return false;
  };

  /** Appends the slots that have the pair. */
  postings(pair: number, into: SlotList): void {
    this.pairs.postings(pair, this.#hasPair, into);
  }

  /** Appends all slots. */
  allSlots(into: SlotList): void {
    for (let slot = 0; slot < this.#slotCount; slot++) if (this.#refs[slot] !== 0) into.add(slot);
  }

  /** Slots of the series that all matchers accept, in no order. */
  select(matchers: readonly Matcher[]): Uint32Array {
    const work = selectSlots(this, matchers);
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
    }
  }

  /** Ids and refs of the slots that `wants` accepts. */
  pack(slots: ArrayLike<number>, wants?: (slot: number) => boolean): PackedSeries {
    const ids = new Uint32Array(slots.length);
    const refs = new Uint32Array(slots.length);
    let n = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (wants && !wants(slot)) continue;
      ids[n] = this.#ids[slot]!;
      refs[n++] = this.#refs[slot]!;
    }
    return { ids: ids.slice(0, n), refs: refs.slice(0, n), slabs: n > 0 ? this.#pieces.slabs : [] };
  }

  /** Those of the ids that no series of the index has. */
  idsNotIn(ids: Uint32Array): Uint32Array {
    if (ids.length === 0) return ids;
    const own = new IdSet();
    for (let slot = 0; slot < this.#slotCount; slot++) if (this.#refs[slot] !== 0) own.add(this.#ids[slot]!);
    return ids.filter((id) => !own.has(id));
  }

  /** The series that SQLite does not have, in no order; from now on they count as sent there. */
  takeFresh(): PackedSeries {
    const fresh = this.#fresh;
    this.#fresh = [];
    return this.pack(fresh);
  }
}

function checkSize(bytes: number): void {
  if (bytes <= LABELS_MAX_BYTES) return;
  const message = `the labels of the series take ${bytes} bytes: the most that one may have is ${LABELS_MAX_BYTES}`;
  throw new SeriesRefusal('invalid_labels', message);
}

function checkCanonical(bytes: Uint8Array): void {
  const input = new ByteReader(bytes);
  for (let n = 2 * input.varint(); n > 0; n--) input.block();
  if (!input.done) throw new ByteError('bytes after the labels', input.pos);
}

/** The varint at `at`, of a length below 2^28. */
function readVarint(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const b = bytes[at++]!;
    value |= (b & 0x7f) << shift;
    // Also at the buffer's end.
    if (!(b >= 0x80)) return value;
  }
}

function skipVarint(bytes: Uint8Array, at: number): number {
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
