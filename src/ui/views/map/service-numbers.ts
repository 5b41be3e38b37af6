/** Queries about one service, and what their answers say: its numbers over time, and its operations. */

import { quoted } from '../../../model/correlate/labels.ts';
import type { Sample } from './service-graph.ts';

/** A rate needs some samples, which come every 15 seconds. */
const WINDOW_LEAST_MS = 60_000;
/** Queries for each operation are made of spans that take requests; others are parts of those. */
const ENTRY_KINDS = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';

export interface SparkQueries {
  readonly rate: string;
  readonly failed: string;
  readonly p95: string;
}

/** Range queries over calls to the service; `side` is who measured how long they took. */
export function sparkQueries(service: string, stepMs: number, side: 'server' | 'client'): SparkQueries {
  const window = `${Math.max(WINDOW_LEAST_MS, 2 * stepMs)}ms`;
  const rate = (name: string) =>
    `rate(traces_service_graph_request_${name}{server=${quoted(service)}}[${window}])`;
  return {
    rate: `sum(${rate('total')})`,
    failed: `sum(${rate('failed_total')})`,
    p95: `histogram_quantile(0.95, sum by (le) (${rate(`${side}_seconds_bucket`)}))`,
  };
}

export interface OverTime {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

interface Matrix {
  readonly resultType: string;
  readonly result: unknown;
}

/** Of an answer with at most one series. */
export function overTime({ resultType, result }: Matrix): OverTime {
  const series =
    resultType === 'matrix' ? (result as readonly { values?: readonly [number, string][] }[]) : [];
  const points = series[0]?.values ?? [];
  return {
    timesMs: points.map(([seconds]) => seconds * 1000),
    values: points.map(([, value]) => (Number.isFinite(Number(value)) ? Number(value) : null)),
  };
}

export interface Operation {
  readonly operation: string;
  readonly kind: string;
  readonly rate: number;
  readonly failedRate: number;
  /** Seconds; NaN where nothing was measured. */
  readonly p95S: number;
}

export interface OperationQueries {
  readonly rate: string;
  readonly failed: string;
  readonly p95: string;
}

/** Instant queries over the last `rangeS` seconds. */
export function operationQueries(
  service: string,
  rangeS: number,
): Readonly<Record<keyof OperationQueries, string>> {
  const own = `service=${quoted(service)}, ${ENTRY_KINDS}`;
  const by = 'span_name, span_kind';
  const calls = (more: string) =>
    `sum by (${by}) (rate(traces_spanmetrics_calls_total{${own}${more}}[${rangeS}s]))`;
  return {
    rate: calls(''),
    failed: calls(', status_code="STATUS_CODE_ERROR"'),
    p95: `histogram_quantile(0.95, sum by (${by}, le) (rate(traces_spanmetrics_latency_bucket{${own}}[${rangeS}s])))`,
  };
}

export function operationsOf(
  samples: { readonly [K in keyof OperationQueries]: readonly Sample[] },
): readonly Operation[] {
  const keyOf = ({ metric }: Sample) => `${metric.span_name ?? ''}\0${metric.span_kind ?? ''}`;
  const failed = new Map(samples.failed.map((sample) => [keyOf(sample), Number(sample.value?.[1])]));
  const p95 = new Map(samples.p95.map((sample) => [keyOf(sample), Number(sample.value?.[1])]));
  return samples.rate.map((sample) => ({
    operation: sample.metric.span_name ?? '',
    kind: sample.metric.span_kind ?? '',
    rate: Number(sample.value?.[1]),
    failedRate: failed.get(keyOf(sample)) ?? 0,
    p95S: p95.get(keyOf(sample)) ?? Number.NaN,
  }));
}
