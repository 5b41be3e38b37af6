/** Metrics in OTLP's protobuf: one `Metric` with the points of an instrument. */

import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { BOUNDS, type Instrument, type ServiceValues } from '../generate/otel-metrics.ts';
import { type Attributes, attributeBytes, fixedNanos, open, textField } from './otlp-writer.ts';

const CUMULATIVE = 2;
const DATA_FIELD = { gauge: 5, counter: 7, upDownCounter: 7, histogram: 9 } as const;
const BUCKETS = BOUNDS.length + 1;
const TWO_32 = 4294967296;

export class MetricEncoder {
  readonly #attributes = new Map<Attributes, Uint8Array>();
  readonly #bounds: Uint8Array;
  /** Of every point, such as the run's name. */
  readonly #more: Attributes;

  constructor(more: Attributes) {
    this.#more = more;
    const bounds = new ProtoWriter(256);
    open(bounds, 7, BOUNDS.length * 8);
    for (const bound of BOUNDS) bounds.f64(bound);
    this.#bounds = bounds.take();
  }

  /**
   * Writes the first `count` points of the instrument as item of a scope (field 2). `first` is the number of its first
   * point among the service's.
   */
  write(
    out: ProtoWriter,
    instrument: Instrument,
    values: ServiceValues,
    first: number,
    count: number,
    startMs: number,
    timeMs: number,
  ): void {
    out.u8(2 * 8 + 2);
    const metric = out.length;
    textField(out, 1, instrument.name);
    textField(out, 3, instrument.unit);
    out.u8(DATA_FIELD[instrument.type] * 8 + 2);
    const data = out.length;
    for (let i = 0; i < count; i++) {
      out.u8(8 + 2);
      const point = out.length;
      out.u8(2 * 8 + 1);
      fixedNanos(out, startMs, 0);
      out.u8(3 * 8 + 1);
      fixedNanos(out, timeMs, 0);
      if (instrument.type === 'histogram') this.#histogram(out, values, first + i);
      else number(out, values.values[first + i]!, instrument.whole);
      out.bytes(this.#attributesOf(instrument, instrument.points[i]!));
      out.closeLength(point);
    }
    if (instrument.type !== 'gauge') {
      out.u8(2 * 8);
      out.u8(CUMULATIVE);
    }
    if (instrument.type === 'counter') {
      out.u8(3 * 8);
      out.u8(1);
    }
    out.closeLength(data);
    out.closeLength(metric);
  }

  #histogram(out: ProtoWriter, values: ServiceValues, point: number): void {
    out.u8(4 * 8 + 1);
    fixed64(out, values.counts[point]!);
    out.u8(5 * 8 + 1);
    out.f64(values.values[point]!);
    open(out, 6, BUCKETS * 8);
    for (let b = 0; b < BUCKETS; b++) fixed64(out, values.buckets[point * BUCKETS + b]!);
    out.bytes(this.#bounds);
  }

  /** Attributes are field 7 of number points and 9 of histogram points. */
  #attributesOf(instrument: Instrument, attributes: Attributes): Uint8Array {
    let bytes = this.#attributes.get(attributes);
    if (!bytes) {
      const field = instrument.type === 'histogram' ? 9 : 7;
      bytes = attributeBytes(field, [...attributes, ...this.#more]);
      this.#attributes.set(attributes, bytes);
    }
    return bytes;
  }
}

function number(out: ProtoWriter, value: number, whole: boolean): void {
  if (whole) {
    out.u8(6 * 8 + 1);
    fixed64(out, value);
  } else {
    out.u8(4 * 8 + 1);
    out.f64(value);
  }
}

/** A whole number from 0 on. */
function fixed64(out: ProtoWriter, value: number): void {
  out.u32(value % TWO_32);
  out.u32(Math.floor(value / TWO_32));
}
