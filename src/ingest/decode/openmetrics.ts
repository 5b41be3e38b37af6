/**
 * OpenMetrics 1.0, parsed in place like the older text format, with which it shares the series text. The
 * differences: exactly one space between tokens and none inside the braces, no blank lines, no free comments,
 * timestamps in seconds, exemplars behind ` # `, more types, units, and `# EOF` as the last line.
 */

import { utf8Decode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import { METADATA_TYPES, type MetricType } from '../../model/metadata.ts';
import { runParser } from './exposition-batch.ts';
import { FamilyTable, isCreatedLine, normalizeFor } from './exposition-families.ts';
import {
  BRACE_OPEN,
  CLASS,
  HASH,
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
  type ScrapedExemplar,
  SPACE,
  START,
  skipLabels,
  skipString,
  strictText,
  takeSampleRows,
  tokenError,
  unescapeLabel,
} from './exposition-lines.ts';
import { readNumber } from './exposition-number.ts';
import { LabelReader, readSeries } from './series-text.ts';

const TYPES: ReadonlySet<string> = new Set(METADATA_TYPES);

const KEYWORDS = ['HELP', 'TYPE', 'UNIT'] as const;
type Keyword = (typeof KEYWORDS)[number];

const NO_EOF = 'data does not end with # EOF';

/** Types whose families may have `…_created` lines. */
const BEGINNING_TYPES: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary']);

/**
 * Parses a whole exposition; an empty body is an empty exposition. The batch carries the error, if any.
 * `createdLines`: `…_created` lines are marked, and so are the samples that they may be about (`START`).
 */
export function parseOpenMetrics(body: Uint8Array, createdLines: boolean): ScrapeBatch {
  const rows = takeSampleRows(body.length);
  const families = new FamilyTable();
  const exemplars: ScrapedExemplar[] = [];
  const parser = new OpenMetricsParser(body, { rows, families, exemplars }, createdLines);
  return runParser(parser, body, 'openmetrics', { rows, families, exemplars });
}

class OpenMetricsParser {
  readonly #b: Uint8Array;
  readonly #rows: SampleRows;
  readonly #families: FamilyTable;
  readonly #exemplars: ScrapedExemplar[];
  readonly #createdLines: boolean;
  #normalize: number = NORMALIZE.none;
  /** Behind the last token. */
  #at = 0;
  /** Where the line being read begins. */
  line = 0;

  constructor(
    body: Uint8Array,
    columns: { rows: SampleRows; families: FamilyTable; exemplars: ScrapedExemplar[] },
    createdLines: boolean,
  ) {
    this.#b = body;
    this.#rows = columns.rows;
    this.#families = columns.families;
    this.#exemplars = columns.exemplars;
    this.#createdLines = createdLines;
  }

  run(): void {
    const b = this.#b;
    if (b.length === 0) return;
    for (;;) {
      this.line = this.#at;
      if (this.#at >= b.length) throw new TriliteError('bad_data', NO_EOF);
      const c = b[this.#at]!;
      if (c === HASH) {
        if (this.#description()) return;
      } else this.#sample(c);
    }
  }

  #tokenError(start: number, expected: string): TriliteError {
    return tokenError(this.#b, this.line, start, this.#at, 'openmetrics', expected);
  }

  #sample(first: number): void {
    const b = this.#b;
    const end = b.length;
    const start = this.#at;
    let at = start;
    let c = first;
    if ((CLASS[c]! & NAME_START) !== 0) {
      do c = ++at < end ? b[at]! : NEWLINE;
      while ((CLASS[c]! & NAME) !== 0);
    } else if (c !== BRACE_OPEN) throw this.#tokenError(start, 'expected a valid start token');
    const nameEnd = at;
    if (c === BRACE_OPEN) {
      at = skipLabels(b, at + 1);
      if (at < 0) {
        readSeries(b, start, 'openmetrics');
        throw new TriliteError('bad_data', NO_EOF);
      }
    }
    const seriesEnd = at;
    this.#at = at;
    const value = this.#value('metric', start);
    const rows = this.#rows;
    const row = rows.count;
    let timestamp = Number.NaN;
    c = this.#at < end ? b[this.#at]! : -1;
    if (c === SPACE && !this.#exemplarFollows()) {
      timestamp = this.#timestamp(start);
      c = this.#at < end ? b[this.#at]! : -1;
    }
    if (c === SPACE && this.#exemplarFollows()) {
      readSeries(b, start, 'openmetrics');
      this.#exemplar(row);
    } else
      this.#lineEnd(
        start,
        Number.isNaN(timestamp) ? 'expected timestamp or new record' : 'expected next entry after timestamp',
      );
    if (row === rows.values.length) rows.grow();
    rows.count++;
    rows.seriesStart[row] = start;
    rows.seriesEnd[row] = seriesEnd;
    rows.normalize[row] =
      (this.#normalize & START.sample) === 0 ? this.#normalize : this.#start(start, nameEnd);
    rows.values[row] = value;
    rows.timestamps[row] = timestamp;
  }

  /** `NORMALIZE` and `START` of a line of a family that may tell when its samples began. */
  #start(start: number, nameEnd: number): number {
    const created = isCreatedLine(this.#b, start, nameEnd);
    return created ? (this.#normalize & ~START.sample) | START.created : this.#normalize;
  }

  /** Past the newline. `series` is where a series text begins whose errors come first, or -1. */
  #lineEnd(series: number, expected: string): void {
    const c = this.#b[this.#at];
    if (c === NEWLINE) {
      this.#at++;
      return;
    }
    if (series >= 0) readSeries(this.#b, series, 'openmetrics');
    if (c === undefined) throw new TriliteError('bad_data', NO_EOF);
    throw this.#tokenError(this.#at, expected);
  }

  /** A space and a run of other bytes; leaves `#at` behind it and returns where the run begins, or -1. */
  #word(): number {
    const b = this.#b;
    const end = b.length;
    let at = this.#at;
    if (at >= end || b[at] !== SPACE) return -1;
    const start = ++at;
    while (at < end && b[at] !== SPACE && b[at] !== NEWLINE) at++;
    this.#at = at;
    return at === start ? -1 : start;
  }

  #value(what: string, series: number): number {
    const from = this.#at;
    const start = this.#word();
    if (start < 0) {
      if (series >= 0) readSeries(this.#b, series, 'openmetrics');
      throw this.#tokenError(from, `expected value after ${what}`);
    }
    const value = readNumber(this.#b, start, this.#at);
    if (readNumber.failure === undefined) return value;
    if (series >= 0) readSeries(this.#b, series, 'openmetrics');
    return requireNumber(this.#b, start, this.#at, this.line);
  }

  /** Seconds on the wire, whole milliseconds here. */
  #timestamp(series: number): number {
    const seconds = this.#value('timestamp', series);
    if (!Number.isFinite(seconds)) throw new TriliteError('bad_data', `invalid timestamp ${seconds}`);
    return Math.trunc(seconds * 1000);
  }

  #exemplarFollows(): boolean {
    const b = this.#b;
    const at = this.#at;
    return b[at + 1] === HASH && b[at + 2] === SPACE && b[at + 3] === BRACE_OPEN;
  }

  #exemplar(sample: number): void {
    const pairs: string[] = [];
    const reader = new LabelReader(this.#b, this.line, this.#at + 4, 'openmetrics');
    reader.readAll(pairs, false, false);
    this.#at = reader.at;
    const value = this.#value('exemplar labels', -1);
    let timestampMs: number | undefined;
    if (this.#b[this.#at] === SPACE) timestampMs = this.#timestamp(-1);
    this.#lineEnd(-1, 'expected next entry after exemplar timestamp');
    const entries: [string, string][] = [];
    for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i]!, pairs[i + 1]!]);
    this.#exemplars.push({ sample, labels: Labels.from(entries), value, timestampMs });
  }

  /** A `# ` line; true at `# EOF`. */
  #description(): boolean {
    const b = this.#b;
    const start = this.#at;
    if (b[start + 1] !== SPACE) {
      this.#at = start + 1;
      throw this.#tokenError(start, 'expected a valid start token');
    }
    const word = utf8Decode(b.subarray(start + 2, start + 6));
    if (word.startsWith('EOF')) {
      const past = start + 5;
      if (past < b.length && !(b[past] === NEWLINE && past + 1 === b.length)) {
        throw new TriliteError('bad_data', 'unexpected data after # EOF');
      }
      return true;
    }
    const keyword = KEYWORDS.find((k) => k === word);
    if (keyword === undefined || b[start + 6] !== SPACE) {
      this.#at = start + 2 + keywordPrefix(b, start + 2);
      throw this.#tokenError(start, 'expected a valid start token');
    }
    this.#at = start + 7;
    const family = this.#familyName(keyword);
    const newline = b.indexOf(NEWLINE, this.#at);
    if (newline < 0 || b[this.#at] !== SPACE) throw this.#tokenError(this.#at, `expected text in ${keyword}`);
    const raw = b.subarray(this.#at + 1, newline);
    this.#at = newline + 1;
    this.#describe(keyword, family, raw);
    return false;
  }

  #familyName(keyword: Keyword): string {
    const b = this.#b;
    const start = this.#at;
    const quoted = b[start] === QUOTE;
    let at = start;
    if (quoted) {
      const past = skipString(b, at + 1, false);
      if (past >= 0) at = past;
    } else if ((CLASS[b[at] ?? 0]! & NAME_START) !== 0) {
      while (at < b.length && (CLASS[b[at]!]! & NAME) !== 0) at++;
    }
    if (at === start) throw this.#tokenError(start, `expected metric name after ${keyword}`);
    this.#at = at;
    const name = strictText(quoted ? b.subarray(start + 1, at - 1) : b.subarray(start, at));
    if (name === undefined) throw lineError(b, this.line, at, 'invalid UTF-8 metric name');
    return quoted ? unescapeLabel(name) : name;
  }

  #describe(keyword: Keyword, family: string, raw: Uint8Array): void {
    const text = strictText(raw);
    if (text === undefined) {
      const what = keyword === 'HELP' ? 'help text' : keyword.toLowerCase();
      throw new TriliteError('bad_data', `${what} ${quoteBytes(raw)} is not a valid utf8 string`);
    }
    switch (keyword) {
      case 'TYPE':
        if (!TYPES.has(text)) throw new TriliteError('bad_data', `invalid metric type ${quoteBytes(raw)}`);
        this.#families.of(family).type = text as MetricType;
        this.#normalize = normalizeFor(text as MetricType);
        if (this.#createdLines && BEGINNING_TYPES.has(text)) this.#normalize |= START.sample;
        return;
      case 'HELP':
        this.#families.of(family).help = unescapeLabel(text);
        return;
      case 'UNIT':
        if (text !== '' && (!family.endsWith(`_${text}`) || family.length < text.length + 2)) {
          const what = `unit ${quoteBytes(raw)} not a suffix of metric "${family}"`;
          throw new TriliteError('bad_data', what);
        }
        this.#families.of(family).unit = text;
    }
  }
}

/** How many bytes could still become a keyword and its space. */
function keywordPrefix(b: Uint8Array, at: number): number {
  let longest = 0;
  for (const keyword of [...KEYWORDS, 'EOF']) {
    let n = 0;
    while (n < keyword.length && b[at + n] === keyword.charCodeAt(n)) n++;
    longest = Math.max(longest, n);
  }
  return longest;
}
