/** Loki's push request in its two forms, protobuf (before snappy) and JSON. */

import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { LogBatch, LogEntry, LogStreams } from '../generate/log-streams.ts';
import { open, textField, varintSize } from './otlp-writer.ts';

const MS_PER_SECOND = 1000;
const NS_PER_MS = 1_000_000;

/** Keeps the labels of streams as they stand in requests. */
class LabelTexts {
  readonly #streams: LogStreams;
  readonly #print: (labels: readonly (readonly [string, string])[]) => string;
  readonly #texts: (string | undefined)[] = [];

  constructor(streams: LogStreams, print: (labels: readonly (readonly [string, string])[]) => string) {
    this.#streams = streams;
    this.#print = print;
  }

  renew(batch: LogBatch): void {
    for (const stream of batch.renewed) this.#texts[stream] = undefined;
  }

  of(stream: number): string {
    return (this.#texts[stream] ??= this.#print(this.#streams.labels(stream)));
  }
}

const encoder = new TextEncoder();

export class ProtoPush {
  readonly #labels: LabelTexts;

  constructor(streams: LogStreams) {
    // As clients print them; values have nothing to escape.
    this.#labels = new LabelTexts(
      streams,
      (labels) => `{${labels.map(([name, value]) => `${name}="${value}"`).join(', ')}}`,
    );
  }

  encode(batch: LogBatch): Uint8Array<ArrayBuffer> {
    this.#labels.renew(batch);
    const out = new ProtoWriter(batch.items * 300);
    for (const [stream, entries] of batch.streams) {
      out.u8(10);
      const start = out.length;
      textField(out, 1, this.#labels.of(stream));
      for (const entry of entries) pushEntry(out, entry);
      out.closeLength(start);
    }
    return out.take();
  }
}

function pushEntry(out: ProtoWriter, entry: LogEntry): void {
  out.u8(18);
  const start = out.length;
  const seconds = Math.floor(entry.timeMs / MS_PER_SECOND);
  const nanos = (entry.timeMs % MS_PER_SECOND) * NS_PER_MS + entry.ns;
  open(out, 1, 2 + varintSize(seconds) + varintSize(nanos));
  out.u8(8);
  out.varint(seconds);
  out.u8(16);
  out.varint(nanos);
  textField(out, 2, entry.line);
  out.closeLength(start);
}

export class JsonPush {
  readonly #labels: LabelTexts;

  constructor(streams: LogStreams) {
    this.#labels = new LabelTexts(streams, (labels) => JSON.stringify(Object.fromEntries(labels)));
  }

  encode(batch: LogBatch): Uint8Array<ArrayBuffer> {
    this.#labels.renew(batch);
    const pieces: string[] = [];
    for (const [stream, entries] of batch.streams) {
      const values = entries.map(({ timeMs, ns, line }) => {
        return `["${timeMs}${String(ns).padStart(6, '0')}",${JSON.stringify(line)}]`;
      });
      pieces.push(`{"stream":${this.#labels.of(stream)},"values":[${values.join(',')}]}`);
    }
    return encoder.encode(`{"streams":[${pieces.join(',')}]}`);
  }
}
