/**
 * One job: its discovery, the targets that are made of what it finds, and a loop for each of them. Another configuration
 * is taken in while it runs: what stays the same target keeps its place in time and what is known of it.
 *
 *   groups, or another configuration ─▶ targets of all groups ─▶ loops end, are replaced, begin
 *
 * All of it goes in slices, since a cluster has thousands of targets; what comes meanwhile is taken in afterwards.
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
import { JobTargets } from './job-targets.ts';
import { type LoopDeps, type Predecessor, ScrapeLoop } from './loop.ts';
import type { ScrapeDeps } from './manager.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { JobCounts } from './scrape-telemetry.ts';
import type { Target, TargetGroup } from './target.ts';

/** Other ways to find targets get this long to find the first ones: until then those of before are scraped on. */
const REDISCOVERY_MS = 5_000;

/** Loops between two looks at the clock: some ms. A job of fewer is in line at once. */
const PER_STEP = 32;

/** A job whose expositions are made in this process. */
export interface InternalJob {
  readonly config: ScrapeConfig;
  readonly fetch: Fetcher;
  /** Scrape when the job begins, not only at its moments: what is made in this process costs nothing to ask. */
  readonly atOnce?: boolean;
}

/** What a job is, `fetch` aside where targets are asked over HTTP. */
export type JobPlan = Pick<InternalJob, 'config' | 'atOnce'> & Partial<Pick<InternalJob, 'fetch'>>;

interface Running {
  readonly loop: ScrapeLoop;
  /** That it was made under. */
  readonly config: ScrapeConfig;
}

export class Job {
  readonly #deps: ScrapeDeps;
  readonly #failures: FailureLogs;
  #plan: JobPlan;
  #http: HttpFetcher | undefined;
  #fetch: Fetcher;
  #targets: JobTargets;
  #metricRelabel: readonly RelabelRule[];
  #discovery: Discoveries;
  #groups: readonly TargetGroup[] = [];
  #isStopped = false;
  /** Runs while other ways to find targets have time to find the first. */
  #settling: Timer | undefined;
  #isRediscovering = false;
  /** By what their targets are known by. Loops under a configuration before this one go on until others take their places. */
  readonly #loops = new Map<string, Running>();
  /** Whether loops are being brought in line, and whether that has to be done again. */
  #isSyncing = false;
  #hasNews = false;
  /** Of reloads that the loops are not in line with: their clients are closed, and they are told of, when that is done. */
  #reloads: { readonly began: number; readonly http: HttpFetcher | undefined }[] = [];
  /** Ends of loops, and what is to wait for them. */
  #endings: Promise<void>[] = [];
  /** Loops whose series are about to go stale. */
  readonly #ending = new Set<ScrapeLoop>();
  #dropped: readonly Labels[] = [];
  droppedCount = 0;
  #tooMany: string | undefined;

  constructor(plan: JobPlan, deps: ScrapeDeps, failures: FailureLogs) {
    this.#deps = deps;
    this.#failures = failures;
    this.#plan = plan;
    this.#http = plan.fetch ? undefined : new HttpFetcher(plan.config, deps.clock);
    this.#fetch = plan.fetch ?? this.#http!.fetch;
    this.#targets = new JobTargets(plan.config, deps.log);
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
    if (!this.#isRediscovering) this.#bringInLine();
  }

  /** At once where there is little to do. */
  #bringInLine(): void {
    this.#hasNews = true;
    if (!this.#isSyncing) void inSlices(this.#syncAll());
  }

  *#syncAll(): Generator<void, void> {
    this.#isSyncing = true;
    while (this.#hasNews && !this.#isStopped) {
      this.#hasNews = false;
      yield* this.#sync();
    }
    this.#isSyncing = false;
  }

