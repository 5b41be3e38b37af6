/**
 * Carries retention out (`retention.ts` decides): hides whole blocks, rewrites those that hold data past a rule's
 * age, drops exemplars with their samples. Runs in the writer thread, in slices; every step is one transaction, so a
 * crash leaves each block as it was or as it is to be.
 */

import { holdsOlder } from '../compact.ts';
import {
  blocksOverSize,
  hasSizeLimit,
  outlivedBlocks,
  type RetentionPolicy,
  SeriesAges,
  SIGNAL_NAMES,
  trimStage,
} from '../retention.ts';
import type { BlockRow } from './block-table.ts';
import type { ExemplarTable } from './exemplar-table.ts';
import { type BlockTools, rewriteBlock } from './rewrite-block.ts';
import { SIGNAL } from './schema.ts';

/** Below every id of a series. */
const NO_SERIES = 0;

/** What of the writer a pass works with. */
export interface RetentionTools extends BlockTools {
  readonly exemplars: ExemplarTable;
  labelsOf(series: number): Uint8Array | undefined;
  /** What the database takes without its free pages and its WAL. */
  liveBytes(): number;
}

export class RetentionPass {
  readonly policy: RetentionPolicy;
  readonly #tools: RetentionTools;
  readonly #ages: SeriesAges;
  /** By block, the stage at which it was last looked at for data past a rule's age. */
  #trimmed = new Map<number, number>();

  constructor(policy: RetentionPolicy, tools: RetentionTools) {
    this.policy = policy;
    this.#tools = tools;
    this.#ages = new SeriesAges(policy, tools.labelsOf);
  }

  async run(nowMs: number): Promise<void> {
    const { blocks, sweep, sliced } = this.#tools;
    this.#hide(outlivedBlocks(blocks.all(), this.policy, nowMs));
    await sliced(this.#dropExemplars(nowMs));
    await this.#trim(nowMs);
    await sweep();
    if (!hasSizeLimit(this.policy)) return;
    // Counted once what was dropped by age is gone.
    const over = blocksOverSize(blocks.all(), this.policy, this.#tools.liveBytes());
    if (over.length === 0) return;
    this.#hide(over);
    await sliced(this.#dropExemplarsOf(over));
    await sweep();
  }

  #hide(rows: readonly BlockRow[]): void {
    if (rows.length === 0) return;
    this.#tools.transaction(() => {
      for (const b of rows) this.#tools.writer.hide(b.id);
    });
  }

  /** Rewrites blocks that hold data past the age of a rule by label selector. */
  async #trim(nowMs: number): Promise<void> {
    const { blocks, sliced } = this.#tools;
    const seen = new Map<number, number>();
    for (const block of blocks.all()) {
      const stage = trimStage(this.policy, block, nowMs);
      if (stage < 0) continue;
      seen.set(block.id, stage);
      if (this.#trimmed.get(block.id) === stage) continue;
      const keepFrom = this.#ages.keepFrom(SIGNAL_NAMES[block.signal], nowMs);
      if (!(await sliced(holdsOlder(block, blocks, keepFrom)))) continue;
      const target = await rewriteBlock(block, { keepFrom }, this.#tools);
      const rewritten = blocks.all().find((b) => b.id === target.block);
      if (rewritten) seen.set(rewritten.id, trimStage(this.policy, rewritten, nowMs));
    }
    this.#trimmed = seen;
  }

  *#dropExemplars(nowMs: number): Generator<void, void> {
    const { rules } = this.policy;
    const { exemplars } = this.#tools;
    const keepFrom = this.#ages.keepFrom('metrics', nowMs);
    if (!rules?.some((r) => r.signal === 'metrics')) {
      const before = keepFrom(NO_SERIES);
      if (before > Number.NEGATIVE_INFINITY) yield* this.#dropExemplarsBefore(before);
      return;
    }
    for (let series = exemplars.nextSeries(NO_SERIES); series !== undefined; ) {
      const before = keepFrom(series);
      if (before > Number.NEGATIVE_INFINITY) exemplars.dropOf(series, before);
      series = exemplars.nextSeries(series);
      yield;
    }
  }

  /** Exemplars go with the samples that went for their size: those older than all that is left. */
  *#dropExemplarsOf(dropped: readonly BlockRow[]): Generator<void, void> {
    const isMetrics = (b: BlockRow) => b.signal === SIGNAL.metrics;
    const ends = dropped.filter(isMetrics).map((b) => b.maxMs + 1);
    if (ends.length === 0) return;
    const left = this.#tools.blocks.all().filter(isMetrics);
    yield* this.#dropExemplarsBefore(Math.min(Math.max(...ends), ...left.map((b) => b.minMs)));
  }

  *#dropExemplarsBefore(beforeMs: number): Generator<void, void> {
    for (let at: number | undefined = NO_SERIES; at !== undefined; ) {
      at = this.#tools.exemplars.dropBefore(beforeMs, at);
      yield;
    }
  }
}
