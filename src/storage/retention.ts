/**
 * Retention: what is dropped, decided from the block table alone. Three questions, asked of every pass in order:
 *
 * 1. Age of the block: nothing in it can still be kept by anyone, so it goes as a whole.
 * 2. Age of some series: rules by label selector give their series an age of their own (shorter or longer than the
 *    signal's). A block that holds such data past its age is rewritten without it (`mergeBlocks` with `keepFrom`).
 * 3. Size: while a signal is above its own limit, or all together above the budget, the block with the oldest end
 *    goes. Blocks are counted with their share of everything else in the file (index, SQLite's own overhead).
 *
 * Nothing here touches SQLite; the writer carries it out: in slices, each replacement in one transaction.
 */

import { ByteReader } from '../base/bytes.ts';
import { Labels } from '../model/labels.ts';
import { Matcher, type MatcherData, matchesAll } from '../model/matcher.ts';
import type { Signal } from './interface.ts';
import type { BlockRow } from './sqlite/block-table.ts';
import { SIGNAL, type SignalNumber } from './sqlite/schema.ts';

export type PerSignal = Readonly<Partial<Record<Signal, number>>>;

/** Series that every matcher accepts are kept for `keepMs`, whatever their signal says. */
export interface RetentionRule {
  readonly signal: 'metrics' | 'logs';
  readonly matchers: readonly MatcherData[];
  /** 0: for ever. */
  readonly keepMs: number;
  /** Of several rules that match, the highest priority counts, among equals the shortest age. */
  readonly priority: number;
}

export interface RetentionPolicy {
  /** 0 or absent: for ever. */
  readonly keepMs: PerSignal;
  readonly rules?: readonly RetentionRule[];
  /** Bytes that the blocks of a signal may take; 0 or absent: no limit. */
  readonly sizeBytes?: PerSignal;
  /** Bytes that the database may take; 0 or absent: no limit. */
  readonly budgetBytes?: number;
}

export const SIGNAL_NAMES: Readonly<Record<SignalNumber, Signal>> = { 1: 'metrics', 2: 'logs', 3: 'traces' };

/** Of a budget, this share (at most this many bytes) is left to the WAL, to merges and to the next flush. */
const BUDGET_RESERVE_SHARE = 0.2;
const BUDGET_RESERVE_MAX_BYTES = 512 * 1024 * 1024;
/** Blocks are merged to at most this share of a size limit, so that dropping one frees a small part of it. */
const BLOCK_SHARE_OF_LIMIT = 1 / 16;
/** A block with data past a rule's age is rewritten when another such share of its time span is past it. */
const TRIM_STEPS = 4;
/** Series whose rule is remembered; ids are never reused. */
const RULE_CACHE_MAX = 200_000;

/** The time before which data of the age is dropped; -Infinity keeps all. */
function cutoffOf(nowMs: number, keepMs: number | undefined): number {
  return keepMs ? nowMs - keepMs : Number.NEGATIVE_INFINITY;
}

function keepOf(policy: RetentionPolicy, signal: Signal): number {
  return policy.keepMs[signal] ?? 0;
}

/** Whether a pass over the blocks can have anything to do. */
export function hasRetention(policy: RetentionPolicy): boolean {
  const some = (limits: PerSignal | undefined) => Object.values(limits ?? {}).some((v) => v > 0);
  return some(policy.keepMs) || (policy.rules?.length ?? 0) > 0 || hasSizeLimit(policy);
}

export function hasSizeLimit(policy: RetentionPolicy): boolean {
  const perSignal = Object.values(policy.sizeBytes ?? {}).some((v) => v > 0);
  return perSignal || (policy.budgetBytes ?? 0) > 0;
}

// --------------------------------------------------------------------------------------------------- by time

/** Blocks in which nothing is young enough for anyone. */
export function outlivedBlocks(
  blocks: readonly BlockRow[],
  policy: RetentionPolicy,
  nowMs: number,
): BlockRow[] {
  return blocks.filter((b) => {
    const cutoffs = cutoffsOf(policy, b, nowMs);
    return b.maxMs < Math.min(cutoffs.own, ...cutoffs.rules);
  });
}

/** When data of the block's own signal is past its age, and when that of each rule is. */
function cutoffsOf(
  policy: RetentionPolicy,
  block: BlockRow,
  nowMs: number,
): { readonly own: number; readonly rules: readonly number[] } {
  const signal = SIGNAL_NAMES[block.signal];
  return {
    own: cutoffOf(nowMs, keepOf(policy, signal)),
    rules: (policy.rules ?? []).filter((r) => r.signal === signal).map((r) => cutoffOf(nowMs, r.keepMs)),
  };
}

/**
 * How far each age has come through the block: -1 where no rule asks for a look at it, else a number that grows
 * with every step at which looking again may find something to drop. The signal's own age counts only once the whole
 * block is past it, as it does without rules.
 */
