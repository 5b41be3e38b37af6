/**
 * What the metrics of the benchmark look like: families with the names, labels and behaviours that common exporters
 * have, and the way in which each kind of value moves.
 *
 * A block of `BLOCK_SERIES` series is a mix of them all; an instance exposes as many blocks as it has series for, and
 * the block's number shows in a label (a path, a CPU, a device), as in exporters that list many of a thing.
 */

/** How the value of a series moves from scrape to scrape. */
export const SHAPE = {
  /** Never moves: build information, limits, start times. */
  constant: 0,
  /** Whole increments with jitter: requests, packets. */
  counter: 1,
  /** Mostly stands still: restarts, errors. */
  rareCounter: 2,
  /** Increments in hundredths: CPU seconds. */
  centiCounter: 3,
  /** A small whole number that wanders: queue length, connections. */
  smallGauge: 4,
  /** Bytes in whole pages that wander. */
  pagesGauge: 5,
  /** Two decimals that wander: load, temperature. */
  decimalGauge: 6,
  /** All 52 bits of noise: averages, ratios. */
  noiseGauge: 7,
  /** Stays for a long time, then is another: free space, replicas. */
  steadyGauge: 8,
  /** A cumulative bucket of a histogram. */
  bucket: 9,
  /** A histogram's sum, with all its digits. */
  sum: 10,
} as const;

export type Shape = (typeof SHAPE)[keyof typeof SHAPE];

export interface MetricSlot {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly shape: Shape;
  /** Scale of the value: increments per second, mean of a gauge, or the share below a bucket's bound. */
  readonly scale: number;
  /** Labels beside the target's own, flat: name, value, …; `%` in a value is the block's number. */
  readonly labels: readonly string[];
}

/** Upper bounds of a histogram's buckets, and the share of observations below: most requests are fast. */
const BUCKETS: readonly (readonly [le: string, share: number])[] = [
  ['0.005', 0.31],
  ['0.01', 0.52],
  ['0.025', 0.74],
  ['0.05', 0.85],
  ['0.1', 0.93],
  ['0.25', 0.972],
  ['0.5', 0.99],
  ['1', 0.9971],
  ['2.5', 0.9995],
  ['5', 1],
  ['10', 1],
  ['+Inf', 1],
];

function histogram(name: string, perSecond: number, labels: readonly string[]): MetricSlot[] {
  const part = (suffix: string, shape: Shape, scale: number, more: readonly string[] = []): MetricSlot => ({
    name: name + suffix,
    type: 'histogram',
    shape,
    scale,
    labels: [...labels, ...more],
  });
  return [
    ...BUCKETS.map(([le, share]) => part('_bucket', SHAPE.bucket, share * perSecond, ['le', le])),
    part('_sum', SHAPE.sum, perSecond * 0.021),
    part('_count', SHAPE.bucket, perSecond),
  ];
}

type Family = readonly [
  name: string,
  type: 'counter' | 'gauge',
  shape: Shape,
  scale: number,
  labels?: readonly string[],
];

function slots(families: readonly Family[]): MetricSlot[] {
  return families.map(([name, type, shape, scale, labels = []]) => ({ name, type, shape, scale, labels }));
}

const METHODS = ['GET', 'POST'] as const;
const STATUSES: readonly (readonly [status: string, perSecond: number])[] = [
  ['200', 24],
  ['201', 3],
  ['304', 6],
  ['404', 0.4],
  ['500', 0.02],
];
const CPU_MODES: readonly (readonly [mode: string, perSecond: number])[] = [
  ['idle', 0.71],
  ['iowait', 0.02],
  ['irq', 0],
  ['nice', 0],
  ['softirq', 0.01],
  ['steal', 0],
  ['system', 0.07],
  ['user', 0.19],
];

function httpRequests(): MetricSlot[] {
  return METHODS.flatMap((method) =>
    STATUSES.map(
      ([status, perSecond]): MetricSlot => ({
        name: 'http_requests_total',
        type: 'counter',
        shape: perSecond < 1 ? SHAPE.rareCounter : SHAPE.counter,
        scale: perSecond,
        labels: ['method', method, 'path', '/api/v1/items/%', 'status', status],
      }),
    ),
  );
}

function cpuSeconds(): MetricSlot[] {
  return CPU_MODES.map(([mode, perSecond]) => ({
    name: 'node_cpu_seconds_total',
    type: 'counter',
    shape: perSecond === 0 ? SHAPE.constant : SHAPE.centiCounter,
    scale: perSecond,
    labels: ['cpu', '%', 'mode', mode],
  }));
}

