/**
 * A list of objects as it arrives, object by object: what a large cluster answers is many MB of JSON, and parsing that at once would hold
 * the front. The bytes of each element of `items` are cut out and parsed by themselves; a `0` stays in its place, and what is left is a
 * small document with the list's metadata.
 *
 * Only bytes of ASCII steer it, and no byte of a longer character in UTF-8 looks like one: pieces may end anywhere.
 */

import { parseObject } from './parse-object.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const PLACEHOLDER = Buffer.from('0');

/** Elements are objects in an array of the outermost object. */
const ELEMENT_DEPTH = 2;

export interface ListMeta {
  readonly resourceVersion?: string;
  /** '' or missing at the last page. */
  readonly continue?: string;
}

export class ListReader<T> {
  readonly #onItem: (item: T) => void;
  readonly #frame: Buffer[] = [];
  #item: Buffer[] = [];
  #depth = 0;
  /** Whether what is open at depth 2 is an array. */
  #isInArray = false;
  #isInText = false;
  #isEscaped = false;

  constructor(onItem: (item: T) => void) {
    this.#onItem = onItem;
  }

  /** Throws `SyntaxError` where an element is no JSON. */
  push(piece: Buffer): void {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      if (this.#isInText) {
        this.#readText(byte);
        continue;
      }
      if (byte === QUOTE) this.#isInText = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (byte === OPEN_BRACE && this.#depth === ELEMENT_DEPTH && this.#isInArray) {
          this.#frame.push(piece.subarray(start, i), PLACEHOLDER);
          start = i;
        }
        this.#depth++;
        if (this.#depth === ELEMENT_DEPTH) this.#isInArray = byte === OPEN_BRACKET;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.#depth--;
        if (byte === CLOSE_BRACE && this.#depth === ELEMENT_DEPTH && this.#isInArray) {
          this.#finishItem(piece.subarray(start, i + 1));
          start = i + 1;
        }
      }
    }
    const rest = piece.subarray(start);
    if (rest.length > 0) (this.#isInItem ? this.#item : this.#frame).push(rest);
  }

  /** The list's metadata. Throws `SyntaxError` where the list is not whole. */
  end(): ListMeta {
    const list = JSON.parse(Buffer.concat(this.#frame).toString('utf8')) as { readonly metadata?: ListMeta };
    return list.metadata ?? {};
  }

  get #isInItem(): boolean {
    return this.#isInArray && this.#depth > ELEMENT_DEPTH;
  }

  #readText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInText = false;
  }

  #finishItem(last: Buffer): void {
    this.#item.push(last);
    const text = Buffer.concat(this.#item).toString('utf8');
    this.#item = [];
    this.#onItem(parseObject<T>(text));
  }
}
