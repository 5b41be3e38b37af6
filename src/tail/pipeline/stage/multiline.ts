/**
 * `multiline`: lines from one that begins a block up to the next that does become one entry, per label set. Time,
 * labels and values are those of the first line. Before the first one that begins a block lines pass as they are.
 */

import { compileSearch } from '../../../model/regex.ts';
import type { TailEntry } from '../entry.ts';
import type { MultilineStageConfig } from '../stage-config.ts';
import { join } from './joined-text.ts';
import { labelKey, RecentMap } from './label-key.ts';
import type { Next, Stage, StageContext } from './stage.ts';

/** Label sets with a block; the one that was quiet for longest is given out and forgotten for another. */
const LABEL_SETS_MAX = 10_000;

class Block {
  /** Lines that follow after the block was given out (it waited, or grew) make a block with the same first one. */
  first: TailEntry;
  text = '';
  lines = 0;
  lastMs = 0;

  constructor(first: TailEntry) {
    this.first = first;
  }

  add(line: string, nowMs: number): void {
    this.text = this.text === '' ? line : join(this.text, '\n', line);
    this.lines++;
    this.lastMs = nowMs;
  }

  /** The entry of all lines so far; undefined where there are none. */
  take(): TailEntry | undefined {
    const { first, text } = this;
    if (text === '') return undefined;
    this.text = '';
    this.lines = 0;
    return {
      ...first,
      line: text,
      labels: new Map(first.labels),
      extracted: new Map(first.extracted),
      metadata: new Map(first.metadata),
    };
  }
}

export class MultilineStage implements Stage {
  readonly #config: MultilineStageConfig;
  readonly #now: () => number;
  readonly #begins: (line: string) => boolean;
  readonly #blocks = new RecentMap<Block>(LABEL_SETS_MAX);

  constructor(config: MultilineStageConfig, { now }: StageContext) {
    this.#config = config;
    this.#now = now;
    this.#begins = compileSearch(config.firstLine).test;
  }

  process(entry: TailEntry, next: Next): void | Promise<void> {
    const key = labelKey(entry.labels);
    const begins = this.#begins(entry.line);
    let block = this.#blocks.get(key);
    if (!block && !begins) return next(entry);
    const ready: TailEntry[] = [];
    const give = (of: Block | undefined) => {
      const joined = of?.take();
      if (joined) ready.push(joined);
    };
    if (!block) {
      block = new Block(entry);
      give(this.#blocks.set(key, block));
    } else if (begins) {
      give(block);
      block.first = entry;
    }
    block.add(entry.line, this.#now());
    if (block.lines === this.#config.maxLines) give(block);
    if (ready.length === 1) return next(ready[0]!);
    if (ready.length > 1) return passAll(ready, next);
    return undefined;
  }

  tick(nowMs: number, next: Next): void {
    for (const block of this.#blocks.values()) {
      if (nowMs - block.lastMs < this.#config.maxWaitMs) continue;
      const joined = block.take();
      if (joined) void next(joined);
    }
  }

  flush(next: Next): void {
    for (const block of this.#blocks.values()) {
      const joined = block.take();
      if (joined) void next(joined);
    }
    this.#blocks.clear();
  }
}

/** One after the other, waiting where the pipeline says so. */
export async function passAll(entries: readonly TailEntry[], next: Next): Promise<void> {
  for (const entry of entries) await next(entry);
}
