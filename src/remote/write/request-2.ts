/**
 * Remote-write 2.0: an `io.prometheus.write.v2.Request`. Texts are sent once a request, in a table in front of it, and series
 * refer to them by number. Here a text has a number for as long as the process runs; each request numbers those that it uses.
 *
 * ```
 * Request     4 symbols (the first is "")  5 timeseries
 * TimeSeries  1 label refs  2 samples {1 value, 2 ms, 3 start}  3 histograms  4 exemplars {1 refs, 2 value, 3 ms}  5 metadata {1 type, 3 help, 4 unit}
 * ```
 */

import { utf8Encode } from '../../base/bytes.ts';
import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import { writeHistogramMessage, writeInt64 } from '../../model/histogram-message.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { METADATA_TYPES } from '../../model/metadata.ts';
import type { FamilyLookup, RequestFormat, RequestWriter, SampleAt } from './request.ts';

/** With so many texts all are forgotten and begun anew. */
const SYMBOLS_MAX = 1_000_000;
const OVERHEAD_BYTES = 150;
const START_BYTES = 1 << 16;
const FIELD_SYMBOLS = 4;
const FIELD_SERIES = 5;

/** All texts that are known, by number; the empty one is 0. */
class Symbols {
  readonly #ids = new Map<string, number>();
  readonly texts: Uint8Array[] = [];

  constructor() {
    this.id('');
  }

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.texts.length;
      this.#ids.set(text, id);
      this.texts.push(utf8Encode(text));
    }
    return id;
  }

  clear(): void {
    this.#ids.clear();
    this.texts.length = 0;
    this.id('');
  }
}

interface Series {
  readonly refs: Uint32Array;
  readonly name: string;
  /** What was said of its family when it was written last, and the numbers of those texts. */
  family: MetricMetadata | undefined;
  help: number;
  unit: number;
}

export class Format2 implements RequestFormat<Series> {
  readonly contentType = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
  readonly version = '2.0.0';
  readonly exemplarsNeedSamples = true;
  readonly customBuckets = true;
  readonly #symbols = new Symbols();
  readonly #families: FamilyLookup;

  constructor(families: FamilyLookup) {
    this.#families = families;
  }

  isFull(): boolean {
    return this.#symbols.texts.length > SYMBOLS_MAX;
  }

  forget(): void {
    this.#symbols.clear();
  }

