/**
 * The settings themselves: what `Config` holds and the defaults. Each layer (file, environment, flags) says some
 * of them; `config.ts` lays them over each other.
 */

import { totalmem } from 'node:os';
import { type CorsSettings, NO_CORS } from '../api/cross-origin.ts';
import type { ListenAddress } from '../api/listeners.ts';
import type { LogLevel } from '../base/log.ts';
import type { PlainAddress, ServerTlsSettings } from '../base/server-tls.ts';
import { DEFAULT_METRICS_GENERATOR, type MetricsGeneratorSettings } from '../derive/settings.ts';
import type { ProcessorRule } from '../ingest/process/process-config.ts';
import type { TailSamplingConfig } from '../ingest/sampling/sampling-config.ts';
import type { AuthSettings } from '../model/access.ts';
import { DAY_MS } from '../model/duration.ts';
import { DEFAULT_LOG_LIMITS, NO_LOG_RATE_LIMITS } from '../model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings } from '../model/otlp-options.ts';
import { DEFAULT_QUERY_SETTINGS, type QuerySettings } from '../model/query-settings.ts';
import {
  type MetricLimits,
  NO_METRIC_LIMITS,
  NO_QUERY_LIMITS,
  NO_REQUEST_LIMITS,
  NO_TRACE_LIMITS,
  type QueryLimits,
  type RequestLimits,
  type TraceLimits,
} from '../model/tenant-limits.ts';
import {
  DEFAULT_OPERATOR,
  MONITOR_INTERVAL_MS,
  type OperatorSettings,
} from '../operator/operator-settings.ts';
import type { RemoteReadConfig } from '../remote/read/remote-read-config.ts';
import { DEFAULT_QUEUE_BYTES_MAX, type RemoteWriteConfig } from '../remote/write/remote-write-config.ts';
import type { RuleFileForm } from '../rules/check-file.ts';
import {
  type AlertingSettings,
  type AlertmanagerConfig,
  DEFAULT_ALERTING,
} from '../rules/notify/alertmanager-config.ts';
import type { RuleLanguageName } from '../rules/rule-group.ts';
import { type AlertSettings, DEFAULT_ALERT_SETTINGS } from '../rules/rule-settings.ts';
import type { DiscoveryConfig } from '../scrape/discovery/discovery-config.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../scrape/scrape-config.ts';
import type { Signal } from '../storage/interface.ts';
import type { RetentionRule } from '../storage/retention.ts';
import type { TailConfig } from '../tail/tail-config.ts';
import type { AlertmanagerConfig as BuiltInAlertmanagerConfig } from './alertmanager/alertmanager-file.ts';
import { type JaegerSettings, NO_JAEGER } from './jaeger-ports.ts';
import type { LogLimitSettings } from './log-limits-section.ts';
import { LOOPBACK } from './values.ts';

export const SIGNALS: readonly Signal[] = ['metrics', 'logs', 'traces'];

/** Keeps nothing: a temporary directory that is gone at exit. */
export const MEMORY_DATA_DIR = ':memory:';

export type PerSignal = Readonly<Record<Signal, number>>;

/** Retention beyond one age per signal. 0 or absent is no limit. */
export interface Retention {
  /** Bytes that the blocks of a signal may take. */
  readonly sizeBytes: Partial<PerSignal>;
  /** Bytes that the database may take, all signals together. */
  readonly budgetBytes: number;
  readonly rules: readonly RetentionRule[];
}

/** What an acknowledgement survives: a killed process, or a power cut too. */
export type Durability = 'process' | 'disk';

/** What a tenant may bring and ask for; without tenants, what all may together. */
export interface TenantLimits {
  /** Of log entries and streams; the age of `entries` is that of `maxAgeMs`. */
  readonly logs: LogLimitSettings;
  readonly metrics: MetricLimits;
  readonly traces: TraceLimits;
  readonly queries: QueryLimits;
  readonly requests: RequestLimits;
}

