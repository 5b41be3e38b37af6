/**
 * The exposition format in protobuf: MetricFamily messages, each behind its length. A family is walked twice: first
 * for its name, type and where its metrics stand, since fields may come in any order, then metric by metric. What
 * comes of it are the columns of the text formats: summaries and classic histograms are taken apart into series, and
 * each series gets a text of its own (`series-message.ts`).
 */

import { ByteError } from '../../base/bytes.ts';
import { ProtoReader } from '../../base/protobuf.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import { FamilyTable } from './exposition-families.ts';
import {
  NORMALIZE,
  type SampleRows,
  type ScrapeBatch,
  type ScrapedExemplar,
  type ScrapedHistogram,
  takeSampleRows,
} from './exposition-lines.ts';
import {
  convertedHistogram,
  type HistogramMessage,
  nativeExemplars,
  readExemplar,
  readHistogramMessage,
  readTimestamp,
  type WireExemplar,
} from './histogram-message.ts';
import { describeFamily, NO_FAMILY, type WireFamily } from './protobuf-family.ts';
import { malformed, SeriesTexts, SUFFIX } from './series-message.ts';

export interface ProtobufOptions {
  /** Otherwise the native part of histograms is passed over. */
  readonly nativeHistograms: boolean;
  /** Keeps the classic series of histograms that are also native or converted. */
  readonly keepClassic: boolean;
  /** Makes native histograms with custom buckets of classic ones. */
  readonly convertClassic: boolean;
}

/** The length of a family fits in 32 bits. */
const LENGTH_BYTES_MAX = 5;

/** Parses a whole exposition. Never throws for what stands in `body`: the batch carries the error. */
export function parseProtobuf(body: Uint8Array, options: ProtobufOptions): ScrapeBatch {
  const parser = new ProtobufParser(body, options);
  let error: TriliteError | undefined;
  try {
    parser.run();
  } catch (e) {
    if (e instanceof TriliteError) error = e;
    else if (e instanceof ByteError) error = malformed(e);
    else throw e;
  }
  return parser.batch(error);
}

class ProtobufParser {
  readonly #body: Uint8Array;
  readonly #options: ProtobufOptions;
  readonly #r: ProtoReader;
  readonly #rows: SampleRows;
  readonly #texts: SeriesTexts;
  readonly #families = new FamilyTable();
  readonly #exemplars: ScrapedExemplar[] = [];
  readonly #histograms: ScrapedHistogram[] = [];
  #family: WireFamily = NO_FAMILY;
  #timestampMs: number | undefined;

  constructor(body: Uint8Array, options: ProtobufOptions) {
    this.#body = body;
    this.#options = options;
    this.#r = new ProtoReader(body);
    this.#rows = takeSampleRows(body.length);
    this.#texts = new SeriesTexts(body);
  }

  batch(error: TriliteError | undefined): ScrapeBatch {
    const rows = this.#rows;
    return {
      bytes: this.#texts.view(),
      dialect: 'protobuf',
      count: rows.count,
      seriesStart: rows.seriesStart,
      seriesEnd: rows.seriesEnd,
      normalize: rows.normalize,
      values: rows.values,
      timestamps: rows.timestamps,
      startTimestamps: rows.startTimestamps,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      metadata: this.#families.list(),
      error,
      release: () => rows.release(),
    };
  }

  run(): void {
    const r = this.#r;
    const size = this.#body.length;
    while (r.pos < size) {
      const start = r.pos;
      const length = r.varint();
      if (r.pos - start > LENGTH_BYTES_MAX) {
        throw new TriliteError('bad_data', 'clientpb: invalid varint encountered');
      }
      const end = r.pos + length;
      if (end > size) {
        const what = `expected at least ${end - start} bytes, got ${size - start} bytes`;
        throw new TriliteError('bad_data', `clientpb: insufficient length of buffer, ${what}`);
      }
      r.seek(r.pos, end);
      this.#readFamily();
      r.seek(end, size);
    }
  }

