/**
 * Processors, put where items come in: before what counts them, samples them, derives from them and stores them. Without a
 * rule nothing of them is loaded, and what stands in their place asks one question per batch.
 *
 *   receivers, scraping ─▶ rules ─▶ limits ─▶ tenant ─▶ storage
 *   followed lines ─▶ rules ─▶ journal ─▶ storage, other servers
 */

import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import { isSameSetting } from './config/taken-in.ts';
import type { ProcessorRule } from './ingest/process/process-config.ts';
import type { Processors } from './ingest/process/processors.ts';
import type { FollowedEntry } from './ingest/process/tail-entries.ts';
import type { SpanIntake } from './ingest/span-intake.ts';
import { TriliteError } from './model/errors.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import type { Reloadable } from './reloadable.ts';
import type { LogAppender, MetricAppender, Storage } from './storage/interface.ts';

type Appenders = Pick<Storage, 'logs' | 'metrics'>;

export class Processing {
  readonly #telemetry: Telemetry;
  readonly #log: Logger;
  #config: readonly ProcessorRule[];
  #current: Processors | undefined;

  private constructor(
    telemetry: Telemetry,
    log: Logger,
    config: readonly ProcessorRule[],
    current: Processors | undefined,
  ) {
    this.#telemetry = telemetry;
    this.#log = log;
    this.#config = config;
    this.#current = current;
  }

  /** Throws `ConfigError` where a key cannot be read. */
  static async open({ processors }: Config, telemetry: Telemetry, log: Logger): Promise<Processing> {
    return new Processing(telemetry, log, processors, await compiled(processors, telemetry, log));
  }

  /** Other rules hold from the next batch on. */
  readonly reload: Reloadable = {
    prepare: async ({ processors }) => {
      if (isSameSetting(processors, this.#config)) return () => {};
      const next = await compiled(processors, this.#telemetry, this.#log);
      return () => {
        this.#config = processors;
        this.#current = next;
      };
    },
  };

  /** Series keep their handles as long as `epoch` is the same. */
  metrics(inner: MetricAppender, tenant = DEFAULT_TENANT): MetricAppender {
    const current = () => this.#current?.metrics(inner, tenant) ?? inner;
    return {
      append: (batch, options) => current().append(batch, options),
      shown: (labels) => current().shown?.(labels) ?? labels,
      get epoch() {
        return current().epoch;
      },
    };
  }

  logs(inner: LogAppender, tenant = DEFAULT_TENANT): LogAppender {
    return { append: (batch) => (this.#current?.logs(inner, tenant) ?? inner).append(batch) };
  }

  spans(inner: SpanIntake): SpanIntake {
    return {
      append: (batch, origin) => this.#current?.spans(batch, origin, inner) ?? inner.append(batch, origin),
    };
  }

  appenders({ metrics, logs }: Appenders, tenant = DEFAULT_TENANT): Appenders {
    return { metrics: this.metrics(metrics, tenant), logs: this.logs(logs, tenant) };
  }

  /** The same for appenders by tenant: a tenant's are the same objects as long as the one of metrics within is. */
  tenants(inner: (tenant: string) => Appenders): (tenant: string) => Appenders {
    const known = new WeakMap<MetricAppender, Appenders>();
    return (tenant) => {
      const own = inner(tenant);
      let processed = known.get(own.metrics);
      if (!processed) known.set(own.metrics, (processed = this.appenders(own, tenant)));
      return processed;
    };
  }

  /** A line that is followed, as it is to go on; undefined where it is not. `labelsShared` as in `TailEntries`. */
  followed(entry: FollowedEntry, tenant: string, labelsShared: boolean): FollowedEntry | undefined {
    return this.#current ? this.#current.followed(entry, tenant || DEFAULT_TENANT, labelsShared) : entry;
  }
}

async function compiled(
  config: readonly ProcessorRule[],
  telemetry: Telemetry,
  log: Logger,
): Promise<Processors | undefined> {
  if (config.length === 0) return undefined;
  const { Processors: All } = await import('./ingest/process/processors.ts');
  try {
    return new All(config, { telemetry, log, now: () => performance.now() });
  } catch (error) {
    if (error instanceof TriliteError) throw new ConfigError(`trilite.processors: ${error.message}`);
    throw error;
  }
}
