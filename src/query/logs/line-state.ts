/**
 * The state of one line on its way through a pipeline: the line itself, its labels in three categories, its
 * error. One object serves all lines; a stage changes it in place. The line is a byte slice until a stage asks
 * for its text, and becomes bytes again only when its length is asked for.
 *
 * Labels are parallel arrays with linear search: a line has some ten to thirty. A removed label leaves a hole
 * (an empty name) until the next line.
 */

import { compareText, Labels } from '../../model/labels.ts';

export const STREAM = 0;
export const METADATA = 1;
export const PARSED = 2;
export type LabelCategory = typeof STREAM | typeof METADATA | typeof PARSED;

export const ERROR_LABEL = '__error__';
export const ERROR_DETAILS_LABEL = '__error_details__';
/** Appended to a name that collides with one of an earlier category. */
export const EXTRACTED_SUFFIX = '_extracted';

const EMPTY_BYTES = new Uint8Array(0);

export class LineState {
  /** Labels 0…count-1; a hole has an empty name. */
  readonly names: string[] = [];
  readonly values: string[] = [];
  readonly categories: LabelCategory[] = [];
  count = 0;
  error = '';
  errorDetails = '';
  timestampMs = 0;
  /** Nanoseconds within the millisecond. */
  timestampNs = 0;

  #bytes: Uint8Array = EMPTY_BYTES;
  #start = 0;
  #end = 0;
  #text: string | undefined;
  /** Whether the text was replaced, so that the bytes are stale. */
  #rewritten = false;
  #stream: Labels = Labels.EMPTY;
  /** Parsed labels that were removed again: parsers do not find them a second time. */
  readonly #gone: string[] = [];
  /** Whether metadata got a name with a suffix, which other metadata may have too. */
  #suffixed = false;

  /** Starts a line of `stream`: `bytes[start, end)`. */
  begin(stream: Labels, bytes: Uint8Array, start: number, end: number): void {
    this.#stream = stream;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#text = undefined;
    this.#rewritten = false;
    this.error = '';
    this.errorDetails = '';
    this.#gone.length = 0;
    this.#suffixed = false;
    const pairs = stream.pairs;
    const n = pairs.length >> 1;
    for (let i = 0; i < n; i++) {
      this.names[i] = pairs[2 * i]!;
      this.values[i] = pairs[2 * i + 1]!;
      this.categories[i] = STREAM;
    }
    this.count = n;
  }

  get rewritten(): boolean {
    return this.#rewritten;
  }

  text(): string {
    if (this.#text === undefined) {
      const b = this.#bytes;
      this.#text = Buffer.from(b.buffer, b.byteOffset + this.#start, this.#end - this.#start).toString(
        'utf8',
      );
    }
    return this.#text;
  }

  setText(text: string): void {
    this.#text = text;
    this.#rewritten = true;
  }

  byteLength(): number {
    return this.#rewritten ? Buffer.byteLength(this.#text!) : this.#end - this.#start;
  }

  indexOf(name: string): number {
    const { names, count } = this;
    for (let i = 0; i < count; i++) if (names[i] === name) return i;
    return -1;
  }

  /** The value, or '' where there is none; errors are labels too. */
  get(name: string): string {
    // A label that a line itself names so is shown, but is no error.
    if (name === ERROR_LABEL) return this.error;
    if (name === ERROR_DETAILS_LABEL) return this.errorDetails;
    const i = this.indexOf(name);
    return i >= 0 ? this.values[i]! : '';
  }

  has(name: string): boolean {
    if (this.indexOf(name) >= 0) return true;
    return name === ERROR_LABEL
      ? this.error !== ''
      : name === ERROR_DETAILS_LABEL && this.errorDetails !== '';
  }

  /** Whether the line came with a label of this name. */
  streamHas(name: string): boolean {
    const pairs = this.#stream.pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return true;
    return false;
  }

  addMetadata(name: string, value: string): void {
    if (this.streamHas(name)) {
      name += EXTRACTED_SUFFIX;
      this.#suffixed = true;
    }
    const i = this.#suffixed ? this.indexOf(name) : -1;
    if (i < 0) this.#append(name, value, METADATA);
    else {
      this.values[i] = value;
      this.categories[i] = METADATA;
    }
  }

  /** Whether a parser or a format stage made a label of this name on this line, even if it was dropped since. */
  extracted(name: string): boolean {
    const i = this.indexOf(name);
    return (i >= 0 && this.categories[i] === PARSED) || this.#gone.includes(name);
  }

  /** The name under which a parser's find is stored, or undefined where an earlier find of it stands. */
  parsedName(name: string): string | undefined {
    if (this.collides(name)) name += EXTRACTED_SUFFIX;
    return this.extracted(name) ? undefined : name;
  }

  /** Whether the name is one of the stream's, or of metadata still there. */
  collides(name: string): boolean {
    if (this.streamHas(name)) return true;
    const i = this.indexOf(name);
    return i >= 0 && this.categories[i] === METADATA;
  }

  /** A parser's find under the name that `parsedName` gave; it hides metadata of that name. */
  addParsed(key: string, value: string): void {
    this.set(key, value);
  }

  /** Sets a label, hiding whatever had its name. */
  set(name: string, value: string): void {
    const i = this.indexOf(name);
    if (i < 0) this.#append(name, value, PARSED);
    else {
      this.values[i] = value;
      this.categories[i] = PARSED;
    }
  }

  remove(name: string): void {
    const i = this.indexOf(name);
    if (i >= 0) this.removeAt(i);
  }

  removeAt(i: number): void {
    if (this.categories[i] === PARSED) this.#gone.push(this.names[i]!);
    this.names[i] = '';
  }

  /** Without details those of an earlier error stay. */
  setError(error: string, details: string | undefined): void {
    this.error = error;
    if (details !== undefined) this.errorDetails = details;
  }

  #append(name: string, value: string, category: LabelCategory): void {
    const i = this.count++;
    this.names[i] = name;
    this.values[i] = value;
    this.categories[i] = category;
  }

  /** A key that is equal for equal label sets that came to be in the same way (order matters). */
  groupKey(): string {
    let key = '';
    const { names, values, categories, count } = this;
    for (let i = 0; i < count; i++) {
      const name = names[i]!;
      if (name === '') continue;
      const value = values[i]!;
      key += `${name.length}.${value.length}.${categories[i]}${name}${value}`;
    }
    return this.error === '' && this.errorDetails === ''
      ? key
      : `${key}!${this.error.length}.${this.error}${this.errorDetails}`;
  }

  /** Name and value pairs that `keep` accepts, sorted; errors count as parsed. Empty values stay. */
  sortedPairs(keep: (name: string, category: LabelCategory) => boolean): string[] {
    const list: [string, string][] = [];
    for (let i = 0; i < this.count; i++) {
      const name = this.names[i]!;
      if (name === '' || (name === ERROR_LABEL && this.error !== '')) continue;
      if (name === ERROR_DETAILS_LABEL && this.errorDetails !== '') continue;
      if (keep(name, this.categories[i]!)) list.push([name, this.values[i]!]);
    }
    if (this.error !== '' && keep(ERROR_LABEL, PARSED)) list.push([ERROR_LABEL, this.error]);
    if (this.errorDetails !== '' && keep(ERROR_DETAILS_LABEL, PARSED)) {
      list.push([ERROR_DETAILS_LABEL, this.errorDetails]);
    }
    list.sort((a, b) => compareText(a[0], b[0]));
    return list.flat();
  }
}
