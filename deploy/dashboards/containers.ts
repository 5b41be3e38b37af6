/** Containers, as cAdvisor tells of them. Those without a name are groups of the system, and are left out. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { barGauge, stat, timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { logsLink, promInstant, promRange } from './targets.ts';

const OF = 'name=~"$container",name!=""';
const lines = logsLink('Lines', '{container=~".*${__field.labels.name}"}');

function rate(metric: string, by = 'name', selector = OF): string {
  return `sum by (${by}) (rate(${metric}{${selector}}${WINDOW}))`;
}

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      { title: 'Containers', description: 'Containers that cAdvisor saw in the last minute.' },
      [promInstant(`count(time() - container_last_seen{${OF}} < 60) or vector(0)`, 'running')],
      { width: 6, unit: 'short' },
    ),
    stat(
      { title: 'Processors', description: 'Processors that all of them use.' },
      [promRange(`sum(rate(container_cpu_usage_seconds_total{${OF}}${WINDOW}))`, 'in use')],
      { width: 6, unit: 'short', decimals: 2 },
    ),
    stat(
      { title: 'Memory', description: 'Working sets of all of them: what the kernel cannot take back.' },
      [promRange(`sum(container_memory_working_set_bytes{${OF}})`, 'working set')],
      { width: 6, unit: 'bytes' },
    ),
    stat(
      { title: 'Started', description: 'Containers that began in the last hour: restarts and deployments.' },
      [promInstant(`count(time() - container_start_time_seconds{${OF}} < 3600) or vector(0)`, 'started')],
      { width: 6, unit: 'short' },
    ),
  ],
};

const processors = {
  title: 'Processors',
  panels: [
    timeseries(
      { title: 'Use', description: 'Processors in use.' },
      [promRange(rate('container_cpu_usage_seconds_total'), '{{name}}')],
      { unit: 'short', stacked: true, links: [lines] },
    ),
    timeseries(
      {
        title: 'Throttled',
        description:
          'Share of the periods in which a container with a limit had to stop; slow requests often begin here.',
      },
      [
        promRange(
          `${rate('container_cpu_cfs_throttled_periods_total')} / (${rate('container_cpu_cfs_periods_total')} > 0)`,
          '{{name}}',
        ),
      ],
      { unit: 'percentunit', max: 1, thresholds: [[0.25, 'red']] },
    ),
  ],
};

const memory = {
  title: 'Memory',
  panels: [
    timeseries(
      { title: 'Working set', description: 'What counts against the limit.' },
      [promRange(`sum by (name) (container_memory_working_set_bytes{${OF}})`, '{{name}}')],
      { unit: 'bytes', width: 8, links: [lines] },
    ),
    timeseries(
      {
        title: 'Of the limit',
        description:
          'Working set as a share of the limit, of containers that have one; at 1 they are killed.',
      },
      [
        promRange(
          `sum by (name) (container_memory_working_set_bytes{${OF}}) / (sum by (name) (container_spec_memory_limit_bytes{${OF}}) > 0)`,
          '{{name}}',
        ),
      ],
      { unit: 'percentunit', width: 8, max: 1, thresholds: [[0.9, 'red']] },
    ),
    barGauge(
      {
        title: 'Killed for memory',
        description: 'Times in the time range that a process of a container was killed for lack of memory.',
      },
      [promInstant(`sum by (name) (increase(container_oom_events_total{${OF}}[$__range]))`, '{{name}}')],
      { unit: 'short', width: 8 },
    ),
  ],
};

const io = {
  title: 'Network and disks',
  panels: [
    timeseries(
      { title: 'Received', description: 'Bytes per second.' },
      [promRange(rate('container_network_receive_bytes_total'), '{{name}}')],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'Sent', description: 'Bytes per second.' },
      [promRange(rate('container_network_transmit_bytes_total'), '{{name}}')],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'Network errors', description: 'Errors and dropped packets per second, both ways.' },
      [
        promRange(
          `${rate('container_network_receive_errors_total')} + ${rate('container_network_transmit_errors_total')} + ${rate('container_network_receive_packets_dropped_total')} + ${rate('container_network_transmit_packets_dropped_total')}`,
          '{{name}}',
        ),
      ],
      { unit: 'pps', width: 8 },
    ),
    timeseries(
      { title: 'Read', description: 'Bytes per second from disks.' },
      [promRange(rate('container_fs_reads_bytes_total'), '{{name}}')],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'Written', description: 'Bytes per second to disks.' },
      [promRange(rate('container_fs_writes_bytes_total'), '{{name}}')],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'On disk', description: 'Bytes that the writable layers take.' },
      [promRange(`sum by (name) (container_fs_usage_bytes{${OF}})`, '{{name}}')],
      { unit: 'bytes', width: 8 },
    ),
  ],
};

export const containers = dashboard({
  uid: 'containers',
  title: 'Containers',
  description: 'Processors, memory, network and disks of containers, from cAdvisor.',
  variables: [metricLabel('container', 'Container', 'container_last_seen{name!=""}', 'name')],
  annotations: [alertAnnotation()],
  rows: [glance, processors, memory, io],
});
