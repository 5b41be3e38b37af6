/** Loki's push request in snappy protobuf, out of plain values. */

import { compress } from 'snappyjs';
import { utf8Encode } from '../../src/base/bytes.ts';
import { ProtoWriter } from '../../src/base/protobuf-writer.ts';

export interface PushEntry {
  readonly ns: bigint;
  /** Bytes where the line may be no UTF-8. */
  readonly line: string | Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

const NS_PER_S = 1_000_000_000n;

function message(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.take();
}

const text = (out: ProtoWriter, field: number, value: string) => out.bytesField(field, utf8Encode(value));

/** One stream. */
export function lokiPushBody(labels: string, entries: readonly PushEntry[]): Uint8Array {
  const stream = message((out) => {
    text(out, 1, labels);
    for (const { ns, line, metadata } of entries) {
      const entry = message((e) => {
        const time = message((t) => {
          t.uint32Field(1, Number(ns / NS_PER_S));
          t.uint32Field(2, Number(ns % NS_PER_S));
        });
        e.bytesField(1, time);
        e.bytesField(2, typeof line === 'string' ? utf8Encode(line) : line);
        for (const [name, value] of Object.entries(metadata)) {
          const pair = message((p) => {
            text(p, 1, name);
            text(p, 2, value);
          });
          e.bytesField(3, pair);
        }
      });
      out.bytesField(2, entry);
    }
  });
  return compress(message((out) => out.bytesField(1, stream)));
}

export const LOKI_PUSH_HEADERS = { 'content-type': 'application/x-protobuf' };
