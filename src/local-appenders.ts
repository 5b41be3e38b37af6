/** What makes samples and log lines here, rules, scraping and followed files, is a receiver like any other: what it takes in is counted. */

import type { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import { DEFAULT_TENANT, parseTenant } from './model/tenant.ts';
import type { LogAppender, MetricAppender } from './storage/interface.ts';
import type { tenantAppenders } from './storage/tenant/tenant-appender.ts';
import type { TenantLimiter } from './tenant-limits.ts';

export function counted(
  appender: MetricAppender,
  counts: ReceiverTelemetry,
  receiver: string,
): MetricAppender {
  return {
    append: async (batch, options) => {
      const outcome = await appender.append(batch, options);
      counts.accepted(receiver, 'samples', outcome.accepted);
      counts.refused(receiver, 'samples', outcome.refused);
      return outcome;
    },
  };
}

/** Where followed lines go, counted and held to limits; `ofTenants` throws where the id is none. */
export function followedLogs(
  limits: TenantLimiter,
  counts: ReceiverTelemetry,
  logs: LogAppender,
  appenders: ReturnType<typeof tenantAppenders> | undefined,
) {
  const of = (tenant: string, appender: LogAppender): LogAppender => {
    const limited = limits.followed(tenant, appender, ({ reason, entries }) =>
      counts.refusedByReason('tail', 'entries', reason, entries),
    );
    return {
      append: async (batch) => {
        const outcome = await limited.append(batch);
        counts.accepted('tail', 'entries', outcome.accepted);
        return outcome;
      },
    };
  };
  const ofTenants = (tenant: string) => of(parseTenant(tenant), appenders!(tenant).logs);
  return { own: of(DEFAULT_TENANT, logs), ofTenants: appenders && ofTenants };
}
