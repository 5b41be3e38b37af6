/** Rate, errors and durations by TraceQL, the slowest and failed traces, and what calls what. */

import { alertAnnotation, DEPLOYMENT_ANNOTATION, dashboard, SERVICE, textBox } from './dashboard.ts';
import { barGauge, heatmap, nodeGraph, stat, table, timeseries } from './panels.ts';
import {
  promInstant,
  serviceMap,
  traceMetrics,
  traceMetricsInstant,
  traceSearch,
  tracesLink,
} from './targets.ts';

/** Spans that services were called by. */
const REQUESTS = 'resource.service.name =~ "$service" && (kind = server || kind = consumer)';
const NAMED = 'resource.service.name =~ "$service" && name =~ ".*$operation.*"';

const failedOfService = tracesLink(
  'Failed traces',
  '{ resource.service.name = "${__field.labels["resource.service.name"]}" && status = error }',
);

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      { title: 'Requests', description: 'Spans of kind server or consumer in the time range, per second.' },
      [traceMetricsInstant(`{ ${REQUESTS} } | rate()`)],
      { width: 6, unit: 'reqps', noValue: '0' },
    ),
    stat(
      { title: 'Errors', description: 'Those of them that failed, per second.' },
      [traceMetricsInstant(`{ ${REQUESTS} && status = error } | rate()`)],
      { width: 6, unit: 'reqps', noValue: '0', thresholds: [[0.001, 'orange']] },
    ),
    stat(
      { title: 'p95', description: 'What 95 of 100 of them stay below.' },
      [traceMetricsInstant(`{ ${REQUESTS} } | quantile_over_time(duration, .95)`)],
      { width: 6, unit: 's' },
    ),
    stat(
      { title: 'Services', description: 'Services that sent spans lately.' },
      [
        promInstant(
          'count(count by (service) (traces_spanmetrics_calls_total{service=~"$service"}))',
          'services',
        ),
      ],
      { width: 6, unit: 'short' },
    ),
  ],
};

const red = {
  title: 'Rate, errors, durations',
  panels: [
    timeseries(
      {
        title: 'Rate',
        description: 'Requests per second, by service. Counted from the spans that are stored.',
      },
      [traceMetrics(`{ ${REQUESTS} } | rate() by (resource.service.name)`)],
      { unit: 'reqps', stacked: true, links: [failedOfService] },
    ),
    timeseries(
      { title: 'Errors', description: 'Failed requests per second, by service. A click offers the traces.' },
      [traceMetrics(`{ ${REQUESTS} && status = error } | rate() by (resource.service.name)`)],
      { unit: 'reqps', links: [failedOfService] },
    ),
    timeseries(
      { title: 'Durations', description: 'Percentiles over all requests.' },
      [traceMetrics(`{ ${REQUESTS} } | quantile_over_time(duration, .5, .9, .99)`)],
      { unit: 's' },
    ),
    heatmap(
      { title: 'Spread of durations', description: 'How many requests took how long.' },
      traceMetrics(`{ ${REQUESTS} } | histogram_over_time(duration)`),
      { unit: 's' },
    ),
    barGauge(
      {
        title: 'Slowest operations',
        description: 'Average duration, of the ten operations where it is longest.',
      },
      [
        traceMetricsInstant(
          `{ ${REQUESTS} } | avg_over_time(duration) by (resource.service.name, name) | topk(10)`,
        ),
      ],
      { unit: 's' },
    ),
    barGauge(
      {
        title: 'Most frequent errors',
        description: 'Failed spans per second, of the ten operations with the most.',
      },
      [
        traceMetricsInstant(
          '{ resource.service.name =~ "$service" && status = error } | rate() by (resource.service.name, name) | topk(10)',
        ),
      ],
      { unit: 'cps' },
    ),
  ],
};

const found = {
  title: 'Traces',
  panels: [
    table(
      {
        title: 'Newest',
        description:
          'Traces with a span of the service whose name has the text given above. The id leads to the trace.',
      },
      [traceSearch(`{ ${NAMED} }`, 20)],
      { width: 12, height: 10 },
    ),
    table(
      {
        title: 'Slowest',
        description: 'Of the newest hundred that took more than half a second, the slowest first.',
      },
      [traceSearch(`{ ${NAMED} && trace:duration > 500ms }`, 100)],
      { width: 12, height: 10, sortBy: 'Duration' },
    ),
    table(
      { title: 'Failed', description: 'Traces with a failed span of the service.' },
      [traceSearch(`{ ${NAMED} && status = error }`, 20)],
      { width: 12, height: 10 },
    ),
    table(
      {
        title: 'Exceptions',
        description: 'Traces with a span that recorded an exception, with its message.',
      },
      [
        traceSearch(
          `{ ${NAMED} && event.exception.message != nil } | select(resource.service.name, event.exception.type, event.exception.message)`,
          20,
        ),
      ],
      { width: 12, height: 10 },
    ),
  ],
};

const graph = {
  title: 'Service graph',
  panels: [
    nodeGraph(
      {
        title: 'What calls what',
        description:
          'Requests per second and durations between services. A click on a node offers its traces and metrics.',
      },
      serviceMap('{client=~"$service"} OR {server=~"$service"}'),
    ),
  ],
};

export const traces = dashboard({
  uid: 'traces',
  title: 'Traces',
  description:
    'Rate, errors and durations by TraceQL, slow and failed traces, exceptions and the service graph.',
  variables: [SERVICE, textBox('operation', 'Operation')],
  annotations: [alertAnnotation(), DEPLOYMENT_ANNOTATION],
  rows: [glance, red, found, graph],
});
