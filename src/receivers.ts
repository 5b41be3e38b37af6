/** Receivers put together: what each of them works with, and the way of spans behind them. */

import { collectGarbage } from './base/collect-garbage.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import { isSameSetting } from './config/taken-in.ts';
import { type LogAdmission, logAdmission } from './ingest/log-admission.ts';
import { MemoryLimiter, sharedBytes } from './ingest/memory.ts';
import { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import type { ReceiverParts } from './ingest/receive/wire.ts';
import type { Engine } from './main.ts';
import { type OtlpOptionsByPath, otlpOptionsByPath } from './model/otlp-options.ts';
import type { Processing } from './processing.ts';
import { type Reloadable, reloadable, together } from './reloadable.ts';
import { openSpanPath, type SpanPath } from './span-path.ts';
import { tenantAppenders } from './storage/tenant/tenant-appender.ts';

export interface Receivers {
  readonly receivers: ReceiverParts;
  readonly spans: SpanPath;
  readonly reload: Reloadable;
}

export async function openReceivers(
  config: Config,
  engine: Engine,
  processing: Processing,
  telemetry: Telemetry,
  log: Logger,
  now: () => number,
): Promise<Receivers> {
  const { storage, journals } = engine;
  const counts = new ReceiverTelemetry(telemetry);
  const tenants = config.multiTenancy ? tenantAppenders(storage) : undefined;
  const metricsOf = (tenant: string) => tenants?.(tenant).metrics ?? storage.metrics;
  const spans = await openSpanPath({ config, storage, journals, metricsOf, telemetry, counts, log, now });
  const memory = new MemoryLimiter(sharedBytes(config.limits.memoryBytes), {
    heldBytes: () => storage.heldBytes() + spans.heldBytes(),
    relieve: () => storage.relieve(),
    processBytes: () => process.memoryUsage.rss(),
    processLimitBytes: config.limits.memoryBytes,
    collect: collectGarbage,
  });
  telemetry.onCollect(() => {
    const help = 'Bytes set aside for requests that are being taken in.';
    telemetry.gauge('trilite_receiver_in_flight_bytes', help).with().set(memory.inFlightBytes);
  });
  const settings = new ReceiverSettings(config);
  const receivers = {
    storage: processing.appenders(storage),
    spans: processing.spans(spans.intake),
    tenants: tenants && processing.tenants(tenants),
    memory,
    get otlp() {
      return settings.otlpByPath;
    },
    get maxAgeMs() {
      return settings.limits.maxAgeMs;
    },
    get logLimits() {
      return settings.limits.logs.entries;
    },
    get logAdmission() {
      return settings.logAdmission;
    },
    telemetry,
    counts,
    log,
  };
  return {
    receivers,
    spans,
    reload: together([processing.reload, reloadable((next) => settings.take(next)), spans.reload]),
  };
}

/** What of the configuration receivers go by. What stays the same stays the same object: state hangs on it. */
class ReceiverSettings {
  otlpByPath: OtlpOptionsByPath;
  #otlp: Config['otlp'];
  limits: Config['limits'];
  logAdmission: LogAdmission | undefined;

  constructor({ otlp, limits }: Config) {
    this.#otlp = otlp;
    this.otlpByPath = otlpOptionsByPath(otlp);
    this.limits = limits;
    this.logAdmission = logAdmission(limits.logs.rates);
  }

  take({ otlp, limits }: Config): void {
    if (!isSameSetting(otlp, this.#otlp)) {
      this.#otlp = otlp;
      this.otlpByPath = otlpOptionsByPath(otlp);
    }
    if (!isSameSetting(limits.logs.rates, this.limits.logs.rates)) {
      this.logAdmission = logAdmission(limits.logs.rates);
    }
    this.limits = limits;
  }
}
