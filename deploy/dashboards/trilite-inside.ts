/** What Trilite stores and what it costs, its scraping and its rules: rows of its dashboard, and what all rows are made of. */

import { timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { promRange } from './targets.ts';

export const OF = 'instance=~"$instance"';

export function rate(metric: string, by: string, matchers = ''): string {
  return `sum by (${by}) (rate(${metric}{${OF}${matchers}}${WINDOW}))`;
}

export const storing = {
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

export const process = {
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

export const scraping = {
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
