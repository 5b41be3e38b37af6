/** The journal of decisions: so many of the newest as are remembered, so that a restart changes no decision. */

import { ByteError, ByteReader, ByteWriter } from '../../base/bytes.ts';
import type { Journal, JournalStore } from '../../storage/interface.ts';
import { type Decided, readDecided, writeDecided } from './decisions.ts';
import { Fifo } from './fifo.ts';

const NAME = 'sampling.decisions';
/** So many more than are wanted are kept before the oldest are cut: every cut is a transaction. */
const SURPLUS = 1.25;

export class DecisionJournal {
  readonly #keep: number;
  readonly #records = new Fifo<{ readonly number: number; readonly count: number }>();
  #journal: Journal | undefined;
  #count = 0;

  private constructor(keep: number) {
    this.#keep = keep;
  }

  /** Hands every decision of before to `each`, oldest first. */
  static async open(
    journals: JournalStore,
    keep: number,
    each: (decided: Decided) => void,
    onDamage: (error: ByteError) => void,
  ): Promise<DecisionJournal> {
    const own = new DecisionJournal(keep);
    own.#journal = await journals.openJournal(NAME, (record, number) => {
      try {
        const decided = readDecided(new ByteReader(record));
        own.#note(number, decided.length);
        decided.forEach(each);
      } catch (error) {
        if (!(error instanceof ByteError)) throw error;
        onDamage(error);
      }
    });
    return own;
  }

  /** Resolves when the decisions survive a crash. */
  async add(decided: readonly Decided[]): Promise<void> {
    const out = new ByteWriter(32 * decided.length + 8);
    writeDecided(out, decided);
    const { number, durable } = this.#journal!.append(out.view());
    await durable;
    this.#note(number, decided.length);
    if (this.#count <= this.#keep * SURPLUS) return;
    let before = 0;
    while (this.#count > this.#keep) {
      const { number: oldest, count } = this.#records.shift()!;
      this.#count -= count;
      before = oldest + 1;
    }
    // Records that were added together share a number.
    this.#journal!.cut(Math.min(before, this.#records.first()?.number ?? before));
  }

  /** Forgets all of them. */
  clear(): void {
    let last: number | undefined;
    for (let r = this.#records.shift(); r; r = this.#records.shift()) last = r.number;
    if (last !== undefined) this.#journal!.cut(last + 1);
    this.#count = 0;
  }

  #note(number: number, count: number): void {
    this.#records.push({ number, count });
    this.#count += count;
  }
}
