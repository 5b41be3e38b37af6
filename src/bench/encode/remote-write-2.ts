/**
 * Remote-write 2.0 requests: an `io.prometheus.write.v2.Request`. Strings are sent once, in a table at the front of
 * the request, and series refer to them by number.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';

/** `Metadata.type`. */
export const METRIC_TYPE = { counter: 1, gauge: 2, histogram: 3 } as const;

/** All strings of a run, numbered as they turn up; each request numbers the ones it uses anew. */
export class Symbols {
  readonly #ids = new Map<string, number>();
  readonly bytes: Uint8Array[] = [];

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.bytes.length;
      this.#ids.set(text, id);
      this.bytes.push(utf8Encode(text));
    }
    return id;
  }

  /** Numbers of flat label pairs. */
  ids(labels: readonly string[]): Uint32Array {
    return Uint32Array.from(labels, (text) => this.id(text));
  }
}

export class WriteRequest2 {
  readonly #symbols: Symbols;
  readonly #table = new ProtoWriter(1 << 15);
  readonly #series = new ProtoWriter(1 << 17);
  readonly #message = new ProtoWriter(256);
  readonly #part = new ProtoWriter(64);
  /** Number within this request by number within the run; 0 where it has none yet. */
  #local = new Uint32Array(1024);
  #used: number[] = [];

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.#begin();
  }

  /** The table's first string is the empty one: the format asks for it. */
  #begin(): void {
    for (const id of this.#used) this.#local[id] = 0;
    this.#used = [];
    this.#table.clear();
    this.#series.clear();
    this.#table.bytesField(4, new Uint8Array(0));
  }

  #reference(id: number): number {
    if (id >= this.#local.length) {
      const grown = new Uint32Array(Math.max(id + 1, this.#local.length * 2));
      grown.set(this.#local);
      this.#local = grown;
    }
    let local = this.#local[id]!;
    if (local === 0) {
      this.#used.push(id);
      local = this.#used.length;
      this.#local[id] = local;
      this.#table.bytesField(4, this.#symbols.bytes[id]!);
    }
    return local;
  }

  /** One series with one sample; `labels` are numbers of `Symbols`. */
  add(labels: Uint32Array, type: keyof typeof METRIC_TYPE, timeMs: number, value: number): void {
    const message = this.#message;
    const part = this.#part;
    message.clear();
    part.clear();
    for (let i = 0; i < labels.length; i++) part.varint(this.#reference(labels[i]!));
    message.bytesField(1, part.view());
    part.clear();
    part.tag(1, 1);
    part.f64(value);
    part.tag(2, 0);
    part.varint(timeMs);
    message.bytesField(2, part.view());
    part.clear();
    part.uint32Field(1, METRIC_TYPE[type]);
    message.bytesField(5, part.view());
    this.#series.bytesField(5, message.view());
  }

  /** The message so far; the writer is empty again. */
  take(): Uint8Array {
    this.#table.bytes(this.#series.view());
    const message = this.#table.take();
    this.#begin();
    return message;
  }
}
