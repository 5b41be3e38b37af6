/** Texts that several range kernels and aggregations leave about a series. */

import { quote } from '../../../model/go-string.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';

export function metricNameOf(labels: Labels): string {
  return labels.get(METRIC_NAME);
}

export function mixedText(metricName: string): string {
  return `encountered a mix of histograms and floats for metric name ${quote(metricName)}`;
}

export function ignoredHistogramsText(metricName: string): string {
  return `ignored histograms in a range containing both floats and histograms for metric name ${quote(metricName)}`;
}

export function mixedSchemasText(metricName: string): string {
  return `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${quote(metricName)}`;
}

export function notCounterText(metricName: string): string {
  return `this native histogram metric is not a counter: ${quote(metricName)}`;
}

export function notGaugeText(metricName: string): string {
  return `this native histogram metric is not a gauge: ${quote(metricName)}`;
}

export function reconciledText(during: 'addition' | 'subtraction' | 'aggregation'): string {
  return `mismatched custom buckets were reconciled during ${during}`;
}

export function resetConflictText(during: 'addition' | 'subtraction' | 'aggregation'): string {
  return `conflicting counter resets during histogram ${during}`;
}
