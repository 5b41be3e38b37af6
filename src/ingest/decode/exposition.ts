/**
 * The text exposition format 0.0.4, parsed in place: one pass over the bytes fills columns, and a sample costs
 * neither a string nor an object. A bad line ends the parse; what stood above it stays in the batch beside the
 * error, since a scrape reports how far it came.
 *
 * Lines: `name{label="value",} value [timestamp ms]`, `# HELP name text`, `# TYPE name type`, other `#` lines are
 * comments. Blanks between tokens are free, blank lines too, the last newline may be missing.
 */

import { assert } from '../../base/assert.ts';
import { TriliteError } from '../../model/errors.ts';
import type { MetricType } from '../../model/metadata.ts';
import { runParser } from './exposition-batch.ts';
import { FamilyTable, normalizeFor } from './exposition-families.ts';
import {
  BRACE_OPEN,
  CLASS,
  DIGIT,
  HASH,
  isBlank,
  lineError,
  NAME,
  NAME_START,
  NEWLINE,
  NORMALIZE,
  QUOTE,
  quoteBytes,
  requireNumber,
  type SampleRows,
  type ScrapeBatch,
  SPACE,
  skipLabels,
  skipString,
  strictText,
  TAB,
  takeSampleRows,
  tokenError,
  unescapeLabel,
} from './exposition-lines.ts';
import { readNumber } from './exposition-number.ts';
import { type ProtobufOptions, parseProtobuf } from './exposition-protobuf.ts';
import { parseOpenMetrics } from './openmetrics.ts';
import { readSeriesMessage } from './series-message.ts';
import { readSeries } from './series-text.ts';

export type ExpositionFormat = 'text' | 'openmetrics' | 'protobuf';

export interface ExpositionOptions extends ProtobufOptions {
  /** OpenMetrics' `…_created` lines tell when samples began, instead of being samples. */
  readonly createdLines: boolean;
}

/** Classic histograms stay classic, and every line is a sample. */
const PLAIN: ExpositionOptions = {
  nativeHistograms: false,
  keepClassic: false,
  convertClassic: false,
  createdLines: false,
};

/** The format that a content type names by its media type alone; undefined for any other. */
export function expositionFormat(contentType: string): ExpositionFormat | undefined {
  switch (contentType.split(';')[0]!.trim().toLowerCase()) {
    case 'text/plain':
      return 'text';
    case 'application/openmetrics-text':
      return 'openmetrics';
    case 'application/vnd.google.protobuf':
      return 'protobuf';
    default:
      return undefined;
  }
}

/** Parses a whole exposition. Never throws for what stands in `body`: the batch carries the error. */
export function parseExposition(
  body: Uint8Array,
  format: ExpositionFormat,
  options: ExpositionOptions = PLAIN,
): ScrapeBatch {
  if (format === 'text') return parseText(body);
  return format === 'protobuf' ? parseProtobuf(body, options) : parseOpenMetrics(body, options.createdLines);
}

/** Takes a series text of a batch apart: name and value alternating, as they stand. Throws `bad_data`. */
export function readSeriesText(
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: ScrapeBatch['dialect'],
): string[] {
  return dialect === 'protobuf' ? readSeriesMessage(bytes, start, end) : readSeries(bytes, start, dialect);
}

/** Timestamps are signed 64-bit integers. */
const TIMESTAMP_END = 2 ** 63;

const TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

function parseText(body: Uint8Array): ScrapeBatch {
  const rows = takeSampleRows(body.length);
  const families = new FamilyTable();
  return runParser(new TextParser(body, rows, families), body, 'text', { rows, families, exemplars: [] });
}

class TextParser {
  readonly #b: Uint8Array;
  readonly #rows: SampleRows;
  readonly #families: FamilyTable;
  #normalize: number = NORMALIZE.none;
  /** Where the line being read begins. */
  line = 0;

  constructor(body: Uint8Array, rows: SampleRows, families: FamilyTable) {
    this.#b = body;
    this.#rows = rows;
    this.#families = families;
  }

  run(): void {
    const b = this.#b;
    const end = b.length;
    let at = 0;
    while (at < end) {
      this.line = at;
      let start = at;
      while (start < end && isBlank(b[start]!)) start++;
      if (start >= end) return;
      const c = b[start]!;
      if (c === NEWLINE) at = start + 1;
      else if (c === HASH) at = this.#comment(at, start);
      else at = this.#sample(at, start);
    }
  }

