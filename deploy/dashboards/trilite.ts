/** Trilite itself, from its own metrics (docs/metrics.md): what comes in, what is asked, what is stored, what it costs. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { stat, timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { promInstant, promRange } from './targets.ts';

const OF = 'instance=~"$instance"';

function rate(metric: string, by: string, matchers = ''): string {
  return `sum by (${by}) (rate(${metric}{${OF}${matchers}}${WINDOW}))`;
}

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

const storing = {
  title: 'Storing',
  panels: [
    timeseries(
      {
        title: 'Series and streams',
        description: 'What the heads hold in memory: active series of metrics, streams of logs.',
      },
      [promRange(`trilite_head_series{${OF}}`, '{{instance}}')],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      {
        title: 'Heads and log',
        description:
          'Bytes in memory that are not in blocks yet, and of the write-ahead log. A flush takes both down.',
      },
      [
        promRange(`trilite_head_bytes{${OF}}`, '{{instance}} heads'),
        promRange(`trilite_wal_bytes{${OF}}`, '{{instance}} log'),
      ],
      { unit: 'bytes', width: 8 },
    ),
    timeseries(
      { title: 'Blocks', description: 'Bytes of blocks by signal.' },
      [promRange(`sum by (signal) (trilite_block_bytes{${OF}})`, '{{signal}}')],
      { unit: 'bytes', width: 8, stacked: true },
    ),
    timeseries(
      { title: 'File', description: 'Bytes of the database, and of those the free ones.' },
      [
        promRange(`trilite_database_bytes{${OF}}`, '{{instance}} file'),
        promRange(`trilite_database_free_bytes{${OF}}`, '{{instance}} free'),
      ],
      { unit: 'bytes', width: 8 },
    ),
    timeseries(
      { title: 'Number of blocks', description: 'By signal; compaction keeps it small.' },
      [promRange(`sum by (signal) (trilite_blocks{${OF}})`, '{{signal}}')],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      {
        title: 'Derived metrics',
        description: 'Series that are made of spans, and spans per second that count for nothing.',
      },
      [
        promRange(`trilite_metrics_generator_active_series{${OF}}`, 'series'),
        promRange(rate('trilite_metrics_generator_spans_discarded_total', 'reason'), 'discarded: {{reason}}'),
      ],
      { unit: 'short', width: 8 },
    ),
  ],
};

const process = {
  title: 'Process',
  panels: [
    timeseries(
      { title: 'Processors', description: 'Processors in use by all threads.' },
      [promRange(rate('process_cpu_seconds_total', 'instance', ',job="trilite"'), '{{instance}}')],
      { unit: 'short', width: 8, decimals: 2 },
    ),
    timeseries(
      {
        title: 'Memory',
        description:
          'Of the process, of the JavaScript heap of the main thread, of buffers outside of it, of requests under way.',
      },
      [
        promRange(`process_resident_memory_bytes{${OF},job="trilite"}`, 'process'),
        promRange(`trilite_heap_used_bytes{${OF}}`, 'heap'),
        promRange(`trilite_external_bytes{${OF}}`, 'buffers'),
        promRange(`trilite_receiver_in_flight_bytes{${OF}}`, 'counted against the limit'),
      ],
      { unit: 'bytes', width: 8 },
    ),
    timeseries(
      {
        title: 'Event loop',
        description: 'How late the main thread comes to its work; below 50 ms it should be.',
      },
      [promRange(`trilite_event_loop_delay_seconds{${OF}}`, '{{quantile}}')],
      { unit: 's', width: 8, thresholds: [[0.05, 'red']] },
    ),
  ],
};

const scraping = {
  title: 'Scraping and rules',
  panels: [
    timeseries(
      { title: 'Targets', description: 'Targets by job.' },
      [promRange('sum by (scrape_job) (prometheus_target_scrape_pool_targets)', '{{scrape_job}}')],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      { title: 'Time of scrapes', description: 'The slowest target of each job.' },
      [promRange('max by (job) (scrape_duration_seconds)', '{{job}}')],
      { unit: 's', width: 8 },
    ),
    timeseries(
      { title: 'Down', description: 'Targets by job that cannot be scraped.' },
      [promRange('count by (job) (up == 0) or 0 * count by (job) (up)', '{{job}}')],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      { title: 'Rules', description: 'Seconds that the last evaluation of each group took.' },
      [promRange(`prometheus_rule_group_last_duration_seconds{${OF}}`, '{{rule_group}}')],
      { unit: 's', width: 8 },
    ),
    timeseries(
      {
        title: 'Rules that fail',
        description: 'Evaluations per second that failed, and that came too late.',
      },
      [
        promRange(rate('prometheus_rule_evaluation_failures_total', 'rule_group'), '{{rule_group}} failed'),
        promRange(
          rate('prometheus_rule_group_iterations_missed_total', 'rule_group'),
          '{{rule_group}} missed',
        ),
      ],
      { unit: 'ops', width: 8 },
    ),
    timeseries(
      {
        title: 'Notifications',
        description: 'Alerts per second that were sent to Alertmanagers, and that were not.',
      },
      [
        promRange(rate('prometheus_notifications_sent_total', 'alertmanager'), '{{alertmanager}} sent'),
        promRange(rate('prometheus_notifications_errors_total', 'alertmanager'), '{{alertmanager}} failed'),
      ],
      { unit: 'cps', width: 8, noValue: 'no Alertmanager' },
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
