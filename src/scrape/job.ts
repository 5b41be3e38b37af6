/**
 * One job: its discovery, the targets that are made of what it finds, and a loop for each of them. Another configuration
 * is taken in while it runs: what stays the same target keeps its place in time and what is known of it.
 */

import type { Timer } from '../base/clock.ts';
import { inSlices } from '../base/slices.ts';
import { shownUrl } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import { compileRelabel, type RelabelRule } from '../model/relabel.ts';
import { Discoveries } from './discovery/discoveries.ts';
import { type DiscoveryConfig, NO_DISCOVERY } from './discovery/discovery-config.ts';
import type { FailureLogs } from './failure-log.ts';
import { type Fetcher, HttpFetcher } from './fetch.ts';
import { type LoopDeps, type Predecessor, ScrapeLoop } from './loop.ts';
import type { ScrapeDeps } from './manager.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { JobCounts } from './scrape-telemetry.ts';
import {
  buildTarget,
  discoveredLabels,
  type Target,
  type TargetGroup,
  type TargetOutcome,
} from './target.ts';

/** Other ways to find targets get this long to find the first ones: until then those of before are scraped on. */
const REDISCOVERY_MS = 5_000;

/** So many groups are relabelled in slices; fewer are no work, and their targets are there at once. */
const SLICED_GROUPS_MIN = 200;

/** A job whose expositions are made in this process. */
export interface InternalJob {
  readonly config: ScrapeConfig;
  readonly fetch: Fetcher;
  /** Scrape when the job begins, not only at its moments: what is made in this process costs nothing to ask. */
  readonly atOnce?: boolean;
}

/** What a job is, `fetch` aside where targets are asked over HTTP. */
export type JobPlan = Pick<InternalJob, 'config' | 'atOnce'> & Partial<Pick<InternalJob, 'fetch'>>;

export class Job {
  readonly #deps: ScrapeDeps;
  readonly #failures: FailureLogs;
  #plan: JobPlan;
  #http: HttpFetcher | undefined;
  #fetch: Fetcher;
  #relabel: readonly RelabelRule[];
  #metricRelabel: readonly RelabelRule[];
  #discovery: Discoveries;
  #groups: readonly TargetGroup[] = [];
  /** What became of groups under this configuration: of the thousands that a cluster has, few change at a time. */
  #outcomes = new WeakMap<TargetGroup, readonly TargetOutcome[]>();
  #isStopped = false;
  /** Runs while other ways to find targets have time to find the first. */
  #settling: Timer | undefined;
  #reloading = false;
  #loops = new Map<string, ScrapeLoop>();
  /** Loops whose series are about to go stale. */
  readonly #ending = new Set<ScrapeLoop>();
  #dropped: Labels[] = [];
  droppedCount = 0;
  #tooMany: string | undefined;

  constructor(plan: JobPlan, deps: ScrapeDeps, failures: FailureLogs) {
    this.#deps = deps;
    this.#failures = failures;
    this.#plan = plan;
    this.#http = plan.fetch ? undefined : new HttpFetcher(plan.config, deps.clock);
    this.#fetch = plan.fetch ?? this.#http!.fetch;
    this.#relabel = compileRelabel(plan.config.relabelConfigs);
    this.#metricRelabel = compileRelabel(plan.config.metricRelabelConfigs);
    this.#discovery = this.#newDiscovery();
    deps.telemetry.poolsMade.add();
  }

  get config(): ScrapeConfig {
    return this.#plan.config;
  }

  start(): void {
    this.#discovery.start((groups) => this.#found(groups));
  }

  #newDiscovery(): Discoveries {
    const { log } = this.#deps;
    const onError = (source: string, error: unknown): void =>
      log.warn('targets not found', { job: this.config.jobName, source, error });
    return new Discoveries(this.config, { ...this.#deps, onError, name: this.config.jobName });
  }

  #found(groups: readonly TargetGroup[]): void {
    this.#groups = groups;
    if (this.#reloading) return;
    if (groups.length < SLICED_GROUPS_MIN) return void this.#sync();
    void inSlices(this.#relabelAll(groups)).then(() => {
      // What was found meanwhile has taken their place.
      if (this.#groups === groups && !this.#isStopped) this.#sync();
    });
  }

  *#relabelAll(groups: readonly TargetGroup[]): Generator<void, void> {
    for (const group of groups) {
      this.#outcomesOf(group);
      yield;
    }
  }

