/** A page as cAdvisor has it, for the containers `web` and `db`, and for groups that are none. Counters move with time. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const NAMES = ['web', 'db'] as const;
const STARTED_SECONDS = Date.now() / 1000;

/** Family, type, labels beside the container's own, and its value after so many seconds. */
type Family = readonly [
  name: string,
  type: 'counter' | 'gauge',
  labels: string,
  at: (seconds: number) => number,
];

const FAMILIES: readonly Family[] = [
  ['container_cpu_usage_seconds_total', 'counter', 'cpu="cpu00"', (s) => s * 0.2],
  ['container_cpu_cfs_periods_total', 'counter', '', (s) => s * 10],
  ['container_cpu_cfs_throttled_periods_total', 'counter', '', (s) => s],
  ['container_memory_working_set_bytes', 'gauge', '', () => 1e8],
  ['container_spec_memory_limit_bytes', 'gauge', '', () => 2e8],
  ['container_oom_events_total', 'counter', '', () => 0],
  ['container_network_receive_bytes_total', 'counter', 'interface="eth0"', (s) => s * 1000],
  ['container_network_transmit_bytes_total', 'counter', 'interface="eth0"', (s) => s * 500],
  ['container_network_receive_errors_total', 'counter', 'interface="eth0"', () => 0],
  ['container_network_transmit_errors_total', 'counter', 'interface="eth0"', () => 0],
  ['container_network_receive_packets_dropped_total', 'counter', 'interface="eth0"', () => 0],
  ['container_network_transmit_packets_dropped_total', 'counter', 'interface="eth0"', () => 1],
  ['container_fs_reads_bytes_total', 'counter', 'device="/dev/vda"', (s) => s * 4096],
  ['container_fs_writes_bytes_total', 'counter', 'device="/dev/vda"', (s) => s * 8192],
  ['container_fs_usage_bytes', 'gauge', 'device="/dev/vda"', () => 3e6],
  ['container_last_seen', 'gauge', '', () => Math.floor(Date.now() / 1000)],
  ['container_start_time_seconds', 'gauge', '', () => STARTED_SECONDS - 600],
];

function cadvisorPage(): string {
  const seconds = Date.now() / 1000 - STARTED_SECONDS + 100;
  const groups = [
    ...NAMES.map((name) => `id="/system.slice/docker-${name}.scope",image="${name}:1",name="${name}"`),
    'id="/",image="",name=""',
  ];
  const lines = FAMILIES.flatMap(([name, type, labels, at]) => [
    `# TYPE ${name} ${type}`,
    ...groups.map((group) => `${name}{${labels === '' ? '' : `${labels},`}${group}} ${at(seconds)}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** Serves the page on a free port. */
export async function serveCadvisor(): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(cadvisorPage());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}
