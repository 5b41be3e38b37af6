/**
 * The state of one line on its way through a pipeline: the line itself, its labels in three categories, its
 * error. One object serves all lines; a stage changes it in place. The line is a byte slice until a stage asks
 * for its text, and becomes bytes again only when its length is asked for; so is the value of a label that a parser
 * found in it.
 *
 * Labels are parallel arrays with linear search: a line has some ten to thirty. A removed label leaves a hole
 * (an empty name) until the next line. Lines of a stream mostly have metadata of the same names: what follows from
 * these (the `layout`) is kept from line to line.
 */

import { labelText } from '../../base/json-escapes.ts';
import { TextCache } from '../../base/text-cache.ts';
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

/** Of one thread: values come again from query to query. */
const texts = new TextCache();

/** How the bytes of a value become its text. */
export const SPAN = {
  /** As they are. */
  raw: 0,
  /** A JSON string: escapes undone, a blank for what is no character. */
  json: 1,
  /** A blank for what is no character. */
  text: 2,
} as const;
export type SpanForm = (typeof SPAN)[keyof typeof SPAN];

export class LineState {
  /** Labels 0…count-1; a hole has an empty name. */
  readonly names: string[] = [];
  readonly categories: LabelCategory[] = [];
  count = 0;
  error = '';
  errorDetails = '';
  /** Whether a parser failed: its errors alone may become labels of a metric. */
  parserFailed = false;
  timestampMs = 0;
  /** Nanoseconds within the millisecond. */
  timestampNs = 0;
  /** Equal for lines whose stream and names of metadata are the same, as far as is known. */
  layout = 0;
  /** The line's own number. */
  serial = 0;

  /** Undefined where the text was not made yet: the value is a span of the line's bytes. */
  readonly #values: (string | undefined)[] = [];
  readonly #spanStarts: number[] = [];
  readonly #spanEnds: number[] = [];
  readonly #spanForms: SpanForm[] = [];
  #bytes: Uint8Array = EMPTY_BYTES;
  #buffer: Buffer = Buffer.from(EMPTY_BYTES);
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
  /** Whether a stage added, changed or removed a label. */
  #changed = false;
  /** Labels that this line has in common with the one before, until stages change them: stream and metadata. */
  #kept = 0;
  /** Names of metadata as they came, by their label's place. */
  readonly #metadataNames: string[] = [];

