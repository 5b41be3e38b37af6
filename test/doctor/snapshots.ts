/** A snapshot of a server with which all is well, and others that differ from it in what a test says. */

import { type Reading, Readings } from '../../src/doctor/readings.ts';
import type {
  ReceiverState,
  RefusalState,
  Snapshot,
  StrayState,
  TargetState,
} from '../../src/doctor/snapshot.ts';

export const NOW = Date.UTC(2026, 10, 30, 12);
const MINUTE = 60_000;

const counts = (accepted: number, refused = 0, failed = 0) => ({
  accepted,
  refused,
  failed,
  bytes: accepted * 10,
});

export function receiver(over: Partial<ReceiverState> = {}): ReceiverState {
  return {
    receiver: 'remote_write',
    total: counts(1000),
    deliveries: 100,
    firstMs: NOW - 60 * MINUTE,
    lastMs: NOW - 5000,
    recent: { 1: counts(20), 5: counts(100), 15: counts(300) },
    skew: { minMs: -5000, maxMs: -200 },
    ...over,
  };
}

/** So many of what came in the last quarter of an hour. */
export const came = (accepted: number, refused: number, failed: number) => ({
  1: counts(0),
  5: counts(0),
  15: counts(accepted, refused, failed),
});

export function refusal(over: Partial<RefusalState> = {}): RefusalState {
  return {
    receiver: 'remote_write',
    tenant: '',
    reason: 'out_of_order',
    isWhole: false,
    count: 3,
    firstMs: NOW - MINUTE,
    lastMs: NOW - 1000,
    message: 'out of order sample',
    example: '{__name__="up"}',
    contentType: '',
    peer: '10.0.0.7',
    agent: 'Prometheus/3.5.0',
    ...over,
  };
}

export function stray(over: Partial<StrayState> = {}): StrayState {
  return {
    kind: 'no_endpoint',
    method: 'POST',
    path: '/nowhere',
    port: undefined,
    contentType: 'application/json',
    count: 2,
    lastMs: NOW - 1000,
    peer: '10.0.0.7',
    agent: 'curl/8',
    ...over,
  };
}

export function target(over: Partial<TargetState> = {}): TargetState {
  return {
    job: 'node',
    instance: 'a:9100',
    url: 'http://a:9100/metrics',
    health: 'up',
    error: '',
    durationMs: 20,
    intervalMs: 15_000,
    timeoutMs: 10_000,
    clockAheadMs: 300,
    ...over,
  };
}

export const readings = (values: Readonly<Record<string, number>>, labels: Reading['labels'] = {}) =>
  new Readings(Object.entries(values).map(([name, value]) => ({ name, labels, value })));

const GIB = 1024 ** 3;

export const HEALTHY: Snapshot = {
  version: '1.2.3',
  nowMs: NOW,
  startMs: NOW - 120 * MINUTE,
  clockMovedMs: 3,
  receivers: [receiver(), receiver({ receiver: 'otlp_grpc_traces' })],
  refusals: [],
  strays: [],
  surfaces: [
    {
      surface: 'prometheus',
      count: 50,
      failed: 0,
      lastMs: NOW - 1000,
      grafanaMs: NOW - 1000,
      grafana: 'Grafana/12.0.0',
      farthestMs: 60 * MINUTE,
    },
  ],
  failedQuestions: [],
  targets: [target(), target({ instance: 'b:9100' })],
  jobs: [{ job: 'node', active: 2, dropped: 0 }],
  rules: [
    { group: 'g', language: 'promql', intervalMs: 60_000, evaluationMs: 20, failing: [], alertingRules: 1 },
  ],
  notifying: { whyNobody: '', failing: [] },
  readings: readings({}),
  stored: {
    databaseBytes: GIB,
    freeBytes: 0,
    walBytes: 1000,
    blockBytes: { metrics: GIB / 2, logs: GIB / 4, traces: GIB / 4 },
    bytesPerDay: { metrics: GIB / 30, logs: GIB / 28, traces: GIB / 8 },
    blocks: { metrics: 4, logs: 4, traces: 4 },
  },
  cardinality: {
    series: 1000,
    byMetric: [{ name: 'up', value: 100 }],
    valuesByLabel: [{ name: 'instance', value: 10 }],
    streamLabels: [{ name: 'service_name', value: 5, examples: ['shop', 'cart', 'pay'] }],
  },
  logs: {
    streams: 20,
    entries: 10_000,
    bytes: 10_000_000,
    unknownServiceBytes: 0,
    traceIds: 10,
    traceIdsFound: 10,
  },
  traces: {
    traces: 50,
    rootless: 1,
    unknownService: 0,
    rootlessExample: 'ab',
    exemplars: 10,
    exemplarsFound: 9,
  },
  host: {
    cores: 4,
    load1: 1,
    stealShare: 0,
    throttledShare: 0,
    memoryBytes: GIB,
    residentBytes: GIB / 4,
    openFiles: 50,
    openFilesMax: 1024,
    disk: { freeBytes: 100 * GIB, totalBytes: 200 * GIB },
    fileSystem: 'ext4',
    isContainer: false,
  },
  config: {
    file: 'prometheus.yml',
    dataDir: '/var/lib/trilite',
    keepsNothing: false,
    loadedMs: NOW - 120 * MINUTE,
    failure: undefined,
    warnings: [],
    multiTenancy: false,
    authenticates: false,
    memoryBytes: GIB,
    budgetBytes: 0,
    retentionMs: { metrics: 15 * 86_400_000, logs: 7 * 86_400_000, traces: 2 * 86_400_000 },
    lookbackMs: 5 * MINUTE,
    delta: 'refuse',
    slowQueryMs: 1000,
    listeners: [
      { scheme: 'http', host: '127.0.0.1', port: 9090, isLoopback: true },
      { scheme: 'grpc', host: '127.0.0.1', port: 4317, isLoopback: true },
    ],
    scrapeJobs: 1,
  },
};

type Overrides = {
  readonly [K in keyof Snapshot]?: NonNullable<Snapshot[K]> extends object
    ? Partial<NonNullable<Snapshot[K]>>
    : Snapshot[K];
};

/** What is plain data is laid over; lists and readings are replaced. */
export function snapshot(over: Overrides): Snapshot {
  const merged: Record<string, unknown> = { ...HEALTHY };
  for (const [key, value] of Object.entries(over)) {
    const isPlain =
      value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
    merged[key] = isPlain ? { ...(HEALTHY[key as keyof Snapshot] as object), ...value } : value;
  }
  return merged as unknown as Snapshot;
}
