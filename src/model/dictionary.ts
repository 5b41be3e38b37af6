/**
 * A dictionary column: an index per row into distinct pieces of bytes, which are texts in UTF-8 or messages. The
 * pieces lie one after the other in one buffer; strings are made when they are first asked for.
 */

// A byte order mark in a value is part of it.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Dictionary {
  /** Per row (or occurrence), the index of its piece. */
  readonly indexes: Uint32Array;
  /** Piece i is `bytes[i === 0 ? 0 : ends[i - 1], ends[i])`. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  #strings: readonly string[] | undefined;
  #messages: readonly Uint8Array[] | undefined;

  constructor(indexes: Uint32Array, bytes: Uint8Array, ends: Uint32Array) {
    this.indexes = indexes;
    this.bytes = bytes;
    this.ends = ends;
  }

  /** Number of distinct pieces. */
  get size(): number {
    return this.ends.length;
  }

  /** A view of piece `i`. */
  piece(i: number): Uint8Array {
    return this.bytes.subarray(i === 0 ? 0 : this.ends[i - 1]!, this.ends[i]!);
  }

  /** All pieces as text. */
  get strings(): readonly string[] {
    this.#strings ??= decodeAll(this.bytes, this.ends);
    return this.#strings;
  }

  /** All pieces as views. */
  get messages(): readonly Uint8Array[] {
    this.#messages ??= Array.from(this.ends, (_, i) => this.piece(i));
    return this.#messages;
  }
}

function decodeAll(bytes: Uint8Array, ends: Uint32Array): string[] {
  const out: string[] = new Array(ends.length);
  const all = utf8.decode(bytes);
  let start = 0;
  // Fast path: as many characters as bytes means ASCII, where byte offsets are string offsets.
  const ascii = all.length === bytes.length;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    out[i] = ascii ? all.slice(start, end) : utf8.decode(bytes.subarray(start, end));
    start = end;
  }
  return out;
}
