/**
 * Appending for a tenant: what it sends is stored under labels that say whose it is. Decoders know nothing of tenants,
 * so what they remember of a stream serves all.
 */

import type { Labels } from '../../model/labels.ts';
import type { LogAppender } from '../interface.ts';
import { storedLabels } from './tenant-view.ts';

/** Tenants whose label sets are remembered; with one more all are forgotten. */
const TENANTS_MAX = 1024;

export type TenantLogs = (tenant: string) => LogAppender;

/** Appenders by tenant, over one that knows none. */
export function tenantLogAppenders(logs: LogAppender): TenantLogs {
  const appenders = new Map<string, LogAppender>();
  return (tenant) => {
    let appender = appenders.get(tenant);
    if (!appender) {
      appender = tenantLogAppender(logs, tenant);
      if (appenders.size >= TENANTS_MAX) appenders.clear();
      appenders.set(tenant, appender);
    }
    return appender;
  };
}

function tenantLogAppender(logs: LogAppender, tenant: string): LogAppender {
  // Decoders give the same object for a label string that they know: its stored form is kept as long as they keep that.
  const stored = new WeakMap<Labels, Labels>();
  const storedOf = (given: Labels): Labels => {
    let labels = stored.get(given);
    if (!labels) {
      labels = storedLabels(given, tenant);
      stored.set(given, labels);
    }
    return labels;
  };
  return { append: (batch) => logs.append({ ...batch, streams: batch.streams.map(storedOf) }) };
}