  #outcomesOf(group: TargetGroup): readonly TargetOutcome[] {
    const known = this.#outcomes.get(group);
    if (known) return known;
    const { config } = this;
    const made = group.targets.map((address) =>
      buildTarget(discoveredLabels(address, group, config), config, this.#relabel),
    );
    this.#outcomes.set(group, made);
    return made;
  }

  /** Goes on with another configuration of the same name. */
  reload(plan: JobPlan): void {
    const before = this.config;
    const began = this.#deps.clock.elapsed();
    const httpBefore = this.#http;
    this.#plan = plan;
    this.#http = plan.fetch ? undefined : new HttpFetcher(plan.config, this.#deps.clock);
    this.#fetch = plan.fetch ?? this.#http!.fetch;
    this.#relabel = compileRelabel(plan.config.relabelConfigs);
    this.#metricRelabel = compileRelabel(plan.config.metricRelabelConfigs);
    this.#outcomes = new WeakMap();
    // Under a changed configuration every loop is another one.
    const replaced = this.#loops;
    this.#loops = new Map();
    const keepsSeries = sameSeries(before, plan.config);
    this.#reloading = true;
    if (waysOf(before) !== waysOf(plan.config)) this.#rediscover();
    this.#reloading = false;
    this.#sync(replaced, keepsSeries);
    const underWay = [...replaced.values()].map((loop) => loop.running);
    void Promise.all(underWay).then(() => httpBefore?.close());
    this.#deps.telemetry.reloaded(plan.config.scrapeIntervalMs, (this.#deps.clock.elapsed() - began) / 1000);
  }

