/**
 * The scrape loop of one target. Scrapes of all targets are spread over the interval by a hash of the target, at
 * moments that stay the same across restarts; a timer that fires a little late still scrapes at the planned time,
 * so that timestamps stand in equal steps and compress well.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { hash64, hashBytes } from '../base/hash.ts';
import type { Summary } from '../base/summary.ts';
import { timeWindow } from '../ingest/admit.ts';
import { parseExposition } from '../ingest/decode/exposition.ts';
import type { ScrapeBatch } from '../ingest/decode/exposition-lines.ts';
import type { FamilyMetadata } from '../model/batch.ts';
import type { TriliteError } from '../model/errors.ts';
import type { MetricAppender } from '../storage/interface.ts';
import { chooseFormat } from './exposition-format.ts';
import { BodyLimitError, type Exposition, type Fetcher } from './fetch.ts';
import type { LabelRules } from './sample-labels.ts';
import { type Collected, NOTHING_COLLECTED } from './scrape-tally.ts';
import type { ScrapeTelemetry } from './scrape-telemetry.ts';
import type { Target } from './target.ts';
import { TargetBatch } from './target-batch.ts';

/** A timer this late still counts as on time… */
const TOLERANCE_MS = 2;
/** …or this part of the interval where that is less. */
const TOLERANCE_PART = 0.01;
/** A target that is gone is declared stale after this many intervals: it may only have moved to another loop. */
const STALE_AFTER_INTERVALS = 2.1;

export type TargetHealth = 'unknown' | 'up' | 'down';

export interface LoopState {
  readonly health: TargetHealth;
  readonly lastError: string;
  /** 0 before the first scrape. */
  readonly lastScrapeMs: number;
  readonly lastDurationSeconds: number;
  /** How far the target's clock is ahead of this machine's, where its answer said. */
  readonly clockAheadMs?: number | undefined;
}

const UNKNOWN: LoopState = { health: 'unknown', lastError: '', lastScrapeMs: 0, lastDurationSeconds: 0 };

export interface LoopDeps {
  readonly clock: Clock;
  readonly appender: MetricAppender;
  readonly fetch: Fetcher;
  readonly telemetry: ScrapeTelemetry;
  /** What makes two servers with the same targets scrape them at different moments. */
  readonly seed: string;
  /** Samples with times of their own may be this old; 0 is no limit. */
  readonly maxAgeMs: () => number;
  /** Why so many samples may not come now, which fails the scrape; absent: any number may. */
  readonly refusal?: ((samples: number) => TriliteError | undefined) | undefined;
  /** Called where storage refuses a whole batch. */
  readonly onError: (error: unknown) => void;
}

/** The loop that this one replaces, the target being the same. */
export interface Predecessor {
  readonly loop: ScrapeLoop;
  /** Its series go on as they are: the rules make the same labels of the same texts. */
  readonly keepsSeries: boolean;
}

export class ScrapeLoop {
  #target: Target;
  readonly #rules: LabelRules;
  readonly #deps: LoopDeps;
  /** Made for the first scrape: thousands of targets that come together take their room one by one. */
  #made: TargetBatch | undefined;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #lastBodyBytes = 0;
  readonly #intervals: Summary;
  /** When the last scrape began, on the clock of durations. */
  #lastBegan: number | undefined;
  #state: LoopState = UNKNOWN;

  constructor(target: Target, rules: LabelRules, deps: LoopDeps, before?: Predecessor) {
    this.#target = target;
    this.#rules = rules;
    this.#deps = deps;
    this.#intervals = deps.telemetry.intervals(target.intervalMs);
    if (before) this.#state = before.loop.state;
    if (!before?.keepsSeries) return;
    this.#made = before.loop.#made;
    this.#made?.goOnWith(rules);
  }