  #readFamily(): void {
    const r = this.#r;
    let name = this.#body.subarray(0, 0);
    let help = name;
    let unit = '';
    let number = 0;
    let nameStart = 0;
    const metrics: number[] = [];
    while (r.next()) {
      if (r.field === 1) {
        name = r.bytes();
        nameStart = r.from;
      } else if (r.field === 2) help = r.bytes();
      else if (r.field === 3) number = r.asVarint();
      else if (r.field === 4) {
        r.bytes();
        metrics.push(r.from, r.to);
      } else if (r.field === 5) unit = r.text();
      else r.skip();
    }
    // Nothing is known of a family without a metric.
    if (metrics.length === 0) return;
    const family = describeFamily(name, help, unit, number);
    this.#family = family;
    this.#families.set(family);
    this.#texts.family(nameStart, nameStart + name.length);
    for (let i = 0; i < metrics.length; i += 2) {
      r.seek(metrics[i]!, metrics[i + 1]!);
      this.#metric();
    }
  }

  #metric(): void {
    const r = this.#r;
    const { type, field } = this.#family;
    const labels: number[] = [];
    let from = 0;
    let to = 0;
    let timestampMs = 0;
    while (r.pos < r.end) {
      const start = r.pos;
      r.tag();
      if (r.field === 1) {
        r.bytes();
        if (labels.at(-1) === start) labels[labels.length - 1] = r.pos;
        else labels.push(start, r.pos);
      } else if (r.field === field) {
        r.bytes();
        from = r.from;
        to = r.to;
      } else if (r.field === 6) timestampMs = r.asInt64();
      else r.skip();
    }
    // No time and the epoch are the same on the wire.
    this.#timestampMs = timestampMs === 0 ? undefined : timestampMs;
    this.#texts.metric(labels);
    // A value that is missing reads as an empty message.
    r.seek(from, to);
    if (type === 'counter') this.#counter();
    else if (type === 'summary') this.#summary();
    else if (field === 7) this.#histogram(type === 'gaugehistogram');
    else this.#plain();
  }

  #addSample(seriesStart: number, value: number, startMs: number): void {
    const rows = this.#rows;
    const row = rows.count++;
    if (row === rows.values.length) rows.grow();
    rows.seriesStart[row] = seriesStart;
    rows.seriesEnd[row] = this.#texts.length;
    rows.normalize[row] = NORMALIZE.none;
    rows.values[row] = value;
    rows.timestamps[row] = this.#timestampMs ?? Number.NaN;
    if (startMs !== 0) rows.setStart(row, startMs);
  }

  #plain(): void {
    const r = this.#r;
    let value = 0;
    while (r.next()) {
      if (r.field === 1) value = r.asDouble();
      else r.skip();
    }
    this.#addSample(this.#texts.write(SUFFIX.none), value, 0);
  }

  #counter(): void {
    const r = this.#r;
    let value = 0;
    let startMs = 0;
    let exemplar: WireExemplar | undefined;
    while (r.next()) {
      if (r.field === 1) value = r.asDouble();
      else if (r.field === 2) exemplar = readExemplar(r);
      else if (r.field === 3) startMs = readTimestamp(r);
      else r.skip();
    }
    if (exemplar) this.#exemplars.push({ sample: this.#rows.count, ...exemplar });
    this.#addSample(this.#texts.write(SUFFIX.none), value, startMs);
  }

  #summary(): void {
    const r = this.#r;
    let count = 0;
    let sum = 0;
    let startMs = 0;
    const quantiles: number[] = [];
    while (r.next()) {
      if (r.field === 1) count = r.asVarint();
      else if (r.field === 2) sum = r.asDouble();
      else if (r.field === 3) readQuantile(r, quantiles);
      else if (r.field === 4) startMs = readTimestamp(r);
      else r.skip();
    }
    const texts = this.#texts;
    this.#addSample(texts.write(SUFFIX.count), count, startMs);
    this.#addSample(texts.write(SUFFIX.sum), sum, startMs);
    for (let i = 0; i < quantiles.length; i += 2) {
      this.#addSample(texts.writeQuantile(quantiles[i]!), quantiles[i + 1]!, startMs);
    }
  }

  #histogram(gauge: boolean): void {
    const { nativeHistograms, keepClassic, convertClassic } = this.#options;
    const message = readHistogramMessage(this.#r, this.#family.family, { native: nativeHistograms, gauge });
    if (message.native) {
      this.#addHistogram(message.native, message);
      if (keepClassic && message.buckets.length > 0) this.#classic(message);
      return;
    }
    if (keepClassic || !convertClassic) this.#classic(message);
    const converted = convertClassic ? convertedHistogram(message, gauge) : undefined;
    if (converted) this.#addHistogram(converted, message);
  }

  #addHistogram(histogram: Histogram, message: HistogramMessage): void {
    this.#histograms.push({
      before: this.#rows.count,
      seriesStart: this.#texts.write(SUFFIX.none),
      seriesEnd: this.#texts.length,
      histogram,
      timestampMs: this.#timestampMs,
      startTimestampMs: message.startTimestampMs,
      exemplars: nativeExemplars(message),
    });
  }

  #classic({ count, sum, buckets, startTimestampMs }: HistogramMessage): void {
    const texts = this.#texts;
    this.#addSample(texts.write(SUFFIX.count), count, startTimestampMs);
    this.#addSample(texts.write(SUFFIX.sum), sum, startTimestampMs);
    for (const { upperBound, cumulativeCount, exemplar } of buckets) {
      if (exemplar) this.#exemplars.push({ sample: this.#rows.count, ...exemplar });
      this.#addSample(texts.writeBucket(upperBound), cumulativeCount, startTimestampMs);
      if (upperBound === Number.POSITIVE_INFINITY) return;
    }
    this.#addSample(texts.writeBucket(Number.POSITIVE_INFINITY), count, startTimestampMs);
  }
}

/** Quantile{1 quantile, 2 value}; appends both. */
function readQuantile(r: ProtoReader, into: number[]): void {
  let quantile = 0;
  let value = 0;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) quantile = r.asDouble();
    else if (r.field === 2) value = r.asDouble();
    else r.skip();
  }
  r.leave(outer);
  into.push(quantile, value);
}
