/**
 * `| json | status >= 500` over the bytes of a chunk: lines whose only mention of the field has a value that the filter
 * refuses are out before they are parsed, and so are those that do not mention it.
 *
 * Whatever the parser makes of such a line, the label has that very value or is not there, and the filter refuses both: the
 * name has no underscore, so no other key and no nesting is stored under it, and the line has no backslash, so no key is
 * spelt with escapes. Nothing else is judged here.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { Labels } from '../../model/labels.ts';
import type { LabelFilter, Stage } from '../lang/logql/ast.ts';
import { LineState, SPAN } from './line-state.ts';
import { compileLabelFilter } from './stage/label-filter.ts';
import type { StageFn } from './stage/stage.ts';

const BACKSLASH = 92;
const QUOTE = 34;
const COLON = 58;
const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/** What is known of a line. */
const UNSEEN = 0;
const REFUSED = 1;
/** The parser must tell. */
const OPEN = 2;

export class FieldPrefilter {
  readonly #name: string;
  readonly #needle: Buffer;
  readonly #filter: StageFn;
  readonly #state = new LineState();

  private constructor(name: string, filter: StageFn) {
    this.#name = name;
    this.#needle = Buffer.from(name);
    this.#filter = filter;
  }

  /** Of the stages behind the line filters; undefined where they do not begin so. */
  static of(stages: readonly Stage[]): FieldPrefilter | undefined {
    const [parser, next] = stages;
    if (parser?.kind !== 'json' || parser.items.length > 0 || next?.kind !== 'label-filter') return undefined;
    const name = fieldOf(next.filter);
    if (name === undefined || !NAME.test(name)) return undefined;
    const prefilter = new FieldPrefilter(name, compileLabelFilter(next.filter));
    // A line without the label must be out as well.
    return prefilter.#admits(undefined, 0, 0) ? undefined : prefilter;
  }

  /** Clears `passed[i]` for lines of `chunk[from, to)` that the filter refuses for certain. */
  apply(stream: Labels, chunk: EntryChunk, from: number, to: number, passed: Uint8Array): void {
    // The field would be stored under another name.
    if (stream.has(this.#name) || chunk.strings.includes(this.#name)) return;
    const verdicts = new Uint8Array(to);
    const { lineEnds, lines } = chunk;
    const end = lineEnds[to - 1]!;
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, end);
    const start = from === 0 ? 0 : lineEnds[from - 1]!;
    for (
      let at = bytes.indexOf(BACKSLASH, start), i = from;
      at >= 0;
      at = bytes.indexOf(BACKSLASH, lineEnds[i]!)
    ) {
      while (lineEnds[i]! <= at) i++;
      verdicts[i] = OPEN;
    }
    for (
      let at = bytes.indexOf(this.#needle, start), i = from;
      at >= 0;
      at = bytes.indexOf(this.#needle, at + 1)
    ) {
      while (lineEnds[i]! <= at) i++;
      verdicts[i] = verdicts[i] === UNSEEN ? this.#judge(bytes, at, lineEnds[i]!) : OPEN;
    }
    for (let i = from; i < to; i++) if (verdicts[i] !== OPEN) passed[i] = 0;
  }

  /** The one mention of the field, at `at` of a line that ends at `end`. */
  #judge(bytes: Buffer, at: number, end: number): typeof REFUSED | typeof OPEN {
    let place = at + this.#needle.length;
    if (bytes[at - 1] !== QUOTE || place >= end || bytes[place++] !== QUOTE) return OPEN;
    while (place < end && bytes[place]! <= 32) place++;
    if (place >= end || bytes[place++] !== COLON) return OPEN;
    while (place < end && bytes[place]! <= 32) place++;
    const first = place < end ? bytes[place]! : 0;
    if (first === QUOTE) {
      const close = bytes.indexOf(QUOTE, place + 1);
      if (close < 0 || close >= end) return OPEN;
      return this.#admits(bytes, place + 1, close) ? OPEN : REFUSED;
    }
    if (first !== 45 && (first < 48 || first > 57)) return OPEN;
    let stop = place + 1;
    while (stop < end && isInNumber(bytes[stop]!)) stop++;
    return this.#admits(bytes, place, stop) ? OPEN : REFUSED;
  }

  /** Whether the filter lets a line pass whose label has the value; without bytes: that has no such label. */
  #admits(bytes: Buffer | undefined, start: number, end: number): boolean {
    const state = this.#state;
    state.begin(Labels.EMPTY, bytes ?? state.bytes, start, end);
    state.sealed();
    if (bytes) state.addSpan(this.#name, start, end, bytes[start - 1] === QUOTE ? SPAN.json : SPAN.raw);
    return this.#filter(state);
  }
}

/** All but what ends a number or word of JSON's. */
function isInNumber(c: number): boolean {
  return c !== 44 && c !== 125 && c !== 93 && c !== 32 && c !== 10 && c !== 13 && c !== 9;
}

/** The label that a filter asks for, where it asks for one and a line's error does not matter. */
function fieldOf(filter: LabelFilter): string | undefined {
  if (filter.kind === 'match') return filter.matcher.name;
  return filter.kind === 'number' || filter.kind === 'duration' || filter.kind === 'bytes'
    ? filter.name
    : undefined;
}
