/**
 * Remote-write 1.0: a `prometheus.WriteRequest`.
 *
 * ```
 * WriteRequest  1 timeseries {1 labels {1 name, 2 value}  2 samples {1 value, 2 ms}  3 exemplars {1 labels, 2 value, 3 ms}  4 histograms}
 *               3 metadata {1 type, 2 family, 4 help, 5 unit}
 * ```
 *
 * A series is its label fields, ready to be copied, within a buffer of many; an entry has one sample, as the original's have.
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import { writeHistogramMessage, writeInt64 } from '../../model/histogram-message.ts';
import type { Labels } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { METADATA_TYPES } from '../../model/metadata.ts';
import type { RequestFormat, RequestWriter, SampleAt } from './request.ts';

/** What an object and its place in a map take beside the bytes. */
const OVERHEAD_BYTES = 100;
const START_BYTES = 1 << 16;
/** Label fields share buffers of this size. */
const POOL_BYTES = 1 << 18;
/** A timestamp of today; others are measured. */
const TODAY_MIN_MS = 2 ** 35;
const TODAY_END_MS = 2 ** 42;
const TODAY_BYTES = 6;

/** The bytes `[start, start + length)`. */
interface LabelFields {
  readonly view: DataView;
  readonly start: number;
  readonly length: number;
}

export class Format1 implements RequestFormat<LabelFields> {
  readonly contentType = 'application/x-protobuf';
  readonly version = '0.1.0';
  readonly exemplarsNeedSamples = false;
  readonly customBuckets = false;
  readonly #fields = new ProtoWriter(256);
  #pool = new Uint8Array(0);
  #view = new DataView(this.#pool.buffer);
  #used = 0;

  isFull(): boolean {
    return false;
  }

  forget(): void {}

  encode(labels: Labels): LabelFields {
    this.#fields.clear();
    writeLabels(this.#fields, labels);
    const { length } = this.#fields;
    if (this.#used + length > this.#pool.length) {
      this.#pool = new Uint8Array(Math.max(POOL_BYTES, length));
      this.#view = new DataView(this.#pool.buffer);
      this.#used = 0;
    }
    const start = this.#used;
    this.#pool.set(this.#fields.view(), start);
    this.#used += length;
    return { view: this.#view, start, length };
  }

  sizeOf({ length }: LabelFields): number {
    return length + OVERHEAD_BYTES;
  }

  writer(): RequestWriter<LabelFields> {
    return new Writer();
  }
}

/** Fields 1 of a TimeSeries or an Exemplar. */
function writeLabels(out: ProtoWriter, { pairs }: Labels): void {
  for (let i = 0; i < pairs.length; i += 2) {
    out.tag(1, WIRE.length);
    const start = out.beginLength();
    out.tag(1, WIRE.length);
    out.text(pairs[i]!);
    out.tag(2, WIRE.length);
    out.text(pairs[i + 1]!);
    out.endLength(start);
  }
}

class Writer implements RequestWriter<LabelFields> {
  readonly #out = new ProtoWriter(START_BYTES);
  readonly #part = new ProtoWriter(64);

  sample(series: LabelFields, samples: SampleAt, index: number, exemplars: readonly Exemplar[]): void {
    const out = this.#out;
    const ms = samples.timestamps[index]!;
    // Tag and eight bytes, tag and varint.
    const size = 10 + (ms >= TODAY_MIN_MS && ms < TODAY_END_MS ? TODAY_BYTES : int64Bytes(ms));
    out.tag(1, WIRE.length);
    out.varint(series.length + 2 + size);
    out.copy(series.view, series.start, series.length);
    out.tag(2, WIRE.length);
    out.u8(size);
    out.tag(1, WIRE.fixed64);
    out.u32(samples.valueWords[2 * index]!);
    out.u32(samples.valueWords[2 * index + 1]!);
    out.tag(2, WIRE.varint);
    writeInt64(out, ms);
    for (const exemplar of exemplars) this.exemplar(series, exemplar);
  }

  histogram(
    series: LabelFields,
    histogram: Histogram,
    timestampMs: number,
    _startMs: number,
    exemplars: readonly Exemplar[],
  ): void {
    this.#part.clear();
    writeHistogramMessage(this.#part, histogram, timestampMs, 0);
    this.#entry(series, 4, this.#part.view());
    for (const exemplar of exemplars) this.exemplar(series, exemplar);
  }

  exemplar(series: LabelFields, { labels, value, timestampMs }: Exemplar): void {
    const part = this.#part;
    part.clear();
    writeLabels(part, labels);
    part.tag(2, WIRE.fixed64);
    part.f64(value);
    part.tag(3, WIRE.varint);
    writeInt64(part, timestampMs);
    this.#entry(series, 3, part.view());
  }

  #entry(series: LabelFields, field: number, message: Uint8Array): void {
    const out = this.#out;
    out.tag(1, WIRE.length);
    out.varint(series.length + 1 + varintBytes(message.length) + message.length);
    out.copy(series.view, series.start, series.length);
    out.bytesField(field, message);
  }

  take(): Uint8Array {
    const message = this.#out.view();
    this.#out.clear();
    return message;
  }
}

/** A negative one takes ten. */
function int64Bytes(value: number): number {
  return value < 0 ? 10 : varintBytes(value);
}

function varintBytes(value: number): number {
  let n = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) n++;
  return n;
}

/** A request of metadata alone. */
export function metadataRequest(families: Iterable<readonly [string, MetricMetadata]>): Uint8Array {
  const out = new ProtoWriter(START_BYTES);
  for (const [family, { type, help, unit }] of families) {
    out.tag(3, WIRE.length);
    const start = out.length;
    out.uint32Field(1, METADATA_TYPES.indexOf(type));
    out.tag(2, WIRE.length);
    out.text(family);
    if (help !== '') {
      out.tag(4, WIRE.length);
      out.text(help);
    }
    if (unit !== '') {
      out.tag(5, WIRE.length);
      out.text(unit);
    }
    out.closeLength(start);
  }
  return out.view();
}
