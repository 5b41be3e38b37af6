/**
 * Metrics derived from spans, put where spans come in: an intake around the one that keeps them. The machinery is loaded
 * with the first spans, so that a server without any pays nothing for it.
 */

import { systemClock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { MetricsGenerator } from './derive/metrics-generator.ts';
import type { MetricsGeneratorSettings } from './derive/settings.ts';
import type { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import type { SpanIntake } from './ingest/span-intake.ts';
import type { AppendOutcome, MetricAppender } from './storage/interface.ts';

export interface DerivedSpansOptions {
  readonly settings: MetricsGeneratorSettings;
  readonly appenderOf: (tenant: string) => MetricAppender;
  readonly telemetry: Telemetry;
  readonly counts: ReceiverTelemetry;
  readonly log: Logger;
}

const RECEIVER = 'metrics_generator';

export class DerivedSpans {
  readonly #options: DerivedSpansOptions;
  #loading: Promise<MetricsGenerator> | undefined;
  #generator: MetricsGenerator | undefined;

  constructor(options: DerivedSpansOptions) {
    this.#options = options;
  }

  /** An intake that counts what `inner` has taken; `inner` itself where nothing is derived. */
  around(inner: SpanIntake): SpanIntake {
    if (this.#options.settings.processors.length === 0) return inner;
    return {
      append: async (batch, origin) => {
        const outcome = await inner.append(batch, origin);
        const generator = this.#generator ?? (await this.#load());
        await generator.take(batch, origin.tenant, refusedItems(outcome));
        return outcome;
      },
    };
  }

  #load(): Promise<MetricsGenerator> {
    this.#loading ??= import('./derive/metrics-generator.ts').then(({ MetricsGenerator: Generator }) => {
      const { settings, telemetry, log } = this.#options;
      const appenderOf = (tenant: string) => this.#counted(this.#options.appenderOf(tenant));
      const startedMs = Math.ceil(performance.timeOrigin);
      this.#generator = new Generator({
        settings,
        appenderOf,
        clock: systemClock,
        telemetry,
        log,
        startedMs,
      });
      return this.#generator;
    });
    return this.#loading;
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
  }
}

function refusedItems({ refused }: AppendOutcome): ReadonlySet<number> | undefined {
  return refused.length === 0 ? undefined : new Set(refused.map(({ item }) => item));
}
