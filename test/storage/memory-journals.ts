/** Journals in memory, whose disk a test can have fail, and which outlive who opened them as a file outlives a process. */

import { TriliteError } from '../../src/model/errors.ts';
import type { Journal, JournalEntry, JournalStore } from '../../src/storage/interface.ts';

interface Row {
  readonly number: number;
  readonly record: Uint8Array;
}

export class MemoryJournals implements JournalStore {
  readonly #rows = new Map<string, Row[]>();
  #last = 0;
  /** Nothing can be written. */
  isFull = false;

  get hadJournals(): boolean {
    return [...this.#rows.values()].some((rows) => rows.length > 0);
  }

  async openJournal(name: string, each: (record: Uint8Array, number: number) => void): Promise<Journal> {
    for (const row of this.rows(name)) each(row.record, row.number);
    return {
      append: (record) => this.#append(name, record),
      cut: (before) => {
        this.#rows.set(
          name,
          this.rows(name).filter((row) => row.number >= before),
        );
      },
    };
  }

  rows(name: string): readonly Row[] {
    return this.#rows.get(name) ?? [];
  }

  #append(name: string, record: Uint8Array): JournalEntry {
    const number = ++this.#last;
    const copy = record.slice();
    const written = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.isFull) throw new TriliteError('overloaded', 'the disk is full');
      this.#rows.set(name, [...this.rows(name), { number, record: copy }]);
    };
    const durable = written();
    durable.catch(() => {});
    return { number, durable };
  }
}
