/** Receivers put together: what each of them works with, and the way of spans behind them. */

import { collectAndReturn } from './base/collect-garbage.ts';
import type { Config } from './config/settings.ts';
import { isSameSetting } from './config/taken-in.ts';
import { MemoryLimiter, sharedBytes } from './ingest/memory.ts';
import { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import type { ReceiverParts } from './ingest/receive/wire.ts';
import { directIntake, tenantIntake } from './ingest/span-intake.ts';
import type { Engine, EngineOptions } from './main.ts';
import type { LogLimits } from './model/limits.ts';
import { type OtlpOptionsByPath, otlpOptionsByPath } from './model/otlp-options.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import { type Reloadable, reloadable, together } from './reloadable.ts';
import { openSpanPath, type SpanPath } from './span-path.ts';
import { tenantAppenders } from './storage/tenant/tenant-appender.ts';
import { TenantLimiter } from './tenant-limits.ts';

export interface Receivers {
  readonly receivers: ReceiverParts;
  readonly limits: TenantLimiter;
  readonly spans: SpanPath;
  readonly reload: Reloadable;
}

export async function openReceivers(
  { config, arrivals, processing, clock, telemetry, log }: Omit<EngineOptions, 'onCrash'>,
  engine: Engine,
): Promise<Receivers> {
  const { storage, journals } = engine;
  const counts = new ReceiverTelemetry(telemetry, arrivals);
  const tenants = config.multiTenancy ? tenantAppenders(storage) : undefined;
  const metricsOf = (tenant: string) => tenants?.(tenant).metrics ?? storage.metrics;
  const stored = tenants ? tenantIntake((tenant) => tenants(tenant).traces) : directIntake(storage.traces);
  const spans = await openSpanPath({ config, stored, journals, metricsOf, telemetry, counts, log, clock });
  const memory = new MemoryLimiter(sharedBytes(config.limits.memoryBytes), {
    heldBytes: () => storage.heldBytes() + spans.heldBytes(),
    relieve: () => storage.relieve(),
    processBytes: () => process.memoryUsage.rss(),
    processLimitBytes: config.limits.memoryBytes,
    collect: () => {
      collectAndReturn();
      engine.collect?.();
    },
  });
  telemetry.onCollect(() => {
    const help = 'Bytes set aside for requests that are being taken in.';
    telemetry.gauge('trilite_receiver_in_flight_bytes', help).with().set(memory.inFlightBytes);
  });
  const settings = new ReceiverSettings(config);
  const limits = engine.limits ?? new TenantLimiter(config, Date.now, telemetry);
  const ofAnyTime = anyTime();
  const limited = limits.around(storage, tenants);
  const processed = processing.tenants(limited.storage);
  const receivers = {
    get storage() {
      return processed(DEFAULT_TENANT);
    },
    spans: processing.spans(limits.spans(spans.intake)),
    tenants: limited.tenants && processing.tenants(limited.tenants),
    memory,
    now: () => clock.now(),
    get takesAnyTime() {
      return clock.isHeld;
    },
    get otlp() {
      return settings.otlpByPath;
    },
    get maxAgeMs() {
      return settings.limits.maxAgeMs;
    },
    logLimits: (tenant: string) => {
      const own = limits.logLimits(tenant);
      return clock.isHeld ? ofAnyTime(own) : own;
    },
    logAdmission: (tenant: string) => limits.logAdmission(tenant),
    requests: limits.requests,
    telemetry,
    counts,
    log,
  };
  const own = reloadable((next) => settings.take(next));
  const parts = [processing.reload, own, limits.reload, spans.reload];
  return { receivers, limits, spans, reload: together(parts) };
}

/** The limits without those of time; the same object for the same limits, since decoders remember streams by it. */
function anyTime(): (limits: LogLimits) => LogLimits {
  const known = new WeakMap<LogLimits, LogLimits>();
  return (limits) => {
    let own = known.get(limits);
    if (!own) known.set(limits, (own = { ...limits, maxAgeMs: 0, futureMs: Number.POSITIVE_INFINITY }));
    return own;
  };
}

/** What of the configuration receivers go by. What stays the same stays the same object: state hangs on it. */
class ReceiverSettings {
  otlpByPath: OtlpOptionsByPath;
  #otlp: Config['otlp'];
  limits: Config['limits'];

  constructor({ otlp, limits }: Config) {
    this.#otlp = otlp;
    this.otlpByPath = otlpOptionsByPath(otlp);
    this.limits = limits;
  }

  take({ otlp, limits }: Config): void {
    if (!isSameSetting(otlp, this.#otlp)) {
      this.#otlp = otlp;
      this.otlpByPath = otlpOptionsByPath(otlp);
    }
    this.limits = limits;
  }
}