  /** Goes on with another configuration of the same name. */
  reload(plan: JobPlan): void {
    const before = this.config;
    this.#reloads.push({ began: this.#deps.clock.elapsed(), http: this.#http });
    this.#plan = plan;
    this.#http = plan.fetch ? undefined : new HttpFetcher(plan.config, this.#deps.clock);
    this.#fetch = plan.fetch ?? this.#http!.fetch;
    this.#targets = new JobTargets(plan.config, this.#deps.log);
    this.#metricRelabel = compileRelabel(plan.config.metricRelabelConfigs);
    this.#isRediscovering = true;
    if (waysOf(before) !== waysOf(plan.config)) this.#rediscover();
    this.#isRediscovering = false;
    this.#bringInLine();
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
    await Promise.all([...this.#endings, ...loops.map((loop) => this.#end(loop, leavesMarkers))]);
    if (!leavesMarkers) this.abandon();
    for (const http of [...this.#reloads.map((reload) => reload.http), this.#http]) http?.close();
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
    return Array.from(this.#loops.values(), ({ loop }) => loop);
  }

  dropped(): readonly Labels[] {
    return this.#dropped;
  }

  counts(): JobCounts {
    let families = 0;
    let familyBytes = 0;
    for (const { loop } of this.#loops.values()) {
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

  /** Brings the loops in line with what discovery says. Given up where another configuration comes meanwhile, which begins anew. */
  *#sync(): Generator<void, void> {
    const { telemetry, clock } = this.#deps;
    const began = clock.elapsed();
    const { config } = this;
    const isOver = (): boolean => this.#isStopped || this.config !== config;
    const found = yield* this.#targets.of(this.#groups, isOver);
    if (!found) return;
    const { wanted, failed } = found;
    this.#dropped = found.dropped;
    this.droppedCount = found.droppedCount;
    this.#checkTargetLimit(wanted.size);
    const keepsSeries = keptSeries(config);
    let count = 0;
    for (const [id, { loop }] of this.#loops) {
      if (++count % PER_STEP === 0) yield;
      if (isOver()) return;
      if (wanted.has(id)) continue;
      this.#loops.delete(id);
      this.#endings.push(this.#end(loop, true));
    }
    for (const [id, target] of wanted) {
      if (++count % PER_STEP === 0) yield;
      if (isOver()) return;
      const before = this.#loops.get(id);
      if (before?.config === config) before.loop.found(target);
      else this.#replace(id, target, before, before && keepsSeries(before.config));
    }
    telemetry.synced(config.jobName, failed, (clock.elapsed() - began) / 1000);
    this.#noteInLine();
  }

  /** A loop of the target under the present configuration, in place of one under another. */
  #replace(id: string, target: Target, before: Running | undefined, keepsSeries = false): void {
    const loop = this.#newLoop(target, before && { loop: before.loop, keepsSeries });
    this.#loops.set(id, { loop, config: this.config });
    if (before === undefined) loop.start(this.#plan.atOnce ?? false);
    else this.#endings.push(this.#end(before.loop, !keepsSeries).then(() => this.#startReplaced(id, loop)));
  }

  /** No loop is of a configuration before this one. */
  #noteInLine(): void {
    const reloads = this.#reloads;
    const { clock, telemetry } = this.#deps;
    this.#reloads = [];
    const endings = this.#endings;
    this.#endings = [];
    // What is under way goes by the client that it began with.
    void Promise.all(endings).then(() => {
      for (const { http } of reloads) http?.close();
    });
    for (const { began } of reloads) {
      telemetry.reloaded(this.config.scrapeIntervalMs, (clock.elapsed() - began) / 1000);
    }
  }

  /** The loop before has ended; this one may have, too. */
  #startReplaced(id: string, loop: ScrapeLoop): void {
    if (this.#loops.get(id)?.loop === loop) loop.start();
  }

  #checkTargetLimit(targets: number): void {
    const { targetLimit } = this.config;
    const passed = targetLimit > 0 && targets > targetLimit;
    if (passed) this.#deps.telemetry.targetLimitPassed.add();
    this.#tooMany = passed
      ? `target_limit exceeded (number of targets: ${targets}, limit: ${targetLimit})`
      : undefined;
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

/** Whether loops under an earlier configuration and loops under this one make the same series: each is compared once. */
function keptSeries(config: ScrapeConfig): (before: ScrapeConfig) => boolean {
  const known = new Map<ScrapeConfig, boolean>();
  return (before) => {
    const isSame = known.get(before) ?? sameSeries(before, config);
    known.set(before, isSame);
    return isSame;
  };
}

/** Whether both make the same series of the same exposition: what has been learnt of a target's series stays true. */
function sameSeries(a: ScrapeConfig, b: ScrapeConfig): boolean {
  const changing = { scrapeIntervalMs: 0, scrapeTimeoutMs: 0, sampleLimit: 0, client: undefined };
  return JSON.stringify({ ...a, ...changing }) === JSON.stringify({ ...b, ...changing });
}
