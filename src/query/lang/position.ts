/**
 * Positions in a query text. Tools count UTF-16 units, users and protocols count UTF-8 bytes: `ByteOffsets` turns
 * one into the other, `lineColumn` turns a byte offset into the 1-based line and column of messages.
 */

export interface LineColumn {
  /** From 1. */
  readonly line: number;
  /** In bytes, from 1. */
  readonly column: number;
}

/** Maps UTF-16 offsets of one text to UTF-8 byte offsets. Costs nothing for ASCII. */
export class ByteOffsets {
  /** Byte offset of each UTF-16 unit and of the end; undefined where the text is ASCII. */
  readonly #table: Uint32Array | undefined;

  constructor(text: string) {
    let i = 0;
    while (i < text.length && text.charCodeAt(i) < 0x80) i++;
    this.#table = i === text.length ? undefined : byteTable(text);
  }

  /** The byte offset of the UTF-16 offset; an offset past the end is the end's. */
  at(offset: number): number {
    const table = this.#table;
    return table === undefined ? offset : table[Math.min(offset, table.length - 1)]!;
  }
}

function byteTable(text: string): Uint32Array {
  const table = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    table[i] = bytes;
    const c = text.charCodeAt(i);
    if (c < 0x80) bytes += 1;
    else if (c < 0x800) bytes += 2;
    else if (c >= 0xd800 && c <= 0xdbff && i + 1 < text.length) {
      // A surrogate pair is four bytes; its second half counts from the end of the pair.
      bytes += 4;
      table[++i] = bytes;
    } else bytes += 3;
  }
  table[text.length] = bytes;
  return table;
}

/** Line and column of a byte offset in `text`. */
export function lineColumn(text: string, byteOffset: number): LineColumn {
  let line = 1;
  let lineStart = 0;
  let bytes = 0;
  for (let i = 0; i < text.length && bytes < byteOffset; i++) {
    const c = text.codePointAt(i)!;
    if (c > 0xffff) i++;
    bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c === 10) {
      line++;
      lineStart = bytes;
    }
  }
  return { line, column: byteOffset - lineStart + 1 };
}
