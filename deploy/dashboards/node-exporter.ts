/** A machine, as Prometheus' node exporter tells of it. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { gauge, type PanelLook, stat, timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { promInstant, promRange } from './targets.ts';

const ON = 'instance=~"$instance"';
/** Real file systems. */
const FILES = `${ON},fstype!~"tmpfs|ramfs|squashfs|overlay|nsfs|proc|sysfs|fuse.lxcfs"`;
const NETWORK = `${ON},device!~"lo|veth.*|br-.*|docker.*"`;
const DISK = `${ON},device!~"loop.*|ram.*|dm-.*"`;

const share = { unit: 'percentunit', min: 0, max: 1 } as const;
const THRESHOLDS: PanelLook['thresholds'] = [
  [0.75, 'yellow'],
  [0.9, 'red'],
];

function rate(metric: string, selector = ON, by = 'instance'): string {
  return `sum by (${by}) (rate(${metric}{${selector}}${WINDOW}))`;
}

const BUSY = `1 - avg by (instance) (rate(node_cpu_seconds_total{${ON},mode="idle"}${WINDOW}))`;
const MEMORY_USED = `1 - node_memory_MemAvailable_bytes{${ON}} / node_memory_MemTotal_bytes{${ON}}`;
const FILES_USED = `1 - node_filesystem_avail_bytes{${FILES}} / node_filesystem_size_bytes{${FILES}}`;

const glance = {
  title: 'At a glance',
  panels: [
    gauge(
      { title: 'Processors', description: 'Share of the time that processors are busy.' },
      [promRange(BUSY, '{{instance}}')],
      { ...share, width: 5, thresholds: THRESHOLDS },
    ),
    gauge(
      { title: 'Memory', description: 'Share of memory that is not available to programs.' },
      [promRange(MEMORY_USED, '{{instance}}')],
      { ...share, width: 5, thresholds: THRESHOLDS },
    ),
    gauge(
      { title: 'Fullest file system', description: 'Share of the fullest file system that is used.' },
      [promRange(`max by (instance) (${FILES_USED})`, '{{instance}}')],
      { ...share, width: 5, thresholds: THRESHOLDS },
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
      { ...share },
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

const disks = {
  title: 'Disks',
  panels: [
    timeseries(
      { title: 'File systems', description: 'Share that is used.' },
      [promRange(FILES_USED, '{{instance}} {{mountpoint}}')],
      { ...share, width: 8, thresholds: [[0.9, 'red']] },
    ),
    timeseries(
      { title: 'Throughput', description: 'Bytes read and written per second.' },
      [
        promRange(
          rate('node_disk_read_bytes_total', DISK, 'instance, device'),
          '{{instance}} {{device}} read',
        ),
        promRange(
          rate('node_disk_written_bytes_total', DISK, 'instance, device'),
          '{{instance}} {{device}} written',
        ),
      ],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'Busy', description: 'Share of the time in which a disk had something to do.' },
      [
        promRange(
          rate('node_disk_io_time_seconds_total', DISK, 'instance, device'),
          '{{instance}} {{device}}',
        ),
      ],
      { ...share, width: 8 },
    ),
    timeseries(
      { title: 'Operations', description: 'Reads and writes per second.' },
      [
        promRange(
          rate('node_disk_reads_completed_total', DISK, 'instance, device'),
          '{{instance}} {{device}} reads',
        ),
        promRange(
          rate('node_disk_writes_completed_total', DISK, 'instance, device'),
          '{{instance}} {{device}} writes',
        ),
      ],
      { unit: 'iops', width: 8 },
    ),
    timeseries(
      {
        title: 'Time of an operation',
        description: 'Seconds that a read or a write takes, waiting included; nothing where there are none.',
      },
      [
        promRange(
          `${rate('node_disk_read_time_seconds_total', DISK, 'instance, device')} / (${rate('node_disk_reads_completed_total', DISK, 'instance, device')} > 0)`,
          '{{instance}} {{device}} read',
        ),
        promRange(
          `${rate('node_disk_write_time_seconds_total', DISK, 'instance, device')} / (${rate('node_disk_writes_completed_total', DISK, 'instance, device')} > 0)`,
          '{{instance}} {{device}} write',
        ),
      ],
      { unit: 's', width: 8 },
    ),
    timeseries(
      {
        title: 'Inodes',
        description: 'Share of the inodes that is used: a disk with space left may still be full.',
      },
      [
        promRange(
          `1 - node_filesystem_files_free{${FILES}} / (node_filesystem_files{${FILES}} > 0)`,
          '{{instance}} {{mountpoint}}',
        ),
      ],
      { ...share, width: 8, thresholds: [[0.9, 'red']] },
    ),
  ],
};

const network = {
  title: 'Network',
  panels: [
    timeseries(
      { title: 'Throughput', description: 'Bytes received and sent per second.' },
      [
        promRange(
          rate('node_network_receive_bytes_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} in',
        ),
        promRange(
          rate('node_network_transmit_bytes_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} out',
        ),
      ],
      { unit: 'Bps', width: 8 },
    ),
    timeseries(
      { title: 'Errors and drops', description: 'Packets per second; anything but 0 wants a look.' },
      [
        promRange(
          rate('node_network_receive_errs_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} errors in',
        ),
        promRange(
          rate('node_network_transmit_errs_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} errors out',
        ),
        promRange(
          rate('node_network_receive_drop_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} drops in',
        ),
        promRange(
          rate('node_network_transmit_drop_total', NETWORK, 'instance, device'),
          '{{instance}} {{device}} drops out',
        ),
      ],
      { unit: 'pps', width: 8 },
    ),
    timeseries(
      {
        title: 'TCP',
        description:
          'Connections that stand, that wait to be forgotten, and segments that were sent again per second.',
      },
      [
        promRange(`node_netstat_Tcp_CurrEstab{${ON}}`, '{{instance}} established'),
        promRange(`node_sockstat_TCP_tw{${ON}}`, '{{instance}} time wait'),
        promRange(rate('node_netstat_Tcp_RetransSegs'), '{{instance}} sent again'),
      ],
      { unit: 'short', width: 8 },
    ),
  ],
};

const system = {
  title: 'System',
  panels: [
    timeseries(
      { title: 'File descriptors', description: 'Of the whole machine, as a share of what it allows.' },
      [promRange(`node_filefd_allocated{${ON}} / node_filefd_maximum{${ON}}`, '{{instance}}')],
      { ...share, width: 8 },
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
      { unit: 's', width: 8, min: -0.001 },
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
