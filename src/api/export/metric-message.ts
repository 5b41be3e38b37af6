/**
 * Series as remote-write 2.0, many samples to an entry, which is what the protocol can say most of metrics in: start
 * times, histograms with bounds of their own, exemplars and what is known of the family.
 *
 *   Request     4 symbols (the first is "")  5 timeseries
 *   TimeSeries  1 label refs  2 samples {1 value, 2 ms, 3 start}  3 histograms  4 exemplars {1 refs, 2 value, 3 ms}  5 metadata
 *
 * Receivers want what comes with a sample in its entry, so an exemplar goes with the first samples that are not before it.
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { type ExportMessage, MESSAGE_BYTES } from '../../model/export-wire.ts';
import { writeHistogramMessage, writeInt64 } from '../../model/histogram-message.ts';
import type { Labels } from '../../model/labels.ts';
import { METADATA_TYPES, type MetricMetadata } from '../../model/metadata.ts';
import type { SampleColumns } from '../../storage/interface.ts';

const START_BYTES = 1 << 16;

/** A series, or a part of one, and what goes with it. */
export interface SeriesPart {
  readonly labels: Labels;
  readonly columns: SampleColumns;
  /** Samples `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** Ascending in time. */
  readonly exemplars: readonly Exemplar[];
}

export class MetricMessages {
  readonly #table = new ProtoWriter(START_BYTES);
  readonly #series = new ProtoWriter(START_BYTES);
  readonly #refs = new Map<string, number>();
  #items = 0;
  #exemplars = 0;

  constructor() {
    this.#begin();
  }

  #begin(): void {
    this.#table.clear();
    this.#series.clear();
    this.#refs.clear();
    this.#items = 0;
    this.#exemplars = 0;
    this.#ref('');
  }

  #ref(text: string): number {
    let ref = this.#refs.get(text);
    if (ref === undefined) {
      ref = this.#refs.size;
      this.#refs.set(text, ref);
      this.#table.tag(4, WIRE.length);
      this.#table.text(text);
    }
    return ref;
  }

  get bytes(): number {
    return this.#table.length + this.#series.length;
  }

  /** Adds the part and gives the messages that became full; a long series is in several. */
  *add(part: SeriesPart, metadata: MetricMetadata | undefined): Generator<ExportMessage, void> {
    const { labels, columns, exemplars, to } = part;
    let exemplar = 0;
    for (let at = part.from; ; ) {
      const start = this.#open(labels);
      for (; at < to && this.#series.length < MESSAGE_BYTES; at++) this.#sample(columns, at);
      const isLast = at === to;
      const lastMs = isLast ? Number.POSITIVE_INFINITY : columns.timestamps[at - 1]!;
      while (exemplar < exemplars.length && exemplars[exemplar]!.timestampMs <= lastMs) {
        this.#exemplar(exemplars[exemplar++]!);
      }
      this.#close(start, metadata);
      if (this.bytes >= MESSAGE_BYTES) yield this.take();
      if (isLast) return;
    }
  }

  #open(labels: Labels): number {
    const out = this.#series;
    out.tag(5, WIRE.length);
    const start = out.beginLength();
    out.tag(1, WIRE.length);
    const list = out.beginLength();
    for (const text of labels.pairs) out.varint(this.#ref(text));
    out.endLength(list);
    return start;
  }

  #sample({ timestamps, words, histograms, startTimestamps }: SampleColumns, i: number): void {
    const histogram = histograms?.[i];
    this.#items++;
    const out = this.#series;
    const startMs = startTimestamps?.[i] ?? 0;
    out.tag(histogram ? 3 : 2, WIRE.length);
    const start = out.beginLength();
    if (histogram) writeHistogramMessage(out, histogram, timestamps[i]!, startMs);
    else {
      out.tag(1, WIRE.fixed64);
      out.u32(words[2 * i]!);
      out.u32(words[2 * i + 1]!);
      out.tag(2, WIRE.varint);
      writeInt64(out, timestamps[i]!);
      if (startMs !== 0) {
        out.tag(3, WIRE.varint);
        writeInt64(out, startMs);
      }
    }
    out.endLength(start);
  }

  #exemplar({ labels, value, timestampMs }: Exemplar): void {
    this.#exemplars++;
    const out = this.#series;
    out.tag(4, WIRE.length);
    const start = out.beginLength();
    out.tag(1, WIRE.length);
    const list = out.beginLength();
    for (const text of labels.pairs) out.varint(this.#ref(text));
    out.endLength(list);
    out.tag(2, WIRE.fixed64);
    out.f64(value);
    out.tag(3, WIRE.varint);
    writeInt64(out, timestampMs);
    out.endLength(start);
  }

  #close(start: number, metadata: MetricMetadata | undefined): void {
    const out = this.#series;
    if (metadata) {
      out.tag(5, WIRE.length);
      const at = out.beginLength();
      out.uint32Field(1, METADATA_TYPES.indexOf(metadata.type));
      out.uint32Field(3, this.#ref(metadata.help));
      out.uint32Field(4, this.#ref(metadata.unit));
      out.endLength(at);
    }
    out.endLength(start);
  }

  /** What is there; undefined where nothing is. */
  rest(): ExportMessage | undefined {
    return this.#series.length === 0 ? undefined : this.take();
  }

  take(): ExportMessage {
    this.#table.bytes(this.#series.view());
    const whole = { message: this.#table.take(), items: this.#items, exemplars: this.#exemplars };
    this.#begin();
    return whole;
  }
}
