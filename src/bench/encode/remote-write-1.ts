/** Remote-write 1.0 requests: a `prometheus.WriteRequest`, field by field. */

import { ProtoWriter } from '../../base/protobuf-writer.ts';

/** `TimeSeries.labels` with all its labels, encoded once per series: fields 1 of a TimeSeries, ready to be copied. */
export function labelFields(labels: readonly string[]): Uint8Array {
  const out = new ProtoWriter(256);
  const label = new ProtoWriter(128);
  for (let i = 0; i < labels.length; i += 2) {
    label.clear();
    label.tag(1, 2);
    label.text(labels[i]!);
    label.tag(2, 2);
    label.text(labels[i + 1]!);
    out.bytesField(1, label.view());
  }
  return out.take();
}

/** Bytes of a `Sample` with its tag and length: value as fixed64, time as a varint. */
export class WriteRequest1 {
  readonly #out = new ProtoWriter(1 << 18);
  readonly #sample = new ProtoWriter(32);

  /** One series with one sample, as Prometheus itself sends them. */
  add(labels: Uint8Array, timeMs: number, value: number): void {
    const sample = this.#sample;
    sample.clear();
    sample.tag(1, 1);
    sample.f64(value);
    sample.tag(2, 0);
    sample.varint(timeMs);
    const out = this.#out;
    out.tag(1, 2);
    // The sample is shorter than 128 bytes: its tag and its length are a byte each.
    out.varint(labels.length + 2 + sample.length);
    out.bytes(labels);
    out.bytesField(2, sample.view());
  }

  /** The message so far, valid until the next `add`; the writer is empty again. */
  take(): Uint8Array {
    const view = this.#out.view();
    this.#out.clear();
    return view;
  }
}
