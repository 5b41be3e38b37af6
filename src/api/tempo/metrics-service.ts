/** `/api/metrics/query_range` and `/api/metrics/query`. */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import {
  exemplarsOf,
  type MetricsQuery,
  parseMetricsQuery,
  runMetrics,
} from '../../query/traces/metrics/metrics-query.ts';
import type { Grid, Label, Series } from '../../query/traces/metrics/series.ts';
import { instantGrid, metricsRange, rangeGrid } from './metrics-params.ts';
import { anyValueJson, doubleJson } from './search-json.ts';
import { param } from './search-params.ts';

function queryOf(request: ServiceRequest): MetricsQuery {
  const text = param(request, 'q') || param(request, 'query');
  return parseMetricsQuery(text);
}

/** 0 where there is none; what is no number is not heeded. */
function exemplarsParam(request: ServiceRequest): number {
  const text = param(request, 'exemplars');
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function labelsJson(labels: readonly Label[], name: string | undefined): unknown[] {
  const out: unknown[] = labels.map(([key, value]) => ({ key, value: anyValueJson(value) }));
  // A name is shown where there is nothing else to tell series apart.
  if (name !== undefined) out.unshift({ key: '__name__', value: { stringValue: name } });
  return out;
}

function seriesJson(series: Series, grid: Grid): unknown {
  const samples: unknown[] = [];
  for (let i = 0; i < grid.count; i++) {
    if (!series.present[i]) continue;
    const timestampMs = (grid.firstNs + BigInt(i) * BigInt(grid.stepNs)) / 1_000_000n;
    samples.push({ timestampMs: String(timestampMs), value: doubleJson(series.values[i]!) });
  }
  const exemplars = series.exemplars.map((e) => ({
    labels: labelsJson(e.labels, undefined),
    value: doubleJson(e.value),
    timestampMs: String(e.timestampMs),
  }));
  return {
    labels: labelsJson(series.labels, series.name),
    samples,
    exemplars: exemplars.length > 0 ? exemplars : undefined,
  };
}

function json(value: unknown): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(JSON.stringify(value)) };
}

export async function metricsQueryRange(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const query = queryOf(request);
  const grid = rangeGrid(request, metricsRange(request));
  const exemplars = exemplarsOf(query, exemplarsParam(request));
  const series = await runMetrics(context.storage.traces, query, grid, exemplars, context.signal);
  return json({ series: series.map((s) => seriesJson(s, grid)), metrics: {} });
}

export async function metricsQuery(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const query = queryOf(request);
  const grid = instantGrid(metricsRange(request));
  const series = await runMetrics(context.storage.traces, query, grid, 0, context.signal);
  return json({
    series: series.map((s) => ({ labels: labelsJson(s.labels, s.name), value: doubleJson(s.values[0]!) })),
    metrics: {},
  });
}
