/** Rate, errors and durations per service, from the metrics that are derived from spans. */

import { alertAnnotation, DEPLOYMENT_ANNOTATION, dashboard, SERVICE } from './dashboard.ts';
import { columnUnit, joined, table, timeseries } from './panels.ts';
import {
  ERROR_RATIO_THRESHOLDS,
  errorRate,
  errorRatio,
  latencyQuantile,
  requestRate,
  WINDOW,
} from './request-metrics.ts';
import { promExemplars, promRange, promTable, tracesLink } from './targets.ts';

const failed = tracesLink(
  'Failed traces',
  '{ resource.service.name = "${__data.fields.service}" && status = error }',
);
const ofOperation = tracesLink(
  'Traces',
  '{ resource.service.name =~ "$service" && name = "${__field.labels.span_name}" }',
);
const CALLS_OUT = 'client=~"$service"';

const COLUMNS = ['Rate', 'Errors', 'p50', 'p95', 'p99'];

const overview = {
  title: 'All services',
  panels: [
    table(
      {
        title: 'Operations',
        description:
          'Every operation of the chosen services, now. Columns sort; a click offers failed traces.',
      },
      [
        promTable(requestRate('service, span_name')),
        promTable(errorRatio('service, span_name')),
        promTable(latencyQuantile(0.5, 'service, span_name')),
        promTable(latencyQuantile(0.95, 'service, span_name')),
        promTable(latencyQuantile(0.99, 'service, span_name')),
      ],
      {
        unit: 'short',
        height: 10,
        sortBy: 'Rate',
        links: [failed],
        transformations: joined(COLUMNS),
        overrides: [
          columnUnit('Rate', 'reqps', 2),
          columnUnit('Errors', 'percentunit', 2),
          ...COLUMNS.slice(2).map((column) => columnUnit(column, 's')),
        ],
      },
    ),
  ],
};

const perService = {
  title: '$service',
  repeat: 'service',
  panels: [
    timeseries(
      { title: 'Rate', description: 'Requests per second, by operation.' },
      [promRange(requestRate('span_name'), '{{span_name}}')],
      { unit: 'reqps', width: 8, stacked: true, links: [ofOperation] },
    ),
    timeseries(
      { title: 'Errors', description: 'Share of requests that fail, by operation.' },
      [promRange(errorRatio('span_name'), '{{span_name}}')],
      { unit: 'percentunit', width: 8, thresholds: ERROR_RATIO_THRESHOLDS, links: [ofOperation] },
    ),
    timeseries(
      {
        title: 'Durations',
        description: 'Percentiles of requests. Points are exemplars: each leads to its trace.',
      },
      [0.5, 0.95, 0.99].map((q) => promExemplars(latencyQuantile(q, ''), `p${q * 100}`)),
      { unit: 's', width: 8 },
    ),
    timeseries(
      { title: 'Errors per second', description: 'Failed requests, by operation.' },
      [promRange(errorRate('span_name'), '{{span_name}}')],
      { unit: 'reqps', width: 8 },
    ),
    timeseries(
      {
        title: 'Calls to others',
        description: 'Requests per second that the service makes, by who is called (service graph).',
      },
      [
        promRange(
          `sum by (server) (rate(traces_service_graph_request_total{${CALLS_OUT}}${WINDOW}))`,
          '{{server}}',
        ),
      ],
      { unit: 'reqps', width: 8 },
    ),
    timeseries(
      {
        title: 'p95 of calls to others',
        description: 'As the service sees it: network and waiting included.',
      },
      [
        promRange(
          `histogram_quantile(0.95, sum by (server, le) (rate(traces_service_graph_request_client_seconds_bucket{${CALLS_OUT}}${WINDOW})))`,
          '{{server}}',
        ),
      ],
      { unit: 's', width: 8 },
    ),
  ],
};

export const red = dashboard({
  uid: 'red',
  title: 'RED per service',
  description: 'Rate, errors and durations of every service and operation, from metrics derived from spans.',
  variables: [SERVICE],
  annotations: [alertAnnotation(), DEPLOYMENT_ANNOTATION],
  rows: [overview, perService],
});
