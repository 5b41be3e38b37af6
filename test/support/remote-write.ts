/** Writes remote-write 1.0 requests for tests: protobuf by hand, snappy by snappyjs. */

import { compress } from 'snappyjs';
import { ByteWriter } from '../../src/base/bytes.ts';

export interface WriteSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timestampMs: number, value: number])[];
}

function field(out: ByteWriter, number: number, message: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  message(inner);
  out.varint(number * 8 + 2);
  out.block(inner.view());
}

/** A body for `POST /api/v1/write`. */
export function remoteWriteBody(series: readonly WriteSeries[]): Uint8Array {
  const out = new ByteWriter(1024);
  for (const s of series) {
    field(out, 1, (ts) => {
      for (const name of Object.keys(s.labels).sort()) {
        field(ts, 1, (label) => {
          label.varint(10);
          label.text(name);
          label.varint(18);
          label.text(s.labels[name]!);
        });
      }
      for (const [timestampMs, value] of s.samples) {
        field(ts, 2, (sample) => {
          sample.varint(9);
          sample.f64(value);
          sample.varint(16);
          sample.varint(timestampMs);
        });
      }
    });
  }
  return compress(out.take());
}

export const REMOTE_WRITE_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;
