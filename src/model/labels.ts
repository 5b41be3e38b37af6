/**
 * A label set: names and values in one flat array, sorted bytewise by name, no name twice, no empty value (a
 * label with an empty value is the same as no label). Immutable; the canonical key is made once and kept.
 *
 * Canonical bytes, used by storage as the identity of a series or stream:
 * `varint pairs, then per pair: varint length, name, varint length, value`, all UTF-8.
 */

import { ByteReader, ByteWriter } from '../base/bytes.ts';

export const METRIC_NAME = '__name__';

/** Compares as UTF-8 bytes would; differs from `<` only where surrogate pairs meet U+E000…U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xs = x >= 0xd800 && x <= 0xdfff;
    const ys = y >= 0xd800 && y <= 0xdfff;
    if (xs !== ys) return xs ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

export class Labels {
  /** name 0, value 0, name 1, value 1, … */
  readonly pairs: readonly string[];
  #key: string | undefined;

  private constructor(pairs: readonly string[]) {
    this.pairs = pairs;
  }

  static readonly EMPTY = new Labels([]);

  /** Takes pairs that are sorted, unique and without empty values; the caller gives the array away. */
  static fromSorted(pairs: readonly string[]): Labels {
    return pairs.length === 0 ? Labels.EMPTY : new Labels(pairs);
  }

  /** Sorts and drops empty values; the last of equal names wins. */
  static from(entries: Iterable<readonly [string, string]> | Readonly<Record<string, string>>): Labels {
    const iterable =
      Symbol.iterator in entries
        ? (entries as Iterable<readonly [string, string]>)
        : Object.entries(entries as Record<string, string>);
    const map = new Map<string, string>();
    for (const [name, value] of iterable) map.set(name, value);
    const names = [...map.keys()].filter((n) => map.get(n) !== '').sort(compareText);
    return Labels.fromSorted(names.flatMap((n) => [n, map.get(n)!]));
  }

  /** Number of labels. */
  get size(): number {
    return this.pairs.length / 2;
  }

  /** The value, or '' where the label is absent. */
  get(name: string): string {
    const p = this.pairs;
    for (let i = 0; i < p.length; i += 2) if (p[i] === name) return p[i + 1]!;
    return '';
  }

  has(name: string): boolean {
    return this.get(name) !== '';
  }

  /** A copy in which `name` has `value`; an empty value removes it. */
  with(name: string, value: string): Labels {
    const out: string[] = [];
    let placed = value === '';
    const p = this.pairs;
    for (let i = 0; i < p.length; i += 2) {
      const n = p[i]!;
      if (n === name) continue;
      if (!placed && compareText(name, n) < 0) {
        out.push(name, value);
        placed = true;
      }
      out.push(n, p[i + 1]!);
    }
    if (!placed) out.push(name, value);
    return Labels.fromSorted(out);
  }

  /** Only the labels that `keep` accepts. */
  filter(keep: (name: string) => boolean): Labels {
    const out: string[] = [];
    const p = this.pairs;
    for (let i = 0; i < p.length; i += 2) if (keep(p[i]!)) out.push(p[i]!, p[i + 1]!);
    return out.length === p.length ? this : Labels.fromSorted(out);
  }

  without(name: string): Labels {
    return this.filter((n) => n !== name);
  }

  /** A string that is equal exactly for equal label sets; for use as a map key. */
  key(): string {
    if (this.#key === undefined) {
      // Lengths make it unambiguous whatever the values contain.
      let k = '';
      for (const s of this.pairs) k += `${s.length}:${s}`;
      this.#key = k;
    }
    return this.#key;
  }

  equals(other: Labels): boolean {
    return this === other || this.key() === other.key();
  }

  /** Pair by pair, name before value; a shorter prefix comes first. The order of results. */
  compare(other: Labels): number {
    const a = this.pairs;
    const b = other.pairs;
    const n = Math.min(a.length, b.length);
    for (let i = 0; i < n; i++) {
      const d = compareText(a[i]!, b[i]!);
      if (d !== 0) return d;
    }
    return a.length - b.length;
  }

  toObject(): Record<string, string> {
    const out: Record<string, string> = {};
    const p = this.pairs;
    for (let i = 0; i < p.length; i += 2) out[p[i]!] = p[i + 1]!;
    return out;
  }

  writeTo(out: ByteWriter): void {
    out.varint(this.size);
    for (const s of this.pairs) out.text(s);
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(128);
    this.writeTo(out);
    return out.take();
  }

  static readFrom(input: ByteReader): Labels {
    const n = input.varint();
    const pairs: string[] = [];
    for (let i = 0; i < 2 * n; i++) pairs.push(input.text());
    return Labels.fromSorted(pairs);
  }

  static fromBytes(bytes: Uint8Array): Labels {
    return Labels.readFrom(new ByteReader(bytes));
  }
}
