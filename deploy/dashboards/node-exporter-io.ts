/** Disks and network of a machine, as the node exporter tells of them, and selectors that its dashboard is made of. */

import { timeseries } from './panels.ts';
import { WINDOW } from './request-metrics.ts';
import { promRange } from './targets.ts';

export const ON = 'instance=~"$instance"';
/** Real file systems. */
const FILES = `${ON},fstype!~"tmpfs|ramfs|squashfs|overlay|nsfs|proc|sysfs|fuse.lxcfs"`;
const NETWORK = `${ON},device!~"lo|veth.*|br-.*|docker.*"`;
const DISK = `${ON},device!~"loop.*|ram.*|dm-.*"`;

export const SHARE = { unit: 'percentunit', min: 0, max: 1 } as const;
/** From here on something is a warning, and an alarm. */
export const THRESHOLDS = [
  [0.75, 'yellow'],
  [0.9, 'red'],
] as const;

export function rate(metric: string, selector = ON, by = 'instance'): string {
  return `sum by (${by}) (rate(${metric}{${selector}}${WINDOW}))`;
}

export const FILES_USED = `1 - node_filesystem_avail_bytes{${FILES}} / node_filesystem_size_bytes{${FILES}}`;

export const disks = {
  title: 'Disks',
  panels: [
    timeseries(
      { title: 'File systems', description: 'Share that is used.' },
      [promRange(FILES_USED, '{{instance}} {{mountpoint}}')],
      { ...SHARE, width: 8, thresholds: [[0.9, 'red']] },
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
      { ...SHARE, width: 8 },
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
      { ...SHARE, width: 8, thresholds: [[0.9, 'red']] },
    ),
  ],
};

export const network = {
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
