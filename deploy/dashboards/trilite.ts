/** Trilite itself, from its own metrics (docs/metrics.md): what comes in, what is asked, what is stored, what it costs. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { stat, timeseries } from './panels.ts';
import { promInstant, promRange } from './targets.ts';
import { OF, process, rate, scraping, storing } from './trilite-inside.ts';

function quantile(q: number, metric: string, by: string): string {
  return `histogram_quantile(${q}, ${rate(`${metric}_bucket`, by === '' ? 'le' : `${by}, le`)})`;
}

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      { title: 'Version', description: 'Of Trilite, and of Node under it.' },
      [promInstant(`trilite_build_info{${OF}}`, '{{version}}, Node {{node}}')],
      { unit: 'short' },
    ),
    stat(
      { title: 'Up since', description: 'Time since the process began.' },
      [promInstant(`time() - process_start_time_seconds{${OF},job="trilite"}`, '{{instance}}')],
      { unit: 's', decimals: 1 },
    ),
    stat(
      { title: 'Database', description: 'Size of the file.' },
      [promRange(`trilite_database_bytes{${OF}}`, '{{instance}}')],
      { unit: 'bytes' },
    ),
    stat(
      { title: 'Memory', description: 'Bytes of the process in memory.' },
      [promRange(`process_resident_memory_bytes{${OF},job="trilite"}`, '{{instance}}')],
      { unit: 'bytes' },
    ),
    stat(
      { title: 'Targets', description: 'Targets that answer, and those that do not.' },
      [promInstant('count(up == 1) or vector(0)', 'up'), promInstant('count(up == 0) or vector(0)', 'down')],
      { unit: 'short' },
    ),
    stat(
      {
        title: 'Damage',
        description:
          'Pages of the database that were found damaged. Anything but 0 wants a look at the disk.',
      },
      [promInstant(`sum(trilite_damaged_pages{${OF}} + trilite_writer_damaged_pages{${OF}})`, 'pages')],
      { unit: 'short', thresholds: [[1, 'red']] },
    ),
  ],
};

const intake = {
  title: 'Taking in',
  panels: [
    timeseries(
      {
        title: 'Samples',
        description: 'Samples per second that were acknowledged, by way in, and those of scraping.',
      },
      [
        promRange(rate('trilite_receiver_accepted_samples_total', 'receiver'), '{{receiver}}'),
        promRange('sum(sum_over_time(scrape_samples_post_metric_relabeling[1m])) / 60', 'scrape'),
      ],
      { unit: 'cps', width: 8 },
    ),
    timeseries(
      { title: 'Log lines', description: 'Entries per second that were acknowledged, by way in.' },
      [promRange(rate('trilite_receiver_accepted_entries_total', 'receiver'), '{{receiver}}')],
      { unit: 'cps', width: 8 },
    ),
    timeseries(
      { title: 'Spans', description: 'Spans per second that were acknowledged, by way in.' },
      [promRange(rate('trilite_receiver_accepted_spans_total', 'receiver'), '{{receiver}}')],
      { unit: 'cps', width: 8 },
    ),
    timeseries(
      { title: 'Bytes', description: 'Bytes of request bodies per second, as they came.' },
      [promRange(rate('trilite_receiver_bytes_total', 'receiver'), '{{receiver}}')],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      {
        title: 'Refused items',
        description: 'Samples, entries and spans per second that were refused one by one.',
      },
      [
        promRange(
          rate('trilite_receiver_refused_samples_total', 'receiver, reason'),
          '{{receiver}} samples: {{reason}}',
        ),
        promRange(
          rate('trilite_receiver_refused_entries_total', 'receiver, reason'),
          '{{receiver}} entries: {{reason}}',
        ),
        promRange(
          rate('trilite_receiver_refused_spans_total', 'receiver, reason'),
          '{{receiver}} spans: {{reason}}',
        ),
      ],
      { unit: 'cps', width: 8, noValue: 'none' },
    ),
    timeseries(
      {
        title: 'Refused requests',
        description:
          'Requests per second that were refused as a whole; overloaded means that memory is short.',
      },
      [
        promRange(
          rate('trilite_receiver_failed_requests_total', 'receiver, reason'),
          '{{receiver}}: {{reason}}',
        ),
      ],
      { unit: 'reqps', width: 8, noValue: 'none' },
    ),
  ],
};

const queries = {
  title: 'Answering',
  panels: [
    timeseries(
      { title: 'Queries', description: 'Jobs of reader threads per second, by what was asked.' },
      [promRange(rate('trilite_query_duration_seconds_count', 'service'), '{{service}}')],
      { unit: 'reqps', width: 8, stacked: true },
    ),
    timeseries(
      { title: 'Time of queries', description: 'What 95 of 100 stay below, by what was asked.' },
      [promRange(quantile(0.95, 'trilite_query_duration_seconds', 'service'), '{{service}}')],
      { unit: 's', width: 8 },
    ),
    timeseries(
      {
        title: 'Waiting',
        description: 'What 95 of 100 queries wait for a reader, and how many run and wait.',
      },
      [
        promRange(quantile(0.95, 'trilite_query_queue_seconds', ''), 'p95 of the wait'),
        promRange(`sum(trilite_queries_running{${OF}})`, 'running'),
        promRange(`sum(trilite_queries_waiting{${OF}})`, 'waiting'),
      ],
      {
        unit: 'short',
        width: 8,
        overrides: [
          { matcher: { id: 'byName', options: 'p95 of the wait' }, properties: [{ id: 'unit', value: 's' }] },
        ],
      },
    ),
    timeseries(
      { title: 'Requests', description: 'HTTP requests per second, by endpoint.' },
      [promRange(`topk(15, ${rate('trilite_http_request_duration_seconds_count', 'path')})`, '{{path}}')],
      { unit: 'reqps', width: 8 },
    ),
    timeseries(
      { title: 'Time of requests', description: 'What 95 of 100 stay below, by endpoint: bodies included.' },
      [promRange(`topk(15, ${quantile(0.95, 'trilite_http_request_duration_seconds', 'path')})`, '{{path}}')],
      { unit: 's', width: 8 },
    ),
    timeseries(
      {
        title: 'Failed queries',
        description: 'Per second, with the reason, and those above the threshold of slow queries.',
      },
      [
        promRange(rate('trilite_query_failures_total', 'service, reason'), '{{service}}: {{reason}}'),
        promRange(rate('trilite_slow_queries_total', 'service'), '{{service}}: slow'),
      ],
      { unit: 'reqps', width: 8, noValue: 'none' },
    ),
  ],
};

export const trilite = dashboard({
  uid: 'trilite',
  title: 'Trilite',
  description: 'What Trilite takes in, answers and stores, and what it costs.',
  variables: [metricLabel('instance', 'Instance', 'trilite_build_info', 'instance')],
  annotations: [alertAnnotation()],
  rows: [glance, intake, queries, storing, process, scraping],
});
