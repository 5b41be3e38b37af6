/**
 * Remote-write 2.0 (`io.prometheus.write.v2.Request`, decompressed). Labels are references into a symbol table
 * that is the request's own, so the key of a series is its canonical label bytes, put together from the symbols'
 * bytes without a string. Bad series are left out and named; the good part of a request is stored.
 *
 * ```
 * Request     4 symbols (the first is "")  5 timeseries
 * TimeSeries  1 label refs  2 samples {1 value, 2 timestamp, 3 start}  3 histograms  4 exemplars  5 metadata
 * ```
 */

import { ByteWriter } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { KEY_SPACE, type MetricBatch } from '../../model/batch.ts';
import { fitsExemplar } from '../../model/exemplar.ts';
import { Labels } from '../../model/labels.ts';
import { METADATA_TYPES } from '../../model/metadata.ts';
import { asBadData } from './bad-data.ts';
import { MetricRows } from './metric-rows.ts';
import { BAD_PROTOBUF, readSample, sortedLabels } from './remote-write.ts';
import { histogramProblem, readHistogram, withinSchema } from './remote-write-histogram.ts';
import { Symbols } from './remote-write-symbols.ts';

export interface RemoteWrite2 {
  readonly batch: MetricBatch;
  /** One text for each series or item that is left out of the batch. */
  readonly errors: readonly string[];
}

const SAMPLE_BYTES = 24;
const SERIES_BYTES = 64;

/**
 * Decodes a request. Throws `bad_data` where the bytes are no Request. The batch's columns and the bytes of its keys are
 * those of `into` and `keys` (empty ones), where they are given.
 */
export function decodeRemoteWrite2(body: Uint8Array, into?: MetricRows, keys?: ByteWriter): RemoteWrite2 {
  const decoder = new Decoder(body, into, keys);
  asBadData(BAD_PROTOBUF, () => decoder.run());
  return decoder.finish();
}

interface Description {
  readonly type: number;
  readonly help: number;
  readonly unit: number;
}

/** As Go prints a list of numbers. */
function describeRefs(refs: readonly number[]): string {
  return `[${refs.join(' ')}]`;
}

function hashNames(refs: readonly number[]): number {
  let hash = refs.length;
  for (let i = 0; i < refs.length; i += 2) hash = (Math.imul(hash, 31) + refs[i]!) | 0;
  return hash;
}

const readVarint = (r: ProtoReader): number => r.varint();

class Decoder {
  readonly #body: Uint8Array;
  readonly #rows: MetricRows;
  readonly #symbols: Symbols;
  readonly #keys: ByteWriter;
  readonly #errors: string[] = [];
  readonly #families = new Set<string>();
  /** What the series at hand says of its metric: its type, and the symbols of its help and unit. */
  #type = 0;
  #help = 0;
  #unit = 0;
  /** By the symbol of a metric's name: type, help and unit of the series of that name that was seen last. */
  readonly #described = new Map<number, Description>();
  #refs: number[] = [];
  /** Names of series, as symbols, that are in order and with which labels are valid; by a hash of them. */
  readonly #namesKnown = new Map<number, readonly number[]>();

  constructor(body: Uint8Array, into: MetricRows | undefined, keys: ByteWriter | undefined) {
    this.#body = body;
    this.#keys = keys ?? new ByteWriter(4096);
    this.#rows =
      into ?? new MetricRows(Math.ceil(body.length / SERIES_BYTES), Math.ceil(body.length / SAMPLE_BYTES));
    this.#symbols = new Symbols(body);
  }

