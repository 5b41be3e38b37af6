/**
 * The scrape loop of one target. Scrapes of all targets are spread over the interval by a hash of the target, at
 * moments that stay the same across restarts; a timer that fires a little late still scrapes at the planned time,
 * so that timestamps stand in equal steps and compress well.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { hash64, hashBytes } from '../base/hash.ts';
import { type ExpositionFormat, expositionFormat, parseExposition } from '../ingest/decode/exposition.ts';
import type { ScrapeBatch } from '../ingest/decode/exposition-lines.ts';
import type { FamilyMetadata } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import type { MetricAppender } from '../storage/interface.ts';
import type { Exposition, Fetcher } from './fetch.ts';
import type { LabelRules } from './sample-labels.ts';
import type { ScrapeProtocol } from './scrape-config.ts';
import type { Target } from './target.ts';
import { type Collected, TargetBatch } from './target-batch.ts';

/** A timer this late still counts as on time… */
const TOLERANCE_MS = 2;
/** …or this part of the interval where that is less. */
const TOLERANCE_PART = 0.01;
/** A target that is gone is declared stale after this many intervals: it may only have moved to another loop. */
const STALE_AFTER_INTERVALS = 2;

export type TargetHealth = 'unknown' | 'up' | 'down';

export interface LoopState {
  readonly health: TargetHealth;
  readonly lastError: string;
  /** 0 before the first scrape. */
  readonly lastScrapeMs: number;
  readonly lastDurationSeconds: number;
  readonly metadata: readonly FamilyMetadata[];
}

export interface LoopDeps {
  readonly clock: Clock;
  readonly appender: MetricAppender;
  readonly fetch: Fetcher;
  /** Called where storage refuses a whole batch. */
  readonly onError: (error: unknown) => void;
}

export class ScrapeLoop {
  readonly target: Target;
  readonly #rules: LabelRules;
  readonly #deps: LoopDeps;
  readonly #batch: TargetBatch;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #lastBodyBytes = 0;
  #state: LoopState = {
    health: 'unknown',
    lastError: '',
    lastScrapeMs: 0,
    lastDurationSeconds: 0,
    metadata: [],
  };

  constructor(target: Target, rules: LabelRules, deps: LoopDeps) {
    this.target = target;
    this.#rules = rules;
    this.#deps = deps;
    this.#batch = new TargetBatch(rules);
  }

  get state(): LoopState {
    return this.#state;
  }

  /** Begins at the target's next moment; with `atOnce` it scrapes now as well. */
  start(atOnce = false): void {
    const current = this.#deps.clock.now();
    const interval = this.target.intervalMs;
    const offset = spread(this.target, interval);
    const base = Math.floor(current / interval) * interval + offset;
    // The first scrape is over before the next one comes.
    const earliest = atOnce ? current + interval / 2 : current;
    if (atOnce) this.#running = this.scrape(current).catch(this.#deps.onError);
    this.#schedule(base > earliest ? base : base + interval);
  }

  #schedule(plannedMs: number): void {
    this.#timer = this.#deps.clock.after(plannedMs - this.#deps.clock.now(), () => {
      this.#running = this.#tick(plannedMs);
    });
  }

  async #tick(plannedMs: number): Promise<void> {
    const interval = this.target.intervalMs;
    const now = this.#deps.clock.now();
    const tolerance = Math.min(TOLERANCE_MS, interval * TOLERANCE_PART);
    const timeMs = Math.abs(now - plannedMs) <= tolerance ? plannedMs : now;
    try {
      await this.scrape(timeMs);
    } catch (e) {
      this.#deps.onError(e);
    }
    if (this.#stopped) return;
    // Moments missed meanwhile are left out.
    const missed = Math.floor(Math.max(0, this.#deps.clock.now() - plannedMs) / interval);
    this.#schedule(plannedMs + (missed + 1) * interval);
  }

  /** Scrapes once, at `timeMs`; resolves when storage has it. */
  async scrape(timeMs: number): Promise<void> {
    const { clock, fetch } = this.#deps;
    const began = clock.elapsed();
    let exposition: Exposition | undefined;
    let failure: unknown;
    try {
      exposition = await fetch(this.target.url, this.target.timeoutMs);
    } catch (e) {
      failure = e;
    }
    this.#batch.begin(this.#lastBodyBytes >>> 6);
    let collected: Collected = this.#batch.collectNothing();
    let metadata = this.#state.metadata;
    if (exposition) {
      this.#lastBodyBytes = exposition.body.length;
      try {
        const parsed = this.#parse(exposition);
        metadata = parsed.metadata;
        collected = this.#batch.collect(parsed, timeMs);
        failure = collected.error;
        if (failure === undefined) this.#batch.addMetadata(metadata);
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
        bodyBytes: exposition ? exposition.body.length : 0,
      },
      timeMs,
    );
    this.#state = {
      health: failure === undefined ? 'up' : 'down',
      lastError: failure === undefined ? '' : failure instanceof Error ? failure.message : String(failure),
      lastScrapeMs: timeMs,
      lastDurationSeconds: durationSeconds,
      metadata,
    };
    await this.#append();
  }

  async #append(): Promise<void> {
    const outcome = await this.#deps.appender.append(this.#batch.finish(), { mode: 'partial' });
    this.#batch.sweep();
    await outcome.durable;
  }

  /** An empty body is an empty exposition in any format. */
  #parse(exposition: Exposition): ScrapeBatch {
    const format = this.#format(exposition.contentType);
    const { config } = this.#rules;
    return parseExposition(exposition.body, exposition.body.length === 0 ? 'text' : format, {
      nativeHistograms: config.scrapeNativeHistograms,
      keepClassic: config.alwaysScrapeClassicHistograms,
      convertClassic: config.convertClassicHistogramsToNhcb,
      createdLines: config.startTimestamps,
    });
  }

  #format(contentType: string): ExpositionFormat {
    const found = expositionFormat(contentType);
    if (found !== undefined) return found;
    const fallback = this.#rules.config.fallbackScrapeProtocol;
    if (fallback !== undefined) return formatOf(fallback);
    const what =
      contentType === ''
        ? 'non-compliant scrape target sending blank Content-Type'
        : `received unsupported Content-Type "${contentType}"`;
    throw new TriliteError('unsupported', `${what} and no fallback_scrape_protocol specified for target`);
  }

  /** Ends the loop. `gone`: the target is no more, so that its series go stale in two intervals. */
  async stop(gone: boolean): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    if (!gone || this.#state.lastScrapeMs === 0) return;
    const { clock, onError } = this.#deps;
    const interval = this.target.intervalMs;
    const staleMs = this.#state.lastScrapeMs + interval;
    const delay = staleMs + (STALE_AFTER_INTERVALS - 1) * interval - clock.now();
    this.#timer = clock.after(delay, () => {
      this.#batch.begin(0);
      this.#batch.markVanished(staleMs);
      this.#batch.addStaleReport(staleMs);
      this.#append().catch(onError);
    });
  }

  /** Forgets a pending end: the process stops. */
  abandon(): void {
    this.#timer?.cancel();
  }
}

function formatOf(protocol: ScrapeProtocol): ExpositionFormat {
  if (protocol === 'PrometheusProto') return 'protobuf';
  return protocol.startsWith('OpenMetrics') ? 'openmetrics' : 'text';
}

/** Where in its interval the target is scraped. */
function spread(target: Target, intervalMs: number): number {
  const bytes = utf8Encode(`${target.labels.key()}|${target.url}`);
  hashBytes(bytes, 0, bytes.length);
  return Math.floor((hash64.low / 2 ** 32) * intervalMs);
}
