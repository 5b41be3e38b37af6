/** The queries that show a service in another signal: which selector finds it, and its rate, errors and durations. */

import { type Labels, quoted } from './labels.ts';
import { SERVICE_LABELS, serviceOf, serviceSelectors } from './service.ts';

/** Names that Loki's language cannot write; no stream has them. */
const IN_NO_STREAM = 'service.name';

/** Stream selectors of a service, the most telling first. */
export function streamSelectors(service: string): readonly string[] {
  return serviceSelectors(service).filter((_, i) => SERVICE_LABELS[i] !== IN_NO_STREAM);
}

/** The first of `streamSelectors` that one of the streams found with them fits; undefined where none does. */
export function firstStreamSelector(service: string, streams: readonly Labels[]): string | undefined {
  const labels = SERVICE_LABELS.filter((label) => label !== IN_NO_STREAM);
  const at = labels.findIndex((label) =>
    streams.some((stream) => serviceOf({ [label]: stream[label] ?? '' }) === service),
  );
  return at < 0 ? undefined : streamSelectors(service)[at];
}

/** Of the metrics that are made from spans: the one that tells whether there are any. */
export function spanCalls(service: string): string {
  return `traces_spanmetrics_calls_total{service=${quoted(service)}}`;
}

/** Requests a second, the part of them that fails, and how long 95 of 100 take at most, each by kind of span. */
export function redQueries(service: string): readonly string[] {
  const own = `service=${quoted(service)}`;
  const calls = (more: string) =>
    `sum by (span_kind) (rate(traces_spanmetrics_calls_total{${own}${more}}[5m]))`;
  const latency = `rate(traces_spanmetrics_latency_bucket{${own}}[5m])`;
  return [
    calls(''),
    `${calls(', status_code="STATUS_CODE_ERROR"')} / ${calls('')}`,
    `histogram_quantile(0.95, sum by (le, span_kind) (${latency}))`,
  ];
}

/** Which metrics a selector finds, and how many series of each. */
export function metricsUnder(selector: string): string {
  return `count by (__name__) (${selector})`;
}