export function trimStage(policy: RetentionPolicy, block: BlockRow, nowMs: number): number {
  const { own, rules } = cutoffsOf(policy, block, nowMs);
  if (rules.length === 0) return -1;
  const span = block.maxMs - block.minMs + 1;
  let stage = 0;
  for (const cutoff of rules) {
    const share = Math.min(1, Math.max(0, (cutoff - block.minMs) / span));
    // Begun at once, then step by step.
    stage += Math.ceil(share * TRIM_STEPS);
    // Wholly past an age is a step of its own.
    if (cutoff > block.maxMs) stage++;
  }
  return own > block.maxMs ? stage + 1 : stage;
}

/** Which rule a series falls under, and from when on its data is kept. */
export class SeriesAges {
  readonly #rules: readonly { readonly rule: RetentionRule; readonly matchers: readonly Matcher[] }[];
  readonly #policy: RetentionPolicy;
  readonly #labelsOf: (series: number) => Uint8Array | undefined;
  /** Index of the rule by series; -1 for none. */
  readonly #ruleOf = new Map<number, number>();

  constructor(policy: RetentionPolicy, labelsOf: (series: number) => Uint8Array | undefined) {
    this.#policy = policy;
    this.#labelsOf = labelsOf;
    // The first that matches counts.
    this.#rules = [...(policy.rules ?? [])]
      .sort((a, b) => b.priority - a.priority || forEverLast(a.keepMs) - forEverLast(b.keepMs))
      .map((rule) => ({ rule, matchers: rule.matchers.map((m) => Matcher.from(m)) }));
  }

  /** For the series of blocks of one signal: the first time that is kept. */
  keepFrom(signal: Signal, nowMs: number): (series: number) => number {
    const own = cutoffOf(nowMs, keepOf(this.#policy, signal));
    const byRule = this.#rules.map((r) => cutoffOf(nowMs, r.rule.keepMs));
    return (series) => {
      const rule = this.#rule(signal, series);
      return rule < 0 ? own : byRule[rule]!;
    };
  }

  #rule(signal: Signal, series: number): number {
    let index = this.#ruleOf.get(series);
    if (index !== undefined) return index;
    const bytes = this.#labelsOf(series);
    const labels = bytes && Labels.readFrom(new ByteReader(bytes));
    index = labels
      ? this.#rules.findIndex((r) => r.rule.signal === signal && matchesAll(r.matchers, labels))
      : -1;
    if (this.#ruleOf.size >= RULE_CACHE_MAX) this.#ruleOf.clear();
    this.#ruleOf.set(series, index);
    return index;
  }
}

function forEverLast(keepMs: number): number {
  return keepMs === 0 ? Number.MAX_VALUE : keepMs;
}

// --------------------------------------------------------------------------------------------------- by size

/**
 * Blocks to drop, oldest end first, until every limit holds. `liveBytes`: what the database takes without its free
 * pages and its WAL; what of it no block accounts for is spread over the blocks by their size.
 */
export function blocksOverSize(
  blocks: readonly BlockRow[],
  policy: RetentionPolicy,
  liveBytes: number,
): BlockRow[] {
  const total = blocks.reduce((n, b) => n + b.bytes, 0);
  const factor = total > 0 ? Math.max(1, liveBytes / total) : 1;
  const oldest = [...blocks].sort((a, b) => a.maxMs - b.maxMs || a.id - b.id);
  const dropped = new Set<BlockRow>();
  const drop = (limitBytes: number, of: readonly BlockRow[]) => {
    let bytes = of.reduce((n, b) => (dropped.has(b) ? n : n + b.bytes * factor), 0);
    for (const block of of) {
      if (bytes <= limitBytes) return;
      if (dropped.has(block)) continue;
      dropped.add(block);
      bytes -= block.bytes * factor;
    }
  };
  for (const [name, limit] of Object.entries(policy.sizeBytes ?? {})) {
    const signal = SIGNAL[name as Signal];
    if (limit > 0)
      drop(
        limit,
        oldest.filter((b) => b.signal === signal),
      );
  }
  const budget = policy.budgetBytes ?? 0;
  if (budget > 0) drop(budgetForBlocks(budget), oldest);
  return oldest.filter((b) => dropped.has(b));
}

/** The part of a budget that blocks and their index may fill. */
export function budgetForBlocks(budgetBytes: number): number {
  return budgetBytes - Math.min(budgetBytes * BUDGET_RESERVE_SHARE, BUDGET_RESERVE_MAX_BYTES);
}

/** Bytes that a block of the signal may have by the policy's limits; Infinity where there are none. */
export function blockBytesMax(policy: RetentionPolicy, signal: Signal): number {
  const limits = [policy.sizeBytes?.[signal] ?? 0, policy.budgetBytes ?? 0].filter((v) => v > 0);
  return Math.min(Number.POSITIVE_INFINITY, ...limits.map((v) => v * BLOCK_SHARE_OF_LIMIT));
}