  /** Reads a sample line; `line` is where it begins, `start` its first byte that is no blank. Returns the next line's begin. */
  #sample(line: number, start: number): number {
    const b = this.#b;
    const end = b.length;
    let at = start;
    let c = b[at]!;
    if ((CLASS[c]! & NAME_START) !== 0) {
      do c = ++at < end ? b[at]! : NEWLINE;
      while ((CLASS[c]! & NAME) !== 0);
    } else if (c !== BRACE_OPEN) {
      throw tokenError(b, line, start, start, 'text', 'expected a valid start token');
    }
    let seriesEnd = at;
    while (c === SPACE || c === TAB) c = ++at < end ? b[at]! : NEWLINE;
    if (c === BRACE_OPEN) {
      at = skipLabels(b, at + 1);
      if (at < 0) throw this.#labelError(line, start);
      seriesEnd = at;
      c = at < end ? b[at]! : NEWLINE;
      while (c === SPACE || c === TAB) c = ++at < end ? b[at]! : NEWLINE;
    }
    const valueStart = at;
    while (c !== SPACE && c !== TAB && c !== NEWLINE && c !== BRACE_OPEN) c = ++at < end ? b[at]! : NEWLINE;
    const valueEnd = at;
    if (valueEnd === valueStart) {
      this.#checkSeries(start);
      const brace = at < end && c === BRACE_OPEN;
      throw tokenError(
        b,
        line,
        at,
        brace ? at + 1 : at,
        'text',
        'expected value after metric',
        brace ? 'BOPEN' : 'INVALID',
      );
    }
    let value = readNumber(b, valueStart, valueEnd);
    if (readNumber.failure !== undefined) {
      this.#checkSeries(start);
      value = requireNumber(b, valueStart, valueEnd, line);
    }
    let timestamp = Number.NaN;
    while (c === SPACE || c === TAB) c = ++at < end ? b[at]! : NEWLINE;
    if (c !== NEWLINE) {
      const from = at;
      while ((CLASS[c]! & DIGIT) !== 0) c = ++at < end ? b[at]! : NEWLINE;
      if (at === from) {
        this.#checkSeries(start);
        throw tokenError(b, line, at, at, 'text', 'expected timestamp or new record');
      }
      timestamp = requireNumber(b, from, at, line);
      if (timestamp >= TIMESTAMP_END) {
        const what = `strconv.ParseInt: parsing ${quoteBytes(b.subarray(from, at))}: value out of range`;
        throw lineError(b, line, at, what);
      }
      while (c === SPACE || c === TAB) c = ++at < end ? b[at]! : NEWLINE;
      if (c !== NEWLINE) {
        this.#checkSeries(start);
        throw tokenError(b, line, at, at, 'text', 'expected next entry after timestamp');
      }
    }
    const rows = this.#rows;
    const row = rows.count++;
    if (row === rows.values.length) rows.grow();
    rows.seriesStart[row] = start;
    rows.seriesEnd[row] = seriesEnd;
    rows.normalize[row] = this.#normalize;
    rows.values[row] = value;
    rows.timestamps[row] = timestamp;
    return at + 1;
  }

  /** An error in the series text comes before one in what follows it. */
  #checkSeries(start: number): void {
    readSeries(this.#b, start, 'text');
  }

  #labelError(line: number, start: number): TriliteError {
    try {
      readSeries(this.#b, start, 'text');
    } catch (e) {
      if (e instanceof TriliteError) return e;
      throw e;
    }
    assert(false, `labels of the line at byte ${line} end nowhere and yet are well formed`);
  }

  /** A `#` line. Returns the next line's begin. */
  #comment(line: number, start: number): number {
    const b = this.#b;
    const newline = b.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 ? b.length : newline;
    let at = start + 1;
    while (at < lineEnd && isBlank(b[at]!)) at++;
    const keyword = at > start + 1 ? keywordAt(b, at) : undefined;
    if (keyword === undefined) return lineEnd + 1;
    at += 4;
    while (at < lineEnd && isBlank(b[at]!)) at++;
    const nameStart = at;
    const quoted = b[at] === QUOTE;
    if (quoted) {
      const past = skipString(b, at + 1, false);
      at = past < 0 ? nameStart : past;
    } else if (at < lineEnd && (CLASS[b[at]!]! & NAME_START) !== 0) {
      while (at < lineEnd && (CLASS[b[at]!]! & NAME) !== 0) at++;
    }
    if (at === nameStart) throw tokenError(b, line, at, at, 'text', `expected metric name after ${keyword}`);
    const name = strictText(quoted ? b.subarray(nameStart + 1, at - 1) : b.subarray(nameStart, at));
    if (name === undefined) throw lineError(b, line, at, 'invalid UTF-8 metric name');
    if (at < lineEnd && isBlank(b[at]!)) at++;
    this.#describe(keyword, quoted ? unescapeLabel(name) : name, b.subarray(at, lineEnd));
    return lineEnd + 1;
  }

  #describe(keyword: 'HELP' | 'TYPE', family: string, raw: Uint8Array): void {
    const text = strictText(raw);
    if (keyword === 'TYPE') {
      const type = TYPES.get(text ?? '');
      if (type === undefined) throw new TriliteError('bad_data', `invalid metric type ${quoteBytes(raw)}`);
      this.#families.of(family).type = type;
      this.#normalize = normalizeFor(type);
      return;
    }
    if (text === undefined) {
      throw new TriliteError('bad_data', `help text ${quoteBytes(raw)} is not a valid utf8 string`);
    }
    this.#families.of(family).help = text.replace(/\\([\\n])/g, (_, c: string) => (c === 'n' ? '\n' : c));
  }
}

/** `HELP` or `TYPE` followed by a blank. */
function keywordAt(b: Uint8Array, at: number): 'HELP' | 'TYPE' | undefined {
  if (!isBlank(b[at + 4] ?? 0)) return undefined;
  const word = String.fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!);
  return word === 'HELP' || word === 'TYPE' ? word : undefined;
}
