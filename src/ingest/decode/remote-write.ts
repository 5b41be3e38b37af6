/**
 * Remote-write 1.0 (`prometheus.WriteRequest`, decompressed), scanned in place. A series' key is its label fields
 * as they stand on the wire, tags included; only where other fields stand between them they are copied together
 * behind the body. A sample costs a few loads and stores: labels become strings when storage asks for them.
 *
 * ```
 * WriteRequest  1 timeseries  3 metadata
 * TimeSeries    1 labels {1 name, 2 value}  2 samples {1 value f64, 2 timestamp ms}  3 exemplars  4 histograms
 * ```
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { KEY_SPACE, type MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import { type Exemplar, fitsExemplar } from '../../model/exemplar.ts';
import { compareText, Labels, METRIC_NAME } from '../../model/labels.ts';
import { METADATA_TYPES, type MetricType } from '../../model/metadata.ts';
import { normalizeNaN } from '../../model/sample.ts';
import { asBadData } from './bad-data.ts';
import { MetricRows } from './metric-rows.ts';
import { histogramProblem, readHistogram, withinSchema } from './remote-write-histogram.ts';

/** What the answer to a malformed request opens with. */
export const BAD_PROTOBUF = 'protobuf';

const TAG_LABEL = 0x0a;
const TAG_SAMPLE = 0x12;
/** A sample as every writer encodes it: tag and value, tag and timestamp. */
const TAG_VALUE = 0x09;
const TAG_TIMESTAMP = 0x10;
const TWO_21 = 2 ** 21;
const TWO_28 = 2 ** 28;
/** Series and samples of typical requests are at least this long. */
const SERIES_BYTES = 96;
const SAMPLE_BYTES = 48;

/**
 * Decodes a request. Throws `bad_data` where the bytes are no WriteRequest or a histogram contradicts itself.
 * The batch's keys point into `body`, its columns are those of `into` (empty ones), where that is given.
 */
export function decodeRemoteWrite1(body: Uint8Array, into?: MetricRows): MetricBatch {
  const rows =
    into ?? new MetricRows(Math.ceil(body.length / SERIES_BYTES), Math.ceil(body.length / SAMPLE_BYTES));
  const scratch = new ScratchKeys(body);
  const r = new ProtoReader(body);
  asBadData(BAD_PROTOBUF, () => {
    while (r.next()) {
      if (r.field === 1) {
        const outer = r.enter();
        readTimeSeries(r, rows, scratch);
        r.leave(outer);
      } else if (r.field === 3) {
        readMetadata(r, rows);
      } else r.skip();
    }
  });
  const keys = scratch.finish(rows);
  const key = new ProtoReader(keys);
  return rows.batch(KEY_SPACE.remoteWrite1, keys, (i) => {
    key.seek(rows.keyStart[i]!, rows.keyEnd[i]!);
    return asBadData(BAD_PROTOBUF, () => readKey(key));
  });
}

function readTimeSeries(r: ProtoReader, rows: MetricRows, scratch: ScratchKeys): void {
  const series = rows.addSeries(0, 0);
  const buf = r.buf;
  const start = r.pos;
  const samplesBefore = rows.sampleCount;
  const exemplarsBefore = rows.exemplars.length;
  // Fast path: labels first and contiguous.
  while (r.pos < r.end && buf[r.pos] === TAG_LABEL) {
    r.pos++;
    r.range();
  }
  rows.keyStart[series] = start;
  rows.keyEnd[series] = r.pos;
  while (r.pos < r.end) {
    const fieldStart = r.pos;
    if (buf[r.pos] === TAG_SAMPLE) {
      r.pos++;
      r.wire = WIRE.length;
      readSample(r, rows, series);
      continue;
    }
    r.next();
    switch (r.field) {
      case 1:
        r.expect(WIRE.length);
        r.range();
        scratch.add(series, fieldStart, r.pos);
        break;
      case 2:
        readSample(r, rows, series);
        break;
      case 3: {
        const outer = r.enter();
        const exemplar = readExemplar(r);
        r.leave(outer);
        if (exemplar) rows.exemplars.push({ series, exemplar });
        break;
      }
      case 4: {
        const outer = r.enter();
        const h = readHistogram(r);
        r.leave(outer);
        const problem = histogramProblem(h.histogram);
        if (problem !== undefined) throw new TriliteError('bad_data', `invalid histogram: ${problem}`);
        rows.histograms.push({ series, ...h, histogram: withinSchema(h.histogram) });
        break;
      }
      default:
        r.skip();
    }
  }
  // The protocol has exemplars behind floats and before histograms.
  if (rows.sampleCount > samplesBefore) return;
  for (let i = exemplarsBefore; i < rows.exemplars.length; i++) {
    rows.exemplars[i] = { ...rows.exemplars[i]!, beforeSamples: true };
  }
}

