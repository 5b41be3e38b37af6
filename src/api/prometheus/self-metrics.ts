/** This server's metrics as JSON: metric families in protobuf's JSON form, as `status/self_metrics` has them. */

import { Summary } from '../../base/summary.ts';
import { type AnyFamily, HistogramCounter, type Telemetry } from '../../base/telemetry.ts';

export interface MetricFamilyJson {
  readonly name: string;
  readonly help: string;
  readonly type: 'COUNTER' | 'GAUGE' | 'HISTOGRAM' | 'SUMMARY';
  readonly metric: readonly unknown[];
}

/** Collectors run first. Families without children are left out. */
export function metricFamilies(telemetry: Telemetry): MetricFamilyJson[] {
  return telemetry
    .families()
    .map(familyJson)
    .filter(({ metric }) => metric.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function familyJson(family: AnyFamily): MetricFamilyJson {
  const { name, help, type } = family;
  const metric = [...family.samples()].map(({ names, values, child }) => ({
    ...(values.length > 0 && {
      label: values.map((value, i) => ({ name: names[i]!, value })),
    }),
    ...(child instanceof HistogramCounter
      ? { histogram: histogramJson(child) }
      : child instanceof Summary
        ? { summary: summaryJson(child) }
        : { [type]: { value: number(child.value) } }),
  }));
  return { name, help, type: type.toUpperCase() as MetricFamilyJson['type'], metric };
}

/** 64-bit integers are strings in protobuf's JSON. */
function histogramJson({ bounds, counts, sum }: HistogramCounter): unknown {
  let total = 0;
  const bucket = bounds.map((upperBound, i) => {
    total += counts[i]!;
    return { cumulativeCount: String(total), upperBound };
  });
  total += counts[bounds.length]!;
  return { sampleCount: String(total), sampleSum: number(sum), bucket };
}

function summaryJson(summary: Summary): unknown {
  const values = summary.values();
  const quantile = summary.quantiles.map((q, i) => ({ quantile: q, value: number(values[i]!) }));
  return { sampleCount: String(summary.count), sampleSum: number(summary.sum), quantile };
}

/** What JSON has no number for is a string there. */
function number(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}