const DEVICE = ['device', 'eth%'];
const DISK = ['device', 'nvme%n1'];
const MOUNT = ['device', '/dev/nvme%n1p1', 'fstype', 'ext4', 'mountpoint', '/var/lib/data-%'];

/** The mix, sorted by family as an exporter prints it. */
export const BLOCK: readonly MetricSlot[] = [
  ...slots([
    [
      'app_build_info',
      'gauge',
      SHAPE.constant,
      1,
      ['component', 'worker-%', 'revision', '8f3c1d07', 'version', '2.14.3'],
    ],
    ['app_cache_hit_ratio', 'gauge', SHAPE.noiseGauge, 0.93, ['cache', 'cache-%']],
    ['app_queue_depth', 'gauge', SHAPE.smallGauge, 12, ['queue', 'jobs-%']],
    ['app_queue_oldest_seconds', 'gauge', SHAPE.noiseGauge, 4.2, ['queue', 'jobs-%']],
    ['app_jobs_failed_total', 'counter', SHAPE.rareCounter, 0.004, ['queue', 'jobs-%']],
    ['app_jobs_processed_total', 'counter', SHAPE.counter, 9, ['queue', 'jobs-%']],
    ['container_memory_working_set_bytes', 'gauge', SHAPE.pagesGauge, 3.1e8, ['container', 'worker-%']],
    ['db_connections_active', 'gauge', SHAPE.smallGauge, 8, ['pool', 'pool-%']],
    ['db_connections_max', 'gauge', SHAPE.constant, 64, ['pool', 'pool-%']],
    [
      'go_gc_duration_seconds',
      'gauge',
      SHAPE.noiseGauge,
      0.00021,
      ['component', 'worker-%', 'quantile', '0.5'],
    ],
    ['go_goroutines', 'gauge', SHAPE.smallGauge, 140, ['component', 'worker-%']],
    ['go_memstats_heap_alloc_bytes', 'gauge', SHAPE.pagesGauge, 4.4e7, ['component', 'worker-%']],
  ]),
  ...histogram('http_request_duration_seconds', 18, ['method', 'GET', 'path', '/api/v1/items/%']),
  ...httpRequests(),
  ...slots([
    [
      'kube_pod_container_status_restarts_total',
      'counter',
      SHAPE.rareCounter,
      0.0005,
      ['container', 'worker-%'],
    ],
    ['kube_pod_status_ready', 'gauge', SHAPE.constant, 1, ['condition', 'true', 'container', 'worker-%']],
    ['kube_deployment_status_replicas', 'gauge', SHAPE.steadyGauge, 6, ['deployment', 'deploy-%']],
  ]),
  ...cpuSeconds(),
  ...slots([
    ['node_disk_io_time_seconds_total', 'counter', SHAPE.centiCounter, 0.11, DISK],
    ['node_disk_read_bytes_total', 'counter', SHAPE.counter, 81_920, DISK],
    ['node_disk_reads_completed_total', 'counter', SHAPE.counter, 20, DISK],
    ['node_disk_written_bytes_total', 'counter', SHAPE.counter, 614_400, DISK],
    ['node_filesystem_avail_bytes', 'gauge', SHAPE.pagesGauge, 8.1e10, MOUNT],
    ['node_filesystem_files_free', 'gauge', SHAPE.steadyGauge, 5_200_000, MOUNT],
    ['node_filesystem_readonly', 'gauge', SHAPE.constant, 0, MOUNT],
    ['node_filesystem_size_bytes', 'gauge', SHAPE.constant, 105_089_261_568, MOUNT],
    [
      'node_hwmon_temp_celsius',
      'gauge',
      SHAPE.decimalGauge,
      51,
      ['chip', 'platform_coretemp_0', 'sensor', 'temp%'],
    ],
    ['node_load1', 'gauge', SHAPE.decimalGauge, 1.4, ['numa', '%']],
    ['node_memory_MemAvailable_bytes', 'gauge', SHAPE.pagesGauge, 2.2e10, ['numa', '%']],
    ['node_network_receive_bytes_total', 'counter', SHAPE.counter, 1_900_000, DEVICE],
    ['node_network_receive_errs_total', 'counter', SHAPE.constant, 0, DEVICE],
    ['node_network_receive_packets_total', 'counter', SHAPE.counter, 2100, DEVICE],
    ['node_network_transmit_bytes_total', 'counter', SHAPE.counter, 1_200_000, DEVICE],
    ['node_network_up', 'gauge', SHAPE.constant, 1, DEVICE],
  ]),
  ...histogram('rpc_server_duration_seconds', 41, ['rpc_method', 'Method%', 'rpc_service', 'shop.Inventory']),
];

/** Series of a whole block. */
export const BLOCK_SERIES = BLOCK.length;