/** `r` stands behind the tag of a sample, its wire type read. */
export function readSample(r: ProtoReader, rows: MetricRows, series: number): void {
  r.expect(WIRE.length);
  r.range();
  const start = r.from;
  const end = r.to;
  const buf = r.buf;
  if (rows.sampleCount === rows.values.length) rows.growSamples();
  const row = rows.sampleCount++;
  const words = rows.words;
  rows.sampleSeries[row] = series;
  let at = start;
  let timestamp = 0;
  if (end - at >= 10 && buf[at] === TAG_VALUE && buf[at + 9] === TAG_TIMESTAMP) {
    const low = buf[at + 1]! | (buf[at + 2]! << 8) | (buf[at + 3]! << 16) | (buf[at + 4]! << 24);
    const high = buf[at + 5]! | (buf[at + 6]! << 8) | (buf[at + 7]! << 16) | (buf[at + 8]! << 24);
    words[2 * row] = low;
    words[2 * row + 1] = high;
    if ((high & 0x7ff00000) === 0x7ff00000 && rows.values[row] !== rows.values[row]) normalizeNaN(words, row);
    at += 10;
    // A timestamp of this era is six bytes; up to four fit 28 bits, the rest goes above.
    let lowBits = 0;
    let shift = 0;
    let b = 0x80;
    while (shift < 28 && at < end && (b = buf[at++]!) >= 0x80) {
      lowBits |= (b & 0x7f) << shift;
      shift += 7;
    }
    if (b < 0x80) timestamp = lowBits | ((b & 0x7f) << shift);
    else {
      let highBits = 0;
      let scale = 1;
      while (at < end && (b = buf[at++]!) >= 0x80 && scale < TWO_21) {
        highBits += (b & 0x7f) * scale;
        scale *= 128;
      }
      if (b < 0x80) timestamp = lowBits + (highBits + (b & 0x7f) * scale) * TWO_28;
      else at = -1;
    }
    if (at >= 0) rows.timestamps[row] = timestamp;
    if (at === end) return;
  } else at = -1;
  if (at < 0) {
    words[2 * row] = 0;
    words[2 * row + 1] = 0;
    rows.timestamps[row] = 0;
  }
  const outer = r.end;
  r.seek(at < 0 ? start : at, end);
  readSampleFields(r, rows, row);
  r.leave(outer);
}

/** What is not a value and a timestamp in this order: a start timestamp behind them, or other fields, or another order. */
function readSampleFields(r: ProtoReader, rows: MetricRows, row: number): void {
  const words = rows.words;
  while (r.next()) {
    if (r.field === 1) {
      r.expect(WIRE.fixed64);
      r.fixed64();
      words[2 * row] = r.low;
      words[2 * row + 1] = r.high;
    } else if (r.field === 2) rows.timestamps[row] = r.asInt64();
    else if (r.field === 3) rows.setStart(row, r.asInt64());
    else r.skip();
  }
  if (rows.values[row] !== rows.values[row]) normalizeNaN(words, row);
}

