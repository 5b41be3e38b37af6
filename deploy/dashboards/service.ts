/** All signals of a service on one page: where one looks first when something is wrong. */

import { alertAnnotation, DEPLOYMENT_ANNOTATION, dashboard, SERVICE } from './dashboard.ts';
import { logs, stat, table, timeseries } from './panels.ts';
import {
  CPU,
  concurrency,
  ERROR_RATIO_THRESHOLDS,
  errorRatio,
  FIRING,
  LATENCY_THRESHOLDS,
  latencyQuantile,
  MEMORY,
  requestRate,
} from './request-metrics.ts';
import {
  logLines,
  logRange,
  logsLink,
  promExemplars,
  promInstant,
  promRange,
  traceSearch,
  tracesLink,
} from './targets.ts';

/** From here on a service counts as failing; the alert ServiceErrorRateHigh has it too. */
const FAILING = 0.05;

const failedTraces = tracesLink(
  'Failed traces',
  '{ resource.service.name = "${__field.labels.service}" && status = error }',
);
const errorLines = logsLink(
  'Errors in logs',
  '{service_name="${__field.labels.service}"} | detected_level=~"error|critical|fatal"',
);

const health = {
  title: 'Health',
  panels: [
    stat(
      {
        title: 'Services',
        description: `Whether less than ${FAILING * 100} % of a service's requests fail. A click leads to its failed traces and errors.`,
      },
      [promInstant(`${errorRatio('service')} < bool ${FAILING}`, '{{service}}')],
      {
        width: 16,
        unit: 'short',
        noValue: 'no requests',
        links: [failedTraces, errorLines],
        words: { 0: { text: 'failing', color: 'red' }, 1: { text: 'healthy', color: 'green' } },
      },
    ),
    stat({ title: 'Alerts', description: 'Alerts that fire.' }, [promInstant(FIRING, 'firing')], {
      unit: 'short',
      thresholds: [[1, 'red']],
    }),
    stat(
      { title: 'Targets down', description: 'Targets that could not be scraped.' },
      [promInstant('count(up{job=~"(.+/)?$service"} == 0) or vector(0)', 'down')],
      { unit: 'short', thresholds: [[1, 'red']] },
    ),
  ],
};

const requests = {
  title: 'Requests',
  panels: [
    timeseries(
      { title: 'Rate', description: 'Requests per second.' },
      [promRange(requestRate('service'), '{{service}}')],
      { unit: 'reqps', width: 8, links: [errorLines] },
    ),
    timeseries(
      { title: 'Errors', description: 'Share of requests that fail. A click offers failed traces.' },
      [promRange(errorRatio('service'), '{{service}}')],
      {
        unit: 'percentunit',
        width: 8,
        thresholds: ERROR_RATIO_THRESHOLDS,
        links: [failedTraces, errorLines],
      },
    ),
    timeseries(
      {
        title: 'Percentiles',
        description: 'Durations of requests. Points are exemplars: each leads to its trace.',
      },
      [0.5, 0.95, 0.99].map((q) => promExemplars(latencyQuantile(q, ''), `p${q * 100}`)),
      { unit: 's', width: 8, thresholds: LATENCY_THRESHOLDS },
    ),
  ],
};

const saturation = {
  title: 'Saturation',
  panels: [
    timeseries(
      { title: 'Requests at work', description: 'At a time, on average: rate times duration.' },
      [promRange(concurrency('service'), '{{service}}')],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      { title: 'Processors', description: 'Processors in use, of processes that tell it.' },
      [promRange(CPU, '{{job}}')],
      { unit: 'short', width: 8, decimals: 2 },
    ),
    timeseries(
      { title: 'Memory', description: 'Bytes in memory, of processes that tell it.' },
      [promRange(MEMORY, '{{job}}')],
      { unit: 'bytes', width: 8 },
    ),
  ],
};

const evidence = {
  title: 'Errors and slow traces',
  panels: [
    timeseries(
      {
        title: 'Log lines by level',
        description: 'Lines per second; a burst of errors often explains the charts above.',
      },
      [
        logRange(
          'sum by (detected_level) (rate({service_name=~"$service"} [$__auto]))',
          '{{detected_level}}',
        ),
      ],
      { unit: 'cps', stacked: true, bars: true, width: 24, height: 6 },
    ),
    logs(
      {
        title: 'Last 100 errors',
        description: 'Lines of level error or worse. Details of a line have a link to its trace.',
      },
      logLines('{service_name=~"$service"} | detected_level=~"error|critical|fatal"', 100),
      { width: 12, height: 12 },
    ),
    table(
      { title: 'Traces over a second', description: 'The newest ones. The id leads to the trace.' },
      [traceSearch('{ resource.service.name =~ "$service" && trace:duration > 1s }', 50)],
      { width: 12, height: 12 },
    ),
  ],
};

export const service = dashboard({
  uid: 'service',
  title: 'Services on one page',
  description:
    'Health, requests, saturation, errors and slow traces of services: metrics, logs and traces side by side.',
  variables: [SERVICE],
  annotations: [alertAnnotation(), DEPLOYMENT_ANNOTATION],
  rows: [health, requests, saturation, evidence],
});
