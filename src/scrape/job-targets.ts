/** What targets a job's groups are under one configuration. What became of a group is kept: of the thousands that a cluster has, few change at a time. */

import type { Logger } from '../base/log.ts';
import type { Labels } from '../model/labels.ts';
import { compileRelabel, type RelabelRule } from '../model/relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import {
  buildTarget,
  discoveredLabels,
  type Target,
  type TargetGroup,
  type TargetOutcome,
} from './target.ts';

/** Targets between two looks at the clock: some ms. */
const PER_STEP = 32;

export interface FoundTargets {
  /** By what they are known by. */
  readonly wanted: ReadonlyMap<string, Target>;
  /** As many as the job remembers. */
  readonly dropped: readonly Labels[];
  readonly droppedCount: number;
  /** Cannot be scraped as they stand. */
  readonly failed: number;
}

export class JobTargets {
  readonly #config: ScrapeConfig;
  readonly #log: Logger;
  readonly #relabel: readonly RelabelRule[];
  readonly #outcomes = new WeakMap<TargetGroup, readonly TargetOutcome[]>();

  constructor(config: ScrapeConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#relabel = compileRelabel(config.relabelConfigs);
  }

  /** A few targets are no work, and there at once. Undefined where `isOver` says that nobody wants them any more. */
  *of(groups: readonly TargetGroup[], isOver: () => boolean): Generator<void, FoundTargets | undefined> {
    const { jobName: job, keepDroppedTargets: keep } = this.#config;
    const wanted = new Map<string, Target>();
    const dropped: Labels[] = [];
    let droppedCount = 0;
    let failed = 0;
    let count = 0;
    for (const group of groups) {
      const outcomes = yield* this.#outcomesOf(group);
      for (const [i, outcome] of outcomes.entries()) {
        if (++count % PER_STEP === 0) yield;
        if (isOver()) return undefined;
        if (outcome.kind === 'active') wanted.set(outcome.target.identity, outcome.target);
        else if (outcome.kind === 'dropped') {
          droppedCount++;
          if (keep === 0 || dropped.length < keep) dropped.push(outcome.discovered);
        } else {
          failed++;
          this.#log.warn('target not usable', { job, target: group.targets[i], error: outcome.message });
        }
      }
    }
    return { wanted, dropped, droppedCount, failed };
  }

  *#outcomesOf(group: TargetGroup): Generator<void, readonly TargetOutcome[]> {
    const known = this.#outcomes.get(group);
    if (known) return known;
    const made: TargetOutcome[] = [];
    for (const address of group.targets) {
      if (made.length % PER_STEP === PER_STEP - 1) yield;
      made.push(buildTarget(discoveredLabels(address, group, this.#config), this.#config, this.#relabel));
    }
    this.#outcomes.set(group, made);
    return made;
  }
}
