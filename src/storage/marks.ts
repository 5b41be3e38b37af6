/**
 * Marks: moments of arrival that a query can ask from. A mark seals the heads' generation, so what was appended before it and
 * what is appended after it are never in one generation, nor in one block as long as the mark is known:
 *
 *   generation   … 6 │ 7 │ 8 9 … ─▶        a mark between two generations is the number of the first
 *   blocks       ▒▒▒▒▒ │▒▒▒│▒▒▒▒▒           merged only with such that lie between the same two marks
 *
 * A reader that is given the number leaves out blocks and generations up to it (`select/block-snapshot.ts`). So an answer
 * since a mark costs no more than any other, and what marks cost is blocks that are not merged: so many are known, older
 * ones are too old to ask from. A mark is of one run of the server.
 */

import { randomBytes } from 'node:crypto';
import { TriliteError } from '../model/errors.ts';

/**
 * Marks known at a time: each keeps up to three small blocks from being merged, which every query without a mark has to
 * look into. More than tests that run side by side hold.
 */
export const MARKS_MAX = 256;
/** Tells the marks of one run of the server from those of another. */
const RUN_BYTES = 4;
const MARK = /^([0-9a-f]{8})-([0-9a-z]{1,11})$/;

export class Marks {
  readonly #run = randomBytes(RUN_BYTES).toString('hex');
  /** Generations that end at a mark, ascending. */
  #generations: readonly number[] = [];
  /** The newest generation that ends at a mark that was forgotten. */
  #forgotten = 0;

  get generations(): readonly number[] {
    return this.#generations;
  }

  /** A mark behind the generation, which is the newest that is sealed. Whether it is another one than the last. */
  add(generation: number): boolean {
    if (this.#generations.at(-1) === generation) return false;
    this.#generations = [...this.#generations, generation];
    if (this.#generations.length > MARKS_MAX) {
      this.#forgotten = this.#generations[0]!;
      this.#generations = this.#generations.slice(1);
    }
    return true;
  }

  text(generation: number): string {
    return `${this.#run}-${generation.toString(36)}`;
  }

  /** The generation behind which a mark stands. Throws `bad_data` for one that is unknown or too old. */
  generationOf(text: string): number {
    const [, run, digits] = MARK.exec(text) ?? [];
    if (run === undefined) throw new TriliteError('bad_data', `unknown mark ${JSON.stringify(text)}`);
    if (run !== this.#run) {
      throw new TriliteError(
        'bad_data',
        `unknown mark ${JSON.stringify(text)}: it is not of this run of the server`,
      );
    }
    const generation = Number.parseInt(digits!, 36);
    if (this.#generations.includes(generation)) return generation;
    if (generation > this.#forgotten)
      throw new TriliteError('bad_data', `unknown mark ${JSON.stringify(text)}`);
    throw new TriliteError(
      'bad_data',
      `the mark ${JSON.stringify(text)} is too old: the server knows the newest ${MARKS_MAX}`,
    );
  }
}

/** Which blocks may be merged with one another: those between the same two marks. */
export function markEpoch(marks: readonly number[], generation: number): number {
  let epoch = 0;
  while (epoch < marks.length && marks[epoch]! < generation) epoch++;
  return epoch;
}
