/** Scrape pools: how many targets each has, and which of them a filter lets through. */

import type { DroppedTarget, Target, TargetHealth, TargetsData } from '../../api/status-answers.ts';
import type { VectorRow } from '../../api/vector.ts';
import { findsWords } from '../../parts/filter-words.ts';

/** A pool, with the numbers that are known without loading it. */
export interface Pool {
  readonly name: string;
  readonly activeCount: number | undefined;
  readonly discoveredCount: number | undefined;
}

/** The worst first. */
export const HEALTHS: readonly TargetHealth[] = ['down', 'unknown', 'up'];

export type HealthCounts = Readonly<Record<TargetHealth, number>>;

export function countHealth(targets: readonly Target[]): HealthCounts {
  const out = { up: 0, down: 0, unknown: 0 };
  for (const { health } of targets) out[health]++;
  return out;
}

/**
 * How many of a pool's targets were down when they were scraped last, by two counts of `up` by job: all, and those that are 0.
 * Undefined where targets of the pool go by other jobs, so that the counts say nothing of it.
 */
export function downCount(
  { name, activeCount }: Pool,
  all: readonly VectorRow[],
  down: readonly VectorRow[],
): number | undefined {
  const ofJob = (rows: readonly VectorRow[]) => rows.find(({ labels }) => labels.job === name)?.value ?? 0;
  return activeCount !== undefined && ofJob(all) === activeCount ? ofJob(down) : undefined;
}

export function byPool(targets: readonly Target[]): ReadonlyMap<string, readonly Target[]> {
  const out = new Map<string, Target[]>();
  for (const target of targets) {
    const own = out.get(target.scrapePool);
    if (own) own.push(target);
    else out.set(target.scrapePool, [target]);
  }
  return out;
}

/** Those that the words find and whose health is among the chosen (or any, where none is), the worst first. */
export function filterTargets(
  targets: readonly Target[],
  words: string,
  chosen: readonly string[],
): readonly Target[] {
  const found = targets.filter(
    (target) =>
      (chosen.length === 0 || chosen.includes(target.health)) &&
      findsWords(words, { texts: [target.scrapeUrl, target.lastError], labels: [target.labels] }),
  );
  // The order within a health stays.
  return found.sort((a, b) => HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health));
}

/** A target as discovery found it, and what relabelling made of it. */
export interface Discovered {
  readonly discoveredLabels: Target['discoveredLabels'];
  /** Undefined where it was dropped. */
  readonly labels: Target['labels'] | undefined;
}

export function discovered(data: TargetsData): readonly Discovered[] {
  const dropped = data.droppedTargets.map(({ discoveredLabels }: DroppedTarget) => ({
    discoveredLabels,
    labels: undefined,
  }));
  return [...data.activeTargets, ...dropped];
}

export function filterDiscovered(
  all: readonly Discovered[],
  words: string,
  chosen: readonly string[],
): readonly Discovered[] {
  return all.filter(({ discoveredLabels, labels }) => {
    const state = labels === undefined ? 'dropped' : 'kept';
    if (chosen.length > 0 && !chosen.includes(state)) return false;
    return findsWords(words, { texts: [], labels: [discoveredLabels, labels ?? {}] });
  });
}
