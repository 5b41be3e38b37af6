/**
 * Appending for a tenant: what it sends is stored under labels that say whose it is. Decoders know nothing of tenants,
 * so what they remember of a stream or a series serves all.
 */

import type { MetricBatch } from '../../model/batch.ts';
import type { Labels } from '../../model/labels.ts';
import type { LogAppender, MetricAppender, TraceAppender } from '../interface.ts';
import { tenantTraceAppender } from './tenant-spans.ts';
import { storedFamily, storedLabels } from './tenant-view.ts';

/** Tenants whose label sets are remembered; with one more all are forgotten. */
const TENANTS_MAX = 1024;
/** Key spaces of tenants' series begin here, far above those of the wire forms. */
const FIRST_SPACE = 2 ** 30;
/** As many as the wire forms have (`KEY_SPACE`). */
const SPACES_PER_TENANT = 16;
/** Key spaces are 32 bits. */
const SPACES_END = 2 ** 32;

export interface TenantAppenders {
  readonly logs: LogAppender;
  readonly metrics: MetricAppender;
  readonly traces: TraceAppender;
}

/** Of the process: no two appenders share one, be they of one tenant. */
let nextSpace = FIRST_SPACE;

/** Appenders by tenant, over ones that know none. */
export function tenantAppenders(storage: TenantAppenders): (tenant: string) => TenantAppenders {
  const known = new Map<string, TenantAppenders>();
  return (tenant) => {
    let appenders = known.get(tenant);
    if (!appenders) {
      appenders = {
        logs: tenantLogAppender(storage.logs, tenant),
        metrics: tenantMetricAppender(storage.metrics, tenant, nextSpace),
        traces: tenantTraceAppender(storage.traces, tenant),
      };
      // Keys of a tenant that was forgotten may still be known: its spaces are not used again for long.
      nextSpace += SPACES_PER_TENANT;
      if (nextSpace >= SPACES_END) nextSpace = FIRST_SPACE;
      if (known.size >= TENANTS_MAX) known.clear();
      known.set(tenant, appenders);
    }
    return appenders;
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

/** Keys of the tenant's series are in spaces of its own: equal ones of another mean other labels. */
function tenantMetricAppender(metrics: MetricAppender, tenant: string, firstSpace: number): MetricAppender {
  return {
    append: (batch, options) => metrics.append(tenantBatch(batch, tenant, firstSpace + batch.space), options),
  };
}

/** Field by field: the decoder's own object may be of a class. */
function tenantBatch(batch: MetricBatch, tenant: string, space: number): MetricBatch {
  return {
    space,
    keys: batch.keys,
    seriesCount: batch.seriesCount,
    keyStart: batch.keyStart,
    keyEnd: batch.keyEnd,
    ...(batch.handles && { handles: batch.handles }),
    labels: (i) => {
      const given = batch.labels(i);
      return given && storedLabels(given, tenant);
    },
    sampleCount: batch.sampleCount,
    sampleSeries: batch.sampleSeries,
    timestamps: batch.timestamps,
    values: batch.values,
    ...(batch.inOrderOnly && { inOrderOnly: true }),
    ...(batch.startTimestamps && { startTimestamps: batch.startTimestamps }),
    histograms: batch.histograms,
    exemplars: batch.exemplars,
    metadata: batch.metadata.flatMap((m) => {
      const family = storedFamily(m.family, tenant);
      return family === undefined ? [] : [{ ...m, family }];
    }),
  };
}
