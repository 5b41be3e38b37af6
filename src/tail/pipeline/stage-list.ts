/** Stages one behind the other: what one gives out the next takes, and a stage that waits makes whoever pushes wait. */

import type { TailEntry } from './entry.ts';
import type { EntryStep, Next, Stage } from './stage/stage.ts';

/** At its start the labels are copied to the extracted values, as every list of stages does, inner ones too. */
export class StageList implements Stage {
  readonly #stages: readonly (EntryStep | Stage)[];

  constructor(stages: readonly (EntryStep | Stage)[]) {
    this.#stages = stages;
  }

  process(entry: TailEntry, next: Next): void | Promise<void> {
    for (const [name, value] of entry.labels) entry.extracted.set(name, value);
    return this.#run(0, entry, next);
  }

  /** First the earlier stages: what they give out goes through the later ones. */
  tick(nowMs: number, next: Next): void {
    for (const [i, stage] of this.#stages.entries()) {
      if (typeof stage !== 'function') stage.tick?.(nowMs, this.#after(i, next));
    }
  }

  flush(next: Next): void {
    for (const [i, stage] of this.#stages.entries()) {
      if (typeof stage !== 'function') stage.flush?.(this.#after(i, next));
    }
  }

  held(visit: (entry: TailEntry) => void): void {
    for (const stage of this.#stages) if (typeof stage !== 'function') stage.held?.(visit);
  }

  #run(from: number, entry: TailEntry, next: Next): void | Promise<void> {
    for (let i = from; i < this.#stages.length; i++) {
      const stage = this.#stages[i]!;
      if (typeof stage !== 'function') return stage.process(entry, this.#after(i, next));
      if (!stage(entry)) return undefined;
    }
    return next(entry);
  }

  #after(i: number, next: Next): Next {
    return (entry) => this.#run(i + 1, entry, next);
  }
}
