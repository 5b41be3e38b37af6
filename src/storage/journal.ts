/**
 * The front's side of a journal: group commit, as the WAL has it. What is added while a row is being written forms the
 * next row. A row is written whole or not at all, so that nothing is carried on from one that failed.
 */

import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { TriliteError } from '../model/errors.ts';
import type { Journal, JournalEntry } from './interface.ts';
import type { WriterSide } from './writer-client.ts';

/** A row that has so much is written as it is: one record more would only make it later. */
const ROW_BYTES_MAX = 8 * 1024 * 1024;

interface Group {
  readonly number: number;
  readonly records: ByteWriter;
  readonly durable: Promise<void>;
  settle(written: Promise<void>): void;
}

export class LocalJournal implements Journal {
  readonly #name: string;
  readonly #writer: WriterSide;
  readonly #nextNumber: () => number;
  #queued: Group | undefined;
  #writing = 0;
  #writingBytes = 0;
  #closed = false;

  /** `nextNumber` gives each row its own, ascending over all journals. */
  constructor(name: string, writer: WriterSide, nextNumber: () => number) {
    this.#name = name;
    this.#writer = writer;
    this.#nextNumber = nextNumber;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#writingBytes + (this.#queued?.records.length ?? 0);
  }

  async replay(each: (record: Uint8Array, number: number) => void): Promise<void> {
    for (let after = 0; ; ) {
      const rows = await this.#writer.request({ kind: 'journal-read', name: this.#name, after });
      if (rows.length === 0) return;
      for (const { number, records } of rows) {
        const input = new ByteReader(records);
        while (!input.done) each(input.bytes(input.u32()), number);
      }
      after = rows.at(-1)!.number;
    }
  }

  append(record: Uint8Array): JournalEntry {
    if (this.#closed) throw new TriliteError('overloaded', 'the server is stopping');
    this.#queued ??= newGroup(this.#nextNumber());
    const { number, records, durable } = this.#queued;
    records.reserve(4 + record.length);
    records.u32(record.length);
    records.bytes(record);
    if (this.#writing === 0 || records.length > ROW_BYTES_MAX) this.#send();
    return { number, durable };
  }

  cut(before: number): void {
    if (this.#closed) return;
    // What is not removed now is when more is cut, or is found again at the next start.
    this.#writer.request({ kind: 'journal-cut', name: this.#name, before }).catch(() => {});
  }

  /** What is queued goes on its way; nothing is taken any more. */
  close(): void {
    this.#closed = true;
    this.#send();
  }

  #send(): void {
    const group = this.#queued;
    if (!group) return;
    this.#queued = undefined;
    const records = group.records.take();
    const bytes = records.length;
    this.#writing++;
    this.#writingBytes += bytes;
    const { number } = group;
    const request = { kind: 'journal-append', name: this.#name, number, records } as const;
    const written = this.#writer.request(request, [records.buffer]).finally(() => {
      this.#writing--;
      this.#writingBytes -= bytes;
      if (this.#writing === 0) this.#send();
    });
    group.settle(written);
  }
}

function newGroup(number: number): Group {
  let settle: (written: Promise<void>) => void = () => {};
  const durable = new Promise<void>((resolve) => {
    settle = resolve;
  });
  // Whoever added may have gone before the row fails.
  durable.catch(() => {});
  return { number, records: new ByteWriter(), durable, settle };
}
