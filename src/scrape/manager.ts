/**
 * All scraping: takes the configuration, runs discovery for each job, makes targets of what it finds and keeps
 * one loop per target. A change only touches the targets that it changes; a target that stays keeps its loop and
 * its place in time.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { shownUrl } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import { compileRelabel } from '../model/relabel.ts';
import type { MetricAppender } from '../storage/interface.ts';
import { Discoveries } from './discovery/discoveries.ts';
import type { DiscoveryPool } from './discovery/discovery-pool.ts';
import type { ParseYaml } from './discovery/file.ts';
import { FailureLogs } from './failure-log.ts';
import { type Fetcher, HttpFetcher } from './fetch.ts';
import { type LoopState, ScrapeLoop } from './loop.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { buildTarget, discoveredLabels, type Target, type TargetGroup } from './target.ts';

export interface ScrapeDeps {
  readonly clock: Clock;
  readonly appender: MetricAppender;
  readonly log: Logger;
  /** For target files that are not JSON. */
  readonly parseYaml: ParseYaml;
  /** Discoveries that jobs share; without, each job runs its own. */
  readonly pool?: DiscoveryPool;
}

/** A job whose expositions are made in this process. */
export interface InternalJob {
  readonly config: ScrapeConfig;
  readonly fetch: Fetcher;
  /** Scrape when the job begins, not only at its moments: what is made in this process costs nothing to ask. */
  readonly atOnce?: boolean;
}

export interface TargetStatus {
  readonly job: string;
  readonly target: Target;
  readonly state: LoopState;
}

export interface DroppedTarget {
  readonly job: string;
  readonly discovered: Labels;
}

/** What the API shows of scraping. */
export interface ScrapeStatus {
  /** Job names in the order of the configuration. */
  jobs(): readonly ScrapeConfig[];
  active(): readonly TargetStatus[];
  /** As many as each job remembers. */
  dropped(): readonly DroppedTarget[];
  /** Dropped targets of each job, remembered or not. */
  droppedCounts(): Readonly<Record<string, number>>;
}

export class ScrapeManager implements ScrapeStatus {
  readonly #deps: ScrapeDeps;
  #jobs = new Map<string, Job>();
  readonly #failures: FailureLogs;

  constructor(deps: ScrapeDeps) {
    this.#deps = deps;
    this.#failures = new FailureLogs(deps.log);
  }

  /** Takes a configuration in force; call again with another one to change it. */
  apply(configs: readonly ScrapeConfig[], internal: readonly InternalJob[] = []): void {
    this.#failures.open(configs.map((config) => config.failureLogFile));
    const wanted: InternalOrHttp[] = [...configs.map((config) => ({ config })), ...internal];
    const next = new Map<string, Job>();
    for (const { config, fetch, atOnce } of wanted) {
      const before = this.#jobs.get(config.jobName);
      if (before && JSON.stringify(before.config) === JSON.stringify(config)) {
        next.set(config.jobName, before);
        continue;
      }
      next.set(config.jobName, new Job(config, fetch, atOnce ?? false, this.#deps, this.#failures));
    }
    const before = this.#jobs;
    this.#jobs = next;
    for (const job of next.values()) job.start();
    for (const [name, job] of before) {
      const after = next.get(name);
      // A new loop goes on with the series of an old one where the target stays.
      if (after !== job) void job.stop((target) => !after?.keeps(target));
    }
  }

  /** Stops all loops and waits for scrapes under way. No stale markers: the process stops, not the targets. */
  async stop(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stop(() => false)));
    this.#jobs.clear();
    await this.#failures.close();
  }

