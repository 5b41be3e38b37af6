/**
 * Metrics derived from spans, put where spans come in: an intake around the one that keeps them. The machinery is loaded
 * with the first spans, so that a server without any pays nothing for it.
 */

import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { isSameSetting } from './config/taken-in.ts';
import type { MetricsGenerator } from './derive/metrics-generator.ts';
import type { MetricsGeneratorSettings } from './derive/settings.ts';
import type { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import type { SpanIntake } from './ingest/span-intake.ts';
import { type Reloadable, reloadable } from './reloadable.ts';
import type { AppendOutcome, MetricAppender } from './storage/interface.ts';

export interface DerivedSpansOptions {
  readonly settings: MetricsGeneratorSettings;
  readonly appenderOf: (tenant: string) => MetricAppender;
  readonly telemetry: Telemetry;
  readonly counts: ReceiverTelemetry;
  readonly log: Logger;
  readonly clock: Clock;
}

const RECEIVER = 'metrics_generator';

export class DerivedSpans {
  readonly #options: DerivedSpansOptions;
  #settings: MetricsGeneratorSettings;
  #isFirst = true;
  #generator: MetricsGenerator | undefined;
  /** Batches that are being counted. */
  readonly #taking = new Set<Promise<unknown>>();
  /** Generators of settings that were in force before. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: DerivedSpansOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** Other settings begin with counters at zero; what was counted by those before is written first. */
  readonly reload: Reloadable = reloadable(({ metricsGenerator: settings }) => {
    if (isSameSetting(settings, this.#settings)) return;
    this.#settings = settings;
    this.#beginAnew();
  });

  /** Counters begin at zero again. Resolves when those before have been written. */
  async reset(): Promise<void> {
    this.#beginAnew();
    await Promise.all(this.#ending);
  }

  #beginAnew(): void {
    this.#isFirst = false;
    const before = this.#generator;
    this.#generator = undefined;
    if (!before) return;
    const ending = Promise.allSettled(this.#taking)
      .then(() => before.end())
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** An intake that counts what `inner` has taken, where anything is derived. */
  around(inner: SpanIntake): SpanIntake {
    return {
      append: async (batch, origin) => {
        const outcome = await inner.append(batch, origin);
        if (this.#settings.processors.length === 0) return outcome;
        const generator = this.#generator ?? (await this.#load());
        const taken = generator.take(batch, origin.tenant, refusedItems(outcome));
        if (taken) {
          this.#taking.add(taken);
          await taken.finally(() => this.#taking.delete(taken));
        }
        return outcome;
      },
    };
  }

  async #load(): Promise<MetricsGenerator> {
    const { MetricsGenerator: Generator } = await import('./derive/metrics-generator.ts');
    // Zeros of new counters stand behind the last values of those before them.
    await Promise.all(this.#ending);
    const { telemetry, log, clock } = this.#options;
    this.#generator ??= new Generator({
      // Of spans of clients no time is too far from one that a test holds.
      settings: ofAnyTimeWhereHeld(this.#settings, clock),
      appenderOf: (tenant: string) => this.#counted(this.#options.appenderOf(tenant)),
      clock,
      telemetry,
      log,
      startedMs: this.#isFirst ? Math.ceil(performance.timeOrigin) : clock.now() + 1,
    });
    return this.#generator;
  }

  /** What makes samples here is a receiver like any other. */
  #counted(appender: MetricAppender): MetricAppender {
    return {
      append: async (batch, options) => {
        const outcome = await appender.append(batch, options);
        this.#options.counts.accepted(RECEIVER, 'samples', outcome.accepted);
        this.#options.counts.refused(RECEIVER, 'samples', outcome.refused);
        return outcome;
      },
    };
  }

  /** Writes what has changed. */
  async flush(): Promise<void> {
    await this.#generator?.flush();
  }

  async end(): Promise<void> {
    await this.#generator?.end();
    await Promise.all(this.#ending);
  }
}

function refusedItems({ refused }: AppendOutcome): ReadonlySet<number> | undefined {
  return refused.length === 0 ? undefined : new Set(refused.map(({ item }) => item));
}

function ofAnyTimeWhereHeld(settings: MetricsGeneratorSettings, clock: Clock): MetricsGeneratorSettings {
  return {
    ...settings,
    get slackMs() {
      return clock.isHeld ? 0 : settings.slackMs;
    },
  };
}
