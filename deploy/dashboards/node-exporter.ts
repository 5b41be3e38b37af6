/** A machine, as Prometheus' node exporter tells of it. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { disks, FILES_USED, network, ON, rate, SHARE, THRESHOLDS } from './node-exporter-io.ts';
import { gauge, stat, timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { promInstant, promRange } from './targets.ts';

const BUSY = `1 - avg by (instance) (rate(node_cpu_seconds_total{${ON},mode="idle"}${WINDOW}))`;
const MEMORY_USED = `1 - node_memory_MemAvailable_bytes{${ON}} / node_memory_MemTotal_bytes{${ON}}`;

const glance = {
  title: 'At a glance',
  panels: [
    gauge(
      { title: 'Processors', description: 'Share of the time that processors are busy.' },
      [promRange(BUSY, '{{instance}}')],
      { ...SHARE, width: 5, thresholds: THRESHOLDS },
    ),
    gauge(
      { title: 'Memory', description: 'Share of memory that is not available to programs.' },
      [promRange(MEMORY_USED, '{{instance}}')],
      { ...SHARE, width: 5, thresholds: THRESHOLDS },
    ),
    gauge(
      { title: 'Fullest file system', description: 'Share of the fullest file system that is used.' },
      [promRange(`max by (instance) (${FILES_USED})`, '{{instance}}')],
      { ...SHARE, width: 5, thresholds: THRESHOLDS },
    ),
    stat(
      {
        title: 'Load per processor',
        description: 'Processes that run or want to, over one minute; above 1 they wait.',
      },
      [
        promRange(
          `node_load1{${ON}} / on (instance) count by (instance) (node_cpu_seconds_total{${ON},mode="idle"})`,
          '{{instance}}',
        ),
      ],
      {
        unit: 'short',
        width: 5,
        height: 6,
        decimals: 2,
        thresholds: [
          [1, 'yellow'],
          [2, 'red'],
        ],
      },
    ),
    stat(
      { title: 'Up since', description: 'Time since the machine was started.' },
      [promInstant(`node_time_seconds{${ON}} - node_boot_time_seconds{${ON}}`, '{{instance}}')],
      { unit: 's', height: 6, decimals: 1 },
    ),
  ],
};

const processors = {
  title: 'Processors',
  panels: [
    timeseries(
      {
        title: 'Use by mode',
        description:
          'Processors in use: user and system is work, iowait waits for disks, steal goes to other guests.',
      },
      [
        promRange(
          rate('node_cpu_seconds_total', `${ON},mode!="idle"`, 'instance, mode'),
          '{{instance}} {{mode}}',
        ),
      ],
      { unit: 'short', stacked: true },
    ),
    timeseries(
      { title: 'Load', description: 'Processes that run or want to, averaged over 1, 5 and 15 minutes.' },
      [1, 5, 15].map((minutes) => promRange(`node_load${minutes}{${ON}}`, `{{instance}} ${minutes}m`)),
      { unit: 'short' },
    ),
    timeseries(
      {
        title: 'Pressure',
        description:
          'Share of the time in which something waited for processors, memory or disks. The best sign of saturation.',
      },
      [
        promRange(rate('node_pressure_cpu_waiting_seconds_total'), '{{instance}} processors'),
        promRange(rate('node_pressure_memory_waiting_seconds_total'), '{{instance}} memory'),
        promRange(rate('node_pressure_io_waiting_seconds_total'), '{{instance}} disks'),
      ],
      { ...SHARE },
    ),
    timeseries(
      { title: 'Context switches and interrupts', description: 'Per second.' },
      [
        promRange(rate('node_context_switches_total'), '{{instance}} switches'),
        promRange(rate('node_intr_total'), '{{instance}} interrupts'),
      ],
      { unit: 'ops' },
    ),
  ],
};

const memory = {
  title: 'Memory',
  panels: [
    timeseries(
      { title: 'Use', description: 'What memory holds; caches and buffers are given up for programs.' },
      [
        promRange(
          `node_memory_MemTotal_bytes{${ON}} - node_memory_MemFree_bytes{${ON}} - node_memory_Cached_bytes{${ON}} - node_memory_Buffers_bytes{${ON}} - node_memory_SReclaimable_bytes{${ON}}`,
          '{{instance}} programs',
        ),
        promRange(
          `node_memory_Cached_bytes{${ON}} + node_memory_SReclaimable_bytes{${ON}}`,
          '{{instance}} caches',
        ),
        promRange(`node_memory_Buffers_bytes{${ON}}`, '{{instance}} buffers'),
        promRange(`node_memory_MemFree_bytes{${ON}}`, '{{instance}} free'),
      ],
      { unit: 'bytes', stacked: true },
    ),
    timeseries(
      {
        title: 'Swapping',
        description: 'Pages per second from and to the swap space; much of it makes everything slow.',
      },
      [
        promRange(rate('node_vmstat_pswpin'), '{{instance}} in'),
        promRange(rate('node_vmstat_pswpout'), '{{instance}} out'),
        promRange(rate('node_vmstat_pgmajfault'), '{{instance}} major faults'),
      ],
      { unit: 'ops' },
    ),
  ],
};

const system = {
  title: 'System',
  panels: [
    timeseries(
      { title: 'File descriptors', description: 'Of the whole machine, as a share of what it allows.' },
      [promRange(`node_filefd_allocated{${ON}} / node_filefd_maximum{${ON}}`, '{{instance}}')],
      { ...SHARE, width: 8 },
    ),
    timeseries(
      { title: 'Processes', description: 'Those that run, and those that are blocked by disks.' },
      [
        promRange(`node_procs_running{${ON}}`, '{{instance}} running'),
        promRange(`node_procs_blocked{${ON}}`, '{{instance}} blocked'),
      ],
      { unit: 'short', width: 8 },
    ),
    timeseries(
      {
        title: 'Clock',
        description:
          'How far the clock is off, as the kernel estimates it; logs and traces are ordered by it.',
      },
      [promRange(`node_timex_offset_seconds{${ON}}`, '{{instance}}')],
      { unit: 's', width: 8 },
    ),
  ],
};

export const nodeExporter = dashboard({
  uid: 'node-exporter',
  title: 'Node exporter',
  description: 'Processors, memory, disks and network of machines that run the node exporter.',
  variables: [metricLabel('instance', 'Instance', 'node_uname_info', 'instance')],
  annotations: [alertAnnotation(',instance=~"$instance"')],
  rows: [glance, processors, memory, disks, network, system],
});