  encode(labels: Labels): Series {
    const refs = Uint32Array.from(labels.pairs, (text) => this.#symbols.id(text));
    return { refs, name: labels.get(METRIC_NAME), family: undefined, help: 0, unit: 0 };
  }

  sizeOf({ refs }: Series): number {
    return 4 * refs.length + OVERHEAD_BYTES;
  }

  writer(): RequestWriter<Series> {
    return new Writer(this.#symbols, this.#families);
  }
}

class Writer implements RequestWriter<Series> {
  readonly #symbols: Symbols;
  readonly #families: FamilyLookup;
  readonly #table = new ProtoWriter(1 << 14);
  readonly #series = new ProtoWriter(START_BYTES);
  readonly #part = new ProtoWriter(64);
  /** Number within this request by number of the text; 0 where it has none yet. */
  #local = new Uint32Array(1024);
  #used: number[] = [];
  #count = 0;

  constructor(symbols: Symbols, families: FamilyLookup) {
    this.#symbols = symbols;
    this.#families = families;
    this.#begin();
  }

  #begin(): void {
    for (const id of this.#used) this.#local[id] = 0;
    this.#used = [];
    this.#count = 0;
    this.#table.clear();
    this.#series.clear();
    this.#table.bytesField(FIELD_SYMBOLS, this.#symbols.texts[0]!);
  }

  #ref(id: number): number {
    if (id === 0) return 0;
    if (id >= this.#local.length) {
      const grown = new Uint32Array(Math.max(id + 1, this.#local.length * 2));
      grown.set(this.#local);
      this.#local = grown;
    }
    let local = this.#local[id]!;
    if (local === 0) {
      this.#used.push(id);
      local = this.#local[id] = ++this.#count;
      this.#table.bytesField(FIELD_SYMBOLS, this.#symbols.texts[id]!);
    }
    return local;
  }

  /** Of a text that hardly comes again, as a trace's ID: it is not remembered. */
  #passingRef(text: string): number {
    this.#table.tag(FIELD_SYMBOLS, WIRE.length);
    this.#table.text(text);
    return ++this.#count;
  }

  sample(series: Series, samples: SampleAt, index: number, exemplars: readonly Exemplar[]): void {
    const out = this.#series;
    const start = this.#open(series.refs);
    out.tag(2, WIRE.length);
    const sample = out.beginLength();
    out.tag(1, WIRE.fixed64);
    out.u32(samples.valueWords[2 * index]!);
    out.u32(samples.valueWords[2 * index + 1]!);
    out.tag(2, WIRE.varint);
    writeInt64(out, samples.timestamps[index]!);
    const startMs = samples.startTimestamps?.[index] ?? 0;
    if (startMs !== 0) {
      out.tag(3, WIRE.varint);
      writeInt64(out, startMs);
    }
    out.endLength(sample);
    this.#close(start, series, exemplars);
  }

  histogram(
    series: Series,
    histogram: Histogram,
    timestampMs: number,
    startMs: number,
    exemplars: readonly Exemplar[],
  ): void {
    const out = this.#series;
    const start = this.#open(series.refs);
    out.tag(3, WIRE.length);
    const message = out.beginLength();
    writeHistogramMessage(out, histogram, timestampMs, startMs);
    out.endLength(message);
    this.#close(start, series, exemplars);
  }

  exemplar(series: Series, exemplar: Exemplar): void {
    this.#close(this.#open(series.refs), series, [exemplar]);
  }

  /** Begins an entry with its labels; what is returned is for `#close`. */
  #open(refs: Uint32Array): number {
    const out = this.#series;
    out.tag(FIELD_SERIES, WIRE.length);
    const start = out.beginLength();
    out.tag(1, WIRE.length);
    const list = out.beginLength();
    // Most texts are in the request already. A table that grows meanwhile is another one, which `#ref` knows.
    const local = this.#local;
    for (let i = 0; i < refs.length; i++) out.varint(local[refs[i]!] || this.#ref(refs[i]!));
    out.endLength(list);
    return start;
  }

  #close(start: number, series: Series, exemplars: readonly Exemplar[]): void {
    const out = this.#series;
    for (const { labels, value, timestampMs } of exemplars) {
      const part = this.#part;
      part.clear();
      out.tag(4, WIRE.length);
      const exemplar = out.beginLength();
      for (let i = 0; i < labels.pairs.length; i += 2) {
        part.varint(this.#ref(this.#symbols.id(labels.pairs[i]!)));
        part.varint(this.#passingRef(labels.pairs[i + 1]!));
      }
      out.bytesField(1, part.view());
      out.tag(2, WIRE.fixed64);
      out.f64(value);
      out.tag(3, WIRE.varint);
      writeInt64(out, timestampMs);
      out.endLength(exemplar);
    }
    const family = this.#families(series.name);
    if (family) {
      if (family !== series.family) {
        series.family = family;
        series.help = this.#symbols.id(family.help);
        series.unit = this.#symbols.id(family.unit);
      }
      const help = this.#ref(series.help);
      const unit = this.#ref(series.unit);
      out.tag(5, WIRE.length);
      const metadata = out.beginLength();
      out.uint32Field(1, METADATA_TYPES.indexOf(family.type));
      out.uint32Field(3, help);
      out.uint32Field(4, unit);
      out.endLength(metadata);
    }
    out.endLength(start);
  }

  take(): Uint8Array {
    this.#table.bytes(this.#series.view());
    const message = this.#table.take();
    this.#begin();
    return message;
  }
}