export interface Limits extends TenantLimits {
  /** Bytes that the process should stay below; what would bring it above is refused with the retryable answer. */
  readonly memoryBytes: number;
  /** Older items are refused; 0 accepts any age. */
  readonly maxAgeMs: PerSignal;
  /** Those of tenants that have limits of their own, whole. */
  readonly tenants: Readonly<Record<string, TenantLimits>>;
  /** What one credential may ask, whatever its tenants. */
  readonly credentials: RequestLimits;
  /** Deadline of a query. */
  readonly queryTimeoutMs: number;
  /** Queries that run at the same time; the others wait. */
  readonly queryConcurrency: number;
}

/** What is written down of queries. */
export interface QueryLogSettings {
  /** Gets every PromQL query as a line of JSON. Undefined: no such file. */
  readonly file: string | undefined;
  /** A query that takes longer is told of in the log; 0: none is. */
  readonly slowMs: number;
}

/** Files of rule groups, all in one language. */
export interface RuleSource {
  readonly language: RuleLanguageName;
  /** `slo`: files of service level objectives, whose rules are made as they are read. */
  readonly form?: RuleFileForm;
  /** Paths, or globs of them. */
  readonly files: readonly { readonly pattern: string; readonly position: string }[];
  /** Whether a file that is named may be missing, as Prometheus allows. */
  readonly allowsMissing?: boolean;
}

/** Sending of alerts, with how Alertmanagers are found. */
export type AlertingConfig = AlertingSettings<AlertmanagerConfig & DiscoveryConfig>;

