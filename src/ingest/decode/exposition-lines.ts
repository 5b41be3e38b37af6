/**
 * What the two text formats of exposition share: the columns that a parser fills, classes of bytes, texts of
 * errors, and finding the end of a series text (`name{label="value",…}`). A known series is recognised by those
 * bytes as they are; `series-text.ts` takes apart the ones not seen before.
 *
 * Error texts name what was expected, the bytes that were there and the line so far.
 */

import { utf8Decode } from '../../base/bytes.ts';
import type { FamilyMetadata } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import { NUMBER_INVALID, readNumber } from './exposition-number.ts';

/** Which label's value is brought into its canonical float form: it depends on the type declared last. */
export const NORMALIZE = { none: 0, le: 1, quantile: 2 } as const;

/**
 * Set beside `NORMALIZE` where start timestamps are asked for: `sample` for one whose family may tell when it began,
 * `created` for the line (`…_created`) that tells it and is no sample.
 */
export const START = { none: 0, sample: 4, created: 8 } as const;

export interface ScrapedExemplar {
  /** Index of the sample it was attached to. */
  readonly sample: number;
  readonly labels: Labels;
  readonly value: number;
  /** Undefined where the exposition gave none. */
  readonly timestampMs: number | undefined;
}

/** A native histogram, or a classic one that was made one with custom buckets. */
export interface ScrapedHistogram {
  /** Index of the sample that it stands before. */
  readonly before: number;
  /** The series text is `bytes[seriesStart, seriesEnd)`. */
  readonly seriesStart: number;
  readonly seriesEnd: number;
  readonly histogram: Histogram;
  /** Undefined where the exposition gave none. */
  readonly timestampMs: number | undefined;
  /** 0 where unknown. */
  readonly startTimestampMs: number;
  readonly exemplars: readonly Exemplar[];
}

/** The samples of one exposition in the order of their lines. */
export interface ScrapeBatch {
  /** The exposition, or for protobuf series texts that were made of it. */
  readonly bytes: Uint8Array;
  readonly dialect: Dialect | 'protobuf';
  readonly count: number;
  /** The series text of sample i is `bytes[seriesStart[i], seriesEnd[i])`. */
  readonly seriesStart: Uint32Array;
  readonly seriesEnd: Uint32Array;
  /** `NORMALIZE` and `START` of each sample; with the series text they decide the labels. */
  readonly normalize: Uint8Array;
  readonly values: Float64Array;
  /** Milliseconds, NaN where the line has none. */
  readonly timestamps: Float64Array;
  /** Milliseconds, 0 where unknown; undefined in the text formats, which have lines for them. */
  readonly startTimestamps: Float64Array | undefined;
  readonly histograms: readonly ScrapedHistogram[];
  readonly exemplars: readonly ScrapedExemplar[];
  readonly metadata: readonly FamilyMetadata[];
  /** The first bad line; everything above stands before it. A scrape with an error stores no sample. */
  readonly error: TriliteError | undefined;
  /** The columns are not needed any more: they become another exposition's. */
  release(): void;
}

/** `text`: blanks between tokens are free. `openmetrics`: they are not allowed. */
export type Dialect = 'text' | 'openmetrics';

// Classes of bytes, as bits.
export const NAME_START = 1;
export const NAME = 2;
export const LABEL_START = 4;
export const LABEL = 8;
export const DIGIT = 16;

export const CLASS = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
  const digit = c >= 48 && c <= 57;
  if (letter) CLASS[c] = NAME_START | NAME | LABEL_START | LABEL;
  else if (c === 58) CLASS[c] = NAME_START | NAME;
  else if (digit) CLASS[c] = NAME | LABEL | DIGIT;
}

export const TAB = 9;
export const NEWLINE = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const COMMA = 44;
export const EQUAL = 61;
export const BACKSLASH = 92;
export const BRACE_OPEN = 123;
export const BRACE_CLOSE = 125;

/** Columns of a larger exposition are not kept: they are a few MB, and such targets are few. */
const SPARE_ROWS_MAX = 100_000;
/** Columns of an exposition that was taken in, for the next one: there is mostly one at a time. */
let spare: SampleRows | undefined;

/** Empty columns for a body of so many bytes. */
export function takeSampleRows(bodyBytes: number): SampleRows {
  const rows = spare ?? new SampleRows(bodyBytes);
  spare = undefined;
  return rows;
}

/** The columns of a `ScrapeBatch` while they grow. */
export class SampleRows {
  count = 0;
  seriesStart: Uint32Array;
  seriesEnd: Uint32Array;
  normalize: Uint8Array;
  values: Float64Array;
  timestamps: Float64Array;
  startTimestamps: Float64Array | undefined;

  constructor(bodyBytes: number) {
    // Lines of samples mostly have 64 bytes or more, their families' comments counted in; where not, the columns double.
    const n = Math.max(16, bodyBytes >>> 6);
    this.seriesStart = new Uint32Array(n);
    this.seriesEnd = new Uint32Array(n);
    this.normalize = new Uint8Array(n);
    this.values = new Float64Array(n);
    this.timestamps = new Float64Array(n);
  }

  /** See `ScrapeBatch`. */
  release(): void {
    this.count = 0;
    this.startTimestamps = undefined;
    if (this.values.length <= SPARE_ROWS_MAX) spare = this;
  }

