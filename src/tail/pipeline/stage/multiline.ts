/**
 * `multiline`: lines from one that begins a block up to the next that does become one entry, per label set. Time,
 * labels and values are those of the first line. Before the first one that begins a block lines pass as they are.
 */

import { compileSearch } from '../../../model/regex.ts';
import type { TailEntry } from '../entry.ts';
import type { MultilineStageConfig } from '../stage-config.ts';
import { join } from './joined-text.ts';
import { labelKey, RecentMap } from './label-key.ts';
import { type Next, noteFirst, passAll, type Stage, type StageContext } from './stage.ts';

/** Label sets with a block; the one that was quiet for longest is given out and forgotten for another. */
const LABEL_SETS_MAX = 10_000;

/** What a block has of its first line. */
type Values = Pick<TailEntry, 'labels' | 'extracted' | 'metadata' | 'timeMs' | 'timeNs' | 'tenant'>;

function valuesOf({ labels, extracted, metadata, timeMs, timeNs, tenant }: TailEntry): Values {
  const maps = { labels: new Map(labels), extracted: new Map(extracted), metadata: new Map(metadata) };
  return { ...maps, timeMs, timeNs, tenant };
}

function setValues(entry: TailEntry, { labels, extracted, metadata, timeMs, timeNs, tenant }: Values): void {
  fill(entry.labels, labels);
  fill(entry.extracted, extracted);
  fill(entry.metadata, metadata);
  entry.timeMs = timeMs;
  entry.timeNs = timeNs;
  entry.tenant = tenant;
}

function fill<T>(map: Map<string, T>, from: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [name, value] of from) map.set(name, value);
}

class Block {
  /** Lines that follow after the block was given out (it waited, or grew) make a block with the same first one. */
  #first: TailEntry;
  /** Of the first line, from when it was given out and others may change it. */
  #values: Values | undefined;
  /** The line with which the text begins; its entry becomes that of the block. */
  #begin: TailEntry | undefined;
  /** The first line of each source. */
  #firsts: TailEntry[] = [];
  #text = '';
  lines = 0;
  lastMs = 0;

  constructor(first: TailEntry) {
    this.#first = first;
  }

  set first(entry: TailEntry) {
    this.#first = entry;
    this.#values = undefined;
  }

  get firsts(): readonly TailEntry[] {
    return this.#firsts;
  }

  add(entry: TailEntry, nowMs: number): void {
    if (this.#text === '') {
      this.#begin = entry;
      this.#text = entry.line;
    } else this.#text = join(this.#text, '\n', entry.line);
    noteFirst(this.#firsts, entry);
    this.lines++;
    this.lastMs = nowMs;
  }

  /** The entry of all lines so far; undefined where there is no text in them. */
  take(): TailEntry | undefined {
    const entry = this.#begin;
    const text = this.#text;
    this.#begin = undefined;
    this.#firsts = [];
    this.#text = '';
    if (!entry || text === '') return undefined;
    this.lines = 0;
    this.#values ??= valuesOf(this.#first);
    if (entry !== this.#first) setValues(entry, this.#values);
    entry.line = text;
    return entry;
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
    block.add(entry, this.#now());
    if (block.lines === this.#config.maxLines) give(block);
    return passAll(ready, next);
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

  held(visit: (entry: TailEntry) => void): void {
    for (const { firsts } of this.#blocks.values()) firsts.forEach(visit);
  }
}