/** Everything that the server is told. Immutable. */
export interface Config {
  /** The file that was read, and its text without its secrets. */
  readonly file: string | undefined;
  readonly fileText: string;
  /** A directory, or `MEMORY_DATA_DIR`. */
  readonly dataDir: string;
  readonly http: readonly ListenAddress[];
  readonly otlpGrpc: ListenAddress | undefined;
  /** Jaeger's query API; null is off, whatever `jaeger` says. */
  readonly jaegerHttp: ListenAddress | null | undefined;
  /** Jaeger's other ports; `jaegerPorts` tells which those are. */
  readonly jaeger: JaegerSettings;
  /** Ports of Zipkin's clients. */
  readonly zipkin: readonly ListenAddress[];
  /** TLS of all TCP listeners but those that it leaves plain; undefined: none has it. */
  readonly tls: ServerTlsSettings | undefined;
  /** Listeners that stay plain where a web configuration has TLS for the others. */
  readonly tlsPlain: readonly PlainAddress[];
  /** A web configuration as Prometheus has it: what it says is in `tls`, `webHeaders` and `auth`. */
  readonly webConfigFile: string | undefined;
  /** Put on every answer over HTTP. */
  readonly webHeaders: Readonly<Record<string, string>>;
  /** Who may do what; undefined: everybody may do everything. */
  readonly auth: AuthSettings | undefined;
  readonly logLevel: LogLevel;
  /** RE2, anchored: origins whose pages may read Prometheus' API. Undefined: every one. */
  readonly corsOrigin: string | undefined;
  /** Whose pages may bring data. */
  readonly cors: CorsSettings;
  /** 0 keeps everything. */
  readonly retentionMs: PerSignal;
  readonly retention: Retention;
  readonly durability: Durability;
  /** How long a request to delete log entries may be cancelled before it is carried out. */
  readonly deleteCancelPeriodMs: number;
  /** How much older than the newest sample of all a metric sample out of order may be; undefined: as it likes. */
  readonly outOfOrderWindowMs: number | undefined;
  readonly limits: Limits;
  readonly query: QuerySettings;
  readonly queryLog: QueryLogSettings;
  /** Whether requests say whose data they bring or ask for, and must. */
  readonly multiTenancy: boolean;
  /** What items go through before anything is stored, in order. */
  readonly processors: readonly ProcessorRule[];
  /** Whether requests may delete series and make snapshots. */
  readonly enableAdminApi: boolean;
  /** Whether a request may end the server, or have the configuration read again. */
  readonly enableLifecycle: boolean;
  /** Whether the configuration is read again when one of its files changes. */
  readonly autoReload: boolean;
  /** Where users reach this server, without a slash at its end; undefined: as this machine is called. */
  readonly externalUrl: string | undefined;
  /** Whether Trilite scrapes its own `/metrics`. */
  readonly selfScrape: boolean;
  readonly scrapeConfigs: readonly ScrapeConfig[];
  /** Globs of files that some of the jobs come from. */
  readonly scrapeFiles: readonly string[];
  /** The Prometheus Operator's resources that are read. */
  readonly operator: OperatorSettings;
  /** What jobs of its monitors begin with: `global:` over the Operator's own defaults. */
  readonly monitorDefaults: ScrapeConfig;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly evaluationIntervalMs: number;
  readonly ruleQueryOffsetMs: number;
  readonly ruleSources: readonly RuleSource[];
  readonly alerting: AlertingConfig;
  /** An `alertmanager.yml` for the built-in Alertmanager; what it says is in `alertmanager`. */
  readonly alertmanagerFile: string | undefined;
  /** Who is told of alerts by this server; undefined: nobody. */
  readonly alertmanager: BuiltInAlertmanagerConfig | undefined;
  readonly remoteWrites: readonly RemoteWriteConfig[];
  readonly remoteReads: readonly RemoteReadConfig[];
  /** Bytes that may wait for each of them on disk; beyond it the oldest is given up. */
  readonly remoteQueueBytes: number;
  readonly ruleAlerts: AlertSettings;
  readonly otlp: OtlpSettings;
  /** Metrics that are derived from spans. */
  readonly metricsGenerator: MetricsGeneratorSettings;
  /** Logs that are followed; undefined: none. */
  readonly tail: TailConfig | undefined;
  /** Which traces are kept, decided when they are whole; undefined: all, as they come. */
  readonly tailSampling: TailSamplingConfig | undefined;
  /** A Promtail configuration that says so, and whether variables in it are expanded. */
  readonly promtail: { readonly file: string | undefined; readonly expandsEnvironment: boolean };
  /** What is said and not heeded. */
  readonly warnings: readonly string[];
}

/** What one layer says: fields it is silent on are absent. Retention may be said for all signals or for one. */
export interface Layer {
  readonly dataDir?: string;
  readonly http?: readonly ListenAddress[];
  /** `off` stands as null. */
  readonly otlpGrpc?: ListenAddress | null;
  readonly jaegerHttp?: ListenAddress | null;
  readonly jaeger?: Partial<JaegerSettings>;
  readonly zipkin?: readonly ListenAddress[];
  readonly webConfigFile?: string;
  readonly logLevel?: LogLevel;
  readonly corsOrigin?: string;
  readonly cors?: Partial<CorsSettings>;
  readonly retentionMs?: Partial<PerSignal> & { readonly all?: number };
  readonly retentionSizeBytes?: Partial<PerSignal>;
  readonly retentionBudgetBytes?: number;
  readonly limits?: Partial<Limits>;
  readonly query?: Partial<QuerySettings>;
  readonly queryLog?: Partial<QueryLogSettings>;
  readonly multiTenancy?: boolean;
  readonly alerting?: Partial<AlertingConfig>;
  readonly alertmanagerFile?: string;
  readonly promtail?: Partial<Config['promtail']>;
  readonly operator?: { readonly enabled: boolean };
  readonly enableAdminApi?: boolean;
  readonly enableLifecycle?: boolean;
  readonly autoReload?: boolean;
  readonly externalUrl?: string;
  readonly ruleAlerts?: Partial<AlertSettings>;
  /** `enabled` false: no processor. */
  readonly metricsGenerator?: { readonly slackMs?: number; readonly enabled?: boolean };
}

