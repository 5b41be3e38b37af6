/**
 * The limits of tenants, put where data comes in and where questions are asked: one object for the receivers and the engine, so
 * that what comes by whichever way is of one allowance. Where nothing is limited nothing stands in the way.
 */

import type { QueryAdmission } from './api/run-query.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config, TenantLimits } from './config/settings.ts';
import { LimitGroups } from './ingest/limit-groups.ts';
import { type LogAdmission, logAdmission } from './ingest/log-admission.ts';
import { type MetricLimiter, metricLimiter } from './ingest/metric-limits.ts';
import { RequestPace } from './ingest/request-pace.ts';
import type { SpanIntake } from './ingest/span-intake.ts';
import { type TraceLimiter, traceLimiter } from './ingest/trace-limits.ts';
import { TriliteError } from './model/errors.ts';
import type { LogLimits, LogRateLimits } from './model/limits.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import {
  type ByTenant,
  isAnySet,
  limitsOf,
  type MetricLimits,
  type QueryLimits,
  strictest,
  type TraceLimits,
} from './model/tenant-limits.ts';
import { type Reloadable, reloadable } from './reloadable.ts';
import type { LocalStorage } from './storage/engine.ts';
import type { LogAppender, MetricAppender, Storage } from './storage/interface.ts';

type Appenders = Pick<Storage, 'logs' | 'metrics'>;

export class TenantLimiter implements QueryAdmission {
  readonly #now: () => number;
  #config: Config;
  readonly #metrics: LimitGroups<MetricLimits, MetricLimiter>;
  readonly #traces: LimitGroups<TraceLimits, TraceLimiter>;
  readonly #logRates: LimitGroups<LogRateLimits, LogAdmission>;
  readonly requests: RequestPace;
  /** What stands before an appender, which must be the same object each time: state hangs on it. */
  readonly #paced = new WeakMap<MetricAppender, MetricAppender>();

  constructor(config: Config, now: () => number, telemetry?: Telemetry) {
    this.#now = now;
    this.#config = config;
    this.#metrics = new LimitGroups(
      byTenant(config, (l) => l.metrics),
      metricLimiter,
    );
    this.#traces = new LimitGroups(
      byTenant(config, (l) => l.traces),
      traceLimiter,
    );
    this.#logRates = new LimitGroups(
      byTenant(config, (l) => l.logs.rates),
      logAdmission,
    );
    this.requests = new RequestPace(requestLimits(config), now, telemetry);
  }

  /** Limits that stay as they are keep their state. */
  readonly reload: Reloadable = reloadable((config) => {
    this.#config = config;
    this.#metrics.take(byTenant(config, (l) => l.metrics));
    this.#traces.take(byTenant(config, (l) => l.traces));
    this.#logRates.take(byTenant(config, (l) => l.logs.rates));
    this.requests.change(requestLimits(config));
  });

  /** Of entries. The same object for the same tenant until another configuration is taken in. */
  logLimits(tenant: string): LogLimits {
    const { limits } = this.#config;
    return (Object.hasOwn(limits.tenants, tenant) ? limits.tenants[tenant]! : limits).logs.entries;
  }

  /** Undefined where no limit of streams or rates is set. */
  logAdmission(tenant: string): LogAdmission | undefined {
    return this.#logRates.of(tenant);
  }

  /** A tenant's appenders, plain data, with its limits before them. Logs are held to theirs where they are decoded. */
  appenders<A extends { readonly metrics: MetricAppender }>(tenant: string, appenders: A): A {
    if (!this.#metrics.isAny) return appenders;
    const { metrics } = appenders;
    let paced = this.#paced.get(metrics);
    if (!paced) {
      paced = {
        append: (...given) => {
          const limiter = this.#metrics.of(tenant);
          return limiter ? limiter.append(tenant, metrics, given, this.#now()) : metrics.append(...given);
        },
      };
      this.#paced.set(metrics, paced);
    }
    return { ...appenders, metrics: paced };
  }

  /** Where receivers put metrics and logs: the storage, and the tenants' ways into it where they are told apart. */
  around<A extends Appenders>({ logs, metrics }: Appenders, tenants: ((tenant: string) => A) | undefined) {
    const own = { logs, metrics };
    return {
      storage: () => this.appenders(DEFAULT_TENANT, own),
      tenants: tenants && ((tenant: string): A => this.appenders(tenant, tenants(tenant))),
    };
  }

  spans(intake: SpanIntake): SpanIntake {
    return {
      append: (batch, origin) =>
        this.#traces.of(origin.tenant)?.append(intake, batch, origin) ?? intake.append(batch, origin),
    };
  }

  /** What is scraped: its labels are limited on the way, its pace is asked for by `scrapeRefusal` before. */
  scraped(appender: MetricAppender): MetricAppender {
    const limiter = () => this.#metrics.of(DEFAULT_TENANT);
    return {
      append: (batch, options) => appender.append(limiter()?.checked(batch) ?? batch, options),
    };
  }

  /** Why a scrape of so many samples may not come; counted where it may. */
  scrapeRefusal(samples: number): TriliteError | undefined {
    try {
      this.#metrics.of(DEFAULT_TENANT)?.admit(DEFAULT_TENANT, samples, this.#now());
      return undefined;
    } catch (error) {
      if (error instanceof TriliteError) return error;
      throw error;
    }
  }

  /** Followed lines of a tenant. What is above the pace waits: the appender throws `rate_limited`. */
  followed(
    tenant: string,
    appender: LogAppender,
    onRefused: Parameters<LogAdmission['followed']>[2],
  ): LogAppender {
    return {
      append: (batch) => {
        const admission = this.#logRates.of(tenant);
        if (!admission) return appender.append(batch);
        return appender.append(admission.followed(tenant, batch, onRefused, this.#now()));
      },
    };
  }

  /** As `QueryAdmission`. */
  admit(tenants: readonly string[] | undefined): void {
    this.requests.ofTenants('read', tenants);
  }

  /** As `QueryAdmission`. */
  timeoutMs(tenants: readonly string[] = [DEFAULT_TENANT]): number {
    const all = queryLimits(this.#config);
    if (!all) return 0;
    return strictest(tenants.map((tenant) => limitsOf(all, tenant))).timeoutMs;
  }

  /** Has the storage hold new series to the limits of the configuration. */
  limitSeries(storage: LocalStorage, config = this.#config): void {
    const { limits, multiTenancy } = config;
    const all = byTenant(config, (l) => l.metrics);
    const isAny = [all.defaults, ...Object.values(all.tenants)].some(
      ({ seriesMax, seriesPerMetricMax }) => seriesMax + seriesPerMetricMax > 0,
    );
    const limitsOf = (tenant: string) =>
      (Object.hasOwn(limits.tenants, tenant) ? limits.tenants[tenant]! : limits).metrics;
    storage.limitSeries(isAny ? { multiTenancy, limitsOf } : undefined);
  }
}

function byTenant<L>({ limits }: Config, of: (limits: TenantLimits) => L): ByTenant<L> {
  const tenants = Object.entries(limits.tenants).map(([tenant, own]) => [tenant, of(own)] as const);
  return { defaults: of(limits), tenants: Object.fromEntries(tenants) };
}

/** For the readers; undefined: nobody is limited. */
export function queryLimits(config: Config): ByTenant<QueryLimits> | undefined {
  const all = byTenant(config, (l) => l.queries);
  return [all.defaults, ...Object.values(all.tenants)].some(isAnySet) ? all : undefined;
}

function requestLimits(config: Config) {
  return { tenants: byTenant(config, (l) => l.requests), credentials: config.limits.credentials };
}