  jobs(): readonly ScrapeConfig[] {
    return [...this.#jobs.values()].map((j) => j.config);
  }

  active(): readonly TargetStatus[] {
    return [...this.#jobs.values()].flatMap((j) => j.active());
  }

  dropped(): readonly DroppedTarget[] {
    return [...this.#jobs.values()].flatMap((j) => j.dropped());
  }

  droppedCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#jobs].map(([name, j]) => [name, j.droppedCount]));
  }
}

interface InternalOrHttp extends Partial<InternalJob> {
  readonly config: ScrapeConfig;
}

/** One job: its discovery, its targets, their loops. */
class Job {
  readonly config: ScrapeConfig;
  readonly #deps: ScrapeDeps;
  readonly #failures: FailureLogs;
  readonly #atOnce: boolean;
  readonly #http: HttpFetcher | undefined;
  readonly #fetch: Fetcher;
  readonly #relabel;
  readonly #metricRelabel;
  readonly #discovery: Discoveries;
  #groups: readonly TargetGroup[] = [];
  readonly #loops = new Map<string, ScrapeLoop>();
  readonly #ending: ScrapeLoop[] = [];
  #dropped: Labels[] = [];
  droppedCount = 0;
  #started = false;
  #tooMany: string | undefined;

  constructor(
    config: ScrapeConfig,
    fetch: Fetcher | undefined,
    atOnce: boolean,
    deps: ScrapeDeps,
    failures: FailureLogs,
  ) {
    this.config = config;
    this.#atOnce = atOnce;
    this.#deps = deps;
    this.#failures = failures;
    this.#http = fetch ? undefined : new HttpFetcher(config, deps.clock);
    this.#fetch = fetch ?? this.#http!.fetch;
    this.#relabel = compileRelabel(config.relabelConfigs);
    this.#metricRelabel = compileRelabel(config.metricRelabelConfigs);
    const onError = (source: string, error: unknown): void =>
      deps.log.warn('targets not found', { job: config.jobName, source, error });
    this.#discovery = new Discoveries(config, { ...deps, onError, name: config.jobName });
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#discovery.start((groups) => {
      this.#groups = groups;
      this.#sync();
    });
  }

  /** Ends the job; the targets that are `gone` go stale. */
  async stop(gone: (target: Target) => boolean): Promise<void> {
    this.#discovery.stop();
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop(gone(loop.target))));
    for (const loop of this.#ending) if (!gone(loop.target)) loop.abandon();
    this.#http?.close();
  }

  /** Whether a target of the job that this one replaces lives on here; it may while not all is known. */
  keeps(target: Target): boolean {
    if (!this.#discovery.isComplete) return true;
    return [...this.#loops.values()].some((l) => l.target.labels.equals(target.labels));
  }

  active(): TargetStatus[] {
    return [...this.#loops.values()].map((l) => ({
      job: this.config.jobName,
      target: l.target,
      state: l.state,
    }));
  }

  dropped(): DroppedTarget[] {
    return this.#dropped.map((discovered) => ({ job: this.config.jobName, discovered }));
  }

  /** Brings the loops in line with what discovery says. */
  #sync(): void {
    const wanted = this.#targets();
    const { targetLimit } = this.config;
    this.#tooMany =
      targetLimit > 0 && wanted.size > targetLimit
        ? `target_limit exceeded (number of targets: ${wanted.size}, limit: ${targetLimit})`
        : undefined;
    for (const [id, loop] of this.#loops) {
      if (wanted.has(id)) continue;
      this.#loops.delete(id);
      this.#ending.push(loop);
      void loop.stop(true);
    }
    for (const [id, target] of wanted) {
      if (this.#loops.has(id)) continue;
      const loop = this.#newLoop(target);
      this.#loops.set(id, loop);
      loop.start(this.#atOnce);
    }
  }

  /** Targets by identity: equal labels and URL are one target. */
  #targets(): Map<string, Target> {
    const { config } = this;
    const out = new Map<string, Target>();
    this.#dropped = [];
    this.droppedCount = 0;
    for (const group of this.#groups) {
      for (const address of group.targets) {
        const outcome = buildTarget(discoveredLabels(address, group, config), config, this.#relabel);
        if (outcome.kind === 'active') {
          const { labels, url, socketPath, intervalMs, timeoutMs } = outcome.target;
          const id = `${labels.key()} ${url} ${socketPath} ${intervalMs} ${timeoutMs}`;
          out.set(id, outcome.target);
        } else if (outcome.kind === 'dropped') {
          this.droppedCount++;
          const keep = config.keepDroppedTargets;
          if (keep === 0 || this.#dropped.length < keep) this.#dropped.push(outcome.discovered);
        } else {
          this.#deps.log.warn('target not usable', {
            job: config.jobName,
            target: address,
            error: outcome.message,
          });
        }
      }
    }
    return out;
  }

  #newLoop(target: Target): ScrapeLoop {
    const { clock, appender, log } = this.#deps;
    const rules = { config: this.config, target: target.labels, metricRelabel: this.#metricRelabel };
    return new ScrapeLoop(target, rules, {
      clock,
      appender,
      fetch: async (url, timeoutMs) => {
        if (this.#tooMany !== undefined) throw new TriliteError('limit', this.#tooMany);
        try {
          return await this.#fetch(url, timeoutMs, target.socketPath);
        } catch (error) {
          const { failureLogFile, jobName } = this.config;
          if (failureLogFile !== undefined)
            this.#failures.note(failureLogFile, jobName, shownUrl(target.url), error);
          throw error;
        }
      },
      onError: (error) =>
        log.error('scrape not stored', { job: this.config.jobName, url: shownUrl(target.url), error }),
    });
  }
}