  get #batch(): TargetBatch {
    this.#made ??= new TargetBatch(this.#rules);
    return this.#made;
  }

  /** Resolves when no scrape is under way. */
  get running(): Promise<void> {
    return this.#running;
  }

  get state(): LoopState {
    return this.#state;
  }

  get target(): Target {
    return this.#target;
  }

  /** The target as it was found last: of one identity only what was known before relabelling may be another. */
  found(target: Target): void {
    this.#target = target;
  }

  /** The families that the target told of in its last scrapes. */
  families(): FamilyMetadata[] {
    return this.#made?.families() ?? [];
  }

  /** Begins at the target's next moment; with `atOnce` it scrapes now as well. */
  start(atOnce = false): void {
    const current = this.#deps.clock.now();
    const interval = this.target.intervalMs;
    const offset = spread(this.target, this.#deps.seed);
    const base = Math.floor(current / interval) * interval + offset;
    // The first scrape is over before the next one comes.
    const earliest = atOnce ? current + interval / 2 : current;
    if (atOnce) this.#running = this.scrape(current).catch(this.#deps.onError);
    this.#schedule(base > earliest ? base : base + interval);
  }

  #schedule(plannedMs: number): void {
    this.#timer = this.#deps.clock.after(plannedMs - this.#deps.clock.now(), () => {
      this.#running = this.#tick(plannedMs);
      this.#deps.clock.during?.(this.#running);
    });
  }

  async #tick(plannedMs: number): Promise<void> {
    const interval = this.target.intervalMs;
    const now = this.#deps.clock.now();
    // Of moments that passed meanwhile the last one counts: a scrape that took the whole interval is followed at once.
    const momentMs = plannedMs + Math.floor(Math.max(0, now - plannedMs) / interval) * interval;
    const tolerance = Math.min(TOLERANCE_MS, interval * TOLERANCE_PART);
    const timeMs = Math.abs(now - momentMs) <= tolerance ? momentMs : now;
    try {
      await this.scrape(timeMs);
    } catch (e) {
      this.#deps.onError(e);
    }
    if (!this.#stopped) this.#schedule(momentMs + interval);
  }

  /** Scrapes once, at `timeMs`; resolves when storage has it. */
  async scrape(timeMs: number): Promise<void> {
    const { clock, fetch, maxAgeMs, refusal } = this.#deps;
    const began = clock.elapsed();
    if (this.#lastBegan !== undefined) this.#intervals.observe((began - this.#lastBegan) / 1000);
    this.#lastBegan = began;
    let exposition: Exposition | undefined;
    let failure: unknown;
    try {
      exposition = await fetch(this.target.url, this.target.timeoutMs);
    } catch (e) {
      failure = e;
    }
    this.#batch.begin(this.#lastBodyBytes >>> 6);
    let collected: Collected = NOTHING_COLLECTED;
    if (exposition) {
      this.#lastBodyBytes = exposition.body.length;
      try {
        const window = timeWindow(clock.now(), maxAgeMs(), clock.isHeld);
        const isFull = exposition.body.length > 0;
        const parsed = this.#parse(exposition);
        collected = this.#batch.collect(parsed, timeMs, isFull, window, refusal);
        parsed.release();
        failure = collected.error;
      } catch (e) {
        failure = e;
      }
    }
    this.#batch.markVanished(timeMs);
    const durationSeconds = Math.round((clock.elapsed() - began) * 1e6) / 1e9;
    this.#batch.addReport(
      {
        ...collected,
        up: failure === undefined,
        durationSeconds,
        timeoutSeconds: this.target.timeoutMs / 1000,
        sampleLimit: this.#rules.config.sampleLimit,
        bodyBytes: failure instanceof BodyLimitError ? -1 : (exposition?.body.length ?? 0),
      },
      timeMs,
    );
    this.#state = {
      health: failure === undefined ? 'up' : 'down',
      lastError: failure === undefined ? '' : failure instanceof Error ? failure.message : String(failure),
      lastScrapeMs: timeMs,
      lastDurationSeconds: durationSeconds,
      clockAheadMs: exposition?.clockAheadMs,
    };
    const { telemetry } = this.#deps;
    if (failure instanceof BodyLimitError) telemetry.bodyLimitPassed.add();
    telemetry.scraped(collected);
    await this.#append(timeMs);
  }

  async #append(timeMs: number): Promise<void> {
    const { appender, telemetry } = this.#deps;
    // A series that another loop goes on with does not end here.
    const options = { mode: 'partial', skipLateMarkers: true, isPatient: true } as const;
    const outcome = await appender.append(this.#batch.finish(appender.epoch), options);
    const ends = outcome.refused.length > 0 ? this.#batch.withdraw(outcome.refused, timeMs) : undefined;
    if (ends) await (await appender.append(ends, options)).durable;
    this.#batch.sweep();
    telemetry.refused(outcome.refused);
    await outcome.durable;
  }

  /** An empty body is an empty exposition in any format. */
  #parse(exposition: Exposition): ScrapeBatch {
    const { config } = this.#rules;
    const { body, contentType } = exposition;
    const format = body.length === 0 ? 'text' : chooseFormat(contentType, config.fallbackScrapeProtocol);
    return parseExposition(body, format, {
      nativeHistograms: config.scrapeNativeHistograms,
      keepClassic: config.alwaysScrapeClassicHistograms,
      convertClassic: config.convertClassicHistogramsToNhcb,
      createdLines: config.startTimestamps,
    });
  }

  /**
   * Ends the loop. `leavesMarkers`: what it wrote goes stale in about two intervals, series with newer samples of others
   * excepted; `ended` is called then.
   */
  async stop(leavesMarkers: boolean, ended: () => void = () => {}): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    if (!leavesMarkers || this.#state.lastScrapeMs === 0) return ended();
    const { clock, onError } = this.#deps;
    const interval = this.target.intervalMs;
    const staleMs = this.#state.lastScrapeMs + interval;
    const delay = this.#state.lastScrapeMs + STALE_AFTER_INTERVALS * interval - clock.now();
    this.#timer = clock.after(delay, () => {
      this.#batch.begin(0);
      this.#batch.markVanished(staleMs);
      this.#batch.addStaleReport(staleMs);
      this.#append(staleMs).catch(onError).finally(ended);
    });
  }

  /** Forgets a pending end: the process stops. */
  abandon(): void {
    this.#timer?.cancel();
  }
}

/** Where in its interval the target is scraped, in ms: the same after a restart, another one on another server. */
function spread(target: Target, seed: string): number {
  const bytes = utf8Encode(`${seed}|${target.identity}`);
  hashBytes(bytes, 0, bytes.length);
  return Math.floor((hash64.low / 2 ** 32) * target.intervalMs);
}
