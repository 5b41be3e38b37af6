/**
 * Which rows of a group meet a condition, remembered from query to query: a page that refreshes itself asks the same
 * again, and who narrows a search down adds conditions to those that were there. Groups never change, so what was found
 * stays true; with it a condition needs no column any more. Few hits are kept as a list of rows, many as bits.
 */

import type { SpanGroup } from '../../model/span-group.ts';

/** Of all conditions; the one used longest ago is forgotten for a new one. Some 40 dense ones over ten million spans. */
const KEPT_BYTES_MAX = 48 * 1024 * 1024;
/** As a list rows take 8 bytes each, as bits 512 in all. */
const LISTED_ROWS_MAX = 48;
/** What an entry takes beside its rows. */
const ENTRY_BYTES = 64;
const BITS_BYTES = 200;

/** A list of rows, or a bit per row. */
type Kept = 'none' | 'all' | readonly number[] | Uint8Array;

interface Condition {
  readonly groups: WeakMap<SpanGroup, Kept>;
  bytes: number;
}

class KnownMasks {
  /** Those used longest ago first. */
  readonly #conditions = new Map<string, Condition>();
  #bytes = 0;

  /** What stands for a condition while a query runs; `key` is equal exactly for equal conditions. */
  condition(key: string): Condition {
    let condition = this.#conditions.get(key);
    if (condition === undefined) condition = { groups: new WeakMap(), bytes: 0 };
    else this.#conditions.delete(key);
    this.#conditions.set(key, condition);
    return condition;
  }

  /** A mask that is the caller's to change, of `count` rows. */
  mask(condition: Condition, group: SpanGroup, find: () => Uint8Array): Uint8Array {
    const kept = condition.groups.get(group);
    if (kept !== undefined) return unpacked(kept, group.spanCount);
    const mask = find();
    const packed = packedOf(mask);
    const bytes = bytesOf(packed);
    condition.groups.set(group, packed);
    condition.bytes += bytes;
    this.#bytes += bytes;
    this.#makeRoom(condition);
    return mask;
  }

  #makeRoom(exceptFor: Condition): void {
    if (this.#bytes <= KEPT_BYTES_MAX) return;
    for (const [key, condition] of this.#conditions) {
      if (condition === exceptFor) continue;
      this.#conditions.delete(key);
      this.#bytes -= condition.bytes;
      condition.bytes = 0;
      if (this.#bytes <= KEPT_BYTES_MAX) return;
    }
  }
}

function packedOf(mask: Uint8Array): Kept {
  let hits = 0;
  for (let i = 0; i < mask.length; i++) hits += mask[i]!;
  if (hits === 0) return 'none';
  if (hits === mask.length) return 'all';
  if (hits <= LISTED_ROWS_MAX) {
    const rows: number[] = [];
    for (let row = mask.indexOf(1); row >= 0; row = mask.indexOf(1, row + 1)) rows.push(row);
    return rows;
  }
  const bits = new Uint8Array((mask.length + 7) >>> 3);
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) bits[i >>> 3]! |= 1 << (i & 7);
  return bits;
}

function unpacked(kept: Kept, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  if (kept === 'none') return mask;
  if (kept === 'all') return mask.fill(1);
  if (kept instanceof Uint8Array) {
    for (let i = 0; i < count; i++) mask[i] = (kept[i >>> 3]! >>> (i & 7)) & 1;
  } else for (const row of kept) mask[row] = 1;
  return mask;
}

function bytesOf(kept: Kept): number {
  if (kept instanceof Uint8Array) return ENTRY_BYTES + BITS_BYTES + kept.length;
  return ENTRY_BYTES + (typeof kept === 'string' ? 0 : 8 * kept.length);
}

/** Of the thread. */
export const KNOWN_MASKS = new KnownMasks();
