/**
 * A label set's values as bytes, by which its series are found: words and texts in an order that whoever writes them
 * knows. Made once per span in memory that the next span uses again; read only when the key is new, to make the labels.
 *
 *   word   u32        text   u32 length | UTF-8
 */

import { utf8Decode } from '../base/bytes.ts';
import { hashWords } from './word-hash.ts';

const START_BYTES = 512;

export class LabelKey {
  #words = new Uint32Array(START_BYTES / 4);
  bytes = new Uint8Array(this.#words.buffer);
  length = 0;
  readonly #textMaxBytes: number;

  /** Longer texts are cut, as label values would be; 0: none is. */
  constructor(textMaxBytes: number) {
    this.#textMaxBytes = textMaxBytes;
  }

  reset(): void {
    this.length = 0;
  }

  #reserve(extra: number): void {
    const need = this.length + extra;
    if (need <= this.bytes.length) return;
    // Whole words, with one for what `hash` fills up.
    const words = new Uint32Array(Math.ceil(Math.max(need, 2 * this.bytes.length) / 4) + 1);
    const next = new Uint8Array(words.buffer);
    next.set(this.bytes);
    this.#words = words;
    this.bytes = next;
  }

  word(value: number): void {
    this.#reserve(4);
    this.#put(this.length, value);
    this.length += 4;
  }

  #put(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  text(source: Uint8Array, from: number, to: number): void {
    const n = to - from;
    if (this.#textMaxBytes > 0 && n > this.#textMaxBytes) {
      this.open();
      this.append(source, from, to);
      this.close();
      return;
    }
    this.#reserve(4 + n);
    const { bytes } = this;
    let at = this.length;
    this.#put(at, n);
    at += 4;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.length = at;
  }

  /** Where the length of the text that is being written stands. */
  #at = 0;

  #open(): number {
    this.#reserve(4);
    const at = this.length;
    this.length += 4;
    return at;
  }

  /** Begins a text of several pieces (`append`), which `close` ends. */
  open(): void {
    this.#at = this.#open();
  }

  append(source: Uint8Array, from: number, to: number): void {
    const n = to - from;
    this.#reserve(n);
    const { bytes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.length = at;
  }

  /** Bytes of the text that is being written. */
  get openBytes(): number {
    return this.length - this.#at - 4;
  }

  close(): void {
    const start = this.#at + 4;
    let n = this.length - start;
    if (this.#textMaxBytes > 0 && n > this.#textMaxBytes) {
      n = this.#textMaxBytes;
      // No half of a character.
      while (n > 0 && (this.bytes[start + n]! & 0xc0) === 0x80) n--;
      this.length = start + n;
    }
    this.#put(this.#at, n);
  }

  /** Of all that was written. */
  hash(): number {
    this.#reserve(4);
    const words = (this.length + 3) >>> 2;
    for (let i = this.length; i < 4 * words; i++) this.bytes[i] = 0;
    return hashWords(this.#words, 0, words);
  }

  /** Parts that another key of this form holds. */
  parts(source: Uint8Array): void {
    this.append(source, 0, source.length);
  }
}

export class LabelKeyReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  word(): number {
    const b = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
  }

  text(): string {
    const n = this.word();
    const from = this.#at;
    this.#at = from + n;
    return utf8Decode(this.#bytes.subarray(from, this.#at));
  }
}
