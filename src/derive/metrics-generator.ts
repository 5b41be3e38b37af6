/**
 * Metrics derived from spans, of all tenants: takes spans as they come, and writes the series
 *
 *   - all of them at every collection interval, so that a query always finds a sample, changed or not;
 *   - those that have changed a moment after the change, where that costs little: who sends a trace and looks at once sees
 *     it counted. A budget of samples bounds it; past it the interval alone counts.
 */

import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { startSliced } from '../base/slices.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { SpanBatch } from '../model/batch.ts';
import type { MetricAppender } from '../storage/interface.ts';
import { DeriveCounts, watchGenerator } from './derive-counts.ts';
import type { MetricsGeneratorSettings } from './settings.ts';
import { TenantGenerator } from './tenant-generator.ts';

export interface MetricsGeneratorParts {
  readonly settings: MetricsGeneratorSettings;
  readonly appenderOf: (tenant: string) => MetricAppender;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** When counting began: the process, or going by these settings. */
  readonly startedMs: number;
}

/** Tenants whose spans are counted at the same time. */
const TENANTS_MAX = 1000;
/** How often it is looked for edges that have waited too long. */
const EXPIRE_EVERY_MS = 2000;
/** Samples written ahead of the interval: so many a second in the long run, about what 200 label sets take at the interval … */
const PROMPT_SAMPLES_PER_SECOND = 250;
/** … and so many at once after a quiet while: the first traces of a test, each of its services and spans. */
const PROMPT_SAMPLES_BURST = 25_000;

export class MetricsGenerator {
  readonly #parts: MetricsGeneratorParts;
  readonly #counts = new DeriveCounts();
  readonly #tenants = new Map<string, TenantGenerator>();
  readonly #budget: TokenBucket;
  #prompt: Timer | undefined;
  #interval: Timer | undefined;
  #expiring: Timer | undefined;
  /** Collections follow each other. */
  #work: Promise<void> = Promise.resolve();
  #hasEnded = false;
  readonly #unwatch: () => void;

  constructor(parts: MetricsGeneratorParts) {
    this.#parts = parts;
    const { clock, telemetry, settings } = parts;
    this.#budget = new TokenBucket(PROMPT_SAMPLES_PER_SECOND, PROMPT_SAMPLES_BURST, clock.now());
    this.#unwatch = watchGenerator(telemetry, this.#counts, () => {
      let activeSeries = 0;
      let waitingEdges = 0;
      for (const tenant of this.#tenants.values()) {
        activeSeries += tenant.activeSeries;
        waitingEdges += tenant.waitingEdges;
      }
      return { activeSeries, waitingEdges };
    });
    const again = () => {
      this.#interval = clock.after(settings.collectionIntervalMs, () => {
        this.#collect(true);
        again();
      });
    };
    again();
  }

  /**
   * Counts the spans of a batch but for those that were `refused`. Where they are many it takes several turns: the batch must
   * stay as it is until this has resolved.
   */
  take(batch: SpanBatch, tenant: string, refused: ReadonlySet<number> | undefined): void | Promise<void> {
    if (this.#hasEnded || batch.spanCount === 0) return;
    this.#counts.spans += batch.spanCount;
    const generator = this.#generatorOf(tenant);
    if (!generator) {
      this.#counts.tenants += batch.spanCount;
      return;
    }
    const taken = startSliced(generator.take(batch, refused, this.#parts.clock.now()));
    this.#hasChanged();
    return taken;
  }

  #generatorOf(tenant: string): TenantGenerator | undefined {
    let generator = this.#tenants.get(tenant);
    if (!generator && this.#tenants.size < TENANTS_MAX) {
      const { settings, appenderOf, startedMs } = this.#parts;
      generator = new TenantGenerator(tenant, settings, appenderOf(tenant), this.#counts, startedMs);
      this.#tenants.set(tenant, generator);
    }
    return generator;
  }

  /** Sets the timers that a change needs. */
  #hasChanged(): void {
    const { clock, settings } = this.#parts;
    if (settings.promptMs > 0) {
      this.#prompt ??= clock.after(settings.promptMs, () => {
        this.#prompt = undefined;
        if (this.#mayBePrompt()) this.#collect(false);
      });
    }
    this.#expiring ??= clock.after(EXPIRE_EVERY_MS, () => this.#expire());
  }

  #mayBePrompt(): boolean {
    let samples = 0;
    for (const tenant of this.#tenants.values()) samples += tenant.changedSamples;
    return samples > 0 && this.#budget.take(samples, this.#parts.clock.now());
  }

  #expire(): void {
    this.#expiring = undefined;
    let waiting = 0;
    for (const tenant of this.#tenants.values()) {
      tenant.expire(this.#parts.clock.now());
      waiting += tenant.waitingEdges;
    }
    const changed = [...this.#tenants.values()].some((tenant) => tenant.changedSamples > 0);
    if (changed || waiting > 0) this.#hasChanged();
  }

  #collect(all: boolean): Promise<void> {
    this.#work = this.#work.then(() => this.#collectAll(all));
    this.#parts.clock.during?.(this.#work);
    return this.#work;
  }

  async #collectAll(all: boolean): Promise<void> {
    for (const [name, tenant] of this.#tenants) {
      try {
        await tenant.collect(this.#parts.clock.now(), all);
      } catch (error) {
        this.#counts.failedCollections++;
        this.#parts.log.warn('derived metrics were not written, and are tried again', { error });
      }
      if (all && tenant.isIdle) this.#tenants.delete(name);
    }
    this.#counts.collections++;
  }

  /** Writes what has changed; resolves when storage has it. */
  flush(): Promise<void> {
    return this.#collect(false);
  }

  /** Writes what has changed, and takes nothing more. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#prompt?.cancel();
    this.#interval?.cancel();
    this.#expiring?.cancel();
    await this.flush();
    this.#unwatch();
  }
}