/** Undefined where its labels are not valid or too long: an exemplar never fails a request. */
function readExemplar(r: ProtoReader): Exemplar | undefined {
  const pairs: string[] = [];
  let value = 0;
  let timestampMs = 0;
  let valid = true;
  while (r.next()) {
    if (r.field === 1) {
      const outer = r.enter();
      valid = readLabel(r, pairs) && valid;
      r.leave(outer);
    } else if (r.field === 2) value = r.asDouble();
    else if (r.field === 3) timestampMs = r.asInt64();
    else r.skip();
  }
  const labels = valid ? sortedLabels(pairs) : undefined;
  return labels && fitsExemplar(labels) ? { labels, value, timestampMs } : undefined;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Appends name and value; false where they are not UTF-8. */
function readLabel(r: ProtoReader, pairs: string[]): boolean {
  let name: string | undefined = '';
  let value: string | undefined = '';
  while (r.next()) {
    if (r.field === 1) name = textOf(r.bytes());
    else if (r.field === 2) value = textOf(r.bytes());
    else r.skip();
  }
  pairs.push(name ?? '', value ?? '');
  return name !== undefined && value !== undefined;
}

/** Sorts by name and drops empty values; undefined where a name is empty or there twice. */
export function sortedLabels(pairs: readonly string[]): Labels | undefined {
  const names: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) names.push(i);
  names.sort((a, b) => compareText(pairs[a]!, pairs[b]!));
  const out: string[] = [];
  let last = '';
  for (const i of names) {
    const name = pairs[i]!;
    // The empty name equals the initial `last`, so it is refused too.
    if (name === last) return undefined;
    last = name;
    if (pairs[i + 1] !== '') out.push(name, pairs[i + 1]!);
  }
  return Labels.fromSorted(out);
}

/** The labels of a key, or undefined where they are not valid or do not name a metric. */
function readKey(r: ProtoReader): Labels | undefined {
  const pairs: string[] = [];
  while (r.next()) {
    const outer = r.enter();
    const valid = readLabel(r, pairs);
    r.leave(outer);
    if (!valid) return undefined;
  }
  const labels = sortedLabels(pairs);
  return labels?.has(METRIC_NAME) ? labels : undefined;
}

function readMetadata(r: ProtoReader, rows: MetricRows): void {
  let type: MetricType = 'unknown';
  let family = '';
  let help = '';
  let unit = '';
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) type = METADATA_TYPES[r.asVarint()] ?? 'unknown';
    else if (r.field === 2) family = r.text();
    else if (r.field === 4) help = r.text();
    else if (r.field === 5) unit = r.text();
    else r.skip();
  }
  r.leave(outer);
  if (family !== '') rows.metadata.push({ family, type, help, unit });
}

/** Keys of the series whose label fields do not stand together: pieces, put behind the body at the end. */
class ScratchKeys {
  readonly #body: Uint8Array;
  readonly #pieces = new Map<number, number[]>();

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  /** One more label field of a series. */
  add(series: number, start: number, end: number): void {
    const pieces = this.#pieces.get(series);
    if (pieces) pieces.push(start, end);
    else this.#pieces.set(series, [start, end]);
  }

  /** The buffer that all keys point into. */
  finish(rows: MetricRows): Uint8Array {
    if (this.#pieces.size === 0) return this.#body;
    let size = this.#body.length;
    for (const [series, pieces] of this.#pieces) {
      pieces.unshift(rows.keyStart[series]!, rows.keyEnd[series]!);
      for (let i = 0; i < pieces.length; i += 2) size += pieces[i + 1]! - pieces[i]!;
    }
    const keys = new Uint8Array(size);
    keys.set(this.#body);
    let at = this.#body.length;
    for (const [series, pieces] of this.#pieces) {
      rows.keyStart[series] = at;
      for (let i = 0; i < pieces.length; i += 2) {
        const piece = this.#body.subarray(pieces[i]!, pieces[i + 1]!);
        keys.set(piece, at);
        at += piece.length;
      }
      rows.keyEnd[series] = at;
    }
    return keys;
  }
}
