/**
 * `| json` on the bytes of a line that is as most are: whole, with keys free of escapes, not touched by a stage before. It
 * makes no string but of the values that someone asks for. Whatever is out of the ordinary is left to the scanner of text,
 * which has the original's words for all that can be wrong: then nothing has been done.
 */

import { labelName, nestedPart } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { type LineState, SPAN } from '../line-state.ts';
import {
  FieldTable,
  isSameKey,
  KnownField,
  MORE,
  type Outcome,
  REFUSED,
  Slots,
  UNUSUAL,
} from './field-table.ts';

/** Objects nested deeper than this are not looked into. */
export const DEPTH_MAX = 128;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;

/** 1 for what ends a number or word. */
const DELIMITER = new Uint8Array(256);
for (const c of [COMMA, CLOSE, CLOSE_LIST, 32, 10, 13, 9]) DELIMITER[c] = 1;

export class JsonFields {
  readonly #hints: ParserHints;
  readonly #slots: Slots;
  readonly #root: FieldTable;
  #state!: LineState;
  #bytes!: Uint8Array;
  /** Place behind what was read last. */
  #at = 0;

  constructor(hints: ParserHints) {
    this.#hints = hints;
    this.#slots = new Slots(hints);
    this.#root = this.#table('', 0);
  }

  /** Adds the line's fields to its labels: whether the line stays; undefined where nothing was done. */
  run(state: LineState): boolean | undefined {
    const { error, errorDetails, bytes, start, end } = state;
    this.#state = state;
    this.#bytes = bytes;
    const outcome = this.#object(start, end, this.#root);
    if (outcome !== UNUSUAL) return outcome !== REFUSED;
    state.restore(error, errorDetails);
    return undefined;
  }

  #table(prefix: string, depth: number): FieldTable {
    return new FieldTable((key, bytes) => {
      const part = prefix === '' ? labelName(key) : nestedPart(key);
      // A part that is empty leaves an object's own name to the value.
      const name = prefix === '' || part === '' ? prefix + part : `${prefix}_${part}`;
      const isWanted = depth < DEPTH_MAX && this.#hints.wantsPrefix(name);
      const inside = isWanted ? this.#table(name, depth + 1) : undefined;
      return new KnownField(bytes, name, inside, prefix !== '' && part === '');
    });
  }

  /** Reads the members of the object that opens at `at`. White space is mostly missing: it is looked for where it is. */
  #object(at: number, end: number, table: FieldTable): Outcome {
    const bytes = this.#bytes;
    if (bytes[at] !== OPEN) at = this.#space(at, end);
    if (at >= end || bytes[at] !== OPEN) return UNUSUAL;
    at = this.#space(at + 1, end);
    if (bytes[at] === CLOSE && at < end) return MORE;
    for (let place = 0; ; place++) {
      if (at >= end || bytes[at] !== QUOTE) return UNUSUAL;
      const field = this.#key(at + 1, end, table, place);
      if (field === undefined) return UNUSUAL;
      at = this.#at;
      if (bytes[at] !== COLON) at = this.#space(at, end);
      if (at >= end || bytes[at] !== COLON) return UNUSUAL;
      at++;
      if (bytes[at]! <= 32) at = this.#space(at, end);
      if (bytes[at] === QUOTE && at < end) {
        const start = at + 1;
        at = start;
        let c = bytes[at];
        while (c !== QUOTE && c !== BACKSLASH && at < end) c = bytes[++at];
        if (c === BACKSLASH) at = this.#string(at, end);
        if (at < 0 || at >= end) return UNUSUAL;
        const outcome = this.#slots.store(field, this.#state, start, at, SPAN.json);
        if (outcome !== MORE) return outcome;
        at++;
      } else {
        const outcome = this.#value(at, end, field);
        if (outcome !== MORE) return outcome;
        at = this.#at;
      }
      if (bytes[at] !== COMMA) {
        at = this.#space(at, end);
        if (at >= end) return UNUSUAL;
        if (bytes[at] === CLOSE) return MORE;
        if (bytes[at] !== COMMA) return UNUSUAL;
      }
      at++;
      if (bytes[at] !== QUOTE) at = this.#space(at, end);
    }
  }

  #space(at: number, end: number): number {
    const bytes = this.#bytes;
    while (at < end) {
      const c = bytes[at]!;
      if (c > 32 || (c !== 32 && c !== 10 && c !== 13 && c !== 9)) return at;
      at++;
    }
    return at;
  }

  /** The field whose key begins at `at`; leaves the place behind its quote. */
  #key(at: number, end: number, table: FieldTable, place: number): KnownField | undefined {
    const bytes = this.#bytes;
    const expected = table.expected(place);
    if (expected) {
      const stop = at + expected.key.length;
      if (stop < end && bytes[stop] === QUOTE && isSameKey(expected.key, bytes, at, stop)) {
        this.#at = stop + 1;
        return expected;
      }
    }
    let stop = at;
    while (stop < end && bytes[stop] !== QUOTE) {
      if (bytes[stop] === BACKSLASH) return undefined;
      stop++;
    }
    if (stop >= end) return undefined;
    this.#at = stop + 1;
    return table.find(bytes, at, stop, place);
  }

  /** Reads the value at `at`, which is no string, and stores it where it is wanted. */
  #value(at: number, end: number, field: KnownField): Outcome {
    const bytes = this.#bytes;
    if (at >= end) return UNUSUAL;
    const c = bytes[at]!;
    if (c === OPEN || c === OPEN_LIST) {
      const stop = this.#block(at, end, c, c === OPEN ? CLOSE : CLOSE_LIST);
      if (stop < 0) return UNUSUAL;
      const inside = c === OPEN ? field.inside : undefined;
      const outcome = inside === undefined ? MORE : this.#object(at, stop, inside);
      this.#at = stop;
      return outcome;
    }
    let stop = at;
    while (stop < end && DELIMITER[bytes[stop]!] === 0) stop++;
    this.#at = stop;
    if ((c >= 48 && c <= 57) || c === 45) return this.#slots.store(field, this.#state, at, stop, SPAN.raw);
    if (isWord(bytes, at, stop, 'null')) return MORE;
    if (!isWord(bytes, at, stop, 'true') && !isWord(bytes, at, stop, 'false')) return UNUSUAL;
    return this.#slots.store(field, this.#state, at, stop, SPAN.raw);
  }

  /** Place of the closing quote; -1 where there is none. */
  #string(at: number, end: number): number {
    const bytes = this.#bytes;
    while (at < end) {
      const c = bytes[at]!;
      if (c === QUOTE) return at;
      at += c === BACKSLASH ? 2 : 1;
    }
    return -1;
  }

  /** Place behind the bracket that closes the one at `at`; -1 where there is none. */
  #block(at: number, end: number, open: number, close: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    while (at < end) {
      const c = bytes[at]!;
      if (c === QUOTE) {
        at = this.#string(at + 1, end);
        if (at < 0) return -1;
      } else if (c === open) depth++;
      else if (c === close && --depth === 0) return at + 1;
      at++;
    }
    return -1;
  }
}

function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}
