/**
 * Which settings a running server takes in when the configuration is read again, and which wait for the next start. Every
 * setting is in the table; `docs/configuration.md` has the same table for users.
 */

import type { Config } from './settings.ts';

/** The name behind `next start` is the one that users know. */
type When = 'at once' | `next start: ${string}`;

type WhenOf<T> = { readonly [Key in keyof T]-?: When };

const NEXT_START = 'next start: ';

export const TAKEN_IN: Readonly<{
  [Key in keyof Config]-?:
    | When
    | (NonNullable<Config[Key]> extends object ? WhenOf<NonNullable<Config[Key]>> : never);
}> = {
  file: 'at once',
  fileText: 'at once',
  dataDir: 'next start: data',
  http: 'next start: http',
  otlpGrpc: 'next start: otlp_grpc',
  jaegerHttp: 'next start: jaeger_http',
  jaeger: {
    all: 'next start: jaeger',
    thrift: 'next start: jaeger_thrift',
    udp: 'next start: jaeger_udp',
    grpc: 'next start: jaeger_grpc',
  },
  zipkin: 'next start: zipkin',
  // Where there is TLS before and after; else as a whole at the next start.
  tls: {
    cert: 'at once',
    key: 'at once',
    clientCa: 'at once',
    clientAuth: 'at once',
    clientAllowedSans: 'at once',
    minVersion: 'at once',
    maxVersion: 'at once',
    ciphers: 'at once',
    curves: 'at once',
    prefersServerCiphers: 'at once',
    http2: 'at once',
    plain: 'next start: tls.plain',
  },
  // What of it is in force is in `tls`.
  tlsPlain: 'at once',
  webConfigFile: 'at once',
  webHeaders: 'at once',
  auth: 'at once',
  logLevel: 'at once',
  corsOrigin: 'at once',
  cors: 'at once',
  retentionMs: 'at once',
  retention: 'at once',
  durability: 'next start: storage.durability',
  deleteCancelPeriodMs: 'next start: delete.cancel_period',
  outOfOrderWindowMs: 'at once',
  limits: {
    // Heads, requests in flight and readers' budgets are shares of it.
    memoryBytes: 'next start: limits.memory',
    maxAgeMs: 'at once',
    logs: 'at once',
    metrics: 'at once',
    traces: 'at once',
    queries: 'at once',
    requests: 'at once',
    tenants: 'at once',
    credentials: 'at once',
    queryTimeoutMs: 'at once',
    queryConcurrency: 'next start: limits.query_concurrency',
  },
  query: 'at once',
  queryLog: 'at once',
  multiTenancy: 'next start: multi_tenancy',
  enableAdminApi: 'next start: web.enable_admin_api',
  enableLifecycle: 'next start: web.enable_lifecycle',
  autoReload: 'at once',
  selfScrape: 'at once',
  scrapeConfigs: 'at once',
  scrapeFiles: 'at once',
  operator: 'at once',
  monitorDefaults: 'at once',
  externalLabels: 'at once',
  evaluationIntervalMs: 'at once',
  ruleQueryOffsetMs: 'at once',
  externalUrl: 'at once',
  ruleAlerts: 'at once',
  alerting: 'at once',
  alertmanagerFile: 'at once',
  alertmanager: 'at once',
  ruleSources: 'at once',
  remoteWrites: 'at once',
  remoteReads: 'at once',
  remoteQueueBytes: 'at once',
  otlp: 'at once',
  processors: 'at once',
  metricsGenerator: 'at once',
  tail: 'next start: tail',
  // Where there is sampling before and after; else as a whole at the next start.
  tailSampling: {
    decisionWaitMs: 'next start: tail_sampling.decision_wait',
    rootWaitMs: 'next start: tail_sampling.decision_wait_after_root_received',
    tracesMax: 'next start: tail_sampling.num_traces',
    sampledCacheSize: 'next start: tail_sampling.decision_cache.sampled_cache_size',
    nonSampledCacheSize: 'next start: tail_sampling.decision_cache.non_sampled_cache_size',
    bytesMax: 'next start: tail_sampling.max_bytes',
    traceBytesMax: 'next start: tail_sampling.maximum_trace_size_bytes',
    policies: 'at once',
    firstMatch: 'at once',
    invertedDecisions: 'at once',
    dropsPendingAtStop: 'next start: tail_sampling.drop_pending_traces_on_shutdown',
  },
  promtail: 'next start: promtail-config',
  warnings: 'at once',
};

/** What another configuration changes: settings that are taken in, and the names of those that wait. */
export interface ConfigChange {
  /** The configuration that was read, with the old value of what waits for the next start. */
  readonly config: Config;
  /** Keys of `Config`. */
  readonly changed: readonly (keyof Config)[];
  readonly waiting: readonly string[];
}

export function changeOf(current: Config, read: Config): ConfigChange {
  const config: Record<string, unknown> = {};
  const changed: (keyof Config)[] = [];
  const waiting: string[] = [];
  for (const key of Object.keys(TAKEN_IN) as (keyof Config)[]) {
    config[key] = settled(TAKEN_IN[key] as When, current[key], read[key], waiting);
    if (!isSameSetting(config[key], current[key])) changed.push(key);
  }
  return { config: Object.freeze(config) as unknown as Config, changed, waiting };
}

/** The value in force once `read` is taken in; names of what waits are put into `waiting`. */
function settled(
  when: When | Readonly<Record<string, When>>,
  old: unknown,
  read: unknown,
  waiting: string[],
): unknown {
  if (when === 'at once' || isSameSetting(old, read)) return read;
  if (typeof when === 'string') {
    waiting.push(when.slice(NEXT_START.length));
    return old;
  }
  if (old === undefined || read === undefined) {
    waiting.push(wholeName(when));
    return old;
  }
  const out: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(when)) {
    out[key] = settled(each, (old as typeof out)[key], (read as typeof out)[key], waiting);
  }
  return Object.freeze(out);
}

/** What the names of a group's settings begin with. */
function wholeName(group: Readonly<Record<string, When>>): string {
  const name = Object.values(group).find((when) => when !== 'at once');
  return name!.slice(NEXT_START.length).split('.', 1)[0]!;
}

/** Settings are plain data. */
export function isSameSetting(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