  grow(): void {
    const n = this.values.length * 2;
    this.seriesStart = copyInto(new Uint32Array(n), this.seriesStart);
    this.seriesEnd = copyInto(new Uint32Array(n), this.seriesEnd);
    this.normalize = copyInto(new Uint8Array(n), this.normalize);
    this.values = copyInto(new Float64Array(n), this.values);
    this.timestamps = copyInto(new Float64Array(n), this.timestamps);
    if (this.startTimestamps) this.startTimestamps = copyInto(new Float64Array(n), this.startTimestamps);
  }

  setStart(row: number, startMs: number): void {
    this.startTimestamps ??= new Float64Array(this.values.length);
    this.startTimestamps[row] = startMs;
  }
}

function copyInto<T extends Uint8Array | Uint32Array | Float64Array>(to: T, from: T): T {
  to.set(from);
  return to;
}

export function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}

const HEX = '0123456789abcdef';

/** A text in double quotes with the usual escapes; bytes that are not UTF-8 become `\xNN`. */
export function quoteBytes(bytes: Uint8Array): string {
  let out = '"';
  let at = 0;
  while (at < bytes.length) {
    const c = bytes[at]!;
    const size = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    const ch = utf8Decode(bytes.subarray(at, at + size));
    if (c >= 0x80 && (ch.includes('\ufffd') || c < 0xc2)) {
      out += `\\x${HEX[c >> 4]}${HEX[c & 15]}`;
      at++;
      continue;
    }
    at += size;
    if (ch === '"' || ch === '\\') out += `\\${ch}`;
    else if (ch === '\n') out += '\\n';
    else if (ch === '\t') out += '\\t';
    else if (ch === '\r') out += '\\r';
    else if (c < 0x20 || c === 0x7f) out += `\\x${HEX[c >> 4]}${HEX[c & 15]}`;
    else out += ch;
  }
  return `${out}"`;
}

/** The bytes as the lexer sees them: the text format reads as if one more newline followed the body. */
function slice(bytes: Uint8Array, start: number, end: number, dialect: Dialect): Uint8Array {
  if (end <= bytes.length || dialect === 'openmetrics')
    return bytes.subarray(start, Math.min(end, bytes.length));
  const out = new Uint8Array(bytes.length - start + 1);
  out.set(bytes.subarray(start));
  out[out.length - 1] = NEWLINE;
  return out;
}

/** A token where another was expected. `tokenStart…at` is what was read of it, `at` the byte that did not fit. */
export function tokenError(
  bytes: Uint8Array,
  lineStart: number,
  tokenStart: number,
  at: number,
  dialect: Dialect,
  expected: string,
  token = 'INVALID',
): TriliteError {
  const got = quoteBytes(slice(bytes, tokenStart, at + 1, dialect));
  const line = quoteBytes(slice(bytes, lineStart, at + 1, dialect));
  return new TriliteError('bad_data', `${expected}, got ${got} ("${token}") while parsing: ${line}`);
}

/** Something wrong with a whole token; `at` is where it ends. */
export function lineError(bytes: Uint8Array, lineStart: number, at: number, what: string): TriliteError {
  return new TriliteError('bad_data', `${what} while parsing: ${quoteBytes(bytes.subarray(lineStart, at))}`);
}

/** The same error with the number of the line that begins at `lineStart`. */
export function atLine(error: TriliteError, bytes: Uint8Array, lineStart: number): TriliteError {
  let line = 1;
  for (let i = 0; i < lineStart; i++) if (bytes[i] === NEWLINE) line++;
  return new TriliteError(error.kind, `${error.message} (line ${line})`);
}

/** The value of `bytes[start, end)`; throws with the reason where it is no number. */
export function requireNumber(bytes: Uint8Array, start: number, end: number, lineStart: number): number {
  const value = readNumber(bytes, start, end);
  if (readNumber.failure === undefined) return value;
  const text = utf8Decode(bytes.subarray(start, end));
  const why =
    readNumber.failure === NUMBER_INVALID && /[pP_]/.test(text)
      ? 'unsupported character in float'
      : `strconv.ParseFloat: parsing ${quoteBytes(bytes.subarray(start, end))}: ${readNumber.failure}`;
  throw lineError(bytes, lineStart, end, why);
}

/** Past the end of a string whose opening quote is at `at - 1`, or -1 - position where it does not end. */
export function skipString(bytes: Uint8Array, at: number, newlines: boolean): number {
  const end = bytes.length;
  while (at < end) {
    const c = bytes[at]!;
    if (c === QUOTE) return at + 1;
    if (c === NEWLINE && !newlines) return -1 - at;
    if (c === BACKSLASH) {
      at++;
      if (at >= end || bytes[at] === NEWLINE) return -1 - at;
    }
    at++;
  }
  return -1 - end;
}

/**
 * Past the brace that closes the labels, `at` being behind the opening one; -1 where a line ends before it.
 * Strings are jumped over, nothing else is checked: `readSeries` does that for texts not seen before.
 */
export function skipLabels(bytes: Uint8Array, at: number): number {
  const end = bytes.length;
  while (at < end) {
    const c = bytes[at++]!;
    if (c === BRACE_CLOSE) return at;
    if (c === QUOTE) {
      while (at < end) {
        const d = bytes[at++]!;
        if (d === QUOTE) break;
        if (d === BACKSLASH) at++;
      }
    } else if (c === NEWLINE) return -1;
  }
  return -1;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or undefined where the bytes are not UTF-8. */
export function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Resolves `\\`, `\"` and `\n`; other backslashes stay. */
export function unescapeLabel(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c));
}
