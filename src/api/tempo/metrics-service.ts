/** `/api/metrics/query_range` and `/api/metrics/query`; the original prints them as JSON alone. */

import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import {
  exemplarsOf,
  type MetricsQuery,
  parseMetricsQuery,
  runMetrics,
} from '../../query/traces/metrics/metrics-query.ts';
import type { Grid, Label, Series } from '../../query/traces/metrics/series.ts';
import { jsonAnswer } from './answer-form.ts';
import { instantGrid, metricsRange, rangeGrid } from './metrics-params.ts';
import { ONE_JOB } from './proto/message-list.ts';
import { anyValueJson, doubleJson } from './search-json.ts';
import { param } from './search-params.ts';

function queryOf(request: ServiceRequest): MetricsQuery {
  const text = param(request, 'q') || param(request, 'query');
  return parseMetricsQuery(text);
}

/** 0 where it does not say or is no number, as to the original. */
function numberParam(request: ServiceRequest, name: 'exemplars' | 'maxSeries'): number {
  const text = param(request, name);
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

/** What a metrics query computes; an instant query has one step. */
export interface MetricsAnswer {
  readonly series: readonly Series[];
  readonly grid: Grid;
  /** Why these are not all series; undefined where they are. */
  readonly partial: string | undefined;
}

export async function rangeMetrics(request: ServiceRequest, context: ServiceContext): Promise<MetricsAnswer> {
  const query = queryOf(request);
  const grid = rangeGrid(request, metricsRange(request));
  const exemplars = exemplarsOf(query, numberParam(request, 'exemplars'));
  const series = await runMetrics(context.storage.traces, query, grid, exemplars, context.signal);
  return { grid, ...firstSeries(series, numberParam(request, 'maxSeries')) };
}

export async function instantMetrics(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<MetricsAnswer> {
  const query = queryOf(request);
  const grid = instantGrid(metricsRange(request));
  const series = await runMetrics(context.storage.traces, query, grid, 0, context.signal);
  return { grid, series, partial: undefined };
}

/** As many as are wanted, in the order in which they are shown; 0: all. */
function firstSeries(series: readonly Series[], wanted: number): Pick<MetricsAnswer, 'series' | 'partial'> {
  if (wanted === 0 || series.length <= wanted) return { series, partial: undefined };
  return { series: series.slice(0, wanted), partial: `the answer has ${wanted} of ${series.length} series` };
}

export async function metricsQueryRange(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const { series, grid, partial } = await rangeMetrics(request, context);
  return jsonAnswer({
    series: series.map((s) => seriesJson(s, grid)),
    metrics: ONE_JOB,
    status: partial && 'PARTIAL',
    message: partial,
  });
}

export async function metricsQuery(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { series } = await instantMetrics(request, context);
  return jsonAnswer({
    series: series.map((s) => ({ labels: labelsJson(s.labels, s.name), value: doubleJson(s.values[0]!) })),
    metrics: ONE_JOB,
  });
}
