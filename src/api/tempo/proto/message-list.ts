/**
 * An answer of many items in messages of a bounded size. In Tempo's answers the items have a number of their own and
 * `metrics` stands in field 2 of all of them; every message has it:
 *
 * ```
 * 1 item 1 item … 2 metrics │ 1 item 1 item … 2 metrics │ …
 * ```
 */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';

/** What clients of streams take for sure; Tempo cuts its answers there too. */
export const MESSAGE_MAX_BYTES = 1024 * 1024;

const METRICS_FIELD = 2;
/** Tags and lengths of an item and of the metrics, six bytes at most each. */
const FRAMING_MAX_BYTES = 12;

export class MessageList {
  readonly #maxBytes: number;
  readonly #metrics: Uint8Array;
  readonly #done: Uint8Array[] = [];
  #message = new ProtoWriter(1024);

  /** `metrics` is an encoded message. An item that is larger than `maxBytes` has a message of its own. */
  constructor(metrics: Uint8Array, maxBytes: number) {
    this.#metrics = metrics;
    this.#maxBytes = maxBytes;
  }

  /** Adds an encoded message or text. */
  add(field: number, item: Uint8Array): void {
    const size = this.#message.length + item.length + this.#metrics.length + FRAMING_MAX_BYTES;
    if (this.#message.length > 0 && size > this.#maxBytes) this.#close();
    this.#message.bytesField(field, item);
  }

  #close(): void {
    this.#message.bytesField(METRICS_FIELD, this.#metrics);
    this.#done.push(this.#message.take());
    this.#message = new ProtoWriter(1024);
  }

  /** At least one message. `write` adds what only the last has. */
  take(write?: (last: ProtoWriter) => void): Uint8Array[] {
    write?.(this.#message);
    this.#close();
    return this.#done;
  }
}

/** How far a query is, in fields 1, 4 and 5 of `SearchMetrics`. */
export interface Progress {
  readonly inspectedTraces?: number;
  readonly completedJobs: number;
  readonly totalJobs: number;
}

/** A query that is done is one job. */
export const ONE_JOB: Progress = { completedJobs: 1, totalJobs: 1 };

export function searchMetrics({ inspectedTraces, completedJobs, totalJobs }: Progress): Uint8Array {
  const out = new ProtoWriter(32);
  out.uint32Field(1, inspectedTraces ?? 0);
  out.uint32Field(4, completedJobs);
  out.uint32Field(5, totalJobs);
  return out.take();
}

/** The same of `MetadataMetrics`, in fields 2 and 3. */
export function metadataMetrics({ completedJobs, totalJobs }: Progress): Uint8Array {
  const out = new ProtoWriter(16);
  out.uint32Field(2, totalJobs);
  out.uint32Field(3, completedJobs);
  return out.take();
}

/** A nested message in `field` of `out`. */
export function nested(out: ProtoWriter, field: number, write: () => void): void {
  out.tag(field, WIRE.length);
  const start = out.length;
  write();
  out.closeLength(start);
}

/** A text field, left out where it is empty. */
export function textField(out: ProtoWriter, field: number, text: string): void {
  if (text === '') return;
  out.tag(field, WIRE.length);
  out.text(text);
}
