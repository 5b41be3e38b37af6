/**
 * All scraping: takes the configuration and keeps a job for each of its entries. A change only touches the jobs that it
 * changes, and of those only the targets that it changes.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { FamilyMetadata } from '../model/batch.ts';
import type { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricAppender } from '../storage/interface.ts';
import type { DiscoveryPool } from './discovery/discovery-pool.ts';
import type { ParseYaml } from './discovery/file.ts';
import { FailureLogs } from './failure-log.ts';
import { type InternalJob, Job, type JobPlan } from './job.ts';
import type { LoopState } from './loop.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { JobCounts, ScrapeTelemetry } from './scrape-telemetry.ts';
import type { Target } from './target.ts';

export interface ScrapeDeps {
  readonly clock: Clock;
  readonly appender: MetricAppender;
  readonly log: Logger;
  readonly telemetry: ScrapeTelemetry;
  /** Names the server: the moments at which targets are scraped follow from it too. */
  readonly seed: string;
  /** Scraped samples with times of their own may be this old; 0 is no limit. */
  readonly maxAgeMs: () => number;
  /** Why a scrape of so many samples may not come now; absent: any may. */
  readonly refusal?: ((samples: number) => TriliteError | undefined) | undefined;
  /** For target files that are not JSON. */
  readonly parseYaml: ParseYaml;
  /** Discoveries that jobs share; without, each job runs its own. */
  readonly pool?: DiscoveryPool;
}

export interface TargetStatus {
  readonly job: string;
  readonly target: Target;
  readonly state: LoopState;
  /** What the target has said of its metric families. */
  families(): readonly FamilyMetadata[];
}

export interface DroppedTarget {
  readonly job: string;
  readonly discovered: Labels;
}

/** What the API shows of scraping. */
export interface ScrapeStatus {
  /** In the order of the configuration. */
  jobs(): readonly ScrapeConfig[];
  /** By the names of their jobs. */
  active(): readonly TargetStatus[];
  /** As many as each job remembers. */
  dropped(): readonly DroppedTarget[];
  /** Dropped targets of each job, remembered or not. */
  droppedCounts(): Readonly<Record<string, number>>;
}

export class ScrapeManager implements ScrapeStatus {
  readonly #deps: ScrapeDeps;
  #jobs = new Map<string, Job>();
  /** Jobs that are no more and whose series are about to go stale. */
  #leaving: Job[] = [];
  readonly #failures: FailureLogs;

  constructor(deps: ScrapeDeps) {
    this.#deps = deps;
    this.#failures = new FailureLogs(deps.log);
  }

  /** Takes a configuration in force; call again with another one to change it. */
  apply(configs: readonly ScrapeConfig[], internal: readonly InternalJob[] = []): void {
    this.#failures.open(configs.map((config) => config.failureLogFile));
    const plans: JobPlan[] = [...configs.map((config) => ({ config })), ...internal];
    const next = new Map<string, Job>();
    const begin: Job[] = [];
    for (const plan of plans) {
      const name = plan.config.jobName;
      const known = this.#jobs.get(name);
      const job = known ?? new Job(plan, this.#deps, this.#failures);
      next.set(name, job);
      if (known === undefined) begin.push(job);
      else if (JSON.stringify(known.config) !== JSON.stringify(plan.config)) known.reload(plan);
    }
    const before = this.#jobs;
    this.#jobs = next;
    for (const job of begin) job.start();
    this.#leaving = this.#leaving.filter((job) => job.isEnding);
    for (const [name, job] of before) {
      if (next.has(name)) continue;
      this.#leaving.push(job);
      void job.stop(true);
    }
  }

  /** Stops all loops and waits for scrapes under way. No stale markers: the process stops, not the targets. */
  async stop(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stop(false)));
    this.#jobs.clear();
    for (const job of this.#leaving) job.abandon();
    this.#leaving = [];
    await this.#failures.close();
  }

  jobs(): readonly ScrapeConfig[] {
    return [...this.#jobs.values()].map((j) => j.config);
  }

  active(): readonly TargetStatus[] {
    return this.#sorted().flatMap(([job, j]) =>
      j.loops().map((loop) => ({
        job,
        target: loop.target,
        state: loop.state,
        families: () => loop.families(),
      })),
    );
  }

  dropped(): readonly DroppedTarget[] {
    return this.#sorted().flatMap(([job, j]) => j.dropped().map((discovered) => ({ job, discovered })));
  }

  droppedCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#jobs].map(([name, j]) => [name, j.droppedCount]));
  }

  /** How many targets and families each job has. */
  counts(): JobCounts[] {
    return this.#sorted().map(([, job]) => job.counts());
  }

  #sorted(): [string, Job][] {
    return [...this.#jobs].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