  /** Starts a line of `stream`: `bytes[start, end)`. Metadata follows, then `sealed`. */
  begin(stream: Labels, bytes: Uint8Array, start: number, end: number): void {
    this.serial++;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#start = start;
    this.#end = end;
    this.#text = undefined;
    this.#rewritten = false;
    this.error = '';
    this.errorDetails = '';
    this.parserFailed = false;
    if (this.#gone.length > 0) this.#gone.length = 0;
    this.#changed = false;
    const n = stream.size;
    if (stream !== this.#stream || this.#kept < n || this.#suffixed) this.#beginStream(stream);
    this.count = n;
  }

  #beginStream(stream: Labels): void {
    this.#stream = stream;
    this.#suffixed = false;
    this.layout++;
    const { pairs } = stream;
    const n = stream.size;
    for (let i = 0; i < n; i++) {
      this.names[i] = pairs[2 * i]!;
      this.#values[i] = pairs[2 * i + 1]!;
      this.categories[i] = STREAM;
    }
    this.#kept = n;
  }

  addMetadata(name: string, value: string): void {
    const at = this.count;
    if (at < this.#kept && this.#metadataNames[at] === name) {
      this.#values[at] = value;
      this.count = at + 1;
      return;
    }
    // Told at once: the label may take another's place, so that their number says nothing.
    this.layout++;
    this.#kept = at;
    this.#metadataNames[at] = name;
    if (this.streamHas(name)) {
      name += EXTRACTED_SUFFIX;
      this.#suffixed = true;
    }
    const i = this.#suffixed ? this.indexOf(name) : -1;
    if (i < 0) this.#append(name, value, METADATA);
    else {
      this.#values[i] = value;
      this.categories[i] = METADATA;
    }
  }

  /** The line has all that it came with. */
  sealed(): void {
    if (this.count !== this.#kept) this.layout++;
    this.#kept = this.count;
  }

  /** Whether no stage has touched line or labels yet: parsers may then go by the layout. */
  get isFresh(): boolean {
    return !this.#changed && !this.#rewritten;
  }

  /** Undoes what a parser added to a fresh line. */
  restore(error: string, errorDetails: string): void {
    this.count = this.#kept;
    this.#changed = false;
    this.error = error;
    this.errorDetails = errorDetails;
  }

  /** The line as it came is `bytes[start, end)`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** The text of label `i`. */
  valueAt(i: number): string {
    const value = this.#values[i];
    if (value !== undefined) return value;
    const raw = texts.text(this.#buffer, this.#spanStarts[i]!, this.#spanEnds[i]!);
    const form = this.#spanForms[i]!;
    const text =
      form === SPAN.raw ? raw : form === SPAN.json ? labelText(raw) : raw.replaceAll('\ufffd', ' ');
    this.#values[i] = text;
    return text;
  }

  /** The number that the bytes of label `i` are in plain decimals; undefined where its text must tell. */
  decimalAt(i: number): number | undefined {
    if (this.#values[i] !== undefined || this.#spanForms[i] === SPAN.json) return undefined;
    return plainDecimal(this.#bytes, this.#spanStarts[i]!, this.#spanEnds[i]!);
  }

  get rewritten(): boolean {
    return this.#rewritten;
  }

  text(): string {
    this.#text ??= this.#buffer.toString('utf8', this.#start, this.#end);
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
    return i >= 0 ? this.valueAt(i) : '';
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

  /** Whether a parser or a format stage made a label of this name on this line, even if it was dropped since. */
  extracted(name: string): boolean {
    const i = this.indexOf(name);
    return (i >= 0 && this.categories[i] === PARSED) || this.#gone.includes(name);
  }

  /** The name under which a parser's find is stored, or undefined where an earlier find of it stands. */
  parsedName(name: string): string | undefined {
    const stored = this.storedName(name);
    return this.extracted(stored) ? undefined : stored;
  }

  /** The name under which a parser's find is stored, whatever parsers found before. */
  storedName(name: string): string {
    return this.collides(name) ? name + EXTRACTED_SUFFIX : name;
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

  /** A parser's find as bytes of the line, under a name that no label has yet. */
  addSpan(name: string, start: number, end: number, form: SpanForm): void {
    const i = this.count++;
    this.#changed = true;
    this.names[i] = name;
    this.categories[i] = PARSED;
    this.#values[i] = undefined;
    this.#spanStarts[i] = start;
    this.#spanEnds[i] = end;
    this.#spanForms[i] = form;
  }

  /** Sets a label, hiding whatever had its name. */
  set(name: string, value: string): void {
    const i = this.indexOf(name);
    this.#changed = true;
    if (i < 0) {
      this.#append(name, value, PARSED);
      return;
    }
    if (i < this.#kept) this.#kept = 0;
    this.#values[i] = value;
    this.categories[i] = PARSED;
  }

  remove(name: string): void {
    const i = this.indexOf(name);
    if (i >= 0) this.removeAt(i);
  }

  removeAt(i: number): void {
    this.#changed = true;
    if (i < this.#kept) this.#kept = 0;
    if (this.categories[i] === PARSED) this.#gone.push(this.names[i]!);
    this.names[i] = '';
  }

  /** Without details those of an earlier error stay. */
  setError(error: string, details: string | undefined): void {
    this.error = error;
    if (details !== undefined) this.errorDetails = details;
  }

  setParserError(error: string, details: string | undefined): void {
    this.setError(error, details);
    this.parserFailed = true;
  }

  #append(name: string, value: string, category: LabelCategory): void {
    const i = this.count++;
    this.names[i] = name;
    this.#values[i] = value;
    this.categories[i] = category;
  }

  /** A key that is equal for equal label sets that came to be in the same way (order matters). */
  groupKey(): string {
    let key = '';
    const { names, categories, count } = this;
    for (let i = 0; i < count; i++) {
      const name = names[i]!;
      if (name === '') continue;
      const value = this.valueAt(i);
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
      if (name === '') continue;
      if (keep(name, this.categories[i]!)) list.push([name, this.valueAt(i)]);
    }
    // What the line itself names so stands before an error.
    const add = (name: string, value: string): void => {
      if (value !== '' && this.indexOf(name) < 0 && keep(name, PARSED)) list.push([name, value]);
    };
    add(ERROR_LABEL, this.error);
    add(ERROR_DETAILS_LABEL, this.errorDetails);
    list.sort((a, b) => compareText(a[0], b[0]));
    return list.flat();
  }
}

/** The labels of an entry as an answer shows them; name and value alternate, sorted. */
export interface ShownLabels {
  /** Those of the stream where metadata and parsed labels are told apart, else all. */
  readonly labels: readonly string[];
  readonly metadata: readonly string[] | undefined;
  readonly parsed: readonly string[] | undefined;
}

/** `categorize`: tell stream labels, metadata and parsed labels apart. */
export function shownLabels(state: LineState, categorize: boolean): ShownLabels {
  if (!categorize) return { labels: state.sortedPairs(() => true), metadata: undefined, parsed: undefined };
  return {
    labels: state.sortedPairs((_, c) => c === STREAM),
    metadata: state.sortedPairs((_, c) => c === METADATA),
    parsed: state.sortedPairs((_, c) => c === PARSED),
  };
}

/** More digits than this a double does not hold exactly. */
const DIGITS_MAX = 15;
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, i) => 10 ** i);

/** `-12.345` as a number, the nearest double; undefined for any other form. */
function plainDecimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  const negative = bytes[start] === 45;
  let at = negative ? start + 1 : start;
  // A point beside the digits.
  if (at >= end || end - at > DIGITS_MAX + 1) return undefined;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const c = bytes[at]!;
    if (c === 46 && point < 0 && at + 1 < end) point = at;
    else if (c >= 48 && c <= 57) digits = digits * 10 + (c - 48);
    else return undefined;
  }
  const decimals = point < 0 ? 0 : end - point - 1;
  if (end - start - (negative ? 1 : 0) - (point < 0 ? 0 : 1) > DIGITS_MAX) return undefined;
  // Both are exact, so their quotient is the nearest double.
  const value = digits / POWERS[decimals]!;
  return negative ? -value : value;
}
