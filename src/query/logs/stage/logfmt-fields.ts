/**
 * `| logfmt` on the bytes of a line that is as most are: pairs without escapes and errors, not touched by a stage before. As
 * in `json-fields.ts`, whatever is out of the ordinary is left to the scanner of text: then nothing has been done.
 */

import { labelName } from '../extract-name.ts';
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

const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const SPACE = 32;

/** 1 for what ends a key or a bare value: white space and control characters, `=` and `"`. */
const DELIMITER = new Uint8Array(256).fill(1, 0, SPACE + 1);
DELIMITER[EQUALS] = 1;
DELIMITER[QUOTE] = 1;

export class LogfmtFields {
  readonly #slots: Slots;
  readonly #table = new FieldTable((key, bytes) => new KnownField(bytes, labelName(key), undefined));
  readonly #keepEmpty: boolean;

  constructor(hints: ParserHints, keepEmpty: boolean) {
    this.#slots = new Slots(hints);
    this.#keepEmpty = keepEmpty;
  }

  /** Adds the line's fields to its labels: whether the line stays; undefined where nothing was done. */
  run(state: LineState): boolean | undefined {
    const { error, errorDetails } = state;
    const outcome = this.#pairs(state);
    if (outcome !== UNUSUAL) return outcome !== REFUSED;
    state.restore(error, errorDetails);
    return undefined;
  }

  #pairs(state: LineState): Outcome {
    const { bytes, end } = state;
    let at = state.start;
    for (let place = 0; ; place++) {
      while (at < end && bytes[at]! <= SPACE) at++;
      if (at >= end) return MORE;
      const keyStart = at;
      const expected = this.#table.expected(place);
      if (expected && isExpected(expected.key, bytes, at, end)) at += expected.key.length;
      else {
        while (at < end && DELIMITER[bytes[at]!] === 0) if (bytes[at++]! >= 0x80) return UNUSUAL;
      }
      const c = at < end ? bytes[at] : SPACE;
      if (c === QUOTE || at === keyStart) return UNUSUAL;
      const field = this.#table.find(bytes, keyStart, at, place);
      let start = at;
      let stop = at;
      if (c === EQUALS) {
        start = ++at;
        if (at < end && bytes[at] === QUOTE) {
          start = ++at;
          while (at < end && bytes[at] !== QUOTE) if (bytes[at++] === BACKSLASH) return UNUSUAL;
          if (at >= end) return UNUSUAL;
          stop = at++;
        } else {
          while (at < end && DELIMITER[bytes[at]!] === 0) at++;
          if (at < end && bytes[at]! > SPACE) return UNUSUAL;
          stop = at;
        }
      }
      if (stop === start && !this.#keepEmpty) continue;
      const outcome = this.#slots.store(field, state, start, stop, SPAN.text);
      if (outcome !== MORE) return outcome;
    }
  }
}

/** Whether this very key stands there and a value follows. */
function isExpected(key: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  const stop = at + key.length;
  return stop < end && bytes[stop] === EQUALS && isSameKey(key, bytes, at, stop);
}
