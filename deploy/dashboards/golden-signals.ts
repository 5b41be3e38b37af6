/** Latency, traffic, errors, saturation: the four signals by which one sees how a service fares. */

import { alertAnnotation, DEPLOYMENT_ANNOTATION, dashboard, SERVICE } from './dashboard.ts';
import { heatmap, stat, timeseries } from './panels.ts';
import {
  ACTIVE_REQUESTS,
  CPU,
  concurrency,
  ERROR_RATIO_THRESHOLDS,
  errorRate,
  errorRatio,
  LATENCY_BUCKETS,
  LATENCY_THRESHOLDS,
  latencyQuantile,
  MEMORY,
  requestRate,
} from './request-metrics.ts';
import { logRange, promExemplars, promHeatmap, promRange, tracesLink } from './targets.ts';

const SLOW = tracesLink(
  'Slow traces',
  '{ resource.service.name = "${__field.labels.service}" && duration > 500ms }',
);
const FAILED = tracesLink(
  'Failed traces',
  '{ resource.service.name = "${__field.labels.service}" && status = error }',
);

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      { title: 'Latency', description: 'What 95 of 100 requests stay below.' },
      [promRange(latencyQuantile(0.95, ''), 'p95')],
      { width: 6, unit: 's', thresholds: LATENCY_THRESHOLDS },
    ),
    stat(
      { title: 'Traffic', description: 'Requests per second to all chosen services.' },
      [promRange(requestRate(''), 'requests')],
      { width: 6, unit: 'reqps' },
    ),
    stat(
      { title: 'Errors', description: 'Share of requests that fail.' },
      [promRange(errorRatio(''), 'errors')],
      { width: 6, unit: 'percentunit', decimals: 2, thresholds: ERROR_RATIO_THRESHOLDS },
    ),
    stat(
      {
        title: 'Saturation',
        description:
          'Requests at work at a time, on average. What grows while traffic stays the same is queueing.',
      },
      [promRange(concurrency(''), 'at work')],
      { width: 6, unit: 'short', decimals: 2 },
    ),
  ],
};

const latency = {
  title: 'Latency',
  panels: [
    timeseries(
      {
        title: 'Percentiles',
        description: 'Of all requests. Points are exemplars: each leads to its trace.',
      },
      [0.5, 0.9, 0.99].map((q) => promExemplars(latencyQuantile(q, ''), `p${q * 100}`)),
      { unit: 's' },
    ),
    timeseries(
      {
        title: 'p95 by service',
        description: 'Which service is slow. A click on a line offers its slow traces.',
      },
      [promRange(latencyQuantile(0.95, 'service'), '{{service}}')],
      { unit: 's', links: [SLOW], thresholds: LATENCY_THRESHOLDS },
    ),
    heatmap(
      {
        title: 'Spread of durations',
        description:
          'How many requests took how long. Two bands are two kinds of requests: caches, retries, timeouts.',
      },
      promHeatmap(LATENCY_BUCKETS),
      { unit: 's', width: 24 },
    ),
  ],
};

const traffic = {
  title: 'Traffic',
  panels: [
    timeseries(
      { title: 'Requests by service', description: 'Requests per second.' },
      [promRange(requestRate('service'), '{{service}}')],
      { unit: 'reqps', stacked: true },
    ),
    timeseries(
      { title: 'Busiest operations', description: 'The ten operations with the most requests per second.' },
      [promRange(`topk(10, ${requestRate('service, span_name')})`, '{{service}} {{span_name}}')],
      { unit: 'reqps' },
    ),
  ],
};

const errors = {
  title: 'Errors',
  panels: [
    timeseries(
      {
        title: 'Error ratio by service',
        description: 'Share of requests that fail. A click offers failed traces.',
      },
      [promRange(errorRatio('service'), '{{service}}')],
      { unit: 'percentunit', links: [FAILED], thresholds: ERROR_RATIO_THRESHOLDS, width: 8 },
    ),
    timeseries(
      { title: 'Failing operations', description: 'The ten operations with the most errors per second.' },
      [promRange(`topk(10, ${errorRate('service, span_name')} > 0)`, '{{service}} {{span_name}}')],
      { unit: 'reqps', width: 8 },
    ),
    timeseries(
      { title: 'Errors in logs', description: 'Lines of level error or worse per second.' },
      [
        logRange(
          'sum by (service_name) (rate({service_name=~"$service"} | detected_level=~"error|critical|fatal" [$__auto]))',
          '{{service_name}}',
        ),
      ],
      { unit: 'cps', width: 8 },
    ),
  ],
};

const saturation = {
  title: 'Saturation',
  panels: [
    timeseries(
      {
        title: 'Requests at work',
        description:
          'By service, on average: rate times duration. Derived from spans, so every service has it.',
      },
      [promRange(concurrency('service'), '{{service}}')],
      { unit: 'short' },
    ),
    timeseries(
      { title: 'Active HTTP requests', description: 'As servers count them (http.server.active_requests).' },
      [promRange(ACTIVE_REQUESTS, '{{job}}')],
      { unit: 'short' },
    ),
    timeseries(
      { title: 'Processors', description: 'Processors in use, of processes that tell it.' },
      [promRange(CPU, '{{job}}')],
      { unit: 'short', decimals: 2 },
    ),
    timeseries(
      { title: 'Memory', description: 'Bytes in memory, of processes that tell it.' },
      [promRange(MEMORY, '{{job}}')],
      { unit: 'bytes' },
    ),
  ],
};

export const goldenSignals = dashboard({
  uid: 'golden-signals',
  title: 'Golden signals',
  description: 'Latency, traffic, errors and saturation of services, from spans, metrics and logs.',
  variables: [SERVICE],
  annotations: [alertAnnotation(), DEPLOYMENT_ANNOTATION],
  rows: [glance, latency, traffic, errors, saturation],
});