  run(): void {
    // The symbols may stand behind the series, so they are collected first.
    const first = new ProtoReader(this.#body);
    while (first.next()) {
      if (first.field === 4) {
        first.expect(WIRE.length);
        first.range();
        this.#symbols.add(first.from, first.to);
      } else first.skip();
    }
    const r = new ProtoReader(this.#body);
    while (r.next()) {
      if (r.field === 5) {
        const outer = r.enter();
        this.#timeSeries(r);
        r.leave(outer);
      } else r.skip();
    }
  }

  finish(): RemoteWrite2 {
    const rows = this.#rows;
    const keys = this.#keys.view();
    const batch = rows.batch(KEY_SPACE.remoteWrite2, keys, (i) =>
      Labels.fromBytes(keys.subarray(rows.keyStart[i]!, rows.keyEnd[i]!)),
    );
    return {
      batch,
      errors: this.#errors,
    };
  }

  #timeSeries(r: ProtoReader): void {
    const rows = this.#rows;
    const start = r.pos;
    const refs = this.#refs;
    refs.length = 0;
    while (r.next()) {
      if (r.field === 1) r.repeated(refs, WIRE.varint, readVarint);
      else r.skip();
    }
    const keyStart = this.#keys.length;
    const problem = this.#writeKnownKey(refs) ? undefined : this.#writeKey(refs);
    if (problem !== undefined) {
      this.#errors.push(problem);
      return;
    }
    const samples = rows.sampleCount;
    const histograms = rows.histograms.length;
    const exemplars = rows.exemplars.length;
    const errorsBefore = this.#errors.length;
    const series = rows.addSeries(keyStart, this.#keys.length);
    this.#type = 0;
    this.#help = 0;
    this.#unit = 0;
    let failed = false;
    r.pos = start;
    while (r.next()) {
      if (r.field === 2) readSample(r, rows, series);
      else if (r.field === 3) failed = !this.#histogram(r, series) || failed;
      else if (r.field === 4) this.#exemplar(r, series);
      else if (r.field === 5) this.#readDescription(r);
      else r.skip();
    }
    // Prometheus sends exemplars in entries of their own, though its receiver refuses those.
    const empty =
      rows.sampleCount === samples &&
      rows.histograms.length === histograms &&
      rows.exemplars.length === exemplars;
    const reason =
      this.#descriptionProblem(refs) ?? (empty && !failed ? this.#emptyProblem(refs) : undefined);
    if (reason === undefined) this.#describeFamily(refs);
    else {
      // Nothing of the series is taken, and this is all that is said of it.
      rows.rewind({ series, samples, histograms, exemplars });
      this.#errors.length = errorsBefore;
      this.#errors.push(reason);
    }
  }

  #emptyProblem(refs: readonly number[]): string {
    return `TimeSeries must contain at least one sample or histogram for series ${this.#describe(refs)}`;
  }

  #descriptionProblem(refs: readonly number[]): string | undefined {
    const help = this.#help;
    const unit = this.#unit;
    const { count } = this.#symbols;
    if (help < count && unit < count) return undefined;
    const which = unit < count ? `help_ref ${help}` : `unit_ref ${unit}`;
    const bounds = `metadata ${which} outside of symbols table (size ${count})`;
    return `parsing metadata for series ${describeRefs(refs)}: ${bounds}`;
  }