  #rediscover(): void {
    this.#settling?.cancel();
    this.#settling = undefined;
    const before = this.#discovery;
    const discovery = this.#newDiscovery();
    this.#discovery = discovery;
    let found: readonly TargetGroup[] = [];
    let isSettled = false;
    discovery.start((groups) => {
      found = groups;
      if (isSettled) this.#found(groups);
    });
    // After the start of the new one: what both share goes on.
    before.stop();
    const settle = (): void => {
      this.#settling = undefined;
      isSettled = true;
      this.#found(found);
    };
    if (discovery.isComplete) settle();
    else this.#settling = this.#deps.clock.after(REDISCOVERY_MS, settle);
  }

  /** Ends the job. `leavesMarkers`: its series go stale. */
  async stop(leavesMarkers: boolean): Promise<void> {
    this.#isStopped = true;
    this.#discovery.stop();
    this.#settling?.cancel();
    const loops = this.loops();
    this.#loops.clear();
    await Promise.all(loops.map((loop) => this.#end(loop, leavesMarkers)));
    if (!leavesMarkers) this.abandon();
    this.#http?.close();
    this.#deps.telemetry.forgetJob(this.config.jobName);
  }

  /** Whether series of it are about to go stale. */
  get isEnding(): boolean {
    return this.#ending.size > 0;
  }

  /** Forgets what is about to go stale: the process stops. */
  abandon(): void {
    for (const loop of this.#ending) loop.abandon();
    this.#ending.clear();
  }

  #end(loop: ScrapeLoop, leavesMarkers: boolean): Promise<void> {
    if (!leavesMarkers) return loop.stop(false);
    this.#ending.add(loop);
    return loop.stop(true, () => this.#ending.delete(loop));
  }

  loops(): ScrapeLoop[] {
    return [...this.#loops.values()];
  }

  dropped(): readonly Labels[] {
    return this.#dropped;
  }

  counts(): JobCounts {
    let families = 0;
    let familyBytes = 0;
    for (const loop of this.#loops.values()) {
      for (const { help, unit, type } of loop.families()) {
        families++;
        familyBytes += help.length + unit.length + type.length;
      }
    }
    return {
      job: this.config.jobName,
      targets: this.#loops.size,
      targetLimit: this.config.targetLimit,
      families,
      familyBytes,
    };
  }

  /**
   * Brings the loops in line with what discovery says. `replaced`: the loops under the configuration before, whose series
   * go on where `keepsSeries`.
   */
  #sync(replaced: ReadonlyMap<string, ScrapeLoop> = new Map(), keepsSeries = false): void {
    const { telemetry, clock } = this.#deps;
    const began = clock.elapsed();
    const { wanted, failed } = this.#targets();
    this.#checkTargetLimit(wanted.size);
    for (const [id, loop] of this.#loops) {
      if (wanted.has(id)) continue;
      this.#loops.delete(id);
      void this.#end(loop, true);
    }
    for (const [id, target] of wanted) {
      const running = this.#loops.get(id);
      running?.found(target);
      if (running) continue;
      const before = replaced.get(id);
      const loop = this.#newLoop(target, before && { loop: before, keepsSeries });
      this.#loops.set(id, loop);
      if (before === undefined) loop.start(this.#plan.atOnce ?? false);
      else void this.#end(before, !keepsSeries).then(() => this.#startReplaced(id, loop));
    }
    for (const [id, loop] of replaced) if (!wanted.has(id)) void this.#end(loop, true);
    telemetry.synced(this.config.jobName, failed, (clock.elapsed() - began) / 1000);
  }

  /** The loop before has ended; this one may have, too. */
  #startReplaced(id: string, loop: ScrapeLoop): void {
    if (this.#loops.get(id) === loop) loop.start();
  }

  #checkTargetLimit(targets: number): void {
    const { targetLimit } = this.config;
    const passed = targetLimit > 0 && targets > targetLimit;
    if (passed) this.#deps.telemetry.targetLimitPassed.add();
    this.#tooMany = passed
      ? `target_limit exceeded (number of targets: ${targets}, limit: ${targetLimit})`
      : undefined;
  }

  /** Targets by what they are known by, and how many cannot be scraped as they stand. */
  #targets(): { wanted: Map<string, Target>; failed: number } {
    const { config } = this;
    const wanted = new Map<string, Target>();
    let failed = 0;
    this.#dropped = [];
    this.droppedCount = 0;
    for (const group of this.#groups) {
      for (const [i, outcome] of this.#outcomesOf(group).entries()) {
        if (outcome.kind === 'active') wanted.set(outcome.target.identity, outcome.target);
        else if (outcome.kind === 'dropped') {
          this.droppedCount++;
          const keep = config.keepDroppedTargets;
          if (keep === 0 || this.#dropped.length < keep) this.#dropped.push(outcome.discovered);
        } else {
          failed++;
          const { message: error } = outcome;
          this.#deps.log.warn('target not usable', { job: config.jobName, target: group.targets[i], error });
        }
      }
    }
    return { wanted, failed };
  }

  #newLoop(target: Target, before: Predecessor | undefined): ScrapeLoop {
    const { clock, appender, log, telemetry, seed, maxAgeMs, refusal } = this.#deps;
    const config = { ...this.config, ...target.histograms };
    const rules = { config, target: target.labels, metricRelabel: this.#metricRelabel };
    const fetch = this.#fetch;
    const deps: LoopDeps = {
      clock,
      appender,
      telemetry,
      seed,
      maxAgeMs,
      refusal,
      fetch: async (url, timeoutMs) => {
        if (this.#tooMany !== undefined) throw new TriliteError('limit', this.#tooMany);
        try {
          return await fetch(url, timeoutMs, target.socketPath);
        } catch (error) {
          const { failureLogFile, jobName } = config;
          if (failureLogFile !== undefined)
            this.#failures.note(failureLogFile, jobName, shownUrl(url), error);
          throw error;
        }
      },
      onError: (error) =>
        log.error('scrape not stored', { job: config.jobName, url: shownUrl(target.url), error }),
    };
    return new ScrapeLoop(target, rules, deps, before);
  }
}

/** What of a configuration says where targets come from. */
function waysOf(config: ScrapeConfig): string {
  const ways = Object.keys(NO_DISCOVERY) as (keyof DiscoveryConfig)[];
  return JSON.stringify(ways.map((way) => config[way]));
}

/** Whether both make the same series of the same exposition: what has been learnt of a target's series stays true. */
function sameSeries(a: ScrapeConfig, b: ScrapeConfig): boolean {
  const changing = { scrapeIntervalMs: 0, scrapeTimeoutMs: 0, sampleLimit: 0, client: undefined };
  return JSON.stringify({ ...a, ...changing }) === JSON.stringify({ ...b, ...changing });
}