export const DEFAULT_EVALUATION_INTERVAL_MS = 60_000;
/** Ports of Prometheus, Loki, Tempo and OTLP/HTTP; every one serves every API. */
const DEFAULT_HTTP_PORTS: readonly number[] = [9090, 3100, 3200, 4318];
const DEFAULT_GRPC_PORT = 4317;
/** Of the memory that the machine, or the container, has: half, but no more than is of use. */
const MEMORY_SHARE = 1 / 2;
const MEMORY_MAX_BYTES = 1024 ** 3;
const DEFAULT_MEMORY_LIMIT_BYTES = Math.min(
  MEMORY_MAX_BYTES,
  Math.round(Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) * MEMORY_SHARE),
);

/** Longer than this a dashboard is felt to hang, so whoever looks after the server wants to know which query it was. */
const DEFAULT_SLOW_QUERY_MS = 1000;

export const DEFAULT_CONFIG: Config = {
  file: undefined,
  fileText: '',
  dataDir: './data',
  http: DEFAULT_HTTP_PORTS.map((port) => ({ host: LOOPBACK, port })),
  otlpGrpc: { host: LOOPBACK, port: DEFAULT_GRPC_PORT },
  jaegerHttp: undefined,
  jaeger: NO_JAEGER,
  zipkin: [],
  tls: undefined,
  tlsPlain: [],
  webConfigFile: undefined,
  webHeaders: {},
  auth: undefined,
  logLevel: 'info',
  corsOrigin: undefined,
  cors: NO_CORS,
  retentionMs: { metrics: 15 * DAY_MS, logs: 7 * DAY_MS, traces: 2 * DAY_MS },
  retention: { sizeBytes: {}, budgetBytes: 0, rules: [] },
  durability: 'process',
  deleteCancelPeriodMs: DAY_MS,
  outOfOrderWindowMs: undefined,
  limits: {
    memoryBytes: DEFAULT_MEMORY_LIMIT_BYTES,
    maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
    logs: { entries: DEFAULT_LOG_LIMITS, rates: NO_LOG_RATE_LIMITS },
    metrics: NO_METRIC_LIMITS,
    traces: NO_TRACE_LIMITS,
    queries: NO_QUERY_LIMITS,
    requests: NO_REQUEST_LIMITS,
    tenants: {},
    credentials: NO_REQUEST_LIMITS,
    queryTimeoutMs: 120_000,
    queryConcurrency: 20,
  },
  query: DEFAULT_QUERY_SETTINGS,
  queryLog: { file: undefined, slowMs: DEFAULT_SLOW_QUERY_MS },
  multiTenancy: false,
  processors: [],
  enableAdminApi: false,
  enableLifecycle: false,
  autoReload: true,
  externalUrl: undefined,
  selfScrape: true,
  scrapeConfigs: [],
  scrapeFiles: [],
  operator: DEFAULT_OPERATOR,
  monitorDefaults: { ...DEFAULT_SCRAPE_CONFIG, scrapeIntervalMs: MONITOR_INTERVAL_MS },
  externalLabels: {},
  evaluationIntervalMs: DEFAULT_EVALUATION_INTERVAL_MS,
  ruleQueryOffsetMs: 0,
  ruleSources: [],
  alerting: DEFAULT_ALERTING,
  alertmanagerFile: undefined,
  alertmanager: undefined,
  remoteWrites: [],
  remoteReads: [],
  remoteQueueBytes: DEFAULT_QUEUE_BYTES_MAX,
  ruleAlerts: DEFAULT_ALERT_SETTINGS,
  otlp: DEFAULT_OTLP_SETTINGS,
  metricsGenerator: DEFAULT_METRICS_GENERATOR,
  tail: undefined,
  tailSampling: undefined,
  promtail: { file: undefined, expandsEnvironment: false },
  warnings: [],
};