  /** Fast path: names as another series had them, and no value is empty. False where it is not so. */
  #writeKnownKey(refs: readonly number[]): boolean {
    const names = this.#namesKnown.get(hashNames(refs));
    const symbols = this.#symbols;
    const n = refs.length;
    if (names === undefined || n !== 2 * names.length) return false;
    for (let i = 0; i < n; i += 2) {
      const value = refs[i + 1]!;
      if (refs[i] !== names[i >> 1] || value >= symbols.count) return false;
      if (symbols.length(value) === 0 || !symbols.valid(value)) return false;
    }
    const keys = this.#keys;
    keys.varint(n >> 1);
    for (let i = 0; i < n; i++) symbols.writeTo(keys, refs[i]!);
    return true;
  }

  /** Appends the canonical label bytes; returns what is wrong instead. */
  #writeKey(refs: readonly number[]): string | undefined {
    const symbols = this.#symbols;
    if (refs.length % 2 !== 0) {
      return `parsing labels for series ${describeRefs(refs)}: invalid labelRefs length ${refs.length}`;
    }
    const outside = this.#outsideTable(refs);
    if (outside !== undefined) return `parsing labels for series ${describeRefs(refs)}: ${outside}`;
    let named = false;
    let sorted = true;
    let kept = 0;
    for (let i = 0; i < refs.length; i += 2) {
      const name = refs[i]!;
      if (!symbols.valid(name) || !symbols.valid(refs[i + 1]!) || symbols.length(name) === 0) {
        return `invalid metric name or labels, got ${this.#describe(refs)}`;
      }
      const filled = symbols.length(refs[i + 1]!) > 0;
      if (filled) kept++;
      if (filled && symbols.isName(name)) named = true;
      if (i > 0 && symbols.compare(refs[i - 2]!, name) >= 0) sorted = false;
    }
    if (!named) return `invalid metric name or labels, got ${this.#describe(refs)}`;
    if (!sorted) return this.#writeSorted(refs);
    this.#keys.varint(kept);
    for (let i = 0; i < refs.length; i += 2) {
      if (symbols.length(refs[i + 1]!) === 0) continue;
      symbols.writeTo(this.#keys, refs[i]!);
      symbols.writeTo(this.#keys, refs[i + 1]!);
    }
    if (2 * kept === refs.length) {
      this.#namesKnown.set(
        hashNames(refs),
        refs.filter((_, i) => i % 2 === 0),
      );
    }
    return undefined;
  }

  /** Says which pair of references the symbol table does not have, or undefined. */
  #outsideTable(refs: readonly number[]): string | undefined {
    const { count } = this.#symbols;
    for (let i = 0; i + 1 < refs.length; i += 2) {
      if (refs[i]! < count && refs[i + 1]! < count) continue;
      return `labelRefs ${refs[i]} (name) = ${refs[i + 1]} (value) outside of symbols table (size ${count})`;
    }
    return undefined;
  }

  /** Slow path: labels in another order, or a name twice. */
  #writeSorted(refs: readonly number[]): string | undefined {
    const labels = sortedLabels(refs.map((ref) => this.#symbols.text(ref)));
    if (labels === undefined) {
      const names = refs.filter((_, i) => i % 2 === 0).map((ref) => this.#symbols.text(ref));
      const twice = names.find((n, i) => names.indexOf(n) !== i) ?? '';
      return `invalid labels for series, labels ${this.#describe(refs)}, duplicated label ${twice}`;
    }
    labels.writeTo(this.#keys);
    return undefined;
  }

  #describe(refs: readonly number[]): string {
    const out: string[] = [];
    for (let i = 0; i + 1 < refs.length; i += 2) {
      out.push(`${this.#symbols.text(refs[i]!)}=${JSON.stringify(this.#symbols.text(refs[i + 1]!))}`);
    }
    return `{${out.join(', ')}}`;
  }

  #histogram(r: ProtoReader, series: number): boolean {
    const outer = r.enter();
    const h = readHistogram(r);
    r.leave(outer);
    const problem = histogramProblem(h.histogram);
    if (problem !== undefined) {
      this.#errors.push(`invalid histogram: ${problem} for series ${this.#describe(this.#refs)}`);
      return false;
    }
    this.#rows.histograms.push({ series, ...h, histogram: withinSchema(h.histogram) });
    return true;
  }

  /** One whose references are wrong is named; one whose labels are not valid or too long is dropped in silence. */
  #exemplar(r: ProtoReader, series: number): void {
    const refs: number[] = [];
    let value = 0;
    let timestampMs = 0;
    const outer = r.enter();
    while (r.next()) {
      if (r.field === 1) r.repeated(refs, WIRE.varint, readVarint);
      else if (r.field === 2) value = r.asDouble();
      else if (r.field === 3) timestampMs = r.asInt64();
      else r.skip();
    }
    r.leave(outer);
    const symbols = this.#symbols;
    const problem =
      refs.length % 2 === 0 ? this.#outsideTable(refs) : `invalid labelRefs length ${refs.length}`;
    if (problem !== undefined) {
      this.#errors.push(`parsing exemplar for series ${this.#describe(this.#refs)}: ${problem}`);
      return;
    }
    if (!refs.every((ref) => symbols.valid(ref))) return;
    const labels = sortedLabels(refs.map((ref) => symbols.text(ref)));
    if (labels && fitsExemplar(labels))
      this.#rows.exemplars.push({ series, exemplar: { labels, value, timestampMs } });
  }

  #readDescription(r: ProtoReader): void {
    const outer = r.enter();
    while (r.next()) {
      if (r.field === 1) this.#type = r.asVarint();
      else if (r.field === 3) this.#help = r.asVarint();
      else if (r.field === 4) this.#unit = r.asVarint();
      else r.skip();
    }
    r.leave(outer);
  }

  /** Takes what was said of the series at hand as its family's metadata. */
  #describeFamily(refs: readonly number[]): void {
    const type = this.#type;
    const help = this.#help;
    const unit = this.#unit;
    if (type === 0 && help === 0 && unit === 0) return;
    const metric = this.#metricName(refs);
    const known = this.#described.get(metric);
    // Fast path: another series of a metric.
    if (known && known.type === type && known.help === help && known.unit === unit) return;
    this.#described.set(metric, { type, help, unit });
    const name = metric < 0 ? '' : this.#symbols.text(metric);
    const family = familyOf(name, METADATA_TYPES[type] ?? 'unknown');
    const id = `${family}\n${type}\n${help}\n${unit}`;
    if (this.#families.has(id)) return;
    this.#families.add(id);
    this.#rows.metadata.push({
      family,
      type: METADATA_TYPES[type] ?? 'unknown',
      help: this.#symbols.text(help),
      unit: this.#symbols.text(unit),
    });
  }

  /** The symbol of the metric's name, or -1. */
  #metricName(refs: readonly number[]): number {
    for (let i = 0; i < refs.length; i += 2) if (this.#symbols.isName(refs[i]!)) return refs[i + 1]!;
    return -1;
  }
}

/** The family of a series: histograms and summaries have several series to a family. */
function familyOf(metric: string, type: string): string {
  if (type === 'histogram' || type === 'gaugehistogram')
    return metric.replace(/_(?:bucket|sum|count|gsum|gcount)$/, '');
  if (type === 'summary') return metric.replace(/_(?:sum|count)$/, '');
  return metric;
}
